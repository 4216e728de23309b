"""Measures whether pictures and text together find more than the better of the two alone.

    python bench/hybrid.py [--part heldout] [--titled 0.7] [--wrong 0.1] [--seeds 0,1,2] [--embedder offline]

The 372 clothes of ../shared/data/clothing have no titles, so titles are given to them: of search_titles.json, four
wordings a category, to a share of the photos (--titled), a share of those of a wrong category (--wrong), as in a shop
that was filled by hand. The queries never saw the titles: 10 category names and 40 written ones (search_queries.jsonl,
part heldout), or the 40 of no_match_queries.jsonl (part tune, on which the text's weight was chosen). Part second are
60 further queries, written after part heldout had been seen and before they were run. What is right is judged by
category. nDCG@10 over all queries; paired bootstrap intervals over queries. All through `search.evaluation`.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from sensorium import load
from sensorium.evaluation.comparison import Comparison, signed
from sensorium.evaluation.ranking import ndcg
from sensorium.evaluation.statistics import bootstrap_interval, paired_difference
from sensorium.retrieval.query import Query
from sensorium.search import Index, Searcher
from sensorium.search.evaluation.evaluate import evaluate
from sensorium.search.evaluation.judgements import JudgedQuery
from sensorium.search.fitting import fit_no_match
from sensorium.search.indexing import CatalogueFormat, index_sources, learn, sources

HERE = Path(__file__).parent
FILES = {
    "tune": "no_match_queries.jsonl", "heldout": "search_queries.jsonl", "second": "hybrid_queries.jsonl",
}  # fmt: skip
DATA = HERE.parents[1] / "shared" / "data" / "clothing"


def judged(part: str, languages: tuple[str, ...]) -> list[JudgedQuery]:
    """Return the queries; what is right is a filter over the photos' category."""
    names = [FILES["heldout"], FILES["second"]] if part == "both" else [FILES[part]]
    rows = [json.loads(line) for name in names for line in (HERE / name).read_text("utf-8").splitlines()]
    return [
        JudgedQuery(
            Query.of(row.get(language) or row["query"]),
            {},
            " or ".join(f"id LIKE '{label}/%'" for label in row["relevant"]),
            language=language,
        )
        for row in rows
        if "relevant" in row
        for language in languages
        if language in row or (language == "en" and "query" in row)
    ]


def by_ranks(compared: Comparison) -> tuple[float, ...]:
    """Return nDCG@10 of reciprocal rank fusion (Cormack et al. 2009, constant 60) of both rankings, 50 deep."""
    found = []
    for place, example in enumerate(compared.examples):
        total: Counter[str] = Counter()
        for way in ("pictures", "text"):
            for rank, name in enumerate(compared.result(way).texts[place].splitlines(), 1):
                total[name] += 1 / (60 + rank)  # type: ignore[assignment]
        ranking = [name for name, _ in total.most_common()]
        found.append(ndcg(ranking, Counter(example.answers), 10))
    return tuple(found)


def catalogue(folder: Path, titled: float, wrong: float, seed: int) -> Path:
    """Write a catalogue: the photos with their titles; ids are category and number."""
    chance = random.Random(seed)
    titles = json.loads((HERE / "search_titles.json").read_text("utf-8"))
    with open(DATA / "labels.csv", encoding="utf-8") as file:
        photos = [row for row in csv.DictReader(file) if row["split"] == "catalogue"]
    path = folder / "catalogue.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "file", "title"])
        for number, row in enumerate(photos):
            label = row["label"]
            if chance.random() < wrong:
                label = chance.choice([other for other in titles if other != label])
            title = chance.choice(titles[label]) if chance.random() < titled else ""
            out.writerow([f"{row['label']}/{number}", row["file"], title])
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=(*FILES, "both"), default="tune")
    parser.add_argument("--titled", type=float, default=0.7)
    parser.add_argument("--wrong", type=float, default=0.1)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--languages", default="en")
    parser.add_argument("--embedder", default="offline")
    options = parser.parse_args()
    embedder = load(options.embedder, role="embedder")
    asked = judged(options.part, tuple(options.languages.split(",")))
    scores: dict[str, dict[str, list[tuple[float, ...]]]] = {}
    with tempfile.TemporaryDirectory() as name:
        index = Index.create(Path(name) / "shop.index", embedder.name, embedder.version, embedder.dims)
        for seed in map(int, options.seeds.split(",")):
            path = catalogue(Path(name), options.titled, options.wrong, seed)
            report = index_sources(index, sources([str(path)], CatalogueFormat("file", "id", DATA)), embedder)
            assert report.count == 372, report
            learn(index, embedder, report.written)
            fit_no_match(index, embedder)
            for group, compared in evaluate(Searcher(index, embedder), asked).comparisons.items():
                ways = scores.setdefault(group, {})
                for result in compared.results:
                    ways.setdefault(result.name, []).append(result.scores["nDCG@10"])
                ways.setdefault("both, by reciprocal ranks", []).append(by_ranks(compared))
    print(f"{options.embedder} {embedder.version}, part {options.part}, {options.titled:.0%} titled, of these "
          f"{options.wrong:.0%} wrongly, titles drawn by seeds {options.seeds}")  # fmt: skip
    for group, ways in scores.items():
        means = {way: np.mean(drawn, axis=0).tolist() for way, drawn in ways.items()}
        for way, values in means.items():
            print(f"  {group} by {way}: nDCG@10 {bootstrap_interval(values)} n={len(values)}")
        best = max(("pictures", "text"), key=lambda way: np.mean(means[way]))
        for way in ("both", "both, by reciprocal ranks"):
            print(f"  {way}, over {best}: {signed(paired_difference(means[way], means[best]))}")


if __name__ == "__main__":
    main()
