"""Embedding on a Ray cluster: the same index as one process makes, whatever fails on the way.

Needs ray, which is in no other extra: `pip install -c constraints.txt -e ".[ray]"`, then `pytest -m ray`.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("lancedb")
from counting_embedder import DIMS, CountingEmbedder
from shop_index import Shop, paint

from sensorium.core.errors import InputError, SensoriumError, ServiceError
from sensorium.core.messages import Image, Part
from sensorium.search.indexing import IndexProgress, IndexReport
from sensorium.search.indexing.ray import RayWorkers, parsed_address

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")  # Ray's own, of its settings
REASON = "pip install -c constraints.txt -e '.[ray]'"
SUPPORT = Path(__file__).parents[2] / "support"


@pytest.mark.parametrize(
    ("value", "address"),
    [("ray", "local"), ("ray:auto", "auto"), ("ray:10.0.0.5:6379", "10.0.0.5:6379"), ("head:1", "head:1")],
)
def test_an_address_of_a_cluster(value: str, address: str) -> None:
    assert parsed_address(value) == address


@pytest.mark.parametrize("value", ["spark", "ray:", "ray://head:10001", "ray:head", "http://head:8265"])
def test_what_is_no_address_of_a_cluster(value: str) -> None:
    with pytest.raises(InputError, match="Ray") as error:
        parsed_address(value)
    assert value in error.value.message


@pytest.mark.ray
def test_a_cluster_that_does_not_answer_is_named(photos: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason=REASON)
    shop = Shop(tmp_path / "shop.index")
    with pytest.raises(ServiceError, match=r"'127\.0\.0\.1:9' can't be reached"):
        shop.run(photos, workers=RayWorkers(CountingEmbedder, "quarters", "1", "127.0.0.1:9"))


class UnsteadyEmbedder(CountingEmbedder):
    """`CountingEmbedder` whose first calls fail, on whichever worker; what happened is written down in a folder."""

    def __init__(self, folder: Path, failures: Sequence[str] = (), seconds: float = 0.0) -> None:
        super().__init__()
        self.folder, self.failures, self.seconds = folder, failures, seconds
        note(folder, "loaded")

    def embed(self, parts: Sequence[Part]) -> Any:
        time.sleep(self.seconds * len(parts))
        if self.failures:
            number = len(note(self.folder, "call"))
            failure = self.failures[number - 1] if number <= len(self.failures) else ""
            if failure == "retryable":
                raise ServiceError("Too busy.", retryable=True, wait_seconds=0.01)
            if failure == "fatal":
                raise ServiceError("No such model.", "Name another.")
            if failure == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
        return super().embed(parts)


def note(folder: Path, what: str) -> list[Path]:
    import ray

    folder.mkdir(exist_ok=True)
    (folder / f"{what}-{ray.get_runtime_context().get_node_id()}-{os.getpid()}-{time.monotonic_ns()}").touch()
    return list(folder.glob(f"{what}-*"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    pytest.importorskip("ray", reason=REASON)
    import ray
    from ray.cluster_utils import Cluster

    before = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(SUPPORT), str(Path(__file__).parent), before])
    small = {"num_cpus": 1, "object_store_memory": 100_000_000}
    made = Cluster(initialize_head=True, head_node_args=small | {"include_dashboard": False})
    made.small = small
    ray.init(address=made.address, log_to_driver=False, logging_level="error")
    ray.cloudpickle.register_pickle_by_value(__import__("sys").modules[__name__])
    yield made
    ray.shutdown()
    made.shutdown()
    os.environ["PYTHONPATH"] = before


@pytest.fixture
def two_nodes(cluster: Any) -> Any:
    """The cluster with a second node, which is this test's."""
    node = cluster.add_node(**cluster.small)
    cluster.wait_for_nodes()
    yield cluster, node
    if node in cluster.list_all_nodes():
        cluster.remove_node(node)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(48):
        paint(tmp_path / "photos" / ("shoes" if number % 2 else "coats") / f"{number}.png", number)
    return tmp_path / "photos"


def rows(shop: Shop) -> list[dict[str, Any]]:
    names = ["id", "path", "digest", "size", "modified", "read_text", "vector", *shop.index.columns]
    return sorted(shop.index.rows(names).to_pylist(), key=lambda row: row["id"])


