"""Judged queries: what is looked for, and which ids are right; read from files, or made from a catalogue."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Image
from sensorium.retrieval.query import Query, parse
from sensorium.search.fitting import text_columns
from sensorium.search.table import Index
from sensorium.tasks.csv_rows import csv_rows
from sensorium.tasks.readers import load_table

KEYS = ("query", "image", "relevant", "relevant_where", "grade", "where", "language", "id")
"""What a row of judgements may hold."""
MAX_GRADE = 100
_CATEGORY_VALUES, _CATEGORY_ROWS = 100, 3
_QRELS = re.compile(r"\s*(\S+)\s+\S+\s+(\S+)\s+(-?\d+)\s*")


@dataclass(frozen=True)
class JudgedQuery:
    """A query and what is right.

    Args:
        query: What is looked for.
        grades: Right id -> how right, from 1; those that don't stand here are wrong.
        relevant_where: A filter that gives further right rows, grade 1; "" for none.
        where: The filter that the search is asked with; "" for none.
        language: Code of the query's language, or "".
        id: Its name, or "".
        kind: "judged", "title" (a title, whose own picture is right) or "category".
    """

    query: Query
    grades: Mapping[str, int]
    relevant_where: str = ""
    where: str = ""
    language: str = ""
    id: str = ""
    kind: str = "judged"


def read_judgements(file: str, queries: str | None = None) -> list[JudgedQuery]:
    """Return the judged queries of a file.

    Args:
        file: A .jsonl, .json, .csv, .tsv or .parquet file, one row a query or one row a right id, with the columns of
            `KEYS`; or TREC qrels, "query-id 0 id grade" a line.
        queries: For qrels, the file with the queries: "query-id<TAB>text" a line.

    Raises:
        InputError: if a row can't be used; the message quotes file and row.
    """
    if Path(file).suffix.lower() not in (".jsonl", ".json", ".csv", ".tsv", ".parquet"):
        return _read_qrels(file, queries)
    found: dict[tuple[str, str, str, str], JudgedQuery] = {}
    for number, row in _rows(file):
        judged = _judged(row, f"Row {number} of {quoted(file)}", Path(file).parent)
        key = (judged.id, str(judged.query), judged.language, judged.where)
        if key in found:
            judged = _joined(found[key], judged)
        found[key] = judged
    if not found:
        raise InputError(f"{quoted(file)} has no judged queries.", 'Write {"query": "red shoes", "relevant": ["id1"]}.')
    return list(found.values())


def made_queries(index: Index, most: int = 200, seed: int = 0) -> list[JudgedQuery]:
    """Return queries made from a catalogue: titles, whose own picture is right, and categories, whose rows are.

    Titles are those that stand in one row only; categories are the values of text columns with at most 100 different
    ones, each in three rows or more.

    Raises:
        InputError: if the index has no text column.
    """
    names = text_columns(index)
    if not names:
        raise InputError(
            "The index has no titles or categories to make queries from.",
            "Write your own queries into a file: `judgements=judged.jsonl`",
        )
    table = index.rows(["id", *names]).to_pylist()
    made: list[JudgedQuery] = []
    for name in names:
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for row in table:
            cell = row[name]
            for text in [cell] if isinstance(cell, str) else cell or []:
                if text.strip():
                    ids[" ".join(text.split())].append(row["id"])
        if len(ids) <= _CATEGORY_VALUES:
            made += [_made(text, rows, "category") for text, rows in ids.items() if len(rows) >= _CATEGORY_ROWS]
        else:
            made += [_made(text, rows, "title") for text, rows in ids.items() if len(rows) == 1]
    if not made:
        raise InputError(
            "No title stands in one row only, and no category in three.",
            "Write your own queries into a file: `judgements=judged.jsonl`",
        )
    random.Random(seed).shuffle(made)
    kinds = Counter(judged.kind for judged in made)
    share = most // max(1, len(kinds))
    return [judged for kind in kinds for judged in [each for each in made if each.kind == kind][:share]]


def resolved(judged: Sequence[JudgedQuery], index: Index) -> list[JudgedQuery]:
    """Return the queries with the rows of `relevant_where` as right ids.

    Raises:
        InputError: if a right id isn't in the index, or nothing is right for a query.
    """
    known = set(index.rows(["id"])["id"].to_pylist())
    out = []
    for each in judged:
        name = quoted(each.id or str(each.query))
        rows = index.rows(["id"], each.relevant_where)["id"].to_pylist() if each.relevant_where else []
        grades = {**dict.fromkeys(rows, 1), **each.grades}
        missing = [key for key in grades if key not in known]
        if missing:
            raise InputError(
                f"The index has no {quoted(missing[0])}, which is right for {name} ({len(missing)} of {len(grades)}).",
                "Judge by the ids that search --json prints.",
            )
        if not grades:
            raise InputError(f"Nothing is right for {name}.", "Give it `relevant` ids or a `relevant_where`.")
        out.append(JudgedQuery(each.query, grades, "", each.where, each.language, each.id, each.kind))
    return out


def _rows(file: str) -> Iterable[tuple[int, Mapping[str, Any]]]:
    if Path(file).suffix.lower() in (".csv", ".tsv"):
        return csv_rows("\n".join(_lines(file)), Path(file), KEYS)
    return load_table(file).rows


def _made(text: str, ids: Sequence[str], kind: str) -> JudgedQuery:
    return JudgedQuery(Query.of(text), dict.fromkeys(ids, 1), kind=kind, id=text)


def _judged(row: Mapping[str, Any], where: str, folder: Path) -> JudgedQuery:
    unknown = [key for key in row if key not in KEYS]
    if unknown:
        raise InputError(f"{where} has the column {quoted(unknown[0])}.", f"Use only: {', '.join(KEYS)}.")
    cells = {key: row.get(key) for key in KEYS}
    text, image = _text(cells["query"]), _text(cells["image"])
    if not text and not image:
        raise InputError(f"{where} has neither query nor image.", 'Write {"query": "red shoes", …}.')
    query = parse(text, lambda term: _picture(folder, term)) if text else None
    if image:
        picture = Query.of(Image(Blob(folder / image)))
        query = Query((*picture.terms, *(query.terms if query else ())))
    assert query is not None
    grades = _grades(cells["relevant"], cells["grade"], where)
    if not grades and not _text(cells["relevant_where"]) and cells["grade"] in (None, ""):
        raise InputError(f"{where} says nothing that is right.", 'Give it "relevant": ["id1"], or "relevant_where".')
    return JudgedQuery(
        query, grades, _text(cells["relevant_where"]), _text(cells["where"]), _text(cells["language"]),
        _text(cells["id"]),
    )  # fmt: skip


def _picture(folder: Path, term: str) -> Image | None:
    file = folder / term
    return Image(Blob(file)) if len(term) < 256 and file.is_file() else None


def _grades(relevant: object, grade: object, where: str) -> dict[str, int]:
    """Return id -> grade: of a list of ids, a mapping, or a text with ids between commas or bars."""
    if relevant in (None, ""):
        return {}
    if isinstance(relevant, Mapping):
        return {str(key): number for key, value in relevant.items() if (number := _grade(value, where)) > 0}
    ids: Iterable[object] = re.split(r"[|,]", relevant) if isinstance(relevant, str) else relevant  # type: ignore[assignment]
    if isinstance(relevant, int | float) or not isinstance(ids, list | tuple):
        ids = [relevant]
    number = 1 if grade in (None, "") else _grade(grade, where)
    return {str(each).strip(): number for each in ids if str(each).strip()} if number > 0 else {}


def _grade(value: object, where: str) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if not 0 <= number <= MAX_GRADE:
        raise InputError(f"{where} has the grade {quoted(value)}; grades are 0 to {MAX_GRADE}.", "Write 1 for right.")
    return number


def _joined(first: JudgedQuery, second: JudgedQuery) -> JudgedQuery:
    wheres = [each for each in (first.relevant_where, second.relevant_where) if each]
    either = " or ".join(f"({each})" for each in dict.fromkeys(wheres))
    grades = {**first.grades, **second.grades}
    return JudgedQuery(first.query, grades, either, first.where, first.language, first.id)


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _read_qrels(file: str, queries: str | None) -> list[JudgedQuery]:
    if queries is None:
        raise InputError(
            f"{quoted(file)} is read as TREC qrels, which don't hold the queries' texts.",
            "Name the file that does, a query-id, a tab and the text on each line: `queries=topics.tsv`",
        )
    texts = {}
    for line in _lines(queries):
        name, tab, text = line.partition("\t")
        if not tab or not text.strip():
            raise InputError(f"{quoted(queries)} holds {quoted(line)}.", "Write a query-id, a tab and its text.")
        texts[name.strip()] = text.strip()
    grades: dict[str, dict[str, int]] = {}
    for number, line in enumerate(_lines(file), 1):
        match = _QRELS.fullmatch(line)
        if match is None:
            raise InputError(
                f"Line {number} of {quoted(file)} isn't one of TREC qrels: {quoted(line)}.",
                "Write: query-id 0 id grade; or name a .jsonl or .csv file.",
            )
        name, key, grade = match.groups()
        if name not in texts:
            raise InputError(f"{quoted(queries)} has no query {quoted(name)}.", f"It is judged in line {number}.")
        if int(grade) > 0:
            grades.setdefault(name, {})[key] = int(grade)
    return [JudgedQuery(Query.of(texts[name]), right, id=name) for name, right in grades.items()]


def _lines(file: str) -> list[str]:
    try:
        text = Blob(file).data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{quoted(file)} is not UTF-8 at byte {error.start}.", "Save it as UTF-8.") from None
    return [line for line in text.splitlines() if line.strip()]
