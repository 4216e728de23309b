"""The page's requests: check a picture, ask about it, transcribe a question, speak an answer. Nothing is kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import AfterValidator, BaseModel, Field, StringConstraints, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sensorium.apps.assist.answers import ImageQuestion, answer_events
from sensorium.apps.assist.forget import forget
from sensorium.apps.assist.interpreter import APP_LANGUAGE, Interpreter
from sensorium.apps.assist.photo_check import PhotoReport, check_photo
from sensorium.apps.http.errors import BODY_STATUSES, RequestError, error_responses, streamed_error
from sensorium.apps.http.sse import EVENT_RESPONSES, EventStream, encode_event, while_connected
from sensorium.apps.http.uploads import limited_route, read_audio, read_image
from sensorium.apps.http.work_queue import Slot, WorkQueue
from sensorium.core.languages import handles, language, language_name
from sensorium.core.messages import Audio, Image
from sensorium.core.protocols import Model, Options, Speaker, Transcriber, Translator
from sensorium.media.audio import bounded

MAX_CHARACTERS = 2_000
"""The longest question, and the longest text to speak."""
_MAX_TURNS = 6
_MAX_AUDIO_BYTES = 10_000_000
_PIECE_BYTES = 65_536  # of an answer
MAX_QUESTION_SECONDS = 120.0
"""The longest spoken question; decoding stops there."""

_Characters = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CHARACTERS)]
_CODE_PATTERN = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$"
_Language = Annotated[
    str,
    Field(max_length=40, description="A language code: en, hi, ta …", json_schema_extra={"pattern": _CODE_PATTERN}),
    AfterValidator(language),
]


class LanguageInfo(BaseModel):
    code: str
    name: str


class Capabilities(BaseModel):
    """What this server can do; `hears` and `speaks` hold language codes, or null without ears or voice."""

    models: list[str]
    answers: list[LanguageInfo]
    hears: list[str] | None
    speaks: list[str] | None
    max_bytes: int
    keeps: Literal["nothing"] = "nothing"


class TranscriptBody(BaseModel):
    text: str
    language: str
    confidence: float | None


class SpeechRequest(BaseModel):
    text: _Characters
    language: _Language = "en"


class Turn(BaseModel):
    """An earlier question about the same picture, and its answer."""

    question: Annotated[str, StringConstraints(pattern=r"\S")]
    answer: Annotated[str, StringConstraints(pattern=r"\S")]


class WavResponse(Response):
    """A WAV, sent in pieces: of a client that doesn't read, the server keeps one and not megabytes."""

    media_type = "audio/wav"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = memoryview(self.body)
        for start in range(0, len(body), _PIECE_BYTES):
            await send(
                {"type": "http.response.body", "body": bytes(body[start : start + _PIECE_BYTES]), "more_body": True}
            )
        await send({"type": "http.response.body", "body": b""})


