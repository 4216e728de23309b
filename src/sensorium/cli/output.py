"""Output: plain sentences that a screen reader can speak."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from math import floor, log10

import click

from sensorium.core.catalog import entries
from sensorium.core.errors import quoted
from sensorium.core.messages import Conversation, Image
from sensorium.core.reply import Evidence, Reply

_MAX_EVIDENCE = 12
_UNPRINTABLE = re.compile(r"[\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")  # JSON itself escapes those below
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Return a message on one line without control characters."""
    return _CONTROL.sub("\ufffd", " ".join(text.split()))


def safe(text: str) -> str:
    """Return text of a picture or a model without control characters, which could command the terminal."""
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))


def as_json(value: object) -> None:
    """Print one JSON value as one line; characters that could command the terminal are escaped."""
    text = json.dumps(value, ensure_ascii=False)
    click.echo(_UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def result(text: str) -> None:
    """Print to standard output."""
    click.echo(safe(text))


def aside(text: str) -> None:
    """Print to standard error."""
    click.echo(safe(text), err=True)


def asides(texts: Iterable[str]) -> None:
    """Print every text to standard error."""
    for text in texts:
        aside(text)


def as_csv(row: Sequence[object]) -> None:
    """Print one row of CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(["" if value is None else value for value in row])
    result(out.getvalue())


def heading(file: str, files: Sequence[object]) -> None:
    """Print a file's name before its result, if there are several files."""
    if len(files) > 1:
        result(f"{quoted(file)}:")


def error(message: str, hint: str) -> None:
    """Print an error as one line, and its hint as another, to standard error."""
    aside(f"sensorium: {plain(message)}")
    if hint:
        aside(plain(hint))


def sure(reply: Reply) -> str:
    """Return in words and a number how sure a model is of its answer."""
    if reply.abstained:
        return "It can't tell."
    if reply.confidence is None:
        return "It does not say how sure it is."
    for threshold, words in ((0.95, "almost certain"), (0.8, "fairly sure"), (0.6, "not very sure")):
        if reply.confidence >= threshold:
            return f"It is {words} ({reply.confidence:.2f})."
    return f"It is guessing ({reply.confidence:.2f})."


def reply(answer: Reply, chat: Conversation, in_json: bool, quiet: bool) -> None:
    """Print an answer to standard output; its confidence, evidence, cost and time to standard error."""
    if in_json:
        return as_json(answer.to_json())
    result(answer.text if answer.data is None else json.dumps(answer.to_json()["data"], ensure_ascii=False))
    if quiet:
        return None
    aside(sure(answer))
    several = sum(isinstance(part, Image) for part in chat.parts) > 1
    for line in rests_on(answer.evidence, several):
        aside(line)
    if answer.cut:
        aside("The answer was cut at the most tokens allowed; --max-tokens allows more.")
    if answer.repaired:
        aside("The first answer did not fit the schema; this is the second.")
    if answer.suggestion:
        aside(answer.suggestion)
    asides(cost(answer))
    seconds = "" if answer.usage.seconds is None else f" in {answer.usage.seconds:.1f} s"
    aside(f"Answered by {answer.model or 'an unnamed model'}{seconds}.")


def cost(answer: Reply) -> Iterable[str]:
    """Return a line with the tokens used, and the price if it is known."""
    usage = answer.usage
    if usage.input_tokens is None or usage.output_tokens is None:
        return
    entry = entries().get(answer.model)
    money = ""
    if usage.usd is not None:
        price = entry.price_on() if entry else None
        dated = f" by the price of {price.date:%Y-%m-%d}" if price else ""
        digits = 2 if usage.usd <= 0 else max(2, 1 - floor(log10(usage.usd)))
        money = f", about {usage.usd:.{digits}f} US dollars{dated}"
    yield f"It took {usage.input_tokens:,} tokens in and {usage.output_tokens:,} out{money}."


def rests_on(evidence: tuple[Evidence, ...], several: bool) -> Iterable[str]:
    """Return a line for every observation; with `several` images it names the image."""
    if evidence:
        yield "It rests on:"
    for item in evidence[:_MAX_EVIDENCE]:
        where = f" in picture {item.image + 1}" if several else ""
        score = "" if item.score is None else f" ({item.score:.2f})"
        yield f"- {item.kind}{where}: {plain(item.text)}{score}"
    if len(evidence) > _MAX_EVIDENCE:
        yield f"- and {len(evidence) - _MAX_EVIDENCE} more; --json gives all."
