"""The projects: pairwise, every one is formatted, type-checks, passes its own tests and serves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from itertools import combinations
from pathlib import Path

import pytest
import requests
from new_projects import FACTORS, SOURCES, all_pairs, answers_of, own_tests, package_of, style, types, write_all

from sensorium import load_task
from sensorium.registry import scheme_of
from sensorium.scaffold import Answers, engines, names, project_files, write_project
from sensorium.search.evaluation.judgements import read_judgements

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, object]]:
    return all_pairs()


def test_every_pair_of_answers_is_covered(rows: list[dict[str, object]]) -> None:
    assert len(rows) >= 60
    gives = {(row["takes"], row["gives"]) for row in rows}
    assert len(gives) == 22  # 7 ways to answers, 7 to fields, 4 to hits, 4 to moments: every one that makes sense
    for one, other in combinations(FACTORS, 2):
        pairs = {(repr(row[one]), repr(row[other])) for row in rows}
        assert len(pairs) >= max(len(FACTORS[one]), len(FACTORS[other])) - 4 * ("takes" in (one, other))


def test_all_of_them_are_formatted(rows: list[dict[str, object]], tmp_path: Path) -> None:
    folders = write_all(rows, tmp_path)
    assert len(folders) == len(set(map(package_of, folders))) == len(rows)
    assert style(tmp_path) == ""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix in (".py", ".md", ".toml", ".yml", ".html", ".js", ".csv"):
                assert "{{" not in path.read_text(encoding="utf-8").replace("${{ vars.SENSORIUM }}", ""), path
        assert {path.name for path in folder.iterdir()} >= {"README.md", "pyproject.toml", "tests", ".github"}


def test_each_names_what_it_needs_and_its_task_can_be_read(rows: list[dict[str, object]], tmp_path: Path) -> None:
    for row, folder in zip(rows, write_all(rows, tmp_path), strict=True):
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        (extras,) = re.findall(r"sensorium\[(.*)\]", project["dependencies"][0])
        assert set(extras.split(",")) <= set(EXTRAS)
        chosen = engines(answers_of(row))  # type: ignore[arg-type]
        for engine in filter(None, (chosen.model, chosen.embedder, chosen.transcriber, *chosen.speakers)):
            scheme = scheme_of(engine)
            assert scheme is not None and scheme.extra in extras.split(","), engine
            assert not (row["is_private"] and scheme.keys)
        if row["gives"] == "hits":
            assert len(read_judgements(str(folder / "judgements.csv"))) == 11
        else:
            task = load_task(folder / "task.csv")
            assert sum(example.answer == "?" for example in task.examples) == 10


@pytest.mark.slow
@pytest.mark.long
def test_all_of_them_type_check(rows: list[dict[str, object]], tmp_path: Path) -> None:
    (tmp_path / "projects").mkdir()
    (tmp_path / "types").mkdir()
    assert types(write_all(rows, tmp_path / "projects"), tmp_path / "types") == ""


@pytest.mark.slow
@pytest.mark.long
def test_all_of_them_pass_their_own_tests(rows: list[dict[str, object]], tmp_path: Path) -> None:
    done = own_tests(write_all(rows, tmp_path), tmp_path, 1800)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    (passed,) = re.findall(r"(\d+) passed", done.stdout)
    assert int(passed) > 7 * len(rows) and "skipped" not in done.stdout


@pytest.mark.slow
@pytest.mark.long
def test_some_of_each_kind_serve_as_the_readme_says(tmp_path: Path) -> None:
    for takes, gives in ((("picture",), "answer"), (("picture",), "fields"), (("video",), "moments"),
                         (("picture", "catalogue"), "hits")):  # fmt: skip
        answers = Answers(f"Kind {gives}", takes, gives)  # type: ignore[arg-type]
        folder = tmp_path / names(answers.title).folder
        write_project(project_files(answers), folder)
        assert f"python -m {package_of(folder)}" in (folder / "README.md").read_text(encoding="utf-8")
        serves(folder)


def serves(folder: Path) -> None:
    """Start a project as its README says; its page and its health must be there."""
    command = [sys.executable, "-m", package_of(folder), "--port", "0"]
    env = {"PYTHONPATH": str(SOURCES), "PATH": "", "HOME": str(folder)}
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:")
            assert requests.get(f"{address}/health", timeout=30).json() == {"status": "ok"}
            assert "<h1" in requests.get(address, timeout=30).text
        finally:
            process.terminate()


def test_a_project_passes_its_tests_and_serves(tmp_path: Path) -> None:
    answers = Answers('The "first" one', ("picture",), "fields", fields=("name", "expiry date"))
    folder = tmp_path / names(answers.title).folder
    write_project(project_files(answers), folder)
    done = own_tests([folder], tmp_path, 120)
    assert done.returncode == 0, done.stdout[-4000:]
    serves(folder)


@pytest.mark.skipif(os.name != "posix", reason="the README's lines are for a POSIX shell")
@pytest.mark.parametrize(
    ("answers", "filled"),
    [
        pytest.param(
            Answers("Label reader", ("picture",), "fields"),
            "split,image,question,answer\ntest,samples/sample.png,What is the name?,Sample 1\n",
            id="fields",
        ),
        pytest.param(
            Answers("Shop", ("picture", "catalogue"), "hits"), "query,relevant\nred mug,mug-red\n",
            marks=pytest.mark.long, id="hits",
        ),
    ],
)  # fmt: skip
def test_the_lines_of_a_readme_run_as_printed(tmp_path: Path, answers: Answers, filled: str) -> None:
    """Every block, in order; the page is stopped once it serves, and the rows to fill in are refused until they are."""
    folder = tmp_path / names(answers.title).folder
    write_project(project_files(answers), folder)
    start, measure = re.findall(r"```sh\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.S)
    served = f"python -m {package_of(folder)}"
    assert start.startswith('pip install -e ".[test]"\n') and f"\n{served}\n" in start
    assert shell_lines(start.replace(f"\n{served}\n", f"\nserved {served}\n"), folder).returncode == 0
    rows = "judgements.csv" if answers.gives == "hits" else "task.csv"
    refused = shell_lines(measure, folder)
    assert refused.returncode == 2 and "'?'" in refused.stderr and not refused.stdout, refused.stderr
    (folder / rows).write_text(filled)
    measured = shell_lines(measure, folder)
    assert measured.returncode == 0, measured.stderr
    (score,) = re.findall(r"by both: nDCG@10 ([\d.]+)|accuracy ([\d.]+) %", measured.stdout)
    assert float("".join(score)) > 0, measured.stdout


def shell_lines(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run lines in a project's folder, where pip has installed everything already but the project itself."""
    port = (
        "--port 0 >served.txt & page=$!; until grep -q ^http served.txt; do kill -0 $page; sleep 0.1; done; kill $page"
    )
    program = (
        f'set -e\npython() {{ {sys.executable} "$@"; }}; sensorium() {{ python -m sensorium "$@"; }}\n'
        'pytest() { python -m pytest "$@"; }\n'
        'pip() { test "$*" = "install -e .[test]"; }\n'  # what it would fetch is here already
        f'served() {{ shift; {sys.executable} "$@" {port}; }}\n'
    )
    env = os.environ | {"PYTHONPATH": str(SOURCES), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        ["bash", "-c", program + script], cwd=folder, env=env, capture_output=True, text=True, timeout=300
    )


