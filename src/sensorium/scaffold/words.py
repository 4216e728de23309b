"""What the templates say and pass, in words and in code, for each combination of answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sensorium.core.languages import language_name
from sensorium.scaffold import code
from sensorium.scaffold.answers import Answers
from sensorium.scaffold.checks import checks_of
from sensorium.scaffold.engines import GEMINI, MULTILINGUAL, OLLAMA, OPENAI, Engines
from sensorium.scaffold.names import field_names

_PART_WORDS = {"picture": "a picture", "video": "a film", "speech": "a recording"}
_UPLOADS = {"picture": "Image", "video": "Video", "speech": "Audio"}
_MEASURED = {"picture": "pictures", "video": "films", "speech": "recordings"}
_APP_WORDS = {
    "answer": "what is asked, of which model, and what is answered",
    "fields": "what is asked, of which model, and how the fields come out",
    "hits": "the catalogue's index, and a search in it",
    "moments": "a film's index, and a search in it",
}
_MODEL_NOTES = {
    "offline": "Reads and names what is in pictures on this machine; English only.",
    OLLAMA: "Runs on this machine, in Ollama: `ollama pull qwen3-vl` fetches it.",
    OPENAI: "Pictures and questions are sent to OpenAI; it needs OPENAI_API_KEY.",
    GEMINI: "What goes in is sent to Google; it needs GEMINI_API_KEY.",
}


def words_of(answers: Answers, chosen: Engines, flags: dict[str, Any]) -> dict[str, Any]:
    """Return the words, types and arguments of a project's code, page and README."""
    shown = [part for part in answers.takes if part in _PART_WORDS]
    if answers.gives == "answer":
        shown = [part for part in shown if part != "speech"]
    languages = [(each, language_name(each)) for each in answers.languages]
    values: dict[str, Any] = {
        "source_words": _listed([_PART_WORDS[part] for part in shown], "or"),
        "fields": list(zip(field_names(answers.fields), answers.fields, strict=True)),
        "nones": ", ".join(["None"] * len(answers.fields)),
        "model_note": _MODEL_NOTES.get(chosen.model, ""),
        "embedder_note": "Runs on this machine; it understands English and many other languages."
        if chosen.embedder == MULTILINGUAL
        else "Runs on this machine; it understands English.",
        "language_names": languages,
        "languages_words": _listed([name for _, name in languages], "and"),
        "samples": "picture" in answers.takes and answers.gives in ("answer", "fields"),
        "app_words": _APP_WORDS[answers.gives],
        "measured_words": _listed([_MEASURED[part] for part in answers.takes if part in _MEASURED], "or"),
        "measured_model": chosen.model or "offline",
        "price_source": chosen.price.source.partition(" ")[0] if chosen.price is not None else "",
    }
    values |= _sources(answers, shown)
    values["summary"] = _summary(answers, values["source_words"])
    values["kept_note"] = _kept_note(answers, chosen)
    values |= _server(answers, flags, values) | _page(answers, flags, values)
    return values | checks_of(answers, chosen, flags)


def _sources(answers: Answers, shown: Sequence[str]) -> dict[str, Any]:
    """Return the names and types of what is asked about."""
    types = [_UPLOADS[part] for part in shown]
    inside = ["str" if each == "Audio" else each for each in types]
    names = {"picture": "picture", "video": "film"}
    whose = {"picture": "the picture", "video": "the film", "speech": "what is said"}
    return {
        "source_name": names[shown[0]] if len(shown) == 1 and shown[0] in names else "source",
        "source_type": " | ".join(types),
        "upload_types": " | ".join(types),
        "field_types": " | ".join(inside),
        "field_words": whose[shown[0]] if len(shown) == 1 else "the source",
    }


def _summary(answers: Answers, source: str) -> str:
    """Return in one sentence what the app does."""
    hears = "speech" in answers.takes
    if answers.gives == "answer":
        about = f" about {source}" if source else ""
        return f"Answers {'spoken ' if hears else ''}questions{about}{', aloud' if hears else ''}."
    if answers.gives == "fields":
        return f"Reads fields from {source}."
    ways = ["words", *(["a picture"] if "picture" in answers.takes else []), *(["voice"] if hears else [])]
    if answers.gives == "hits":
        return f"Finds things of a catalogue by {_listed(ways, 'or')}."
    return f"Finds the moments of a film in which something is seen, by {_listed(ways, 'or')}."


