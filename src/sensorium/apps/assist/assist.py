"""The page's requests: check a picture, ask about it, hear a question, speak an answer. Nothing is kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sensorium.apps.assist.answers import Asked, answered
from sensorium.apps.assist.forget import forget
from sensorium.apps.assist.interpreter import OWN, Interpreter
from sensorium.apps.assist.photo_check import checked
from sensorium.apps.http import errors, uploads
from sensorium.apps.http.errors import Refused
from sensorium.apps.http.sse import Events, event, while_there
from sensorium.apps.http.work_queue import Place, Queue
from sensorium.core.errors import InputError
from sensorium.core.languages import handles, language_name
from sensorium.core.languages import language as code_of
from sensorium.core.messages import Audio, Image
from sensorium.core.protocols import Model, Options, Speaker, Transcriber, Translator

LONGEST_QUESTION = 2_000
LONGEST_SPOKEN = 2_000
_MOST_TURNS = 6


@dataclass
class Assist:
    """What the requests share.

    Args:
        models: Who answers, the first by default; a second gives second opinions.
        seeing, talking: The queues before models and before speech.
        transcriber, speaker: Ears and voice of the server, or None.
        translator: Between the person's language and the models', or None.
        options: How models shall answer.
        most_bytes: The largest picture.
        most_sound_bytes: The largest recording.
    """

    models: tuple[Model, ...]
    seeing: Queue
    talking: Queue
    transcriber: Transcriber | None = None
    speaker: Speaker | None = None
    translator: Translator | None = None
    options: Options = field(default_factory=Options)
    most_bytes: int = 25_000_000
    most_sound_bytes: int = 10_000_000

    async def abilities(self, request: Request) -> JSONResponse:
        """GET /api/abilities: what this server can do."""
        heard = None if self.transcriber is None else list(self.transcriber.languages)
        spoken = None if self.speaker is None else list(self.speaker.languages)
        answers = list(self.models[0].limits.languages)
        if answers and self.translator is not None:
            answers = list(dict.fromkeys((*answers, *self.translator.languages))) if self.translator.languages else []
        return JSONResponse(
            {
                "models": [model.name for model in self.models],
                "answers": [{"code": code, "name": language_name(code)} for code in answers],
                "hears": heard,
                "speaks": spoken,
                "most_bytes": self.most_bytes,
                "keeps": "nothing",
            }
        )

    async def look(self, request: Request) -> JSONResponse:
        """POST /api/look: is the picture usable, and how to retake it."""
        self.seeing.refuse_if_full()
        given = await uploads.form(request, self.most_bytes)
        image, language = Image(uploads.picture(given)), _code(given.texts.get("language", "en"))
        between = Interpreter(language, OWN, self.translator)

        def work() -> dict[str, Any]:
            found = checked(image).to_json()
            said, code = between.told(found["said"], OWN)
            return found | {"said": said, "language": code}

        return JSONResponse(await while_there(request.receive, self.seeing.run(work)))

    async def forget(self, request: Request) -> Response:
        """POST /api/forget: what the eyes keep of the last pictures, to see faster, is thrown away."""
        forget(self.models)
        return Response(status_code=204)

    async def ask(self, request: Request) -> Response:
        """POST /api/ask: the answer as events."""
        self.seeing.refuse_if_full()
        given = await uploads.form(request, self.most_bytes)
        second = _one_of(given, "opinion", ("first", "second")) == "second"
        if second and len(self.models) < 2:
            raise Refused(422, "There is no second model here.", "Start the server with --second NAME.")
        asked = self._asked(given, second)
        model = self.models[1 if second else 0]
        place = self.seeing.enter()
        return Events(self._events(model, asked, place), place)

    async def transcribe(self, request: Request) -> JSONResponse:
        """POST /api/transcribe: a spoken question in words."""
        transcriber = self.transcriber
        if transcriber is None:
            raise Refused(501, "This server can't hear.", "Type the question.")
        self.talking.refuse_if_full()
        given = await uploads.form(request, self.most_sound_bytes)
        audio = Audio(uploads.sound(given))
        code = _code(given.texts.get("language", "en"))
        work = self.talking.run(lambda: transcriber.transcribe(audio, code))
        heard = await while_there(request.receive, work)
        return JSONResponse({"text": heard.text, "language": heard.language, "confidence": heard.confidence})

    async def speak(self, request: Request) -> Response:
        """POST /api/speak: words as a WAV."""
        speaker = self.speaker
        if speaker is None:
            raise Refused(501, "This server has no voice.", "Read the text.")
        self.talking.refuse_if_full()
        given = await uploads.json_body(request, 6 * LONGEST_SPOKEN + 1000)
        text, code = given.get("text"), _code(given.get("language", "en"))
        if not isinstance(text, str) or not text.strip():
            raise Refused(422, "There is nothing to say.", "Send some text.")
        if len(text) > LONGEST_SPOKEN:
            raise Refused(422, f"The text is longer than {LONGEST_SPOKEN} letters.", "Send it sentence by sentence.")
        if not handles(speaker.languages, code):
            raise Refused(422, f"The voice does not speak {language_name(code)}.", "Read the text.")
        work = self.talking.run(lambda: speaker.speak(text, code).blob.data)
        data = await while_there(request.receive, work)
        return Response(data, media_type="audio/wav")

    def _asked(self, given: uploads.Form, second: bool) -> Asked:
        question = given.texts.get("question", "").strip()
        if not question:
            raise Refused(422, "There is no question.", "Say or type what you want to know.")
        if len(question) > LONGEST_QUESTION:
            raise Refused(422, f"The question is longer than {LONGEST_QUESTION} letters.", "Ask for less at once.")
        return Asked(
            Image(uploads.picture(given)),
            question,
            _code(given.texts.get("language", "en")),
            _history(given.texts.get("history", "[]")),
            given.texts.get("first") if second else None,
            _one_of(given, "first_abstained", ("false", "true")) == "true",
            other=len(self.models) > 1 and not second,
        )

    async def _events(self, model: Model, asked: Asked, place: Place) -> AsyncIterator[bytes]:
        if place.ahead:
            yield event("waiting", {"ahead": place.ahead})
        try:
            async with aclosing(place.pieces(lambda: answered(model, asked, self.options, self.translator))) as pieces:
                async for piece in pieces:
                    if piece is not None:
                        yield event(*piece)
        except Exception as error:
            yield event("error", errors.told(error)["error"])


def _one_of(given: uploads.Form, name: str, values: tuple[str, ...]) -> str:
    """Return a text of a form that can only be one of a few; the first where it is not there."""
    found = given.texts.get(name, values[0])
    if found not in values:
        raise Refused(422, f"{name!r} can't be {found[:40]!r}.", f"Send {' or '.join(values)}.")
    return found


def _code(given: object) -> str:
    if not isinstance(given, str) or len(given) > 40:
        raise Refused(422, "The language is no code.", "Send a code such as en or hi.")
    try:
        return code_of(given)
    except InputError as error:
        raise Refused(422, error.message, error.hint) from None


def _history(given: str) -> tuple[tuple[str, str], ...]:
    hint = 'Send [{"question": …, "answer": …}].'
    try:
        turns = json.loads(given)
        found = tuple((turn["question"], turn["answer"]) for turn in turns[-_MOST_TURNS:])
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        raise Refused(422, "The history is not in its form.", hint) from None
    if not all(isinstance(text, str) and text.strip() for turn in found for text in turn):
        raise Refused(422, "The history is not in its form.", hint)
    return found
