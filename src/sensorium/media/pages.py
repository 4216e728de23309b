"""The pages of PDFs and TIFFs, each as an image."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import PIL.Image

from sensorium.core.blob import Blob
from sensorium.core.errors import InstallError, MediaError
from sensorium.core.messages import Image
from sensorium.media.guard import refusal
from sensorium.media.image import MAX_SIDE
from sensorium.media.sniff import media_type

PDF_DPI = 200
"""Dots an inch at which a PDF's page is drawn, fewer where it would be larger than `MAX_SIDE`."""
MAX_PAGES = 1000
"""A file with more pages is refused."""
INSTALL_HINT = 'Type: pip install "sensorium[pdf]"'
_SUBFILE = 254  # TIFF's NewSubfileType, whose bit 0 says: a smaller copy of another page
_pdfium = Lock()  # PDFium is not safe in several threads


def has_pages(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a PDF or a TIFF, which may hold several pages."""
    return media_type(head) in ("application/pdf", "image/tiff")


def pages(blob: Blob) -> list[int]:
    """Return the index of every page of a PDF or TIFF, in order; [0] for any other file.

    Raises:
        MediaError: if it is broken, locked by a password, or has more than `MAX_PAGES` pages.
        InstallError: if it is a PDF and pypdfium2 is not installed.
    """
    detected = media_type(blob.data)
    if detected == "application/pdf":
        with _pdf(blob) as document:
            found = list(range(len(document)))
        if not found:
            raise MediaError(f"{blob.shown} has no pages.", "Save the PDF again.")
    elif detected == "image/tiff":
        found = _tiff_pages(blob)
    else:
        return [0]
    if len(found) > MAX_PAGES:
        raise MediaError(f"{blob.shown} has {len(found)} pages; the maximum is {MAX_PAGES}.", "Split it first.")
    return found


def page(blob: Blob, index: int) -> Image:
    """Return a page as an image; the file itself if it has only that one and isn't a PDF.

    Raises:
        MediaError: if the page is broken or too large.
        InstallError: as `pages`.
    """
    if media_type(blob.data) == "application/pdf":
        return _pdf_page(blob, index)
    found = pages(blob)
    return Image(blob) if found == [0] else _tiff_page(blob, index)


def _pdf_page(blob: Blob, index: int) -> Image:
    with _pdf(blob) as document:
        sheet = document[index]
        longest = max(sheet.get_size())
        if not longest > 0:
            raise MediaError(f"Page {index + 1} of {blob.shown} has no size.", "Save the PDF again.")
        return Image(sheet.render(scale=min(PDF_DPI / 72, MAX_SIDE / longest)).to_pil().convert("RGB"))


@contextmanager
def _pdf(blob: Blob) -> Iterator[Any]:
    try:
        import pypdfium2
    except ImportError:
        raise InstallError(f"{blob.shown} is a PDF, which needs the package pypdfium2.", INSTALL_HINT) from None
    with _pdfium:
        document = None
        try:
            document = pypdfium2.PdfDocument(blob.data)
            yield document
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower():
                raise MediaError(f"{blob.shown} is locked by a password.", "Save it without one.") from None
            reason = " ".join(str(error).split())[:120].rstrip(".")
            raise MediaError(f"{blob.shown} is a PDF, but broken: {reason}.", "Save or download it again.") from None
        finally:
            if document is not None:
                document.close()


def _tiff_pages(blob: Blob) -> list[int]:
    """Return the indices of a TIFF's frames but for smaller copies; the last may be broken, which opening it says."""
    found: list[int] = []
    index = 0
    try:
        with PIL.Image.open(io.BytesIO(blob.data), formats=["TIFF"]) as opened:
            for index in range(MAX_PAGES + 1):
                opened.seek(index)
                if not int(opened.tag_v2.get(_SUBFILE, 0)) & 1:  # type: ignore[attr-defined]
                    found.append(index)
    except EOFError:
        pass
    except Exception:  # a broken frame raises whatever its bytes provoke
        found.append(index)
    return found or [0]


def _tiff_page(blob: Blob, index: int) -> Image:
    shown = f"Page {index + 1} of {blob.shown}"
    try:
        with PIL.Image.open(io.BytesIO(blob.data), formats=["TIFF"]) as opened:
            opened.seek(index)
            reason = refusal(opened, blob.data)
            if reason is None:
                opened.load()
                return Image(opened)
    except MediaError:
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:120].rstrip(".") or type(error).__name__
        raise MediaError(f"{shown} is broken: {text}.", "Save or scan it again.") from None
    raise MediaError(f"{shown} {reason}.", "Make it smaller first.")