def test_only_what_the_answers_need_is_there() -> None:
    plain = project_files(Answers("a", ("picture",)))
    assert not any("budget" in path or "schema" in path or "conftest" in path for path in plain)
    code = plain["a/app.py"].decode()
    for word in ("language", "SECONDS", "Video", "Audio", "USD", "budget"):
        assert word not in code
    paid = project_files(Answers("a", ("picture",), is_private=False, usd_a_day=2.5, seconds=9))
    assert "USD_A_DAY = 2.5" in paid["a/app.py"].decode() and "SECONDS = 9" in paid["a/app.py"].decode()
    assert "a/budget.py" in paid and "tests/test_budget.py" in paid and "tests/test_privacy.py" not in paid
    free = project_files(Answers("a", ("picture",), is_private=False, usd_a_day=None))
    assert "a/budget.py" not in free


def test_the_price_in_the_readme_is_the_catalogues() -> None:
    from sensorium.core.catalog import entries

    readme = project_files(Answers("a", ("picture",), is_private=False, usd_a_day=1.0))["README.md"].decode()
    price = entries()["openai:gpt-6-luna"].price_on()
    assert price is not None
    assert f"cost {price.input_usd} US dollars in and {price.output_usd} out" in readme and str(price.date) in readme


def test_the_same_answers_give_the_same_files() -> None:
    answers = Answers("Shop", ("picture", "catalogue"), "hits")
    assert project_files(answers) == project_files(answers)


def test_a_title_is_safe_wherever_it_stands() -> None:
    files = project_files(Answers("""<script>"' & {{ 7*7 }} $x"""))
    page = next(data for path, data in files.items() if path.endswith("index.html"))
    assert b"<h1>&lt;script&gt;" in page and page.count(b"<script") == 1
    assert files["README.md"].decode().startswith("# \\<script\\>")
