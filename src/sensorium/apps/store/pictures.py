"""The products' pictures in the sizes of the page, made once and kept in memory."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from cachetools import LRUCache

from sensorium.core.messages import Image
from sensorium.media.image import decode, encode, fresh
from sensorium.search.columns import literal
from sensorium.search.indexing.catalogues import image_at
from sensorium.search.table import Index

SIDES = (120, 480, 1280)
"""Longest sides in pixels: of a chip, of a card, of a picture that is looked at."""
_MAX_CACHED_BYTES = 64_000_000
_QUALITY = 82


@dataclass(frozen=True)
class StoredImage:
    """A picture as JPEG, and what changes when it does."""

    jpeg: bytes
    tag: str


class ProductImages:
    """The pictures of an index's products; safe to use from several threads."""

    def __init__(self) -> None:
        self._jpegs: LRUCache[tuple[str, int], bytes] = LRUCache(_MAX_CACHED_BYTES, getsizeof=len)
        self._lock = Lock()

    def get(self, index: Index, id: str, side: int) -> StoredImage | None:
        """Return a product's picture, or None if the index has no such product.

        Raises:
            MediaError: if its file is gone or broken.
        """
        rows = index.rows(["path", "digest"], f"id = {literal(id)}")
        if not len(rows):
            return None
        path, digest = rows["path"][0].as_py(), rows["digest"][0].as_py()
        key = (digest or path, side)
        with self._lock:
            jpeg = self._jpegs.get(key)
        if jpeg is None:
            blob = image_at(path)
            jpeg = encode(decode(fresh(Image(blob)), side).pixels, "jpeg", _QUALITY).blob.data
            with self._lock:
                if len(jpeg) <= _MAX_CACHED_BYTES:
                    self._jpegs[key] = jpeg
        return StoredImage(jpeg, f'"{(digest or str(len(jpeg)))[:16]}-{side}"')
