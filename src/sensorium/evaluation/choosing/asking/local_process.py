"""LocalProcess: a model of this machine in a process of its own, so that its peak memory is its own."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event, Timer
from typing import IO, Any

from sensorium.core import errors
from sensorium.core.errors import DeadlineError, InstallError, SensoriumError, ServiceError, quoted
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Limits, Model, Options
from sensorium.core.reply import Reply
from sensorium.evaluation.conditions import Step

_CHILD = "from sensorium.evaluation.choosing.asking.local_process import serve; serve()"
_LATE_SECONDS = 30.0
"""So long after its time limit a process that doesn't answer is ended."""
_LOAD_SECONDS = 3600.0
_ERROR = "an error of ours"


@dataclass(frozen=True)
class ProcessReply:
    """A reply, and the most memory that the process had held by then, in bytes."""

    reply: Reply
    peak_memory_bytes: int | None


class LocalProcess:
    """Answers in a process of its own, which is started for the first question; use it in a `with` block.

    What is timed is timed in that process: neither loading nor handing pictures over is part of an answer's seconds.

    Args:
        name: The model's name, for messages.
        load: Makes the model there: something that pickle takes, e.g. `partial(sensorium.load, "offline")`.
        chain: What a conversation goes through there before it is asked; its time is part of the answer's.
    """

    def __init__(self, name: str, load: Callable[[], Model], chain: tuple[Step, ...] = ()) -> None:
        self.name, self._load, self._chain = name, load, chain
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self.peak_memory_bytes: int | None = None

    def __enter__(self) -> LocalProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, chat: Conversation, options: Options) -> Reply:
        """Return the answer; raises as `sensorium.ask`, ServiceError if it ends, InstallError if loading fails."""
        self.start()
        answer = self._call(("ask", chat, options), options.timeout_seconds + _LATE_SECONDS)
        assert isinstance(answer, ProcessReply)
        self.peak_memory_bytes = answer.peak_memory_bytes
        return answer.reply

    def limits(self) -> Limits:
        """Return what the model takes; raises as `ask`."""
        self.start()
        limits = self._call(("limits", None, None), _LATE_SECONDS)
        assert isinstance(limits, Limits)
        return limits

    def close(self) -> None:
        """End the process, and with it free the model's memory."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
        if self._log is not None:
            self._log.close()
            self._log = None

    def start(self) -> None:
        """Start the process and load the model there, unless it is running; raises as `ask`."""
        if self._process is not None:
            return
        self._log = tempfile.TemporaryFile()
        places = os.pathsep.join(path or os.getcwd() for path in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
            env=os.environ | {"PYTHONPATH": places}, start_new_session=True,
        )  # fmt: skip
        try:
            self._call(("load", self._load, self._chain), _LOAD_SECONDS)
        except ServiceError as error:  # another question wouldn't load it, either
            self.close()
            raise InstallError(error.message, error.hint) from None
        except BaseException:
            self.close()
            raise

    def _call(self, message: tuple[Any, ...], seconds: float) -> object:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        late = Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            _write(process.stdin, message)
            answer = _read(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            if late.is_set():
                self.close()
                problem = f"{self.name} gave no answer in {seconds:.0f} s, and was ended."
                raise DeadlineError(problem, "Allow more: `timeout_seconds=300`") from None
            raise self._ended(process) from None
        except KeyboardInterrupt:
            self.close()
            raise
        finally:
            timer.cancel()
        if isinstance(answer, SensoriumError):
            raise answer
        if isinstance(answer, BaseException):
            raise ServiceError(f"{self.name} failed: {quoted(f'{type(answer).__name__}: {answer}')}.", "")
        return answer

    def _ended(self, process: subprocess.Popen[bytes]) -> ServiceError:
        """Return the error of a process that ended by itself, e.g. as the system had no memory left."""
        code = process.wait()
        words = b""
        if self._log is not None:
            self._log.seek(0)
            words = self._log.read()[-2000:]
        self.close()
        last = (words.decode("utf-8", "replace").strip().splitlines() or [""])[-1]
        why = "killed by the system; its memory may not suffice" if code == -9 else f"exit code {code}"
        return ServiceError(f"The process of {self.name} ended ({why}){': ' + quoted(last) if last else ''}.", "")


def serve() -> None:
    """Load a model and answer what comes through standard input, until it is closed."""
    import signal

    from sensorium.ask import ask
    from sensorium.evaluation.choosing.asking.machine import peak_memory_bytes

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print doesn't get into the answers
    model: Model | None = None
    chain: tuple[Step, ...] = ()
    while True:
        try:
            kind, first, second = _read(sys.stdin.buffer)
        except EOFError:
            return
        answer: object
        try:
            if kind == "load":
                model, chain = first(), second
                answer = True
            elif kind == "limits":
                assert model is not None
                answer = model.limits
            else:
                assert model is not None
                start, chat = time.perf_counter(), first
                for step in chain:
                    chat = step(chat)
                before = time.perf_counter() - start if chain else 0.0
                reply = later(ask(model, chat, second), before)
                answer = ProcessReply(reply, peak_memory_bytes())
        except Exception as error:
            answer = error
        _write(out, answer)


def later(reply: Reply, seconds: float) -> Reply:
    """Return a reply whose times begin so many seconds before it was asked for: a chain came first."""
    times = {name: getattr(reply.usage, name) for name in ("seconds", "first_seconds")}
    moved = {name: value + seconds for name, value in times.items() if value is not None}
    return replace(reply, usage=replace(reply.usage, **moved))


def _write(file: IO[bytes], value: object) -> None:
    if isinstance(value, SensoriumError):
        kind = next(kind.__name__ for kind in type(value).__mro__ if hasattr(errors, kind.__name__))
        value = (_ERROR, kind, (value.message, value.hint, value.retryable, value.wait_seconds))
    try:
        data = pickle.dumps(value)
    except Exception as error:
        data = pickle.dumps(RuntimeError(f"{type(value).__name__} can't be handed over: {error}"))
    file.write(len(data).to_bytes(8, "big") + data)
    file.flush()


def _read(file: IO[bytes]) -> Any:
    size = file.read(8)
    if len(size) < 8:
        raise EOFError
    data = file.read(int.from_bytes(size, "big"))
    value = pickle.loads(data)
    if isinstance(value, tuple) and value and value[0] == _ERROR:
        _, kind, (message, hint, retryable, wait) = value
        return getattr(errors, kind)(message, hint, retryable=retryable, wait_seconds=wait)
    return value