def _kept_note(answers: Answers, chosen: Engines) -> str:
    if chosen.is_hosted:
        service = "Google" if chosen.model == GEMINI else "OpenAI"
        return f"What you send is sent on to {service}, and not kept here."
    if answers.gives == "moments":
        return "Everything stays on this machine; what was seen in a film is kept for the next search."
    return "Everything stays on this machine, and what you send is not kept."


def _server(answers: Answers, flags: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return what the server's module imports, takes and calls."""
    gives, takes = answers.gives, answers.takes
    picture, video, speech = (flags[part] for part in ("picture", "video", "speech"))
    is_single = takes in (("picture",), ("speech",))
    hears_here = speech and gives in ("fields", "moments")
    model = {"answer": "model: Model | None = None", "fields": "model: Model | None = None"}.get(
        gives, "embedder: Embedder | None = None"
    )
    model = "team: VoiceTeam | None = None" if gives == "answer" and speech else model
    asks_words = gives in ("answer", "moments")
    words_name = "question" if gives == "answer" else "words"
    words_optional = speech or (gives == "moments" and picture)
    takes_file = gives != "answer" or picture or video
    blank, length = ' = ""' if words_optional else "", "" if words_optional else "min_length=1, "
    language = answers.languages[0]
    parameters = [
        "request: Request",
        "file: Annotated[UploadFile, File()]" if takes_file else "",
        f"{words_name}: Annotated[str, Form({length}max_length=2000)]{blank}" if asks_words else "",
        "speech: Annotated[UploadFile | None, File()] = None" if speech and asks_words else "",
        "picture: Annotated[UploadFile | None, File()] = None" if gives == "moments" and picture else "",
        f'language: Annotated[str, Form(max_length=10)] = "{language}"'
        if flags["has_language"] or (gives == "answer" and speech)
        else "",
    ]

    def work(before: str, given: Sequence[object], after: str, bare: bool = False, verb: str = "found =") -> str:
        inner = (
            before if bare else f"lambda: {before}{', '.join(each for each in given if isinstance(each, str))}{after}"
        )
        if answers.seconds is not None:
            return code.laid(f"{verb} await answered(", ["request", inner], ")", 8)
        return code.laid(f"{verb} await while_connected(", ["request.receive", f"queue.run({inner})"], ")", 8)

    return {
        "work": work,
        "asks_words": asks_words,
        "words_name": words_name,
        "words_required": not words_optional,
        "takes_file": takes_file,
        "speaks": gives == "answer" and speech,
        "hears_here": hears_here,
        "audio_type": speech,
        "image_type": picture,
        "video_type": video,
        "sniffs": video or (gives == "fields" and not is_single),
        "refuses": video or (gives == "fields" and not is_single) or (asks_words and words_optional),
        "reads_audio": speech and (asks_words or takes == ("speech",)),
        "reads_image": picture and (gives == "moments" or takes == ("picture",) or (gives == "answer" and not video)),
        "uses_form": asks_words or flags["has_language"],
        "create_parameters": [
            model,
            "transcriber: Transcriber | None = None" if hears_here else "",
            "folder: Path = FILMS" if gives == "moments" else "",
        ],
        "ask_parameters": parameters,
    }


def _page(answers: Answers, flags: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return the labels of the page."""
    gives, speech = answers.gives, flags["speech"]
    parts = ["film"] if gives == "moments" else [
        word for part, word in (("picture", "picture"), ("video", "film"), ("speech", "recording"))
        if part in answers.takes and not (part == "speech" and gives == "answer")
    ]  # fmt: skip
    accepted = {"picture": "image/*", "film": "video/*", "recording": "audio/*"}
    wanted = "When is it seen? Say what to look for" if gives == "moments" else "Question"
    return {
        "file_label": _listed(parts, "or").capitalize(),
        "accept": ",".join(accepted[part] for part in parts),
        "words_label": wanted,
        "language_label": "Language of the speech" if speech and gives != "answer" else "Language",
        "button": {"answer": "Ask", "fields": "Read the fields", "moments": "Find"}.get(gives, "Search"),
        "records": speech,
        "speech_name": "file" if gives == "fields" else "speech",
        "result_heading": {"answer": "Answer", "fields": "Fields", "moments": "Moments"}.get(gives, "Hits"),
    }


def _listed(words: Sequence[str], last: str) -> str:
    """Return words as a list in a sentence."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""
