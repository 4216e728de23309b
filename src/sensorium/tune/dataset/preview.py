"""A page of rows as a model is taught them: what it is given, and what it learns to say."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sensorium.core.errors import MediaError
from sensorium.core.messages import Image, Part, Text, kind
from sensorium.media.page import picture, sheet
from sensorium.tasks.prompt import to_conversation
from sensorium.tune.dataset.data import Row

_STYLE = """
.learnt { background: #fff3b0; color: #1a1a1a; border-left-color: #8a5a00; border-bottom: 3px solid #8a5a00; }
"""


@dataclass(frozen=True)
class Shown:
    """A row as one model is taught it.

    Args:
        prompt: The whole prompt with its template.
        answer: The tokens that bear loss, each as words.
    """

    prompt: str
    answer: tuple[str, ...]


def page(name: str, rows: Sequence[Row], total: int, render: Callable[[Row], Shown] | None = None) -> str:
    """Make an HTML page that needs no network: a heading a row, its picture, its prompt, its answer.

    What bears loss is coloured and said in words: before it stands "Learnt", before the rest "Given, not learnt".

    Args:
        name: Of the data set.
        rows: To show.
        total: How many rows the data set has.
        render: Gives a row with a model's own template and tokens; None shows the words without a template.
    """
    title = f"{name}: {len(rows)} of {total} rows"
    articles = "\n".join(_article(row, render) for row in rows)
    body = (
        f"<h1>{html.escape(title)}</h1>\n"
        "<p>Each row has a heading. What a model is given is marked “Given, not learnt”; what it learns to say is "
        f"marked “Learnt”, and coloured.</p>\n{articles}"
    )
    return sheet(title, body, _STYLE)


def _article(row: Row, render: Callable[[Row], Shown] | None) -> str:
    label = f"Row {row.number}" + (f", {row.example.split}" if row.example.split else "")
    body = "\n".join(_picture(image, number, row) for number, image in enumerate(row.images, 1))
    try:
        body += "\n" + (_plain(row) if render is None else _rendered(render(row)))
    except MediaError as error:
        body += f"\n<p><strong>This row can't be shown: {html.escape(error.message)}</strong></p>"
    others = [answer for answer in row.example.answers if answer != row.example.answer]
    if others:
        body += f"\n<p>Also right: {html.escape(', '.join(dict.fromkeys(others)))}.</p>"
    name = f"row-{row.number}"
    return f'<article aria-labelledby="{name}">\n<h2 id="{name}">{html.escape(label)}</h2>\n{body}\n</article>'


def _plain(row: Row) -> str:
    out = []
    count = 0
    for turn in to_conversation(row.example).messages:
        words = []
        for part in turn.parts:
            count += isinstance(part, Image)
            words.append(_words(part, count))
        out.append(_block(f"{turn.role.capitalize()}. Given, not learnt:", "\n".join(words), False))
    return "\n".join([*out, _block("Assistant. Learnt:", row.example.answer, True)])


def _rendered(shown: Shown) -> str:
    tokens = " | ".join(shown.answer)
    return "\n".join(
        [
            _block("Given, not learnt:", shown.prompt, False),
            _block(f"Learnt, {len(shown.answer)} tokens with bars between:", tokens, True),
        ]
    )


def _block(label: str, text: str, learnt: bool) -> str:
    return f"<h3>{label}</h3>\n<pre{' class=learnt' if learnt else ''}>{html.escape(text)}</pre>"


def _words(part: Part, count: int) -> str:
    if isinstance(part, Text):
        return part.text
    return f"[picture {count}]" if isinstance(part, Image) else f"[{kind(part)}]"


def _picture(image: Image, number: int, row: Row) -> str:
    captions = row.example.captions
    caption = captions[number - 1] if number <= len(captions) else ""
    try:
        return picture(image, f"Picture {number} of row {row.number}", caption)
    except MediaError as error:
        return f"<p><strong>Picture {number} can't be opened: {html.escape(error.message)}</strong></p>"