def same(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> bool:
    vectors = [np.array([row["vector"] for row in each]) for each in (first, second)]
    others = [[{k: v for k, v in row.items() if k != "vector"} for row in each] for each in (first, second)]
    return others[0] == others[1] and np.allclose(*vectors, atol=1e-6)


def workers(load: Callable[[], CountingEmbedder]) -> RayWorkers:
    return RayWorkers(load, "quarters", "1")


@pytest.mark.ray
@pytest.mark.slow
def test_two_nodes_make_the_index_of_one_process(two_nodes: Any, photos: Path, tmp_path: Path) -> None:
    (photos / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    shutil.copy2(photos / "shoes" / "3.png", photos / "copy.png")
    lines = [f"photos/coats/{number}.png,{number}" for number in range(0, 48, 2)]
    (tmp_path / "shop.csv").write_text("\n".join(["image,price", *lines, ""]))
    notes = tmp_path / "notes"
    alone, far = Shop(tmp_path / "alone.index"), Shop(tmp_path / "far.index")
    reports: list[IndexReport] = []
    for shop, extra in ((alone, {}), (far, {"workers": workers(partial(UnsteadyEmbedder, notes, (), 0.01))})):
        reports.append(shop.run(tmp_path / "shop.csv", photos, batch=4, read_text=lambda image: "sale", **extra))
    assert same(rows(alone), rows(far)) and len(rows(far)) == 49 and rows(far)[0]["read_text"] == "sale"
    assert far.embedder.embedded == 0 and 1 <= len(list(notes.glob("loaded-*"))) <= 2
    assert [broken.name for broken in reports[1].broken] == [str(photos / "broken.png")]
    keys = ("added", "updated", "reused", "unchanged", "count")
    assert [getattr(reports[0], key) for key in keys] == [getattr(reports[1], key) for key in keys]
    assert far.run(tmp_path / "shop.csv", photos, workers=workers(CountingEmbedder)).unchanged == 49


@pytest.mark.ray
@pytest.mark.slow
def test_renamed_pictures_keep_their_vectors(cluster: Any, photos: Path, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop.index")
    shop.run(photos)
    (photos / "shoes").rename(photos / "boots")
    paint(photos / "coats" / "2.png", 99)
    notes = tmp_path / "notes"
    report = shop.run(photos, batch=4, workers=workers(partial(UnsteadyEmbedder, notes, ["", ""])))
    assert (report.reused, report.updated, report.removed, report.count) == (24, 1, 24, 48)
    assert shop.embedder.embedded == 0 and len(list(notes.glob("call-*"))) == 1


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize("failures", [["retryable", "", "retryable"], ["", "killed"]], ids=["retryable", "killed"])
def test_failures_lose_and_double_nothing(cluster: Any, photos: Path, tmp_path: Path, failures: list[str]) -> None:
    alone, far = Shop(tmp_path / "alone.index"), Shop(tmp_path / "far.index")
    alone.run(photos)
    notes = tmp_path / "notes"
    report = far.run(photos, batch=4, workers=workers(partial(UnsteadyEmbedder, notes, failures)))
    assert same(rows(alone), rows(far)) and (report.added, report.count) == (48, 48)
    assert len(list(notes.glob("call-*"))) >= 12 + len([failure for failure in failures if failure])


@pytest.mark.ray
@pytest.mark.slow
def test_a_node_killed_in_the_middle_loses_and_doubles_nothing(two_nodes: Any, photos: Path, tmp_path: Path) -> None:
    alone, far = Shop(tmp_path / "alone.index"), Shop(tmp_path / "far.index")
    alone.run(photos)
    cluster, node = two_nodes
    killed = threading.Event()

    def kill_node() -> None:
        deadline = time.monotonic() + 60
        while len(nodes()) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        cluster.remove_node(node, allow_graceful=False)
        if len(nodes()) == 2:
            killed.set()

    def nodes() -> set[str]:
        return {file.name.split("-")[1] for file in (tmp_path / "notes").glob("call-*")}

    killer = threading.Thread(target=kill_node)
    killer.start()
    embedder = partial(UnsteadyEmbedder, tmp_path / "notes", [""], 0.1)
    report = far.run(photos, batch=4, workers=workers(embedder))
    assert killed.is_set()
    killer.join()
    assert same(rows(alone), rows(far)) and (report.added, report.count) == (48, 48)


@pytest.mark.ray
@pytest.mark.slow
def test_what_is_embedded_before_a_final_error_stays(cluster: Any, photos: Path, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop.index")
    failing = partial(UnsteadyEmbedder, tmp_path / "notes", [*[""] * 9, *["fatal"] * 3])
    with pytest.raises(ServiceError, match="No such model"):
        shop.run(photos, batch=4, workers=workers(failing))
    kept = shop.index.count()
    assert 0 < kept < 48
    assert shop.run(photos, batch=4, workers=workers(CountingEmbedder)).unchanged == kept
    assert shop.index.count() == 48


@pytest.mark.ray
@pytest.mark.slow
def test_another_version_on_a_worker_is_refused(cluster: Any, photos: Path, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop.index")
    with pytest.raises(SensoriumError, match="'2', not 'quarters' '1'"):
        shop.run(photos, workers=workers(partial(CountingEmbedder, "quarters", "2")))
    assert shop.index.count() == 0


@pytest.mark.ray
@pytest.mark.slow
def test_a_picture_that_kills_its_workers_ends_the_run(cluster: Any, photos: Path, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop.index")
    killing = partial(UnsteadyEmbedder, tmp_path / "notes", ["killed"] * 50)
    with pytest.raises(ServiceError, match="died 4 times at the same 4 pictures"):
        shop.run(*sorted((photos / "shoes").iterdir())[:4], batch=4, workers=workers(killing))


@pytest.mark.ray
@pytest.mark.slow
def test_rows_that_another_process_loses_are_embedded_again(cluster: Any, photos: Path, tmp_path: Path) -> None:
    from sensorium.search import Index
    from sensorium.search.indexing import IndexOptions, index_sources, sources

    shop = Shop(tmp_path / "shop.index")
    other = Index.open(tmp_path / "shop.index")
    seen: list[int] = []

    def lose_some(progress: IndexProgress) -> None:
        seen.append(progress.done)
        if progress.done == 8 and len(seen) == 2:
            with other.writing():
                other.remove([str(photos / "coats" / f"{n}.png") for n in range(48)])

    options = IndexOptions(batch=4, workers=workers(CountingEmbedder))
    report = index_sources(shop.index, sources([str(photos)]), shop.embedder, options, lose_some)
    assert report.count == 48 and len({row["id"] for row in rows(shop)}) == 48
    assert shop.index.nearest(shop.embedder.embed([Image(photos / "coats" / "0.png")])[0], 1)[0].similarity > 0.9999
    assert shop.index.dims == DIMS
