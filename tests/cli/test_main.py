"""The boundary: help without heavy imports, errors as one line and a hint, exit codes."""

from __future__ import annotations

import inspect
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from strange import saved

from sensorium.cli.main import COMMANDS, main
from sensorium.core import errors

NO_RESULT = {"serve"}  # runs until it is stopped
SENSORIUM = [sys.executable, "-m", "sensorium.cli.main"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SENSORIUM, *arguments],
        capture_output=True, timeout=60, env={**os.environ, **environment},
        encoding=environment.get("PYTHONIOENCODING", "utf-8"),
    )  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_tells_the_truth_of_each_command(name: str) -> None:
    module, _, function = COMMANDS[name][0].partition(":")
    command = getattr(import_module(module), function)
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.get_short_help_str(200) == COMMANDS[name][1]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_examples_json_and_quiet_and_only_parses_calls_and_prints(name: str) -> None:
    found = main.get_command(click.Context(main), name)
    assert found is not None and found.epilog is not None and found.epilog.count(f"sensorium {name}") >= 3
    inner = found.commands.items() if isinstance(found, click.Group) else [("", found)]
    for own, command in inner:
        assert command.epilog is not None and command.callback is not None
        assert command.epilog.count(f"sensorium {name} {own}".strip()) >= 3
        options = {option for parameter in command.params for option in parameter.opts}
        assert name in NO_RESULT or {"--json", "--quiet"} <= options
        source = inspect.getsource(inspect.unwrap(command.callback)).split('"""', 2)[2]
        assert len(source.strip().splitlines()) <= 60


def test_help_imports_nothing_heavy_and_is_fast() -> None:
    program = (
        "import sys, time; from sensorium.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit as end: code = end.code\n"
        "heavy = {'numpy', 'PIL', 'rich', 'onnxruntime', 'rapidocr', 'cv2', 'torch'} & set(sys.modules)\n"
        "print(code, sorted(heavy), time.process_time(), file=sys.stderr)"
    )
    seconds = []
    for _ in range(3):
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        code, heavy, cpu = said.stderr.split()
        assert (code, heavy) == ("0", "[]")
        seconds.append(float(cpu))
    assert min(seconds) <= 0.25


def test_nothing_but_the_name_gives_the_help() -> None:
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 0
    assert result.stdout == CliRunner().invoke(main, ["--help"]).stdout
    for name, (_, short) in COMMANDS.items():
        assert f"  {name}" in result.stdout and short in result.stdout


