"""Text and codes in images."""

from sensorium.eyes.ocr.barcode import Barcode, barcodes
from sensorium.eyes.ocr.columns import spoken_text
from sensorium.eyes.ocr.lines import SURE, TextLine, rows
from sensorium.eyes.ocr.reader import read, read_pixels

__all__ = ["SURE", "Barcode", "TextLine", "barcodes", "read", "read_pixels", "rows", "spoken_text"]
