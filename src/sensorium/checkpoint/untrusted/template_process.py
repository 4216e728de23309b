"""The process that renders chat templates: started once, asked again and again, ended when one doesn't stop.

A single call, as `'x'.center(10**10)`, a filter, or a list of lists of lists that is printed, makes gigabytes without a
line of the template being run, so that nothing in the same process can stop it: the system does, in another one.
"""

from __future__ import annotations

import atexit
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from sensorium.checkpoint.untrusted import renderer
from sensorium.core.errors import InstallError, LimitError, quoted

MAX_MEMORY_BYTES = 1_000_000_000
"""Memory of the process that renders templates. Linux sees to it; elsewhere only time and texts are bounded."""
_KILL_SECONDS = 2.0  # beyond the limit, if the process doesn't end itself
_MAX_BYTES_PER_CHARACTER = 4
_ALARM = getattr(signal, "SIGALRM", 0)  # Windows has none
_HINT = "Choose another model, or take the template of its makers."


class TemplateProcess:
    """A process that renders templates, one at a time; it begins with the first one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def render(self, shown: str, template: str, values: dict[str, Any], seconds: float, characters: int) -> str:
        """Return what a template makes of values, which are plain: texts, numbers, lists, dicts.

        Raises:
            LimitError: when it takes longer than the seconds, makes more than the characters, or takes too much memory.
            jinja2.TemplateError: when the template raises anything else.
        """
        asked = {"template": template, "values": values, "seconds": seconds, "characters": characters}
        with self._lock:
            process = self._running()
            assert process.stdin is not None and process.stdout is not None
            late = threading.Event()

            def end() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(seconds + _KILL_SECONDS, end)
            timer.daemon = True
            timer.start()
            try:
                with suppress(BrokenPipeError):
                    renderer.send(process.stdin, b"r", pickle.dumps(asked))
                got = renderer.receive(process.stdout, _MAX_BYTES_PER_CHARACTER * characters)
            except BaseException:
                self.end()
                raise
            finally:
                timer.cancel()
            if got is None:
                self.end(kill=False)
                over_time = late.is_set() or process.returncode == -_ALARM
                got = b"e", json.dumps({"limit": "seconds" if over_time else "memory", "line": 0}).encode()
            kind, data = got
            if kind == b"t":
                return data.decode("utf-8", "surrogatepass")
            fault = json.loads(data)
            if "limit" in fault:
                self.end()
        raise _error(shown, template, fault, seconds, characters)

    def end(self, kill: bool = True) -> None:
        """End the process; the next template begins a new one."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        if kill:
            process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was written and not read
                    pipe.close()
        process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        """Return the process, a new one if it has ended or belongs to the process that this one was forked from."""
        if self._owner == os.getpid() and self._process is not None and self._process.poll() is None:
            return self._process
        self.end()
        command = [sys.executable, "-P", str(Path(renderer.__file__)), str(MAX_MEMORY_BYTES)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        try:
            self._process = subprocess.Popen(command, **pipes, start_new_session=True)  # Ctrl+C isn't for it
        except OSError as error:
            raise InstallError(
                f"Python can't be started to render a chat template: {error.strerror or error}.",
                f"Is {quoted(sys.executable)} a Python?",
            ) from None
        self._owner = os.getpid()
        return self._process


def _error(shown: str, template: str, fault: dict[str, Any], seconds: float, characters: int) -> Exception:
    """Return the exception for what stopped a template, with the line where it was."""
    import jinja2

    if "error" in fault:
        return jinja2.TemplateError(str(fault["error"]))
    excess = {
        "seconds": f"works longer than {seconds:g} s",
        "characters": f"makes more than {characters:,} characters",
        "memory": f"takes more than {MAX_MEMORY_BYTES / 1e9:g} GB of memory",
    }[fault["limit"]]
    lines, number = template.splitlines(), int(fault["line"])
    where = f" Line {number}: {quoted(lines[number - 1].strip())}." if 0 < number <= len(lines) else ""
    return LimitError(f"The chat template of {quoted(shown)} {excess}.{where}", _HINT)


PROCESS = TemplateProcess()
"""The one of this process."""
atexit.register(PROCESS.end)
