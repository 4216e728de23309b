"""`sensorium tune` and `sensorium merge`: a forecast, a training, its model's name, one checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import PIL.Image
import pytest
from click.testing import CliRunner

pytest.importorskip("trl")
import tiny

from sensorium.cli.main import main
from sensorium.cli.tune import TrainingStatus, progress_text
from sensorium.tune.training.metrics_log import TrainingProgress

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    tiny.idefics3(Path("base"))
    rows = []
    for number in range(8):
        PIL.Image.new("RGB", (32, 32), (250, 0, number)).save(f"{number}.png")
        rows.append({"image": f"{number}.png", "question": "Which?", "answer": "red", "split": "train"})
    rows[-1]["split"] = "test"
    Path("task.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("recipe.toml").write_text(
        'base = "base"\ntask = "task.jsonl"\noutput_dir = "adapter"\nmax_steps = 10\ngradient_accumulation_steps = 1\n'
        'learning_rate = 5e-3\neval_steps = 10\nmax_new_tokens = 3\nlora_r = 4\ndevice = "cpu"\n'
    )
    return Path("recipe.toml")


def run(*words: str, code: int = 0) -> tuple[str, str]:
    found = CliRunner().invoke(main, words)
    assert found.exit_code == code, found.output
    return found.stdout, found.stderr


def test_from_a_recipe_to_one_checkpoint(recipe: Path) -> None:
    out, err = run("tune", str(recipe))
    assert out == "transformers:base+adapter\n"
    assert "7 examples, 10 steps" in err and "Held-out score: 0.000 before, 1.000 after step 10." in err
    assert "sensorium merge adapter --out merged" in err
    out, err = run("tune", str(recipe), code=2)
    assert out == "" and "contains a finished adapter" in err
    out, _ = run("merge", "adapter", "--out", "merged", "--json")
    assert json.loads(out) == {"model": "transformers:merged", "folder": "merged"}
    out, _ = run("ask", "0.png", "Which?", "--model", "transformers:merged", "--quiet", "--max-tokens", "3")
    assert out == "red\n"
    _, err = run("merge", "adapter", "--out", "merged", code=2)
    assert "is not empty" in err
    _, err = run("merge", "base", "--out", "other", code=2)
    assert "holds no adapter" in err


def test_a_forecast_trains_nothing(recipe: Path) -> None:
    out, _ = run("tune", str(recipe), "--forecast")
    assert out.startswith("7 examples, 10 steps; ") and len(out.splitlines()) == 5
    out, _ = run("tune", str(recipe), "--forecast", "--json")
    assert json.loads(out)["steps"] == 10 and json.loads(out)["fits"] is True
    assert not Path("adapter").exists()


def test_what_can_not_fit_and_what_is_misspelt(recipe: Path) -> None:
    recipe.write_text(recipe.read_text() + "memory_gb = 1e-6\n")
    out, err = run("tune", str(recipe), "--quiet", code=2)
    assert out == "" and err.startswith("sensorium: The training takes about") and not Path("adapter").exists()
    recipe.write_text("bse = 5\n")
    _, err = run("tune", str(recipe), code=2)
    assert "no key 'bse'" in err and "Did you mean base?" in err


def test_progress_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert progress_text(TrainingProgress(3, 40)) == "Step 3 of 40"
    assert (
        progress_text(TrainingProgress(0, 40, pictures=1200, total_pictures=5000))
        == "Encoding pictures: 1,200 of 5,000"
    )
    full = TrainingProgress(7, 40, 1.25, 0.5, 0.75, 12.0, 150.0)
    assert progress_text(full) == "Step 7 of 40, loss 1.250, held-out score 0.500, best 0.750, about 2 min left"
    with TrainingStatus(quiet=True) as quiet:
        quiet(full)
    assert capsys.readouterr().err == ""
    with TrainingStatus(quiet=False) as telling:
        telling(full)
        telling(full)  # half a minute has not gone by
    assert capsys.readouterr().err == f"{progress_text(full)}\n"
