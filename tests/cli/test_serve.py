"""`sensorium serve`: the command as it is typed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from pictures import plain
from served import parse_events

from sensorium.cli.main import main


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["serve", *arguments])
    return result.exit_code, result.stderr


def test_it_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sensorium.cli.main", "serve", "assist", "-m", "fake:A cup.", "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path, env=os.environ) as process:
        assert process.stderr is not None and process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"(http://127\.0\.0\.1:\d+)\n", line)
        assert found is not None, line
        assert process.stderr.readline() == "fake:A cup. answers there until Ctrl+C.\n"
        able = requests.get(f"{found[1]}/api/capabilities", timeout=10).json()
        assert able["models"] == ["fake:A cup."] and "en" in able["hears"] and "hi" in able["speaks"]
        response = requests.post(f"{found[1]}/api/ask", files={"picture": plain()}, data={"question": "?"}, timeout=10)
        assert parse_events(response.text)[0][1]["text"] == "A cup."
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(timeout=20) in (0, 130) and "Traceback" not in rest
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="signals are inherited on POSIX")
def test_it_says_that_it_was_interrupted_also_where_a_shell_started_it_in_the_background(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sensorium", "serve", "assist", "-m", "fake:A cup.", "--hear", "none",
               "--voice", "none", "--port", "0"]  # fmt: skip
    ignoring = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *command]  # as a shell does for a command with &
    with subprocess.Popen(ignoring, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr is not None and process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert "Traceback" not in process.stderr.read()
        assert process.wait(timeout=20) == 130


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])
def test_others_need_a_token(host: str) -> None:
    code, said = run("assist", "-m", "fake:x", "--host", host)
    assert code == 2 and "a token is needed" in said
    assert re.search(r"Add --token [0-9a-f]{32}", said)


def test_a_token_that_may_be_guessed_is_none() -> None:
    code, said = run("assist", "-m", "fake:x", "--host", "0.0.0.0", "--token", "1234")
    assert code == 2 and "The token has 4 characters" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("assist", "-m", "nothing"), "Unknown model 'nothing'."),
        (("assist", "-m", "fake:x", "--second", "nothing"), "Unknown model 'nothing'."),
        (("assist", "-m", "fake:x", "--hear", "nothing"), "Unknown model 'nothing'."),
        (
            ("assist", "-m", "fake:x", "--hear", "none", "--voice", "none", "--certificate", "gone.pem"),
            "No file 'gone.pem'",
        ),
        (("shop",), "'shop' is not"),
    ],
)
def test_mistakes_are_told_in_a_line_and_a_hint(arguments: tuple[str, ...], message: str) -> None:
    code, said = run(*arguments)
    assert code == 2 and message in said and len(said.splitlines()) == 2


def test_an_address_that_is_taken_is_told() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = run(
            "assist", "-m", "fake:x", "--hear", "none", "--voice", "none", "--port", str(taken.getsockname()[1])
        )
    assert code == 1 and "The server can't listen on 127.0.0.1:" in said


def test_a_store_is_served_from_an_index(tmp_path: Path) -> None:
    pytest.importorskip("lancedb")
    from shop_catalogue import made_shop

    made_shop(tmp_path)
    command = [sys.executable, "-m", "sensorium", "serve", "store", "shop.index", "--port", "0", "--hear", "none"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path, env=os.environ) as process:
        assert process.stderr is not None and process.stdout is not None
        address = process.stdout.readline().strip()
        assert process.stderr.readline() == "shop (12 products) is open there until Ctrl+C.\n"
        found = requests.get(f"{address}/api/search", params={"q": "espresso cup"}, timeout=60).json()
        assert found["products"][0]["title"] == "Espresso cup and saucer"
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(timeout=20) in (0, 130) and "Traceback" not in rest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("store",), "serve store needs an index."),
        (("store", "nowhere.index"), "No index 'nowhere.index'."),
        (("store", "x.index", "--model", "fake:x"), "serve store takes no --model."),
        (("store", "x.index", "--voice", "espeak"), "serve store takes no --voice."),
        (("assist", "x.index"), "serve assist takes no index, such as 'x.index'."),
        (("assist", "--title", "x"), "serve assist takes no --title."),
    ],
)
def test_each_app_takes_its_own_options(arguments: tuple[str, ...], message: str) -> None:
    code, printed = run(*arguments, "--hear", "none")
    assert code == 2 and message in printed