@dataclass
class AssistEndpoints:
    """The endpoints of the page.

    Args:
        models: The models, the first by default; a second gives second opinions.
        image_queue, speech_queue: The queues before models and before speech.
        transcriber, speaker: Ears and voice of the server, or None.
        translator: Between the person's language and the models', or None.
        options: How models shall answer.
        max_bytes: The largest picture.
    """

    models: tuple[Model, ...]
    image_queue: WorkQueue
    speech_queue: WorkQueue
    transcriber: Transcriber | None = None
    speaker: Speaker | None = None
    translator: Translator | None = None
    options: Options = field(default_factory=Options)
    max_bytes: int = 25_000_000

    def add_to(self, router: APIRouter) -> None:
        """Add the routes of /api."""
        images = limited_route(self.max_bytes, self.image_queue.check)
        audio = limited_route(_MAX_AUDIO_BYTES, self._check_transcriber)
        speech = limited_route(6 * MAX_CHARACTERS + 1000, self._check_speaker)
        errors, body_errors = error_responses(401, 403), error_responses(*BODY_STATUSES)
        router.add_api_route("/api/capabilities", self.capabilities, responses=errors)
        post = partial(router.add_api_route, methods=["POST"], responses=body_errors)
        post("/api/check", self.check, route_class_override=images)
        post(
            "/api/ask", self.ask, route_class_override=images, responses=EVENT_RESPONSES | body_errors,
            response_class=EventStream, response_model=None, status_code=200,
        )  # fmt: skip
        post("/api/forget", self.forget, responses=errors, status_code=204)
        post("/api/transcribe", self.transcribe, route_class_override=audio)
        post("/api/speak", self.speak, route_class_override=speech, response_class=WavResponse)

    def _check_transcriber(self) -> None:
        if self.transcriber is None:
            raise RequestError(501, "This server can't transcribe speech.", "Type the question.")
        self.speech_queue.check()

    def _check_speaker(self) -> None:
        if self.speaker is None:
            raise RequestError(501, "This server has no voice.", "Read the text.")
        self.speech_queue.check()

    async def capabilities(self) -> Capabilities:
        """What this server can do."""
        answers = list(self.models[0].limits.languages)
        if answers and self.translator is not None:
            answers = list(dict.fromkeys((*answers, *self.translator.languages))) if self.translator.languages else []
        return Capabilities(
            models=[model.name for model in self.models],
            answers=[LanguageInfo(code=code, name=language_name(code)) for code in answers],
            hears=None if self.transcriber is None else list(self.transcriber.languages),
            speaks=None if self.speaker is None else list(self.speaker.languages),
            max_bytes=self.max_bytes,
        )

    async def check(
        self, request: Request, picture: Annotated[UploadFile, File()], language: Annotated[_Language, Form()] = "en"
    ) -> PhotoReport:
        """Whether a picture is usable, and how to retake it."""
        image = Image(await read_image(picture))
        interpreter = Interpreter(language, APP_LANGUAGE, self.translator)

        def work() -> PhotoReport:
            report = check_photo(image, [model.limits.max_side for model in self.models])
            message, code = interpreter.to_person(report.message, APP_LANGUAGE)
            return report.model_copy(update={"message": message, "language": code})

        return await while_connected(request.receive, self.image_queue.run(work))

    async def ask(
        self,
        picture: Annotated[UploadFile, File()],
        question: Annotated[_Characters, Form()],
        language: Annotated[_Language, Form()] = "en",
        opinion: Annotated[Literal["first", "second"], Form(description="second asks the other model.")] = "first",
        history: Annotated[str, Form(description="JSON: earlier questions about this picture and their answers.")] = "",
        first: Annotated[
            str | None, Form(description="With opinion=second: the first answer, to say whether they agree.")
        ] = None,
        first_abstained: Annotated[Literal["false", "true"], Form()] = "false",
        warned: Annotated[
            str, Form(max_length=100, description="Topics whose warning was heard: medicine, money, traffic.")
        ] = "",
        tiles: Annotated[
            Literal["false", "true"], Form(description="Send a picture in parts to a model that would get it shrunk.")
        ] = "false",
    ) -> EventStream:
        """Ask about a picture; the answer comes as server-sent events: waiting, sentence, answer, error."""
        second = opinion == "second"
        if second and len(self.models) < 2:
            raise RequestError(422, "This server has no second model.", "Start the server with --second NAME.")
        query = ImageQuestion(
            Image(await read_image(picture)),
            question,
            language,
            _turns(history),
            first if second else None,
            first_abstained == "true",
            has_other_model=len(self.models) > 1 and not second,
            warned=tuple(topic for topic in warned.split(",") if topic),
            in_tiles=tiles == "true",
        )
        slot = self.image_queue.reserve()
        return EventStream(self._events(self.models[second], query, slot), slot)

    async def forget(self) -> None:
        """Delete what is cached of the last pictures."""
        forget(self.models)

    async def transcribe(
        self, request: Request, audio: Annotated[UploadFile, File()], language: Annotated[_Language, Form()] = "en"
    ) -> TranscriptBody:
        """Transcribe a spoken question."""
        transcriber = self.transcriber
        assert transcriber is not None  # checked before the body was read
        recording = Audio(await read_audio(audio))
        work = self.speech_queue.run(lambda: transcriber.transcribe(bounded(recording, MAX_QUESTION_SECONDS), language))
        transcript = await while_connected(request.receive, work)
        return TranscriptBody(text=transcript.text, language=transcript.language, confidence=transcript.confidence)

    async def speak(self, request: Request, body: SpeechRequest) -> Response:
        """Speak a text."""
        speaker = self.speaker
        assert speaker is not None  # checked before the body was read
        if not handles(speaker.languages, body.language):
            raise RequestError(422, f"The voice does not speak {language_name(body.language)}.", "Read the text.")
        work = self.speech_queue.run(lambda: speaker.speak(body.text, body.language).blob.data)
        return WavResponse(await while_connected(request.receive, work))

    async def _events(self, model: Model, query: ImageQuestion, slot: Slot) -> AsyncGenerator[bytes]:
        if slot.ahead:
            yield encode_event("waiting", {"ahead": slot.ahead})
        try:
            async with aclosing(
                slot.stream(lambda: answer_events(model, query, self.options, self.translator))
            ) as events:
                async for event in events:
                    if event is not None:
                        yield encode_event(*event)
        except Exception as error:
            yield encode_event("error", streamed_error(error)["error"])


def _turns(history: str) -> tuple[tuple[str, str], ...]:
    """Return the last earlier questions and answers of a history in JSON."""
    try:
        turns = TypeAdapter(list[Turn]).validate_json(history or "[]")
    except ValidationError:
        hint = 'Send [{"question": …, "answer": …}].'
        raise RequestError(422, "The history has the wrong form.", hint) from None
    return tuple((turn.question, turn.answer) for turn in turns[-_MAX_TURNS:])
