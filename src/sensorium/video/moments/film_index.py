"""A film's index: times of its frames and vectors of their pieces, so that the next query decodes nothing.

A folder a film, embedder and sampling: `film.json` and one safetensors file for each minute or so, each written as a
whole. A run that is killed goes on after its last file. Vectors are float16, 33 kB a frame and 120 MB an hour at one
frame a second with ten pieces of 1664 numbers.
"""

from __future__ import annotations

import hashlib
import json
import math
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, quoted
from sensorium.core.files import replace_file
from sensorium.core.messages import Image, Video
from sensorium.core.protocols import Embedder, Progress, no_progress
from sensorium.media.decoding import BrokenPart, FaultLog
from sensorium.media.video import Frame, probe
from sensorium.video.moments.pieces import VERSION, Detector, Share, cell_means, images, tile_shares, unchanged
from sensorium.video.sampling import Sampling, sample

INFO = "film.json"
FORMAT = 1
_PART_SECONDS, _PART_FRAMES = 60.0, 60  # a part covers so much of the film, or so many frames if that is longer
_BATCH = 64
_PROBES, _PROBE_BYTES = 16, 1 << 16


@dataclass(frozen=True)
class FilmInfo:
    """What an index was made of.

    Args:
        film: The file's name when it was looked at.
        digest: See `film_digest`.
        seconds: The film's length.
        width, height: Of a frame as it is shown, in pixels.
        embedder, version, dims: What made the vectors.
        every, start, end, max_side: See `Sampling`.
        pieces: Name of the grid of tiles; see `pieces.GRIDS`.
        parts: How many files of vectors there are.
        complete: Whether they cover the film.
        faults: What could not be decoded.
    """

    film: str
    digest: str
    seconds: float
    width: int
    height: int
    embedder: str
    version: str
    dims: int
    every: float | None
    start: float | None
    end: float | None
    max_side: int
    pieces: str
    parts: int = 0
    complete: bool = False
    faults: tuple[BrokenPart, ...] = ()


@dataclass(frozen=True, eq=False)
class IndexPart:
    """Frames of some part of a film.

    Args:
        times: Seconds, (frames,) float64.
        frames: The position in `times` of each piece's frame, (pieces,) int32.
        shares: Where the piece lies in its frame, (pieces, 4) float32.
        vectors: Unit rows, (pieces, dims) float16.
    """

    times: NDArray[np.float64]
    frames: NDArray[np.int32]
    shares: NDArray[np.float32]
    vectors: NDArray[np.float16]


