"""Indexing: what changed is embedded, once; what is gone is removed; what breaks is listed; a killed run goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("lancedb")
from counting_embedder import CountingEmbedder
from shop_index import Shop, paint

from sensorium.core.errors import InputError, ServiceError
from sensorium.core.files import following_links
from sensorium.core.messages import Image
from sensorium.search import Index
from sensorium.search.indexing import IndexOptions, IndexProgress, index_sources, run
from sensorium.search.indexing.catalogues import sources
from sensorium.search.indexing.embedding import WorkerResult

ROOT = Path(__file__).parents[3]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(10):
        paint(tmp_path / "photos" / ("shoes" if number % 2 else "coats") / f"{number}.png", number)
    return tmp_path / "photos"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop.index")


def test_a_folder_is_indexed_and_found_by_picture(shop: Shop, photos: Path) -> None:
    steps: list[IndexProgress] = []
    report = index_sources(shop.index, sources([str(photos)]), shop.embedder, IndexOptions(batch=4), steps.append)
    assert (report.added, report.count, report.broken) == (10, 10, [])
    assert [step.done for step in steps] == [4, 8, 10] and steps[-1].total == 10 and steps[-1].rate > 0
    picture = photos / "shoes" / "3.png"
    (match,) = shop.index.nearest(shop.embedder.embed([Image(picture)])[0], 1)
    assert match.id == match.path == str(picture) and match.similarity > 0.9999


def test_only_what_changed_is_embedded(shop: Shop, photos: Path) -> None:
    shop.run(photos)
    assert (shop.run(photos).unchanged, shop.embedder.embedded) == (10, 0)
    paint(photos / "shoes" / "3.png", 77)
    report = shop.run(photos)
    assert (report.updated, report.unchanged, shop.embedder.embedded) == (1, 9, 1)
    match = shop.index.nearest(shop.embedder.embed([Image(photos / "shoes" / "3.png")])[0], 1)[0]
    assert match.path.endswith("3.png") and match.similarity > 0.9999


@pytest.mark.parametrize("batch", [2, 64])
def test_of_equal_pictures_one_is_embedded_and_the_others_reuse_it(shop: Shop, photos: Path, batch: int) -> None:
    for number in range(3):
        shutil.copy2(photos / "shoes" / "3.png", photos / "coats" / f"copy{number}.png")
    report = shop.run(photos, batch=batch)
    assert (report.added, report.reused, report.count, shop.embedder.embedded) == (10, 3, 13, 10)


def test_a_change_that_keeps_size_and_time_is_found_by_verify(shop: Shop, photos: Path) -> None:
    target = photos / "coats" / "0.bmp"
    paint(target, 1)
    shop.run(photos)
    before = target.stat()
    paint(target, 99)
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert target.stat().st_size == before.st_size
    assert shop.run(photos).updated == 0
    report = shop.run(photos, verify=True)
    assert (report.updated, shop.embedder.embedded) == (1, 1)


def test_a_file_that_was_written_just_now_is_hashed_again(shop: Shop, photos: Path) -> None:
    """It may change once more within the same time stamp."""
    os.utime(paint(photos / "now.png", 50))
    shop.run(photos)
    assert (shop.run(photos).unchanged, shop.embedder.embedded) == (10, 0)
    time.sleep(2.1)
    shop.run(photos)
    assert shop.run(photos).unchanged == 11


def test_renamed_and_copied_pictures_keep_their_vectors(shop: Shop, photos: Path) -> None:
    shop.run(photos)
    (photos / "shoes").rename(photos / "boots")
    (photos / "coats" / "copy.png").write_bytes((photos / "coats" / "0.png").read_bytes())
    report = shop.run(photos)
    assert (report.reused, report.removed, report.added, shop.embedder.embedded) == (6, 5, 0, 0)
    assert shop.ids() == {f"{n}.png" for n in range(10)} | {"copy.png"} and report.count == 11


def test_what_is_gone_is_removed_in_its_own_folder_only(shop: Shop, photos: Path) -> None:
    shop.run(photos)
    (photos / "shoes" / "1.png").unlink()
    (photos / "coats" / "2.png").unlink()
    assert shop.run(photos / "shoes").removed == 1
    assert shop.ids() == {f"{n}.png" for n in range(10) if n != 1}
    assert shop.run(photos).removed == 1


def test_an_empty_folder_does_not_empty_the_index(shop: Shop, photos: Path) -> None:
    shop.run(photos)
    for file in photos.rglob("*.png"):
        file.unlink()
    with pytest.raises(InputError, match="holds no picture") as raised:
        shop.run(photos)
    assert "10 rows stay" in raised.value.message and shop.index.count() == 10
    assert shop.run(photos, allow_empty=True).removed == 10


def test_broken_pictures_are_listed_and_the_others_indexed(shop: Shop, photos: Path) -> None:
    whole = (photos / "coats" / "0.png").read_bytes()
    (photos / "cut.png").write_bytes(whole[: len(whole) // 2])
    (photos / "text.jpg").write_text("no picture")
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "notes.txt").write_text("left out")
    (photos / ".hidden.png").write_bytes(whole)
    os.symlink(photos / "nowhere", photos / "dangling.png")
    report = shop.run(photos, batch=16)
    assert sorted(Path(item.name).name for item in report.broken) == [
        "cut.png",
        "dangling.png",
        "empty.jpg",
        "text.jpg",
    ]
    assert all(item.reason for item in report.broken)
    assert report.count == 10
    paint(photos / "cut.png", 60)
    assert shop.run(photos).added == 1
    (photos / "cut.png").write_bytes(whole[: len(whole) // 2])
    assert shop.run(photos).removed == 1, "a picture that broke is no longer found by its old vector"


def test_links_are_followed_inside_the_folder_only(shop: Shop, photos: Path, tmp_path: Path) -> None:
    outside = paint(tmp_path / "private" / "secret.png", 70)
    os.symlink(outside, photos / "link.png")
    os.symlink(outside.parent, photos / "folder")
    os.symlink(photos, photos / "coats" / "loop")
    os.symlink(photos / "coats" / "0.png", photos / "inside.png")
    report = shop.run(photos)
    assert [Path(item.name).name for item in report.broken] == ["link.png"]
    assert "outside" in report.broken[0].reason
    assert shop.ids() == {f"{n}.png" for n in range(10)} | {"inside.png"}
    with following_links():
        shop.run(photos)
    assert {"link.png", "secret.png"} <= shop.ids() and shop.index.count() == 13


def test_one_picture_with_many_copies_is_embedded_once(shop: Shop, tmp_path: Path) -> None:
    data = paint(tmp_path / "p" / "0.png", 0).read_bytes()
    for number in range(1, 9):
        (tmp_path / "p" / f"{number}.png").write_bytes(data)
    report = shop.run(tmp_path / "p", batch=4)
    assert (report.count, shop.embedder.embedded) == (9, 1)


def test_text_is_read_once_and_searchable(shop: Shop, photos: Path) -> None:
    calls: list[Image] = []

    def read_text(image: Image) -> str:
        calls.append(image)
        return "SALE fifty percent" if len(calls) == 1 else ""

    shop.run(photos)
    report = shop.run(photos, read_text=read_text)
    assert (len(calls), report.changed_columns, shop.embedder.embedded) == (10, 10, 0)
    assert len(shop.index.matching("sale", 5)) == 1
    (photos / "shoes").rename(photos / "boots")
    shop.run(photos, read_text=read_text)
    assert len(calls) == 10 and len(shop.index.matching("sale", 5)) == 1


def test_another_embedder_or_version_is_refused(shop: Shop, photos: Path) -> None:
    shop.run(photos)
    with pytest.raises(InputError, match="of version '1', not '2'"):
        index_sources(shop.index, sources([str(photos)]), CountingEmbedder(version="2"))


def test_what_was_embedded_before_a_failure_stays(shop: Shop, photos: Path) -> None:
    class Failing(CountingEmbedder):
        def embed(self, parts):  # type: ignore[no-untyped-def]
            if self.embedded >= 4:
                raise ServiceError("The service is down.")
            return super().embed(parts)

    with pytest.raises(ServiceError):
        index_sources(shop.index, sources([str(photos)]), Failing(), IndexOptions(batch=2))
    assert shop.index.count() == 4
    assert (shop.run(photos).added, shop.embedder.embedded) == (6, 6)


KILLED = """
import sys, time
sys.path.insert(0, sys.argv[3])
from counting_embedder import CountingEmbedder
from sensorium.search import Index
from sensorium.search.indexing import catalogues, run as indexing
indexing.COMMIT_SECONDS = 0.0
class Slow(CountingEmbedder):
    def embed(self, parts):
        time.sleep(0.05)
        return super().embed(parts)
