"""What a project's own tests send, and what they expect."""

from __future__ import annotations

from typing import Any

from sensorium.core.languages import language_name
from sensorium.scaffold import code
from sensorium.scaffold.answers import DEFAULT_FIELDS, Answers
from sensorium.scaffold.engines import Engines

_HEARD = {"answer": "What does it say?", "fields": "My name is Sample 1.", "moments": "a red square", "hits": "red mug"}

_POSTED = {"answer": '{"question": "What does it say?"}', "moments": '{"words": "a red square"}'}


def checks_of(answers: Answers, chosen: Engines, flags: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the templates in tests/."""
    gives = answers.gives
    picture, video = flags["picture"], flags["video"]
    speech_only = gives == "answer" and answers.takes == ("speech",)
    film_only = gives == "answer" and video and not picture
    upload = _upload(answers, picture, video)
    spoken = upload[:-1] + ", " if upload else "{"
    names = [name for name, used in (("MODEL", chosen.model), ("EMBEDDER", chosen.embedder)) if used]
    engine_names = [f"app.{name}" for name in (*names, *(["TRANSCRIBER"] if chosen.transcriber else []))]
    expected = {
        "answer": [f'assert response.json()["text"] == "{_text(film_only)}"'],
        "fields": [
            'first, *others = response.json()["fields"].values()' if not flags["by_question"] else "",
            'assert first == "Sample 1" and others == [None] * len(OTHERS)'
            if not flags["by_question"]
            else 'assert set(response.json()["fields"].values()) == {"Sample 1"}',
        ],
        "moments": ['(moment,) = response.json()["moments"]', 'assert 2 <= moment["start"] < moment["end"] <= 6.5'],
    }.get(gives, [])
    return {
        "heard": _HEARD[gives],
        "film_only": film_only,
        "offline_model": chosen.model == "offline",
        "languages": [language_name(each) for each in answers.languages],
        "default_fields": answers.fields == DEFAULT_FIELDS,
        "sample_ones": ", ".join(['"Sample 1"'] * len(answers.fields)),
        "engine_names": ", ".join([*engine_names, *(["*app.SPEAKERS"] if chosen.speakers else [])]),
        "film_in_server": film_only or gives == "moments" or (gives == "fields" and answers.takes[0] == "video"),
        "client_lines": _client(answers, film_only, flags["by_question"]),
        "upload": '{"question": (None, "What does it say?")}' if speech_only else upload,
        "posted": "" if speech_only else _POSTED.get(gives, ""),
        "expected": [line for line in expected if line],
        "spoken_upload": spoken + '"speech": ("speech.wav", SOUND.blob.data)}',
        "wrong_upload": '{"speech": ("a.txt", b"text")}' if speech_only
        else '{"file": ("a.txt", b"not a file of its kind")}',
    }  # fmt: skip


def _text(film_only: bool) -> str:
    return "A red square." if film_only else "A sign."


def _upload(answers: Answers, picture: bool, video: bool) -> str:
    """Return the files that the request's test sends, as code; "" for none."""
    if answers.gives == "moments" or (video and not picture):
        return '{"file": ("film.mp4", film)}'
    if picture:
        return '{"file": ("sample.png", SAMPLE)}'
    return '{"file": ("speech.wav", SOUND.blob.data)}' if answers.gives == "fields" else ""


def _client(answers: Answers, film_only: bool, by_question: bool) -> list[str]:
    """Return the lines that make the app of the tests."""
    hears = "speech" in answers.takes
    ears = ", Ears()" if hears else ""
    if answers.gives == "moments":
        return [code.laid("app = create_app(", ["embedder", "Ears()" if hears else "", "folder=tmp_path"], ")")]
    if answers.gives == "fields":
        model = 'load("fake:Sample 1")' if by_question else "Fake(ANSWER)"
        return [f"app = create_app({model}{ears})"]
    model = 'Fake([FILM_ANSWER, "yes"])' if film_only else 'load("fake:A sign.")'
    if not hears:
        return [f"app = create_app({model})"]
    return [f"team = VoiceTeam([{model}], [Ears()], speakers=[Voice()])", "app = create_app(team)"]
