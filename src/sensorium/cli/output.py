"""What is printed: plain sentences that a screen reader can say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from math import floor, log10

import click

from sensorium.core.catalog import entries
from sensorium.core.errors import quoted
from sensorium.core.messages import Conversation, Image
from sensorium.core.reply import Evidence, Reply

_MOST_EVIDENCE = 12
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Bring a message to one line without control characters."""
    return _CONTROL.sub("\ufffd", " ".join(text.split()))


def words(text: str) -> str:
    """Take control characters out of words that came from a picture or a model: they could command the terminal."""
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))


def as_json(value: object) -> None:
    """Print one JSON value as one line."""
    click.echo(json.dumps(value, ensure_ascii=False))


def result(text: str) -> None:
    """Print to standard output."""
    click.echo(words(text))


def aside(text: str) -> None:
    """Print to standard error: what is not the result."""
    click.echo(words(text), err=True)


def asides(texts: Iterable[str]) -> None:
    """Print each to standard error."""
    for text in texts:
        aside(text)


def heading(file: str, files: Sequence[str]) -> None:
    """Print the file's name before what was seen in it, where there are several."""
    if len(files) > 1:
        result(f"{quoted(file)}:")


def error(message: str, hint: str) -> None:
    """Print what went wrong as one line, and the hint as another, to standard error."""
    aside(f"sensorium: {plain(message)}")
    if hint:
        aside(plain(hint))


def sure(reply: Reply) -> str:
    """Say in words and a number how sure a model is of its answer."""
    if reply.abstained:
        return "It can't tell."
    if reply.confidence is None:
        return "It does not say how sure it is."
    for least, said in ((0.95, "almost certain"), (0.8, "fairly sure"), (0.6, "not very sure")):
        if reply.confidence >= least:
            return f"It is {said} ({reply.confidence:.2f})."
    return f"It is guessing ({reply.confidence:.2f})."


def reply(found: Reply, chat: Conversation, json_wanted: bool, quiet: bool) -> None:
    """Print an answer on standard output; how sure, what it rests on and the seconds on standard error."""
    if json_wanted:
        return as_json(found.to_json())
    result(found.text if found.data is None else json.dumps(found.to_json()["data"], ensure_ascii=False))
    if quiet:
        return None
    aside(sure(found))
    several = sum(isinstance(part, Image) for part in chat.parts) > 1
    for line in rests_on(found.evidence, several):
        aside(line)
    if found.cut:
        aside("The answer was cut at the most tokens allowed; --max-tokens allows more.")
    if found.repaired:
        aside("The first answer did not fit the schema; this is the second.")
    if found.suggestion:
        aside(found.suggestion)
    asides(cost(found))
    seconds = "" if found.usage.seconds is None else f" in {found.usage.seconds:.1f} s"
    aside(f"Answered by {found.model or 'an unnamed model'}{seconds}.")


def cost(found: Reply) -> Iterable[str]:
    """Return one line of the tokens used, and of the money where the price is known."""
    usage = found.usage
    if usage.input_tokens is None or usage.output_tokens is None:
        return
    entry = entries().get(found.model)
    money = ""
    if usage.usd is not None:
        dated = f" by the price of {entry.price.date:%Y-%m-%d}" if entry and entry.price else ""
        digits = 2 if usage.usd <= 0 else max(2, 1 - floor(log10(usage.usd)))
        money = f", about {usage.usd:.{digits}f} US dollars{dated}"
    yield f"It took {usage.input_tokens:,} tokens in and {usage.output_tokens:,} out{money}."


def rests_on(evidence: tuple[Evidence, ...], several: bool) -> Iterable[str]:
    """Return one line an observation; with `several` pictures each says in which."""
    if evidence:
        yield "It rests on:"
    for seen in evidence[:_MOST_EVIDENCE]:
        where = f" in picture {seen.image + 1}" if several else ""
        score = "" if seen.score is None else f" ({seen.score:.2f})"
        yield f"- {seen.kind}{where}: {plain(seen.text)}{score}"
    if len(evidence) > _MOST_EVIDENCE:
        yield f"- and {len(evidence) - _MOST_EVIDENCE} more; --json gives all."