def test_version() -> None:
    from sensorium import __version__

    result = CliRunner().invoke(main, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"sensorium {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["aks", "x"], "Unknown command 'aks'.", "Type: sensorium ask"),
        (["gained", "adapter"], "Unknown command 'gained'.", "Type: sensorium evaluate"),
        (["frobnicate"], "Unknown command 'frobnicate'.", "Type: sensorium --help"),
        ([__file__], f"'{__file__}' is a file, not a command.", f"Type: sensorium ask {__file__}"),
        (["ask"], "Missing argument", "Type: sensorium ask --help"),
        (["ask", "--loud", "hello"], "No such option '--loud'", "Type: sensorium ask --help"),
        (["--loud"], "No such option '--loud'", "Type: sensorium --help"),
        (["use"], "Missing argument 'NAME'", "Type: sensorium use --help"),
        (["chart", "a.png", "--csv", "--json"], "--csv and --json", "Type: sensorium chart --help"),
        (["ask", "-m", "nothing:here", "Hello?"], "Unknown model 'nothing:here'.", "Type: sensorium models"),
        (["ask", "-m", "ofline", "Hello?"], "Unknown model 'ofline'.", "Did you mean 'offline'?"),
    ],
)
def test_the_users_mistakes_are_a_line_a_hint_and_two(arguments: list[str], message: str, hint: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    first, second = result.stderr.splitlines()
    assert first.startswith(f"sensorium: {message}")
    assert second.startswith(hint)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InputError("Bad.", "Do."), 2),
        (errors.MediaError("Bad.", "Do."), 2),
        (errors.LimitError("Bad.", "Do."), 2),
        (errors.InstallError("Bad.", "Do."), 1),
        (errors.AccessError("Bad.", "Do."), 1),
        (errors.ServiceError("Bad.", "Do."), 1),
        (errors.DeadlineError("Bad.", "Do."), 1),
        (errors.InputError("Two\nlines\x1b[31m.", "Do."), 2),
        (KeyError("x"), 1),
        (MemoryError(), 1),
        (RecursionError(), 1),
        (OSError(28, "No space left on device"), 1),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 1),
    ],
)
def test_exit_codes(error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("sensorium.registry.known_models", fail)
    result = CliRunner().invoke(main, ["models"])
    assert result.exit_code == code
    assert "Traceback" not in result.output and "\x1b" not in result.output
    if code in (1, 2) and not isinstance(error, BrokenPipeError):
        assert len(result.stderr.splitlines()) == 2


def test_a_traceback_only_when_asked_for() -> None:
    quiet = run("ask", "-m", "nothing:here", "Hello?", SENSORIUM_TRACEBACK="")
    loud = run("ask", "-m", "nothing:here", "Hello?", SENSORIUM_TRACEBACK="1")
    assert (quiet.returncode, loud.returncode) == (2, 2)
    assert "Traceback" not in quiet.stderr and "Traceback" in loud.stderr
    assert loud.stderr.endswith(quiet.stderr)


def test_a_reader_that_stops_reading_ends_it_silently() -> None:
    process = subprocess.Popen([*SENSORIUM, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), said) == (1, "")


def test_control_c_ends_it_without_a_traceback() -> None:
    process = subprocess.Popen(
        [*SENSORIUM, "ask", "-m", "fake:seen", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )  # fmt: skip
    time.sleep(1.5)  # by then it waits for its standard input
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out, said.strip()) == (130, "", "")


def test_a_terminal_without_the_letters_does_not_end_it() -> None:
    said = run("ask", "-q", "-m", "fake:größer 大", "Hello?", PYTHONIOENCODING="latin-1")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == "größer \\u5927\n"


def test_c_libraries_do_not_speak_past_the_error(tmp_path: Path) -> None:
    packed = bytearray(saved("TIFF", compression="tiff_lzw"))
    packed[8:200] = bytes(192)
    (tmp_path / "bad.tif").write_bytes(packed)
    said = run("ask", "-m", "fake:x", os.fspath(tmp_path / "bad.tif"))
    assert (said.returncode, said.stdout) == (2, "")
    assert len(said.stderr.splitlines()) == 2 and said.stderr.startswith("sensorium: ")
    loud = run("ask", "-m", "fake:x", os.fspath(tmp_path / "bad.tif"), SENSORIUM_TRACEBACK="1")
    assert "tempfile.tif: Using code not yet in table." in loud.stderr


def test_it_works_with_standard_error_closed() -> None:
    command = " ".join(["exec", *SENSORIUM, "ask", "-m", "fake:x", "hello", "2>&-"])
    said = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert (said.returncode, said.stdout) == (0, "x\n")


@pytest.mark.parametrize(("redirect", "code"), [("<&-", 2), ("< /dev/null", 2), ("hello >&-", 0)])
def test_odd_standard_streams(redirect: str, code: int) -> None:
    command = " ".join(["exec", *SENSORIUM, "ask", "-q", "-m", "fake:x", "-" if "<" in redirect else "", redirect])
    said = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert said.returncode == code, said.stderr
    assert len(said.stderr.splitlines()) == code


def test_a_full_disk_is_said() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("only where there is /dev/full")
    with open("/dev/full", "w") as full:
        said = subprocess.run([*SENSORIUM, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert said.returncode == 1 and "No space left" in said.stderr and "Traceback" not in said.stderr
