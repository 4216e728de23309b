"""recipes/products: the columns of a shop's data set become rows of this project, with a prompt of its own."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner
from planted import clean

from sensorium.cli.main import main
from sensorium.tasks.readers import load_task

RECIPE = Path(__file__).parents[2] / "recipes" / "products.py"
PROMPT = "Describe it."


def shop(folder: Path) -> Path:
    clean(folder)
    path = folder / "shop.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["image", "Uniq Id", "Product Name", "Category", "description", "About Product"])
        out.writerow(["1.png", "a1", "Blue  cup", "Home | Kitchen", "A cup that is blue.", "Holds a cup of tea"])
        out.writerow(["2.png", "a2", "Lamp", "", "A lamp.", ""])
        out.writerow(["3.png", "a3", "Chair", "Home", "", "No description"])
    return path


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(RECIPE), *words], capture_output=True, text=True, timeout=60)


def test_the_layout_is_read(tmp_path: Path) -> None:
    done = run(str(shop(tmp_path)), "--out", str(tmp_path / "products"), "--prompt", PROMPT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'products' / 'rows.jsonl'}\n"
    assert "Left out 1 rows, the first: row 4: It has no answer" in done.stderr
    first, second = load_task(tmp_path / "products").examples
    assert first.conversation.messages[0].text == f"{PROMPT}\nName: Blue cup\nCategory: Home | Kitchen"
    assert first.answer == "A cup that is blue." and len(list(first.conversation.parts)) == 2
    assert second.conversation.messages[0].text == f"{PROMPT}\nName: Lamp"


def test_its_own_prompt_claims_nothing(tmp_path: Path) -> None:
    run(str(shop(tmp_path)), "--out", str(tmp_path / "products"))
    first = load_task(tmp_path / "products").examples[0]
    assert first.conversation.messages[0].text.startswith("Write the text of a shop's page")


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("image,title\n1.png,Cup\n")
    done = run(str(tmp_path / "other.csv"), "--out", str(tmp_path / "products"))
    assert done.returncode != 0 and "lacks the column 'Product Name'" in done.stderr


def test_the_check_says_which_columns_fit(tmp_path: Path) -> None:
    """Without the recipe: the columns may be mapped by hand, and the report says how."""
    result = CliRunner().invoke(main, ["data", "check", str(shop(tmp_path))])
    assert result.exit_code == 1
    assert "By their names these columns fit: --column answer=description --ignore '*' --question TEXT" in result.stdout
    assert "recipes/products" in result.stdout
    options = ["--column", "answer=description", "--ignore", "*", "--question", "Describe it."]
    mapped = CliRunner().invoke(main, ["data", "check", str(shop(tmp_path)), *options])
    assert "1 row can't be used: It has no answer." in mapped.stdout
