"""Catalogues: their separators, columns of pictures, types, keys, and pictures inside of Parquet files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lancedb")
import pyarrow as pa
import pyarrow.parquet as pq
from shop_index import Shop, paint

from sensorium.core.errors import InputError
from sensorium.search.indexing import IndexReport, index_sources
from sensorium.search.indexing.catalogues import CatalogueFormat, image_at, sources
from sensorium.search.indexing.sources import BrokenItem, Item


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop.index")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        paint(tmp_path / "img" / f"{number}.png", number)
    return tmp_path


def run(shop: Shop, file: Path, **how: Any) -> IndexReport:
    shop.embedder.embedded = 0
    return index_sources(shop.index, sources([str(file)], CatalogueFormat(**how)), shop.embedder)


def rows(shop: Shop) -> dict[str, dict[str, Any]]:
    columns = list(shop.index.columns)
    return {row.pop("id"): row for row in shop.index.rows(["id", *columns]).to_pylist()}


CSV = {
    "semicolons with a mark": "\ufeffid;image;title;price;stock;new\n"
    "A1;img/0.png;Red shoe;12.50;3;true\nA2;img/1.png;Blue;9;;false\n",
    "tabs": "id\timage\ttitle\tprice\tstock\tnew\n"
    "A1\timg/0.png\tRed shoe\t12.50\t3\ttrue\nA2\timg/1.png\tBlue\t9\t\tfalse\n",
    "commas": 'id,image,title,price,stock,new\nA1,img/0.png,"Red shoe",12.50,3,true\nA2,img/1.png,Blue,9,,false\n',
}


@pytest.mark.parametrize("text", CSV.values(), ids=CSV)
def test_csv_files_keep_their_columns_with_types(shop: Shop, folder: Path, text: str) -> None:
    (folder / "shop.csv").write_text(text, encoding="utf-8")
    assert run(shop, folder / "shop.csv").added == 2
    assert shop.index.columns == {"title": "string", "price": "double", "stock": "int64", "new": "bool"}
    assert rows(shop) == {
        "A1": {"title": "Red shoe", "price": 12.5, "stock": 3, "new": True},
        "A2": {"title": "Blue", "price": 9.0, "stock": None, "new": False},
    }
    assert shop.index.count("price < 10 AND stock IS NULL") == 1
    assert shop.index.nearest(shop.index.rows(["vector"])["vector"].to_numpy()[0], 1)[0].path.startswith(str(folder))


def test_a_price_with_a_currency_stays_text_and_a_filter_says_so(shop: Shop, folder: Path) -> None:
    file = folder / "shop.csv"
    file.write_text("image;price\nimg/0.png;12,50 €\nimg/1.png;9,00 €\n", encoding="utf-8")
    run(shop, file)
    assert shop.index.columns == {"price": "string"}
    with pytest.raises(InputError) as raised:
        shop.index.count("price < 40")
    assert "'price'" in raised.value.message and "'12,50 €'" in raised.value.message
    assert "12.50" in raised.value.hint
    file.write_text("image;price\nimg/0.png;12.50\nimg/1.png;9\n", encoding="utf-8")
    report = run(shop, file)
    assert (report.changed_columns, shop.embedder.embedded) == (2, 0)
    assert shop.index.columns == {"price": "double"} and shop.index.count("price < 10") == 1


def test_a_changed_price_needs_no_embedding(shop: Shop, folder: Path) -> None:
    file = folder / "shop.csv"
    file.write_text("id,image,price\n1,img/0.png,5\n2,img/1.png,6\n")
    run(shop, file)
    file.write_text("id,image,price\n1,img/0.png,5\n2,img/1.png,7\n3,img/2.png,8\n")
    report = run(shop, file)
    assert (report.added, report.changed_columns, report.unchanged, shop.embedder.embedded) == (1, 1, 1, 1)
    file.write_text("id,image,price\n2,img/1.png,7\n")
    assert run(shop, file).removed == 2 and set(rows(shop)) == {"2"}


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2"], "int64"), (["1", "2.5"], "double"), (["007", "12"], "string"), (["1e3", "-2"], "double"),
        (["9007199254740993", "1"], "string"), (["", "4"], "int64"), (["", ""], "string"), (["yes", "no"], "string"),
        (["TRUE", "false"], "bool"), (["1,5", "2"], "string"), (["nan", "1"], "string"), (["2026-01-01", ""], "string"),
    ],
)  # fmt: skip
def test_types_are_told_from_all_cells(folder: Path, cells: list[str], kind: str) -> None:
    lines = "".join(f'img/{number}.png,"{cell}"\n' for number, cell in enumerate(cells))
    (folder / "types.csv").write_text(f"image,x\n{lines}")
    (source,) = sources([str(folder / "types.csv")])
    assert source.columns == {"x": kind}


def test_json_lines_keep_numbers_lists_and_objects(shop: Shop, folder: Path) -> None:
    made = [
        {"photo": "img/0.png", "price": 3, "tags": ["new", "red"], "size": None, "more": {"a": 1}, "both": 1},
        {"photo": "img/1.png", "price": 4.5, "tags": [], "more": None, "both": "x"},
    ]
    (folder / "shop.jsonl").write_text("".join(json.dumps(row) + "\n" for row in made))
    with pytest.raises(InputError, match="can't be called 'size'") as raised:
        run(shop, folder / "shop.jsonl")
    assert "rename=size=product_size" in raised.value.hint
    run(shop, folder / "shop.jsonl", rename={"size": "fit"})
    assert shop.index.columns == {
        "price": "double", "tags": "list<string>", "fit": "string", "more": "string", "both": "string"
    }  # fmt: skip
    first = next(row for row in rows(shop).values() if row["price"] == 3)
    assert first == {"price": 3.0, "tags": ["new", "red"], "fit": None, "more": '{"a": 1}', "both": "1"}
    assert [match.columns["price"] for match in shop.index.matching("red", 5)] == [3.0]


@pytest.mark.parametrize("shape", ["bytes", "struct"])
def test_parquet_files_may_hold_the_pictures(shop: Shop, folder: Path, shape: str) -> None:
    data = [(folder / "img" / f"{number}.png").read_bytes() for number in range(3)]
    values = data if shape == "bytes" else [{"bytes": each, "path": "x.png"} for each in data]
    table = pa.table({"picture": values, "title": ["a", "b", "c"], "price": pa.array([1, 2, None], pa.int32())})
    pq.write_table(table, folder / "shop.parquet", row_group_size=2)
    os.utime(folder / "shop.parquet", (1_700_000_000, 1_700_000_000))
    assert run(shop, folder / "shop.parquet").added == 3
    assert shop.index.columns == {"title": "string", "price": "int64"}
    for row in shop.index.rows(["path", "title"]).to_pylist():
        assert image_at(row["path"]).data == data["abc".index(row["title"])]
    assert run(shop, folder / "shop.parquet").unchanged == 3
    pq.write_table(table.slice(1), folder / "shop.parquet")
    report = run(shop, folder / "shop.parquet")
    assert (report.reused, report.removed, shop.embedder.embedded) == (2, 1, 0)


def test_parquet_files_may_name_the_pictures(shop: Shop, folder: Path) -> None:
    pq.write_table(pa.table({"id": [7, 8], "image": ["img/0.png", "img/9.png"]}), folder / "shop.parquet")
    report = run(shop, folder / "shop.parquet")
    assert set(rows(shop)) == {"7"} and len(report.broken) == 1 and "9.png" in report.broken[0].reason


def test_rows_that_name_no_picture_here_are_listed(folder: Path) -> None:
    cells = ["https://shop.example/a.jpg", "img/none.png", "", "data:image/png;base64,AAAA", "img/0.png"]
    (folder / "shop.csv").write_text("image\n" + "".join(f'"{cell}"\n' for cell in cells))
    (source,) = sources([str(folder / "shop.csv")])
    items = list(source.items(lambda *_: False))
    broken = [item for item in items if isinstance(item, BrokenItem)]
    assert "isn't fetched" in broken[0].reason and "shop.example" in broken[0].reason
    assert "Row 2" in broken[0].name and "No file" in broken[1].reason
    assert [isinstance(item, Item) for item in items] == [False] * (len(items) - 1) + [True]


def test_a_picture_outside_of_the_media_folder_is_not_read(shop: Shop, folder: Path, tmp_path: Path) -> None:
    paint(tmp_path / "private.png", 9)
    (folder / "list").mkdir()
    (folder / "list" / "shop.csv").write_text("image\n../private.png\n../img/0.png\n")
    report = run(shop, folder / "list" / "shop.csv")
    assert report.count == 0 and ["lies outside" in item.reason for item in report.broken] == [True, True]
    (folder / "list" / "shop.csv").write_text("image\nprivate.png\nimg/0.png\n")
    assert run(shop, folder / "list" / "shop.csv", media=folder).added == 2


@pytest.mark.parametrize(
    ("text", "how", "words"),
    [
        ("title,price\na,1\n", {}, "has no column of pictures; its columns are title, price"),
        ("image\nimg/0.png\n", {"image_column": "foto"}, "has no column 'foto'"),
        ("image\nimg/0.png\n", {"id_column": "sku"}, "has no column 'sku'"),
        ("image\nimg/0.png\n", {"rename": {"x": "y"}}, "has no column 'x'"),
        ("id,image\n1,img/0.png\n1,img/1.png\n", {}, "row 3 of .* repeats '1' of row 2"),
        ("id,image\n,img/0.png\n", {}, "row 2 of .* is empty"),
        ("image\n", {}, "has no rows"),
        ("image,vector\nimg/0.png,1\n", {}, "can't be called 'vector'"),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_refused(folder: Path, text: str, how: dict[str, Any], words: str) -> None:
    (folder / "shop.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        sources([str(folder / "shop.csv")], CatalogueFormat(**how))


def test_two_catalogues_with_the_same_id_are_refused_and_a_moved_one_is_not(shop: Shop, folder: Path) -> None:
    (folder / "a.csv").write_text("id,image\n1,img/0.png\n")
    (folder / "b.csv").write_text("id,image\n1,img/1.png\n")
    run(shop, folder / "a.csv")
    with pytest.raises(InputError, match=r"The id '1' of .*b.csv' is one of .*a.csv' too"):
        run(shop, folder / "b.csv")
    (folder / "a.csv").rename(folder / "c.csv")
    report = run(shop, folder / "c.csv")
    assert (report.changed_columns, shop.embedder.embedded, report.count) == (1, 0, 1)


def test_a_folder_beside_its_catalogue_adds_no_second_row(shop: Shop, folder: Path) -> None:
    (folder / "shop.csv").write_text("image,title\nimg/0.png,Red shoe\nimg/1.png,Coat\n")
    both = sources([str(folder / "img"), str(folder / "shop.csv")])
    for _ in range(2):
        index_sources(shop.index, both, shop.embedder)
        assert sorted(str(row["title"]) for row in rows(shop).values()) == ["Coat", "None", "Red shoe"]
