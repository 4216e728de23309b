"""Look: one picture, each way of looking at it tried once, and only when an answer needs it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sensorium.core.messages import Image
from sensorium.core.reply import Box, Evidence
from sensorium.eyes.charts import MAX_SIDE, Refusal, Table, chart
from sensorium.eyes.ocr import barcode, read
from sensorium.eyes.ocr.lines import SURE, TextLine
from sensorium.eyes.photo import colour, count, quality
from sensorium.eyes.recognition import recogniser
from sensorium.media.image import decode

_PAPER = 0.1  # that a page which can be read is too bright all the same
_ENOUGH_LETTERS = 6


class Look:
    """One picture and what the eyes make of it, kept for the next question about it.

    Args:
        image: The picture.
        number: Its place in the conversation, from 0, for evidence.
    """

    def __init__(self, image: Image, number: int = 0) -> None:
        self.image = image
        self.number = number

    @cached_property
    def lines(self) -> tuple[TextLine, ...]:
        """Every line of text, the doubtful ones too."""
        return read(self.image)

    @cached_property
    def sure_lines(self) -> tuple[TextLine, ...]:
        """The lines that may be said aloud."""
        return tuple(line for line in self.lines if line.score >= SURE and any(c.isalnum() for c in line.text))

    @cached_property
    def doubtful_lines(self) -> tuple[TextLine, ...]:
        """Lines that hold letters which could not be read for sure."""
        return tuple(line for line in self.lines if line.score < SURE and sum(c.isalnum() for c in line.text) > 1)

    @cached_property
    def table(self) -> Table | Refusal:
        return chart(self.image)

    @cached_property
    def chartlike(self) -> float:
        """Probability that the picture is a bar chart, 0 to 1."""
        return self.table.confidence if isinstance(self.table, Refusal) else 1.0

    @cached_property
    def sights(self) -> tuple[recogniser.Recognition, ...]:
        return recogniser.recognise(self.image, top=3)

    @cached_property
    def called(self) -> recogniser.Recognition | None:
        return recogniser.name_image(self.image)

    @cached_property
    def colours(self) -> colour.ObjectColours:
        return colour.object_colours(self.image)

    @cached_property
    def shades(self) -> tuple[colour.Shade, ...]:
        return colour.colours(self.image)

    @cached_property
    def codes(self) -> tuple[barcode.Barcode, ...]:
        return barcode.barcodes(self.image)

    @cached_property
    def plain_codes(self) -> tuple[barcode.Barcode, ...]:
        """The valid codes that are seen at a glance, without looking for small ones."""
        found = self.__dict__.get("codes")
        return tuple(
            code for code in (barcode.barcodes(self.image, small=False) if found is None else found) if code.valid
        )

    @cached_property
    def counted(self) -> count.Count:
        return count.count_objects(self.image)

    @cached_property
    def faults(self) -> dict[str, float]:
        """Probability of every fault but tilt, which needs the lines."""
        chances = dict(quality.fault_probabilities(self.image))
        if chances["bright"] > 0.5 and self.legible:
            chances["bright"] = _PAPER
        return chances

    @cached_property
    def quality(self) -> quality.Quality:
        """What is wrong with the picture; tilt is judged where its lines were read before.

        Paper is white: what can be read is not too bright. And a picture whose text can be read is of use.
        """
        found = quality.assess_quality(self.image, self.__dict__.get("lines"))
        if found.usable and all(fault.kind != "bright" for fault in found.faults):
            return found
        if not self.legible:
            return found
        return quality.Quality(tuple(fault for fault in found.faults if fault.kind != "bright"), True)

    @property
    def legible(self) -> bool:
        """True where there is text that can be read for sure."""
        return sum(sum(c.isalnum() for c in line.text) for line in self.sure_lines) >= _ENOUGH_LETTERS

    @cached_property
    def written(self) -> float:
        """The share of the picture that text covers."""
        height, width = decode(self.image).pixels.shape[:2]
        return float(sum(line.box.width * line.box.height for line in self.sure_lines) / (height * width))

    def present(self, name: str) -> recogniser.Presence:
        return recogniser.present(self.image, name)

    # ---- evidence ------------------------------------------------------------------------------------------

    def evidence(
        self, kind: str, text: str, score: float | None = None, box: Box | None = None, longest: int | None = None
    ) -> Evidence:
        """Make an observation; `box` is in pixels of the picture at `longest` as the eye saw it."""
        if box is not None:
            box = self._original(box, longest)
        return Evidence(kind, text, box, None if score is None else round(score, 4), self.number)

    def read_evidence(self, lines: Sequence[TextLine]) -> tuple[Evidence, ...]:
        return tuple(self.evidence("read", line.text, line.score, line.box) for line in lines)

    def seen_evidence(self, sights: Sequence[recogniser.Recognition]) -> tuple[Evidence, ...]:
        return tuple(self.evidence("recognise", sight.name, sight.probability) for sight in sights)

    def chart_evidence(self, table: Table, labels: Sequence[str]) -> tuple[Evidence, ...]:
        """Return the bars of the labels, with their values as they were read."""
        from sensorium.eyes.charts.arithmetic import format_value

        bars = zip(table.categories, table.values, table.boxes, strict=True)
        return tuple(
            self.evidence("chart", f"{label}: {format_value(table, value)}", table.confidence, box, MAX_SIDE)
            for label, value, box in bars
            if not labels or label in labels
        )

    def _original(self, box: Box, longest: int | None) -> Box:
        decoded = decode(self.image) if longest is None else decode(self.image, longest)
        scale = decoded.original[0] / decoded.pixels.shape[1]
        return Box(*(side * scale for side in box))