embedder = Slow()
index = Index.create(sys.argv[1], embedder.name, embedder.version, embedder.dims)
print("begun", flush=True)
indexing.index_sources(index, catalogues.sources([sys.argv[2]]), embedder, indexing.IndexOptions(batch=4))
"""


@pytest.mark.slow
def test_two_indexers_that_are_killed_lose_and_double_nothing(tmp_path: Path) -> None:
    for number in range(60):
        paint(tmp_path / "photos" / f"{number}.png", number)
    where = tmp_path / "killed.index"
    arguments = [sys.executable, "-c", KILLED, str(where), str(tmp_path / "photos"), str(ROOT / "tests/support")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    random = np.random.default_rng(0)
    for _ in range(3):
        running = [subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE) for _ in range(2)]
        for process in running:
            assert process.stdout is not None and process.stdout.readline() == b"begun\n"
        time.sleep(random.uniform(0.05, 0.4))
        for process in running:
            process.send_signal(signal.SIGKILL)
            process.wait(60)
            assert process.stdout is not None
            process.stdout.close()
    killed, whole = Shop(where), Shop(tmp_path / "whole.index")
    assert 0 < killed.index.count() < 60
    killed.run(tmp_path / "photos")
    whole.run(tmp_path / "photos")
    names = ["id", "digest", "vector", "path", "size"]
    rows = [sorted(map(str, each.index.rows(names).to_pylist())) for each in (killed, whole)]
    assert rows[0] == rows[1] and len(rows[0]) == 60


class OwnWorkers:
    """Workers in this process that answer from the end, some twice, and lose every fifth picture."""

    def embed(self, openers: Any, known: Any, read_text: Any, batch: int) -> Iterator[WorkerResult]:
        for number, opener in reversed(openers.items()):
            blob = opener()
            vector = None if blob.digest in known else CountingEmbedder().embed([Image(blob)])[0]
            for _ in range((0, 1, 2, 1, 1)[number % 5]):
                yield WorkerResult(number, blob.digest, vector)


def test_workers_may_lose_double_and_mix_up_pictures(shop: Shop, photos: Path, tmp_path: Path) -> None:
    alone = Shop(tmp_path / "alone.index")
    alone.run(photos)
    report = shop.run(photos, workers=OwnWorkers(), batch=4)
    assert (report.added, report.count, shop.embedder.embedded) == (10, 10, 2)
    names = ["id", "path", "digest", "size", "modified", "vector"]
    tables = [each.index.rows(names).sort_by("id").to_pylist() for each in (alone, shop)]
    assert tables[0] == tables[1]
    (photos / "shoes").rename(photos / "boots")
    report = shop.run(photos, workers=OwnWorkers(), batch=4)
    assert (report.reused, report.removed, report.count, shop.embedder.embedded) == (5, 5, 10, 0)


def test_rows_that_vanish_while_workers_embed_are_embedded_again(shop: Shop, photos: Path, tmp_path: Path) -> None:
    other = Index.open(tmp_path / "shop.index")

    def remove_some(progress: IndexProgress) -> None:
        if progress.done == 10:
            with other.writing():
                other.remove([str(photos / "shoes" / "9.png")])

    indexing_options = IndexOptions(batch=1, workers=OwnWorkers())
    commit_seconds, run.COMMIT_SECONDS = run.COMMIT_SECONDS, 0.0
    try:
        report = index_sources(shop.index, sources([str(photos)]), shop.embedder, indexing_options, remove_some)
    finally:
        run.COMMIT_SECONDS = commit_seconds
    assert report.count == 10 and "9.png" in shop.ids()
