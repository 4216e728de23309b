"""Measures "no good match": absurd queries that pass, good ones that are turned away, beside a raw cosine.

    python bench/no_match.py [--part heldout] [--draws 10] [--seed 0] [--embedder offline]

Catalogues are drawn from the 372 clothes of ../shared/data/clothing: 4 to 9 of its 10 categories each, with titles
(search_titles.json, a tenth of them of a wrong category) for all of them, for half of the categories, or for none. The
test is fitted on the catalogue and the bank that ships; it sees no query of this file. A query is good if its category
is in the catalogue. Part tune: 40 queries and 80 absurd ones, on which the share of the bank that may pass was chosen.
Part heldout: the 50 queries of search_queries.jsonl and 80 other absurd ones. "Category untitled": the good queries
about the half of the categories of which the fit saw no word. "Absent": queries about clothes that the catalogue lacks.
40 of the absurd ones are also asked in the other languages (no_match_translated.jsonl; none is in the bank that ships).
Intervals are bootstrap intervals over queries, each with its mean over the catalogues.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from sensorium import Image, Text, load
from sensorium.core.protocols import Embedder
from sensorium.evaluation.statistics import bootstrap_interval
from sensorium.retrieval.hubness import QueryBank, bank_language, translated_banks
from sensorium.retrieval.query import query_rows
from sensorium.search.fusion import content_words, words_in
from sensorium.search.no_match import CANDIDATES, NoMatch, fit

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared" / "data"
LANGUAGES = ("en", "es", "de", "hi", "ta")
Rows = NDArray[np.float32]


def queries(part: str) -> tuple[list[str], list[dict[str, object]]]:
    """Return the absurd queries and the good ones with their categories."""
    rows = [json.loads(line) for line in (HERE / "no_match_queries.jsonl").read_text("utf-8").splitlines()]
    absurd = [row["query"] for row in rows if row["part"] == part and "relevant" not in row]
    if part == "tune":
        return absurd, [{"en": row["query"], "relevant": row["relevant"]} for row in rows if "relevant" in row]
    good = [json.loads(line) for line in (HERE / "search_queries.jsonl").read_text("utf-8").splitlines()]
    return absurd, good


class Catalogue:
    """The photos with their categories, and rows of everything that is asked, computed once."""

    def __init__(self, embedder: Embedder, part: str) -> None:
        with open(DATA / "clothing/labels.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.embedder = embedder
        self.labels = np.array([row["label"] for row in rows if row["split"] == "catalogue"])
        self.rows = self._photos([DATA / "clothing" / row["file"] for row in rows if row["split"] == "catalogue"])
        others = [row for row in rows if row["split"] == "train"]
        self.train_labels = np.array([row["label"] for row in others])
        self.train = self._photos([DATA / "clothing" / row["file"] for row in others])
        self.strangers = self._photos(sorted((DATA / "coco/pictures").iterdir()))
        self.titles = json.loads((HERE / "search_titles.json").read_text("utf-8"))
        self.absurd, self.good = queries(part)
        self.absurd_rows = self.texts(self.absurd)
        languages = [each for each in LANGUAGES if each in self.good[0]]
        self.good_rows = {each: self.texts([str(row[each]) for row in self.good]) for each in languages}
        self.bank, self.translated = QueryBank.of(embedder), translated_banks(embedder)
        rows = embedder.embed([Text(title) for title in self._all()])
        self.title_rows = dict(zip(self._all(), rows, strict=True))
        lines = (HERE / "no_match_translated.jsonl").read_text("utf-8").splitlines()
        absurd = [json.loads(line) for line in lines] if part == "heldout" else []
        self.absurd_in = {code: [row[code] for row in absurd] for code in LANGUAGES[1:] if absurd}
        self.absurd_rows_in = {code: self.texts(texts) for code, texts in self.absurd_in.items()}

    def texts(self, texts: list[str]) -> Rows:
        return np.asarray(query_rows([Text(text) for text in texts], self.embedder))

    def _photos(self, files: list[Path]) -> Rows:
        return np.asarray(self.embedder.embed([Image(str(file)) for file in files]))

    def _all(self) -> list[str]:
        return [title for titles in self.titles.values() for title in titles]


class Scores:
    """What one query got in the catalogues: the evidence, the raw cosine, and whether it passed."""

    def __init__(self) -> None:
        self.total: list[float] = []
        self.cosine: list[float] = []
        self.passed: list[bool] = []


def measured(data: Catalogue, titled: str, draws: int, seed: int) -> dict[str, dict[int, Scores]]:
    """Return group -> query -> scores over the drawn catalogues."""
    chance = random.Random(f"{titled} {seed}")
    groups: dict[str, dict[int, Scores]] = defaultdict(lambda: defaultdict(Scores))
    said = []
    for _ in range(draws):
        categories = chance.sample(sorted(data.titles), chance.randint(4, 9))
        own = {"all": categories, "half": categories[: len(categories) // 2], "none": []}[titled]
        pictures = data.rows[np.isin(data.labels, categories)]
        labels = data.labels[np.isin(data.labels, categories)]
        titles = [_title(data, label, chance) if label in own else None for label in labels]
        known = sorted({title for title in titles if title})
        rows = np.array([data.title_rows[title] for title in known]).reshape(-1, pictures.shape[1])
        test = fit(data.bank, pictures, rows, translated=data.translated)
        said.append(test.fitted.false_accept)

        def ask(
            group: str, number: int, text: str, row: Rows,
            test: NoMatch = test, pictures: Rows = pictures, known: list[str] = known,
        ) -> None:  # fmt: skip
            near = np.argsort(-(pictures @ row))[:CANDIDATES]
            evidence, words = test.evidence(row, pictures[near], bank_language(text)), content_words(text)
            exact = bool(words) and any(len(words_in(words, [title])) == len(words) for title in known)
            scores = groups[group][number]
            scores.total.append(evidence.total)
            scores.cosine.append(float((pictures @ row).max()))
            scores.passed.append(exact or evidence.is_match)

        for number, (text, row) in enumerate(zip(data.absurd, data.absurd_rows, strict=True)):
            ask("absurd", number, text, row)
        for language, texts in data.absurd_in.items():
            for number, (text, row) in enumerate(zip(texts, data.absurd_rows_in[language], strict=True)):
                ask(f"absurd {language}", number, text, row)
        for language, asked in data.good_rows.items():
            for number, (judged, row) in enumerate(zip(data.good, asked, strict=True)):
                there = set(judged["relevant"]) & set(categories)  # type: ignore[call-overload]
                ask(f"{'good' if there else 'absent'} {language}", number, str(judged[language]), row)
                if language == "en" and there and titled == "half" and not there & set(own):
                    ask("category untitled", number, str(judged[language]), row)
        for group, photos in (("photo good", data.train[np.isin(data.train_labels, categories)]),
                              ("photo strange", data.strangers)):  # fmt: skip
            for number, best in enumerate((photos @ pictures.T).max(axis=1)):
                groups[group][number].passed.append(test.has_image_match(float(best)))
    groups["said"][0].total = said
    return groups


def _title(data: Catalogue, label: str, chance: random.Random) -> str:
    if chance.random() < 0.1:
        label = chance.choice([other for other in data.titles if other != label])
    return str(chance.choice(data.titles[label]))


def auroc(good: list[float], absurd: list[float]) -> float:
    return float(roc_auc_score([1] * len(good) + [0] * len(absurd), good + absurd))


def compared(groups: dict[str, dict[int, Scores]], seed: int) -> str:
    """Return the AUROC of the test, of the raw cosine, and their difference with intervals: queries are drawn again."""
    good, absurd = list(groups["good en"].values()), list(groups["absurd"].values())
    chance = random.Random(seed)
    draws = []
    for number in range(501):
        drawn = [rows if number == 0 else chance.choices(rows, k=len(rows)) for rows in (good, absurd)]
        draws.append(
            [
                auroc(*([value for row in rows for value in getattr(row, name)] for rows in drawn))  # type: ignore[arg-type]
                for name in ("total", "cosine")
            ]
        )
    point, others = draws[0], np.array(draws[1:])
    low, high = np.quantile(others, [0.025, 0.975], axis=0)
    gain_low, gain_high = np.quantile(others[:, 0] - others[:, 1], [0.025, 0.975])
    return (
        f"AUROC {point[0]:.3f} ({low[0]:.3f} to {high[0]:.3f}), "
        f"raw cosine {point[1]:.3f} ({low[1]:.3f} to {high[1]:.3f}), "
        f"difference {point[0] - point[1]:+.3f} ({gain_low:+.3f} to {gain_high:+.3f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("tune", "heldout"), default="tune")
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--embedder", default="offline")
    options = parser.parse_args()
    data = Catalogue(load(options.embedder, role="embedder"), options.part)
    how = f"part {options.part}, {options.draws} catalogues, seed {options.seed}"
    print(f"{options.embedder} {data.embedder.version}, {how}")
    for titled in ("all", "half", "none"):
        groups = measured(data, titled, options.draws, options.seed)
        said = np.mean(groups.pop("said")[0].total)
        print(f"titles: {titled}; false accepts that it says: {said:.3f}")
        for name, rows in groups.items():
            passed = [float(np.mean(row.passed)) for row in rows.values()]
            away = name.startswith(("good", "category", "photo good"))
            share = bootstrap_interval([1 - value if away else value for value in passed])
            print(f"  {name:18s} {'turned away' if away else 'accepted   '} {share} n={share.n}")
        print(f"  {compared(groups, options.seed)}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
