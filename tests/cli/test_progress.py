"""Progress: nothing in pipes, words and the time left on a terminal."""

from __future__ import annotations

import io
import sys
import threading
import time

import click
import pytest
import rich.progress  # noqa: F401  (imported late by what is tested; the first import takes a while)

from sensorium.cli import progress as work
from sensorium.cli.progress import TerminalProgress, progress_text, track
from sensorium.core.errors import MediaError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def settles(threads: int) -> None:
    """Wait until no more threads run than `threads`; one that draws may be on its way out."""
    end = time.monotonic() + 5
    while threading.active_count() > threads:
        assert time.monotonic() < end, threading.enumerate()
        time.sleep(0.02)


def test_each_item_comes_with_its_result_in_order() -> None:
    done: list[int] = []
    steps = track([1, 2, 3], lambda n: done.append(n) or n * 10, "Counting")
    assert next(steps) == (1, 10) and done == [1]  # no further than asked for
    assert list(steps) == [(2, 20), (3, 30)]


def test_what_takes_long_is_shown_on_a_terminal_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(work, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    before = threading.active_count()
    assert [result for _, result in track([1, 2, 3], lambda n: time.sleep(0.5) or n, "Counting")] == [1, 2, 3]
    text = terminal.getvalue()
    assert "Counting 1 of 3" in text and "Counting 2 of 3, about 1 s left" in text
    settles(before)


def test_what_is_quick_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    assert len(list(track(range(50), lambda n: n, "Counting"))) == 50
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("quiet", [True, False])
def test_a_pipe_or_quiet_shows_nothing(quiet: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal() if quiet else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(work, "PATIENCE_SECONDS", 0.05)
    assert list(track([1], lambda n: time.sleep(0.3), "Counting", quiet)) == [(1, None)]
    assert stream.getvalue() == ""


def test_a_redirected_stream_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
    monkeypatch.setattr(work, "LINE_SECONDS", 0.05)
    assert len(list(TerminalProgress()([1, 2, 3], lambda n: time.sleep(0.1), "Counting"))) == 3
    assert stream.getvalue().splitlines() == [
        "Counting 2 of 3, about 1 s left …",
        "Counting 3 of 3, about 1 s left …",
    ]


def test_a_broken_picture_is_left_out_and_finish_exits(capsys: pytest.CaptureFixture[str]) -> None:
    def work(number: int) -> int:
        if number == 2:
            raise MediaError("It is broken.", "Save it again.")
        return number

    progress = TerminalProgress()
    progress.finish()
    assert list(progress([1, 2, 3], work, "Counting")) == [(1, 1), (3, 3)]
    assert "It is broken." in capsys.readouterr().err
    with pytest.raises(click.exceptions.Exit) as error:
        progress.finish()
    assert error.value.exit_code == 2


def test_an_error_ends_the_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(work, "PATIENCE_SECONDS", 0.05)
    before = threading.active_count()

    def fail(_: int) -> None:
        time.sleep(0.3)
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        list(track([1], fail, "Counting"))
    settles(before)


@pytest.mark.parametrize(
    ("done", "of", "spent", "text"),
    [
        (0, 1, 0.0, "Reading …"),
        (0, 5, 3.0, "Reading 1 of 5 …"),
        (2, 5, 4.0, "Reading 3 of 5, about 6 s left …"),
        (4, 5, 0.4, "Reading 5 of 5, about 1 s left …"),
    ],
)
def test_how_far_in_words(done: int, of: int, spent: float, text: str) -> None:
    assert progress_text("Reading", done, of, spent) == text
