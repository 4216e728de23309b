"""`sensorium serve`: an app in the browser, answered by this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.core.protocols import Speaker, Transcriber

INSTALL_HINT = 'Type: pip install "sensorium[serve]"'
LEAST_TOKEN = 16
"""Letters that a token has at least."""


@click.command(
    epilog=epilog(
        "sensorium serve assist",
        "sensorium serve assist --model openai:gpt-4o-mini --second offline",
        "sensorium serve assist --translate sarvam --hear sarvam --voice sarvam",
        "sensorium serve assist --host 0.0.0.0 --token 5f0c… --certificate cert.pem --key key.pem",
    )
)
@click.argument("app_name", metavar="APP", type=click.Choice(["assist"]))
@options.model
@click.option("--second", "second_name", metavar="NAME", help="Another model, for second opinions.")
@click.option("--hear", "hear_name", metavar="NAME", help="What hears spoken questions; none for nothing.")
@click.option("--voice", "voice_name", metavar="NAME", help="The voice for devices without one; none for nothing.")
@click.option("--translate", "translate_name", metavar="NAME", help="Translates for a model of another language.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="The port; 0 takes any.")
@click.option("--token", envvar="SENSORIUM_TOKEN", help="What everybody must know who asks; also $SENSORIUM_TOKEN.")
@click.option("--certificate", metavar="FILE", help="For https: browsers give the microphone to no other page.")
@click.option("--key", metavar="FILE", help="The certificate's key.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Questions at once.")
@click.option("--waiting", type=click.IntRange(0, 1000), default=16, show_default=True, help="Questions that may wait.")
@options.quiet
def serve(
    app_name: str, model_name: str | None, second_name: str | None, hear_name: str | None, voice_name: str | None,
    translate_name: str | None, host: str, port: int, token: str | None, certificate: str | None, key: str | None,
    workers: int, waiting: int, quiet: bool,
) -> None:  # fmt: skip
    """Serve an app to a browser.

    APP is assist: a page that takes a picture and a spoken or typed question, and tells the answer. It answers this
    machine only; with another --host a --token is needed. Nothing is kept.
    """
    from sensorium.cli import crew
    from sensorium.cli import output as show
    from sensorium.registry import load

    run = _runner()
    from sensorium.apps.assist.app import app
    from sensorium.apps.http.security import LOOPBACK

    if host not in LOOPBACK:
        _check(host, token or "", certificate, quiet)
    model = load(model_name)
    second = None if second_name is None else load(second_name)
    made = app(
        model, second=second, transcriber=_ears(hear_name, quiet), speaker=_voice(voice_name, quiet),
        translator=None if translate_name is None else crew.translator(translate_name),
        token=token or "", workers=workers, waiting=waiting,
    )  # fmt: skip

    def ready(address: str) -> None:
        if not quiet:
            show.aside(f"{model.name} answers at {address}{'/#token=…' if token else ''} until Ctrl+C.")

    run(made, host, port, certificate, key, ready)


def _check(host: str, token: str, certificate: str | None, quiet: bool) -> None:
    """Refuse to let others in without a token that nobody guesses; tell what is missing without https."""
    import secrets

    from sensorium.cli import output as show
    from sensorium.core.errors import InputError

    hint = f"Add --token {secrets.token_hex(16)}"
    if not token:
        raise InputError(f"On {host!r} others can reach this machine, so a token is needed.", hint)
    if len(token) < LEAST_TOKEN:
        raise InputError(f"The token has {len(token)} letters; under {LEAST_TOKEN} it may be guessed.", hint)
    if certificate is None and not quiet:
        show.aside("Without --certificate pictures and token go unencrypted, and browsers give no microphone.")


def _runner() -> Any:
    from sensorium.core.errors import InstallError

    try:
        from sensorium.apps.http.server import run
    except ImportError as error:
        raise InstallError(f"Serving needs the package {error.name}.", INSTALL_HINT) from None
    return run


def _ears(name: str | None, quiet: bool) -> Transcriber | None:
    found: Transcriber | None = _role("transcriber", name, "whisper", "Questions are typed", quiet)
    return found


def _voice(name: str | None, quiet: bool) -> Speaker | None:
    found: Speaker | None = _role("speaker", name, "espeak", "Devices without a voice stay silent", quiet)
    return found


def _role(role: str, name: str | None, default: str, otherwise: str, quiet: bool) -> Any:
    """Load what fills a role; one that nobody asked for and that is not installed is told and left out."""
    from sensorium.cli import output as show
    from sensorium.core.errors import SensoriumError
    from sensorium.registry import load

    if name == "none":
        return None
    try:
        return load(name or default, role)
    except SensoriumError as error:
        if name is not None:
            raise
        if not quiet:
            show.aside(f"{otherwise}: {error.message} {error.hint}")
        return None
