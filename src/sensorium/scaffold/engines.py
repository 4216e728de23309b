"""Engines: which models a project names for its answers, and the extras that install them."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium.core.catalog import Price, entries
from sensorium.scaffold.answers import Answers

OFFLINE, OLLAMA, OPENAI, GEMINI = "offline", "ollama:qwen3-vl", "openai:gpt-6-luna", "gemini:gemini-3.8-flash"
MULTILINGUAL = "offline:multilingual"


@dataclass(frozen=True)
class Engines:
    """What a project runs on.

    Args:
        model: What answers; "" if nothing is asked.
        embedder: What finds; "" if nothing is searched.
        transcriber: What hears, or "".
        speakers: What speaks, in order of preference.
        extras: Of Sensorium, sorted.
        key: Environment variable of the service's key, or "".
        price: Today's, of a hosted model; None if nothing is paid.
    """

    model: str = ""
    embedder: str = ""
    transcriber: str = ""
    speakers: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    key: str = ""
    price: Price | None = None

    @property
    def is_hosted(self) -> bool:
        """Whether the model is a service's."""
        return bool(self.key)


def engines(answers: Answers) -> Engines:
    """Return what fits the answers: what runs here if that can do it, or must; else a hosted model."""
    model = _model(answers)
    embedder = ""
    if answers.gives in ("hits", "moments"):
        embedder = OFFLINE if answers.languages == ("en",) else MULTILINGUAL
    hears = "speech" in answers.takes
    speaks = hears and answers.gives == "answer"
    speakers = (*(("piper",) if "en" in answers.languages else ()), "espeak") if speaks else ()
    entry = entries().get(model)
    return Engines(
        model,
        embedder,
        "whisper" if hears else "",
        speakers,
        _extras(answers, model, embedder),
        {OPENAI: "OPENAI_API_KEY", GEMINI: "GEMINI_API_KEY"}.get(model, ""),
        entry.price_on() if entry is not None else None,
    )


def _model(answers: Answers) -> str:
    """Return the model that answers.

    The offline model reads and names what is in pictures, asked in English; it knows no other language, follows no
    schema and understands no speech without a picture.
    """
    if answers.gives in ("hits", "moments"):
        return ""
    if not answers.is_private and answers.usd_a_day != 0:
        return GEMINI if "video" in answers.takes else OPENAI
    is_english = answers.languages == ("en",)
    if answers.gives == "answer" and is_english and answers.takes != ("speech",):
        return OFFLINE
    return OFFLINE if is_english and answers.takes == ("picture",) else OLLAMA


def _extras(answers: Answers, model: str, embedder: str) -> tuple[str, ...]:
    wanted = {"serve"}
    wanted |= {"offline"} if OFFLINE in (model, embedder) or embedder else set()
    wanted |= {"search"} if answers.gives == "hits" or embedder == MULTILINGUAL else set()
    wanted |= {"video"} if "video" in answers.takes else set()
    wanted |= {"voice"} if "speech" in answers.takes else set()
    wanted |= {"gemini"} if model == GEMINI else set()
    wanted |= {"openai"} if model in (OPENAI, OLLAMA) else set()
    return tuple(sorted(wanted))
