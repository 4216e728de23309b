"""A page of rows as a model is trained on them: what it is given, and what it learns to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.core.errors import MediaError
from sensorium.core.messages import Image, Part, Text, kind
from sensorium.media.page import page_image, render
from sensorium.tasks.prompt import to_conversation
from sensorium.tune.dataset.data import DataRow

_TEMPLATE = Path(__file__).parent / "templates" / "preview.html"


@dataclass(frozen=True)
class RenderedRow:
    """A row as one model is trained on it.

    Args:
        prompt: The whole prompt with its template.
        answer: The tokens that bear loss, each as words.
    """

    prompt: str
    answer: tuple[str, ...]


def page(name: str, rows: Sequence[DataRow], total: int, show: Callable[[DataRow], RenderedRow] | None = None) -> str:
    """Return an HTML page that needs no network: for each row a heading, its pictures, its prompt, its answer.

    What bears loss is coloured and marked in words: before it stands "Learnt", before the rest "Given, not learnt".

    Args:
        name: The data set's name.
        rows: The rows to show.
        total: How many rows the data set has.
        show: Returns a row with a model's own template and tokens; None shows the words without a template.
    """
    title = f"{name}: {len(rows)} of {total} rows"
    return render(_TEMPLATE, title=title, rows=[_article(row, show) for row in rows])


def _article(row: DataRow, show: Callable[[DataRow], RenderedRow] | None) -> dict[str, Any]:
    captions, images, problems, blocks = row.example.captions, [], [], []
    for number, image in enumerate(row.images, 1):
        caption = captions[number - 1] if number <= len(captions) else ""
        try:
            images.append(page_image(image, f"Picture {number} of row {row.number}", caption))
        except MediaError as error:
            problems.append(f"Picture {number} can't be opened: {error.message}")
    try:
        turns = row.example.turns
        blocks = (
            _plain(row)
            if show is None
            else [b for turn in turns for b in _with_template(show(DataRow(row.number, turn)))]
        )
    except MediaError as error:
        problems.append(f"This row can't be shown: {error.message}")
    return {
        "id": f"row-{row.number}",
        "label": f"Row {row.number}" + (f", {row.example.split}" if row.example.split else ""),
        "images": images,
        "problems": problems,
        "blocks": blocks,
        "others": [answer for answer in dict.fromkeys(row.example.answers) if answer != row.example.answer],
    }


def _plain(row: DataRow) -> list[tuple[str, str, bool]]:
    blocks, count = [], 0
    for turn in to_conversation(row.example).messages:
        words = []
        for part in turn.parts:
            count += isinstance(part, Image)
            words.append(_words(part, count))
        learnt = turn.role == "assistant"
        blocks.append(
            (f"{turn.role.capitalize()}. {'Learnt' if learnt else 'Given, not learnt'}:", "\n".join(words), learnt)
        )
    return [*blocks, ("Assistant. Learnt:", row.example.answer, True)]


def _with_template(shown: RenderedRow) -> list[tuple[str, str, bool]]:
    tokens = " | ".join(shown.answer)
    return [
        ("Given, not learnt:", shown.prompt, False),
        (f"Learnt, {len(shown.answer)} tokens with bars between:", tokens, True),
    ]


def _words(part: Part, count: int) -> str:
    if isinstance(part, Text):
        return part.text
    return f"[picture {count}]" if isinstance(part, Image) else f"[{kind(part)}]"