@dataclass(frozen=True)
class FilmIndex:
    """The index of one film, in a folder."""

    folder: Path
    info: FilmInfo

    def parts(self) -> Iterator[IndexPart]:
        """Yield the parts in order; one is in memory at a time.

        Raises:
            InputError: if a file is missing or broken.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        for number in range(self.info.parts):
            path = self.folder / _part_name(number)
            try:
                tensors = load_file(path)
                yield IndexPart(*(tensors[name] for name in ("times", "frames", "shares", "vectors")))
            except (OSError, KeyError, SafetensorError) as error:
                raise InputError(
                    f"The film's index {quoted(str(path))} can't be read: {str(error)[:120]}.",
                    f"Type: rm -r {shlex.quote(str(self.folder))}",
                ) from None

    @property
    def bytes(self) -> int:
        """Its size on the disk."""
        return sum(path.stat().st_size for path in self.folder.iterdir())


def film_digest(film: Blob) -> str:
    """Return what tells a film from others: SHA-256 of its size and 16 pieces of 64 kB; a film of hours is not read."""
    sha = hashlib.sha256()
    with film.open() as file:
        size = file.seek(0, 2)
        sha.update(str(size).encode())
        for number in range(_PROBES):
            file.seek(max(0, (size - _PROBE_BYTES) * number // (_PROBES - 1)))
            sha.update(file.read(_PROBE_BYTES))
    return sha.hexdigest()


def index_film(
    film: Blob,
    embedder: Embedder,
    where: Path,
    sampling: Sampling | None = None,
    pieces: str = "tiles",
    detector: Detector | None = None,
    progress: Progress = no_progress,
    label: str = "Looking",
    frames: Iterable[Frame] | None = None,
) -> tuple[FilmIndex, float]:
    """Return the film's index, made or completed if it must be, and how many seconds of film were decoded for it.

    Args:
        film: A file is read as it is needed.
        embedder: Makes the vectors.
        where: The folder of the indexes of all films.
        sampling: Which frames are looked at.
        pieces: The grid of tiles: "whole", "tiles" or "fine".
        detector: Returns further pieces of a frame: things in it.
        progress: Shows how far it is.
        label: What the progress is called.
        frames: The film's frames by `sampling`, in order, if they come out of a pass that also does something else.

    Raises:
        MediaError: if the film can't be decoded.
        InputError: if the folder can't be written, or holds something else.
        SensoriumError: what the embedder raises.
    """
    sampling = sampling or Sampling()
    known = probe(Video(film))
    info = FilmInfo(
        film.path.name if film.path else "", film_digest(film), known.seconds, known.width, known.height,
        embedder.name, embedder.version, embedder.dims, **asdict(sampling), pieces=pieces,
    )  # fmt: skip
    folder = where / _folder_name(info, detector is not None)
    stored = _stored(folder, info)
    if stored is not None and stored.complete:
        return FilmIndex(folder, stored), 0.0
    builder = _Builder(film, embedder, folder, stored or info, sampling, detector, frames)
    for _ in progress(builder.windows, builder.add, label):
        pass
    return FilmIndex(folder, builder.finish()), builder.decoded


class _Builder:
    """Looks at a film window by window in one pass, and writes a part for each."""

    def __init__(
        self,
        film: Blob,
        embedder: Embedder,
        folder: Path,
        info: FilmInfo,
        sampling: Sampling,
        detector: Detector | None,
        frames: Iterable[Frame] | None,
    ) -> None:
        self._embedder, self._folder, self._info, self._detector = embedder, folder, info, detector
        self._log = FaultLog(list(info.faults))
        begin, end = sampling.start or 0.0, min(info.seconds, sampling.end or info.seconds)
        step = sampling.every or 1.0
        length = step * max(_PART_FRAMES, math.ceil(_PART_SECONDS / step))
        starts = [begin + i * length for i in range(max(1, math.ceil((end - begin) / length - 1e-9)))]
        self.windows = [(start, start + length) for start in starts[info.parts :]]
        self.windows[-1:] = [(start, math.inf) for start, _ in self.windows[-1:]]
        self.decoded = max(0.0, end - self.windows[0][0]) if self.windows else 0.0
        again = replace(sampling, start=self.windows[0][0] if info.parts and self.windows else sampling.start)
        self._frames = sample(film, again, self._log) if frames is None else iter(frames)
        self._from = (
            self.windows[0][0] if info.parts and self.windows else -math.inf
        )  # what is older was indexed before
        self._next: Frame | None = None
        self._tiles: tuple[Share, ...] = ()
        self._cells: list[NDArray[np.float32]] = []  # of the frame that each tile's row was made of
        self._last: NDArray[np.float16] | None = None  # rows of the tiles of the last frame

    def add(self, window: tuple[float, float]) -> None:
        """Look at the frames of a window; its part is on the disk when this returns."""
        times: list[float] = []
        owners: list[int] = []
        shares: list[Share] = []
        rows: list[NDArray[np.float16]] = []
        for frame in self._until(window[1]):
            place, vectors = self._rows(frame)
            owners += [len(times)] * len(place)
            times.append(frame.at)
            shares += place
            rows.append(vectors)
        tensors: dict[str, NDArray[Any]] = {
            "times": np.array(times, dtype=np.float64),
            "frames": np.array(owners, dtype=np.int32),
            "shares": np.array(shares, dtype=np.float32).reshape(-1, 4),
            "vectors": np.concatenate(rows) if rows else np.zeros((0, self._info.dims), dtype=np.float16),
        }
        self._write(tensors)

    def finish(self) -> FilmInfo:
        """Mark the index as complete."""
        self._info = replace(self._info, complete=True, faults=tuple(self._log.faults))
        _write_info(self._folder, self._info)
        return self._info

    def _until(self, end: float) -> Iterator[Frame]:
        while True:
            frame = self._next or next(self._frames, None)
            self._next = None
            if frame is None:
                return
            if frame.at >= end:
                self._next = frame
                return
            if frame.at >= self._from:
                yield frame

    def _rows(self, frame: Frame) -> tuple[list[Share], NDArray[np.float16]]:
        """Return where a frame's pieces lie, and their rows; tiles that did not change keep theirs."""
        height, width = frame.pixels.shape[:2]
        tiles = tile_shares(self._info.pieces, (width, height))
        if len(tiles) != len(self._tiles):  # the first frame, or one of another shape
            self._cells, self._last = [], None
        self._tiles = tiles
        cells = cell_means(frame.pixels)
        before = self._cells or [np.zeros(0, dtype=np.float32)] * len(self._tiles)
        same = [unchanged(cells, old, share) for old, share in zip(before, self._tiles, strict=True)]
        extra = [] if self._detector is None or all(same) else list(self._detector(frame.pixels))
        new = [share for share, keep in zip(self._tiles, same, strict=True) if not keep]
        embedded = self._embed(images(frame.pixels, [*new, *extra], frame.at))
        rows = np.empty((len(self._tiles), self._info.dims), dtype=np.float16)
        if self._last is not None:
            rows[same] = self._last[same]
        rows[[not keep for keep in same]] = embedded[: len(new)]
        self._cells = [old if keep else cells for old, keep in zip(before, same, strict=True)]
        self._last = rows
        return [*self._tiles, *extra], np.concatenate([rows, embedded[len(new) :]])

    def _embed(self, pieces: list[Image]) -> NDArray[np.float16]:
        if not pieces:
            return np.zeros((0, self._info.dims), dtype=np.float16)
        batches = [pieces[start : start + _BATCH] for start in range(0, len(pieces), _BATCH)]
        return np.concatenate([self._embedder.embed(batch) for batch in batches]).astype(np.float16)

    def _write(self, tensors: dict[str, NDArray[Any]]) -> None:
        from safetensors.numpy import save

        self._folder.mkdir(parents=True, exist_ok=True)
        replace_file(self._folder / _part_name(self._info.parts), save(tensors))
        self._info = replace(self._info, parts=self._info.parts + 1, faults=tuple(self._log.faults))
        _write_info(self._folder, self._info)


def _part_name(number: int) -> str:
    return f"{number:05}.safetensors"


def _folder_name(info: FilmInfo, detects: bool) -> str:
    settings = [info.embedder, info.version, info.dims, info.every, info.start, info.end, info.max_side, info.pieces]
    key = hashlib.sha256(json.dumps([FORMAT, VERSION, detects, *settings]).encode()).hexdigest()
    return f"{info.digest[:20]}-{key[:12]}"


def _write_info(folder: Path, info: FilmInfo) -> None:
    replace_file(folder / INFO, json.dumps(asdict(info), indent=1, ensure_ascii=False) + "\n")


def _stored(folder: Path, info: FilmInfo) -> FilmInfo | None:
    """Return what the folder holds; None if there is nothing yet, or of another version."""
    try:
        values = json.loads((folder / INFO).read_text(encoding="utf-8"))
        faults = tuple(BrokenPart(**fault) for fault in values.pop("faults"))
        stored = FilmInfo(**values, faults=faults)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"The film's index {quoted(str(folder / INFO))} can't be read: {str(error)[:120]}.",
            f"Type: rm -r {shlex.quote(str(folder))}",
        ) from None
    same = replace(stored, film=info.film, parts=0, complete=False, faults=()) == info
    return stored if same else None
