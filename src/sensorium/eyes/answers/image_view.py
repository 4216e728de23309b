"""ImageView: one image and what each eye makes of it, computed once, when an answer needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from sensorium.core.messages import Image
from sensorium.core.protocols import Detection
from sensorium.core.reply import Box, Evidence
from sensorium.eyes.charts import MAX_SIDE, Refusal, Table, chart
from sensorium.eyes.charts.arithmetic import format_value
from sensorium.eyes.detection import detector
from sensorium.eyes.ocr import barcode, read
from sensorium.eyes.ocr.cut import cut_sides
from sensorium.eyes.ocr.lines import SURE, TextLine
from sensorium.eyes.photo import colour, count
from sensorium.eyes.photo.quality import Quality, assess_quality, describe_text_cut, fault_probabilities
from sensorium.eyes.recognition import recogniser
from sensorium.media.image import bitmap, decode

WRITTEN = 0.05
"""Share of the image that text covers: one with more is told by its text."""
_LEGIBLE_BRIGHT = 0.1  # that a page which can be read is too bright all the same
_WHOLE_CUT = 0.05  # that a page whose every line is whole is cut off all the same
_MIN_LEGIBLE = 6  # characters that make an image legible
_CHART = 0.4  # probability of a chart from which on an image is one (question/data/picture_priors.toml)
_FEWEST, _MOST = 2, 8  # separate things that are recognised one by one
_ALONE = 0.6  # of a count of one, for the image to be of one thing
_MARGIN = 0.15  # of a piece's longer side around it
_LIKE_A_LETTER = 0.2  # score of a single character; texture comes out lower


class ImageView:
    """One image and what the eyes make of it, kept for the next question about it.

    Args:
        image: The image.
        number: Its place in the conversation, from 0, for evidence.
    """

    def __init__(self, image: Image, number: int = 0) -> None:
        self.image = image
        self.number = number
        self._lines: tuple[TextLine, ...] | None = None
        self._codes: tuple[barcode.Barcode, ...] | None = None
        self._quality: Quality | None = None

    @property
    def lines(self) -> tuple[TextLine, ...]:
        """Every line of text, the doubtful ones too."""
        if self._lines is None:
            self._lines = read(self.image)
        return self._lines

    @cached_property
    def sure_lines(self) -> tuple[TextLine, ...]:
        """The lines that may be read out."""
        return tuple(line for line in self.lines if line.score >= SURE and any(c.isalnum() for c in line.text))

    @cached_property
    def doubtful_lines(self) -> tuple[TextLine, ...]:
        """Lines with characters that could not be read for sure; single ones only if several look like letters."""
        lines = [line for line in self.lines if line.score < SURE and any(c.isalnum() for c in line.text)]
        single = [line for line in lines if sum(c.isalnum() for c in line.text) == 1]
        letters = [line for line in single if line.score > _LIKE_A_LETTER and line.text.isalpha()]
        return tuple(line for line in lines if line not in single or (line in letters and len(letters) > 1))

    @cached_property
    def table(self) -> Table | Refusal:
        return chart(self.image)

    @cached_property
    def chartlike(self) -> float:
        """Probability that the image is a bar chart, 0 to 1."""
        return self.table.confidence if isinstance(self.table, Refusal) else 1.0

    @cached_property
    def recognitions(self) -> tuple[recogniser.Recognition, ...]:
        return recogniser.recognise(self.image, top=3)

    @cached_property
    def recognised(self) -> recogniser.Recognition | None:
        return recogniser.name_image(self.image)

    @cached_property
    def pictured(self) -> bool:
        """Whether the image is of things: no chart, no page or screen of text, which the detector takes for screens."""
        return self.chartlike < _CHART and not (self.legible and self.written >= WRITTEN)

    @cached_property
    def detections(self) -> tuple[Detection, ...]:
        """Things and people with their boxes, the surest first; none on pages, screens and charts."""
        return detector().detect(self.image) if self.pictured else ()

    @cached_property
    def pieces(self) -> tuple[Detection, ...]:
        """What each of a few separate things is by itself, where it is recognised surely."""
        if not self.pictured or not _FEWEST <= len(self.counted.boxes) <= _MOST:
            return ()
        named = ((box, recogniser.name_image(self._piece(box))) for box in self.counted.boxes)
        return tuple(Detection(one.name, one.probability, box) for box, one in named if one is not None)

    @cached_property
    def single(self) -> bool:
        """Whether the image is of one thing: it is recognised surely, or one thing stands out from the ground."""
        alone = self.counted.number == 1 and self.counted.confidence >= _ALONE
        return self.recognised is not None or alone

    def _piece(self, box: Box) -> Image:
        """Return the image's part around a box, with a margin."""
        rgb = decode(self.image).pixels
        margin = _MARGIN * max(box.width, box.height)
        top, bottom = max(0, int(box.top - margin)), int(box.bottom + margin)
        left, right = max(0, int(box.left - margin)), int(box.right + margin)
        return bitmap(np.ascontiguousarray(rgb[top:bottom, left:right]))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the upright image, in which boxes are."""
        height, width = decode(self.image).pixels.shape[:2]
        return width, height

    @cached_property
    def colours(self) -> colour.ObjectColours:
        return colour.object_colours(self.image)

    @cached_property
    def shades(self) -> tuple[colour.Shade, ...]:
        return colour.colours(self.image)

    @property
    def codes(self) -> tuple[barcode.Barcode, ...]:
        if self._codes is None:
            self._codes = barcode.barcodes(self.image)
        return self._codes

    @cached_property
    def plain_codes(self) -> tuple[barcode.Barcode, ...]:
        """The valid codes that are seen at a glance, without looking for small ones."""
        codes = barcode.barcodes(self.image, small=False) if self._codes is None else self._codes
        return tuple(code for code in codes if code.valid)

    @cached_property
    def counted(self) -> count.Count:
        return count.count_objects(self.image)

    @cached_property
    def faults(self) -> dict[str, float]:
        """Probability of every fault but tilt, which needs the lines."""
        chances = dict(fault_probabilities(self.image))
        if chances["bright"] > 0.5 and self.legible:
            chances["bright"] = _LEGIBLE_BRIGHT
        return chances

    @property
    def quality(self) -> Quality:
        """What is wrong with the image; tilt is judged if its lines were read before."""
        if self._quality is None:
            self._quality = self._judge(self._lines)
        return self._quality

    def judge_tilt(self) -> float:
        """Return the probability that the image is tilted; from now on `quality` has tilt too."""
        self._quality = self._judge(self.lines)
        return fault_probabilities(self.image, self.lines)["tilted"]

    def judge_page(self) -> dict[str, float]:
        """Return the probability of blur and glare by the image's lines; from now on `quality` goes by them."""
        self._quality = self._judge(self.lines)
        chances = fault_probabilities(self.image, self.lines)
        return {kind: chances[kind] for kind in ("blurred", "glare")}

    def judge_cut(self) -> float:
        """Return the probability that the image is cut off; from now on `quality` goes by its text too."""
        self._quality = self._judge(self.lines)
        chance = fault_probabilities(self.image, self.lines)["cut off"]
        return _WHOLE_CUT if self._whole_page else chance

    @property
    def text_cut(self) -> tuple[str, ...]:
        """The sides of the image at which its text runs out."""
        return cut_sides(self.lines)

    @property
    def runs_out(self) -> str:
        """A sentence that says at which sides the text runs out, and what to do; "" if it doesn't."""
        return describe_text_cut(self.text_cut)

    @property
    def _whole_page(self) -> bool:
        """Whether the image is text, and every line of it whole: then its paper may run out."""
        return self.legible and not self.text_cut and self.written >= WRITTEN

    def _judge(self, lines: tuple[TextLine, ...] | None) -> Quality:
        """Judge the quality. Paper is white: what can be read isn't too bright, and is of use."""
        judged = assess_quality(self.image, lines)
        kinds = {fault.kind for fault in judged.faults}
        if not kinds or not self.legible:
            return judged
        if "cut off" in kinds and lines is not None and self._whole_page:
            judged = replace(judged, faults=tuple(fault for fault in judged.faults if fault.kind != "cut off"))
        if judged.usable and "bright" not in kinds:
            return judged
        return Quality(tuple(fault for fault in judged.faults if fault.kind != "bright"), True)

    @property
    def legible(self) -> bool:
        """Whether enough text can be read for sure."""
        return sum(sum(c.isalnum() for c in line.text) for line in self.sure_lines) >= _MIN_LEGIBLE

    @cached_property
    def written(self) -> float:
        """The share of the image that text covers."""
        height, width = decode(self.image).pixels.shape[:2]
        return float(sum(line.box.width * line.box.height for line in self.sure_lines) / (height * width))

    def present(self, name: str) -> recogniser.Presence:
        return recogniser.present(self.image, name)

    # ---- evidence ------------------------------------------------------------------------------------------

    def evidence(
        self, kind: str, text: str, score: float | None = None, box: Box | None = None, longest_side: int | None = None
    ) -> Evidence:
        """Return an observation; `box` is in pixels of the image as the eye saw it, at `longest_side`."""
        if box is not None:
            box = self._original(box, longest_side)
        return Evidence(kind, text, box, None if score is None else round(score, 4), self.number)

    def read_evidence(self, lines: Sequence[TextLine]) -> tuple[Evidence, ...]:
        return tuple(self.evidence("read", line.text, line.score, line.box) for line in lines if line.text)

    def recognition_evidence(self, recognitions: Sequence[recogniser.Recognition]) -> tuple[Evidence, ...]:
        return tuple(self.evidence("recognise", sight.name, sight.probability) for sight in recognitions)

    def barcode_evidence(self, codes: Sequence[barcode.Barcode]) -> tuple[Evidence, ...]:
        return tuple(self.evidence("barcode", f"{code.format}: {code.text}", 0.99, code.box) for code in codes)

    def detection_evidence(self, detections: Sequence[Detection]) -> tuple[Evidence, ...]:
        return tuple(self.evidence("detect", one.name, one.probability, one.box) for one in detections)

    def chart_evidence(self, table: Table, labels: Sequence[str]) -> tuple[Evidence, ...]:
        """Return the bars of the labels with their values as read; without labels all bars."""
        bars = zip(table.categories, table.values, table.boxes, strict=True)
        return tuple(
            self.evidence("chart", f"{label}: {format_value(table, value)}", table.confidence, box, MAX_SIDE)
            for label, value, box in bars
            if not labels or label in labels
        )

    def _original(self, box: Box, longest_side: int | None) -> Box:
        decoded = decode(self.image) if longest_side is None else decode(self.image, longest_side)
        scale = decoded.original[0] / decoded.pixels.shape[1]
        return Box(*(side * scale for side in box))
