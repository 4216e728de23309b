"""Filters made from columns, and the conditions that choices are, asked of a real index."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("lancedb")
from vectors import DIMS, index_rows, unit, write

from sensorium.apps.store.facets import Range, condition, facets
from sensorium.core.errors import InputError
from sensorium.search import Index

TYPES = {
    "title": "string", "colour": "string", "price": "double", "stock": "int64", "vegan": "bool", "tags": "list<string>",
    "same": "int64", "note": "string", "never": "bool",
}  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    made = Index.create(tmp_path_factory.mktemp("facets") / "shop.index", "e", "1", DIMS, TYPES)
    columns = {
        "title": [f"Thing {n}" for n in range(6)],
        "colour": ["red", "red", "blue", "blue", "blue", "it's `odd`"],
        "price": [1.5, 2.0, 3.25, None, 10.0, 99.0],
        "stock": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        "vegan": [True, False, None, True, False, False],
        "tags": [["new", "sale"], ["sale"], [], None, ["new"], ["new"]],
        "same": [7.0] * 6,
        "note": ["x" * 100, "x" * 100, "y", "y", "y", "y"],
        "never": [False] * 6,
    }
    write(made, index_rows(unit(6), columns))
    return made


def test_columns_become_filters_that_help(index: Index) -> None:
    found = {facet.column: facet for facet in facets(index)}
    assert set(found) == {"colour", "price", "stock", "vegan", "tags"}  # no titles, no constant, nothing unreadable
    assert [(choice.value, choice.count) for choice in found["colour"].choices] == [
        ("blue", 3), ("red", 2), ("it's `odd`", 1),
    ]  # fmt: skip
    assert (found["price"].least, found["price"].most, found["price"].whole) == (1.5, 99.0, False)
    assert found["stock"].whole and found["vegan"].kind == "yes"
    assert [(choice.value, choice.count) for choice in found["tags"].choices] == [("new", 3), ("sale", 2)]


@pytest.mark.parametrize(
    ("chosen", "where", "ids"),
    [
        ({}, "", "012345"),
        ({"colour": ["red"]}, "", "01"),
        ({"colour": ["red", "it's `odd`"]}, "", "015"),
        ({"colour": []}, "", "012345"),
        ({"price": Range(least=2, most=10)}, "", "124"),
        ({"price": Range(most=2)}, "", "01"),
        ({"stock": Range(least=5)}, "", "5"),
        ({"vegan": True}, "", "03"),
        ({"tags": ["sale"]}, "", "01"),
        ({"colour": ["blue"]}, "stock < 3 OR price > 50", "2"),  # the filter's own OR stays inside
        ({"colour": ["x' OR 1=1 --"]}, "", ""),
    ],
)
def test_choices_keep_the_rows_that_they_say(index: Index, chosen: dict[str, Any], where: str, ids: str) -> None:
    made = condition(index.columns, chosen, where)
    assert "".join(sorted(index.rows(["id"], made)["id"].to_pylist())) == ids


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"size": ["M"]}, "The index has no column 'size'."),
        ({"price": ["cheap"]}, "'price' holds double"),
        ({"colour": Range(most=2)}, "'colour' holds string"),
        ({"colour": True}, "'colour' holds string"),
        ({"path` OR 1=1 --": ["x"]}, "The index has no column"),
    ],
)
def test_what_does_not_fit_a_column_is_refused(index: Index, chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match="^" + message.replace("(", r"\(")):
        condition(index.columns, chosen)
