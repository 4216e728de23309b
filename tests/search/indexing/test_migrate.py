"""Migration: new vectors beside the old ones, one change at the end, and nothing lost when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lancedb")
from counting_embedder import CountingEmbedder
from shop_index import Shop, paint

from sensorium.core.errors import InputError
from sensorium.core.messages import Image
from sensorium.search import Index, storage
from sensorium.search.indexing.migrate import migrate
from sensorium.search.upkeep import maintain

ROOT = Path(__file__).parents[3]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    for number in range(10):
        paint(tmp_path / "photos" / f"{number}.png", number)
    (tmp_path / "photos.csv").write_text("id,image,price\n" + "".join(f"p{n},photos/{n}.png,{n}\n" for n in range(10)))
    shop = Shop(tmp_path / "shop.index")
    shop.run(tmp_path / "photos.csv", read_text=lambda image: "sale")
    return shop


def test_the_new_embedder_takes_over_with_all_columns(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.index.save({"learned_map": b"of the old embedder"})
    before = sorted(map(str, shop.index.rows(["id", "digest", "price", "read_text", "modified"]).to_pylist()))
    new = CountingEmbedder(version="2")
    report = migrate(shop.index, new, batch=4)
    assert (report.count, report.embedded, report.broken) == (10, 10, [])
    index = Index.open(shop.index.storage.where)
    assert (index.info.version, index.info.extra) == ("2", {})
    assert sorted(map(str, index.rows(["id", "digest", "price", "read_text", "modified"]).to_pylist())) == before
    path = index.rows(["path"], "id = 'p3'")["path"][0].as_py()
    assert index.nearest(new.embed([Image(path)])[0], 1)[0].id == "p3"
    assert len(index.matching("sale", 20)) == 10
    # a reader that was open goes on until the old rows are dropped, then it is told
    assert len(shop.index.nearest(shop.embedder.embed([Image(path)])[0], 3)) == 3 and not shop.index.is_current()
    with pytest.raises(InputError, match="was migrated meanwhile"), shop.index.writing():
        pass
    monkeypatch.setattr(storage, "KEPT_FOLDER", storage.timedelta(milliseconds=1))
    with index.writing():
        maintain(index)
    with pytest.raises(InputError, match="was migrated to another embedder"):
        shop.index.nearest(shop.embedder.embed([Image(path)])[0], 3)
    with pytest.raises(InputError, match="already"):
        migrate(index, new)


def test_pictures_that_are_gone_are_listed(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "photos" / "3.png").unlink()
    (tmp_path / "photos" / "4.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    report = migrate(shop.index, CountingEmbedder(version="2"))
    assert sorted(Path(item.name).name for item in report.broken) == ["3.png", "4.png"] and report.count == 8


KILLED = """
import sys, time
sys.path.insert(0, sys.argv[2])
from counting_embedder import CountingEmbedder
from sensorium.search import Index
from sensorium.search.indexing import run
import sensorium.search.indexing.migrate
migrate = sys.modules['sensorium.search.indexing.migrate']
class Slow(CountingEmbedder):
    def embed(self, parts):
        time.sleep(0.05)
        return super().embed(parts)
migrate._COMMIT = 2
print("begun", flush=True)
migrate.migrate(Index.open(sys.argv[1]), Slow(version="2"), batch=1)
"""


def test_a_killed_migration_leaves_the_old_index_whole_and_goes_on(shop: Shop) -> None:
    where = str(shop.index.storage.where)
    arguments = [sys.executable, "-c", KILLED, where, str(ROOT / "tests" / "support")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    before = sorted(map(str, shop.index.rows(["id", "vector"]).to_pylist()))
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"begun\n"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:  # until a first batch of new vectors is there
        tables = [name for name in shop.index.storage.tables() if name not in ("settings", shop.index.info.table)]
        if tables and shop.index.storage.database().open_table(tables[0]).count_rows():
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    process.stdout.close()
    index = Index.open(where)
    assert index.info.version == "1" and sorted(map(str, index.rows(["id", "vector"]).to_pylist())) == before
    new = CountingEmbedder(version="2")
    assert migrate(index, new).count == 10
    assert 0 < new.embedded < 10
    assert Index.open(where).info.version == "2"


def test_pictures_that_come_during_a_migration_are_in_it(shop: Shop, tmp_path: Path) -> None:
    added: list[object] = []

    def add(progress: object) -> None:
        if not added:
            added.append(shop.run(paint(tmp_path / "late.png", 70)))
            with shop.index.writing():
                shop.index.remove(["p0"])

    assert migrate(shop.index, CountingEmbedder(version="2"), add).count == 10
    rows = Index.open(shop.index.storage.where).rows(["id", "vector"])
    ids = set(rows["id"].to_pylist())
    assert str(tmp_path / "late.png") in ids and "p0" not in ids
    assert np.isfinite(np.array(rows["vector"].to_pylist())).all()
