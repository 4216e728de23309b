"""`sensorium doctor`: what is installed, what is missing and how to install it, and whether it works."""

from __future__ import annotations

import io
import platform
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata

import click

from sensorium.cli import options, output
from sensorium.cli.options import epilog
from sensorium.core.errors import SensoriumError

_NOT_CHECKED = ("all", "demo", "dev")  # extras without a feature of their own


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Args:
        name: What was checked.
        ready: Whether it passes; None if it is only information.
        detail: The result in words.
        hint: How to fix it.
    """

    name: str
    ready: bool | None
    detail: str
    hint: str = ""

    def __str__(self) -> str:
        mark = {True: "ready", False: "not ready", None: ""}[self.ready]
        return f"{self.name}: {'; '.join(filter(None, (mark, self.detail)))}. {self.hint}".strip()


@click.command(epilog=epilog("sensorium doctor", "sensorium doctor --quiet", "sensorium doctor --json"))
@click.pass_context
@options.quiet
@options.as_json
def doctor(ctx: click.Context, quiet: bool, as_json: bool) -> None:
    """Check what is installed and what is missing.

    Prints for each check whether it passes or how to fix it, then asks the offline model about a small picture.
    Exits with 0 if the offline model works, else with 1. With --quiet only failed checks are printed.
    """
    checks = all_checks()
    works = checks[-1].ready is True
    if as_json:
        output.as_json({"works": works, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            if not quiet or check.ready is False:
                output.result(str(check))
    ctx.exit(0 if works else 1)


def all_checks() -> list[Check]:
    """Return the results of all checks; the last is that of the offline model."""
    return [*_versions(), *_extras(), *_weights(), *_speech(), *_scripts(), *_settings(), _self_check()]


def _versions() -> list[Check]:
    return [
        Check("Sensorium", None, f"version {metadata.version('sensorium')}"),
        Check("Python", None, f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
    ]


def _extras() -> list[Check]:
    """Check each extra's packages, as the package's own metadata lists them."""
    needs: dict[str, list[str]] = {}
    for requirement in metadata.requires("sensorium") or ():
        name, _, condition = requirement.partition(";")
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", condition)
        elsewhere = "platform_system != 'Windows'" in condition and platform.system() == "Windows"
        if extra is not None and extra.group(1) not in _NOT_CHECKED and not elsewhere:
            needs.setdefault(extra.group(1), []).append(re.split(r"[^\w.-]", name.strip())[0])
    checks = []
    for extra_name, packages in sorted(needs.items()):
        absent = [package for package in packages if not _installed(package)]
        hint = f'Type: pip install "sensorium[{extra_name}]"' if absent else ""
        detail = f"without {', '.join(absent)}" if absent else f"{len(packages)} packages"
        checks.append(Check(f"Extra {extra_name}", not absent, detail, hint))
    return checks


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _weights() -> list[Check]:
    """Load each set of weights; loading checks their digests."""
    import numpy as np

    from sensorium.eyes.ocr import ppocr
    from sensorium.eyes.question import sentence_vectors as words
    from sensorium.eyes.recognition import efficientnet, vocabulary

    grey = np.full((64, 64, 3), 128, dtype=np.uint8)
    return [
        _loading("Weights for reading text", lambda: (ppocr.detect(grey, 64), ppocr.recognise([grey]))),
        _loading("Weights for naming things", lambda: (efficientnet.infer(grey), vocabulary.load_vocabulary())),
        _loading("Weights for understanding words", lambda: words.vectors(["hello"])),
    ]


def _loading(name: str, load: Callable[[], object]) -> Check:
    start = time.perf_counter()
    try:
        load()
    except Exception as error:
        return _failed(name, error)
    return Check(name, True, f"sha256 is the expected one; loaded in {time.perf_counter() - start:.1f} s")


def _failed(name: str, error: Exception) -> Check:
    """Return any failure as a result, so that the other checks still run."""
    if isinstance(error, SensoriumError):
        return Check(name, False, error.message.rstrip("."), error.hint)
    return Check(name, False, f"{type(error).__name__}: {error}".rstrip("."), "Install it again, or report this.")


def _speech() -> list[Check]:
    """Let Whisper transcribe a sentence of Piper's, if both are installed; loading checks their digests."""
    from sensorium import load, registry

    if any(registry.schemes()[name].missing for name in ("whisper", "piper")):
        return []  # reported with the extra
    name = "Hearing and speaking offline"
    start = time.perf_counter()
    try:
        spoken = load("piper", "speaker").speak("Is there a cat in the picture?", "en")
        heard = load("whisper", "transcriber").transcribe(spoken, "en").text
    except Exception as error:
        return [_failed(name, error)]
    if "picture" not in heard.lower():
        return [Check(name, False, f"but {heard!r} was heard", "Report this.")]
    return [Check(name, True, f"speech is understood; loaded in {time.perf_counter() - start:.1f} s")]


def _scripts() -> list[Check]:
    """Check which languages Tesseract lacks."""
    from sensorium.eyes.ocr.tesseract import installed_languages, missing_languages

    absent = missing_languages()
    installed = installed_languages()
    detail = f"Tesseract has {', '.join(installed)}" if installed else "Tesseract has no other language"
    return [
        Check("Reading other scripts", None, detail),
        *(
            Check(f"Reading {name}", False, "Tesseract lacks its data", f"Type: {hint}")
            for name, hint in absent.items()
        ),
    ]


def _settings() -> list[Check]:
    from sensorium import registry
    from sensorium.cli.models import lacking

    try:
        name = registry.chosen()
        state, hint = lacking(name)
        chosen = Check("Chosen model", False if state else None, f"{name} {state}".rstrip(), hint)
    except SensoriumError as error:
        chosen = Check("Chosen model", False, error.message.rstrip("."), error.hint)
    path = registry.config_path()
    return [chosen, Check("Settings", None, f"{path}{'' if path.exists() else ' (not written yet)'}")]


def _self_check() -> Check:
    """Ask the offline model about a picture with two words on it."""
    import PIL.Image
    import PIL.ImageDraw
    import PIL.ImageFont

    from sensorium import Conversation, Image, ask, load

    name = "The offline model answers"
    start = time.perf_counter()
    picture = PIL.Image.new("RGB", (480, 160), "white")
    PIL.ImageDraw.Draw(picture).text((40, 40), "HELLO 42", fill="black", font=PIL.ImageFont.load_default(72))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    try:
        reply = ask(load("offline"), Conversation.of(Image(buffer.getvalue()), "What does it say?"))
    except Exception as error:
        return _failed(name, error)
    seconds = time.perf_counter() - start
    if "HELLO" not in reply.text.upper():
        return Check(name, False, f"but read {reply.text!r} instead of HELLO 42", "Report this.")
    return Check(name, True, f"read the test picture correctly in {seconds:.1f} s")
