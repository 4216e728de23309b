"""The chain of `sensorium watch`: killed often, its forecast against the bill, and against simpler ways to ask.

    python bench/video_chain.py [--only kills forecast starter] [--kills 20] [--films 12] [--seed 100]

kills: the command runs once undisturbed against an OpenAI-compatible server on this machine that bills a request once
for its `Idempotency-Key`; then from the beginning, killed by SIGKILL at moments drawn over all its answers and started
again until it ends; and once more with --once. forecast: the plan's tokens against those that the same server bills, by
OpenAI's rule for images and a byte-level tokenizer for words; films of seeds that were not used to fit the estimate.
starter: see `video_chain_starter.py`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from figures import Figure

PARTS = ("kills", "forecast", "starter")


def kills(count: int, seed: int) -> bool:
    """Kill the command, with and without --once; return whether nothing was charged twice and the answer is equal."""
    from film_server import killed_watch

    good = True
    for once in (False, True):
        with tempfile.TemporaryDirectory() as name:
            out = killed_watch(Path(name), count, seed, once)
        print(
            f"sensorium watch{' --once' * once}: {out.answers} requests, {out.kills} kills; charged twice: "
            f"{out.charged_twice}; sent again although stored: {out.paid_again}; on their way at a kill: "
            f"{out.on_their_way}, received a second time: {out.repeated}; the same answer: "
            f"{'yes' if out.same_answer else 'no'}; the same bill: {'yes' if out.same_bill else 'no'}",
            flush=True,
        )
        good = good and not out.charged_twice and not out.paid_again and (once or (out.same_answer and out.same_bill))
        good = good and (not once or out.repeated == 0)
    return good


def forecast(films: int, seed: int) -> bool:
    """Compare plans with bills; return whether all are within 5 %."""
    import random

    from film_server import FilmServer
    from loopback import serving

    from sensorium import Video
    from sensorium.backends.openai import OpenAI
    from sensorium.core.protocols import Limits
    from sensorium.video.watch.material import WatchSettings
    from sensorium.video.watch.watch import WatchSetup, watch
    from sensorium.video.watch.watch import forecast as plan_of

    errors = []
    for number in range(films):
        chance = random.Random(seed + number)
        size = chance.choice([(320, 180), (640, 360), (1280, 720), (480, 640)])
        length, clip = chance.randint(60, 240), chance.choice([8, 12, 20])
        one = number % 4 == 3
        data = drawn(length, size, seed + number)
        question = chance.choice(["Who opens the door?", "When does the bus stop?", "How many dogs run?"])
        with serving([], FilmServer) as server:
            assert isinstance(server, FilmServer)
            limits = Limits(("text", "image"), max_images=1 if one else 500, max_side=2048, schema="enforced")
            model = OpenAI("gpt-6-luna", f"{server.url}/v1", limits)
            setup = WatchSetup(settings=WatchSettings(segment_seconds=clip))
            plan = plan_of([Video(data)], question, model, setup)
            watch([Video(data)], question, model, setup)
            wrong = plan.tokens / server.tokens - 1
            errors.append(abs(wrong))
            most = sum(step.most_tokens or 0 for step in plan.steps)
            print(
                f"seed {seed + number}: {length} s of {size[0]}×{size[1]}, {plan.clips} clips"
                f"{', one image' * one}: planned {plan.tokens:,}, billed {server.tokens:,} ({wrong:+.1%}), "
                f"at most {most:,}", flush=True,
            )  # fmt: skip
            if server.tokens > most:
                print("MORE THAN THE MOST")
                errors.append(1.0)
    print(Figure("forecast: largest error of a film's tokens", max(errors), films, 0.05, at_most=True))
    return max(errors) <= 0.05


def drawn(seconds: int, size: tuple[int, int], seed: int) -> bytes:
    """Return a film of coloured squares, two frames a second."""
    import io
    from fractions import Fraction

    import av
    import numpy as np

    chance, buffer = np.random.default_rng(seed), io.BytesIO()
    width, height = size
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=2)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        colours = chance.integers(0, 255, (8, 8, 3))
        for number in range(2 * seconds):
            if number % 40 == 0:
                colours = chance.integers(0, 255, (8, 8, 3))
            pixels = np.repeat(np.repeat(colours, -(-height // 8), 0), -(-width // 8), 1)[:height, :width].astype(
                np.uint8
            )
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 2)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--films", type=int, default=12)
    parser.add_argument("--seed", type=int, default=100)
    options = parser.parse_args()
    good = True
    if "kills" in options.only:
        good = kills(options.kills, options.seed) and good
    if "forecast" in options.only:
        good = forecast(options.films, options.seed) and good
    if "starter" in options.only:
        import video_chain_starter

        video_chain_starter.main(options.seed)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
