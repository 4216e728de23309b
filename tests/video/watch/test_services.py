"""The real SDKs: a model of one image at an OpenAI-compatible server, Gemini's whole films, `transformers serve`."""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from film_server import FilmServer, words_of
from loopback import Answer, serving
from served_checkpoint import transformers_serve
from watched import BARS, Saying, answer, fake, film, spoken_film, step_of

from sensorium import Video, load
from sensorium.backends.gemini import Gemini
from sensorium.backends.openai import OpenAI
from sensorium.hosted import gemini_contents
from sensorium.media.image import size
from sensorium.video.watch.material import WatchSettings
from sensorium.video.watch.watch import WatchSetup, forecast, watch

pytest.importorskip("openai")
pytest.importorskip("google.genai")
NAME = "gemini-3.8-flash"
ASKING = f"POST /v1/models/{NAME}:streamGenerateContent?alt=sse"


def parts_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    content = body["messages"][-1]["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def test_a_model_of_one_image_watches_a_long_film_with_its_sound() -> None:
    with serving([], FilmServer) as server:
        model = OpenAI("llama-3.2-11b-vision-instruct", f"{server.url}/v1")
        setup = WatchSetup(transcriber=Saying(), settings=WatchSettings(segment_seconds=10), workers=2)
        reply = watch([Video(spoken_film(60))], "What happens?", model, setup)
    described = [asked.body for asked in server.asked if "Describe what is seen" in words_of(asked.body)]
    assert reply.route == "chain" and len(described) == 6 and not reply.abstained and reply.evidence
    for body in described:
        images = [part for part in parts_of(body) if part["type"] == "image_url"]
        assert len(images) == 1 and images[0]["image_url"]["url"].startswith("data:image/jpeg;base64,")
        words = words_of(body)
        start, end = map(float, re.search(r"from ([\d.]+) s to ([\d.]+) s", words).groups())  # type: ignore[union-attr]
        times = [float(at) for at in re.findall(r"frame \d+ at ([\d.]+) s", words)]
        assert len(times) == 8 and times == sorted(times)
        assert all(start - 0.5 <= at < end and at % 0.5 == pytest.approx(0) for at in times)  # two frames a second
    assert any("(heard): the meeting is at noon" in words_of(body) for body in described)


def test_every_frame_that_a_server_gets_stands_behind_its_own_time() -> None:
    from films import number_of

    from sensorium import Image
    from sensorium.media.image import pixels

    with serving([], FilmServer) as server:
        model = OpenAI("many", f"{server.url}/v1")
        watch([Video(film().blob, 10, 70)], "What?", model, WatchSetup(settings=WatchSettings(check=False)))
    told = 0
    for asked in server.asked:
        parts = parts_of(asked.body)
        for before, part in itertools.pairwise(parts):
            if part["type"] == "image_url":
                at = float(re.fullmatch(r"Frame at ([\d.]+) s:", before["text"])[1])  # type: ignore[index]
                data = base64.b64decode(part["image_url"]["url"].partition(",")[2])
                assert at == pytest.approx(number_of(pixels(Image(data))) / 5, abs=0.001) and size(Image(data))
                told += 1
    assert told >= 3 * 8


@pytest.fixture
def gemini_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_GENAI_USE_VERTEXAI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaTest0123456789")
    monkeypatch.setattr("sensorium.hosted.keys._from_keyring", lambda variable: "")


def plain(value: Any) -> Any:
    """Bring the SDK's mixed spellings to one."""
    if isinstance(value, dict):
        return {re.sub(r"_(\w)", lambda m: m[1].upper(), name): plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def gemini_says(text: str, tokens: int) -> Answer:
    usage = {"promptTokenCount": tokens, "candidatesTokenCount": 40, "totalTokenCount": tokens + 40}
    value = {
        "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0, "finishReason": "STOP"}],
        "usageMetadata": usage,
    }
    return Answer([f"data: {json.dumps(value)}\r\n\r\n"])


def test_gemini_gets_the_whole_film_uploaded_once_with_rate_part_and_resolution(
    gemini_key: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gemini_contents, "MAX_INLINE_BYTES", 1000)
    file = {"name": "files/f1", "uri": "https://g/v1/files/f1", "mimeType": "video/x-matroska", "state": "ACTIVE"}
    said = answer("noon", (10.0, 11.0, "noon is said", "heard"), (70.0, 71.0, "a wall", "seen"))
    store = {
        "POST /upload/v1/files": [Answer({}, headers={"X-Goog-Upload-URL": "SELF/upload-here"})],
        "POST /upload-here": [Answer({"file": file}, headers={"X-Goog-Upload-Status": "final"})],
        "DELETE /v1/files/f1": [Answer({})],
        ASKING: [gemini_says(said, 6000), gemini_says("Yes.", 100)],
    }
    settings = WatchSettings(fps=2, detail="low", check=False)
    setup = WatchSetup(settings=settings, folder=tmp_path, budget=0.05)
    clip = Video(spoken_film(60), 5, 45)
    with serving(store) as server:
        model = Gemini(NAME, server.url)
        plan = forecast([clip], "When?", model, setup)
        assert server.asked == [] and plan.route == "native"
        reply = watch([clip], "When?", model, setup)
        again = watch([clip], "When?", model, setup)
    paths = [f"{asked.method} {asked.path}" for asked in server.asked]
    assert paths == ["POST /upload/v1/files", "POST /upload-here", ASKING, "DELETE /v1/files/f1"]
    body = plain(server.asked[2].body)
    first, words = body["contents"][0]["parts"]
    assert first["fileData"]["fileUri"] == file["uri"]
    assert first["videoMetadata"] == {"fps": 2, "startOffset": "5s", "endOffset": "45s"}
    assert body["generationConfig"]["mediaResolution"] == "MEDIA_RESOLUTION_LOW"
    assert body["generationConfig"]["responseMimeType"] == "application/json"
    assert "from 5.00 s to 45.00 s" in words["text"] and "times of the film, not of the part" in words["text"]
    assert (reply.route, reply.answer) == ("native", "noon")
    assert [(each.start, each.source) for each in reply.evidence] == [(10.0, "heard")]
    assert any("70.00 s to 71.00 s was dropped" in note for note in reply.notes)
    assert plan.steps[0].input_tokens == pytest.approx(40 * (2 * 70 + 39) + 250, rel=0.05)
    assert reply.usage.usd == pytest.approx((6000 * 0.75 + 40 * 3.75) / 1e6)
    assert again.evidence == reply.evidence and again.usage.input_tokens == 0


def test_gemini_looks_again_at_frames(gemini_key: None) -> None:
    answers = {ASKING: [gemini_says(BARS, 6000), gemini_says("Yes.", 100)]}
    with serving(answers) as server:
        reply = watch([film()], "What?", Gemini(NAME, server.url))
    assert len(server.asked) == 2 and reply.evidence
    parts = plain(server.asked[1].body)["contents"][0]["parts"]
    assert sum("inlineData" in part for part in parts) == 4
    assert next(part["text"] for part in parts if "text" in part).startswith("Frame at ")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the real `transformers serve` with a tiny checkpoint; gives its address with the model's name."""
    for needed in ("torch", "transformers", "uvicorn", "fastapi"):
        pytest.importorskip(needed)
    with transformers_serve(tmp_path_factory.mktemp("serve")) as (folder, url):
        yield f"{folder}@{url}"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_transformers_serve_describes_clip_by_clip(served: str) -> None:
    eyes, head = load(f"openai:{served}"), fake(answer("noise", (1.0, 2.0, "noise", "seen")))
    settings = WatchSettings(check=False, frames=2, max_side=64, thinking_tokens=0, segment_seconds=30)
    reply = watch([film(60)], "What?", head, WatchSetup(describer=eyes, settings=settings, workers=2))
    assert reply.answer == "noise" and not any("failed" in note for note in reply.notes)
    condense = next(chat for chat in head.asked if step_of(chat) == "condense").messages[-1].text
    assert condense.count("Seen: ") == 2 and "not looked at" not in condense
    assert (reply.usage.input_tokens or 0) > 2 * 100  # as the server counted
