"""`sensorium serve`: an app in the browser, answered by this machine."""

from __future__ import annotations

from typing import Any

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

MIN_TOKEN_CHARACTERS = 16


@click.command(
    epilog=epilog(
        "sensorium serve assist",
        "sensorium serve assist --phone",
        "sensorium serve assist --model openai:gpt-6-luna --second offline",
        "sensorium serve assist --translate sarvam --hear sarvam --voice sarvam",
        "sensorium serve assist --host 0.0.0.0 --token 5f0c… --certificate cert.pem --key key.pem",
        'sensorium serve store shop.index --title "Our shoes"',
    )
)
@click.argument("app_name", metavar="APP", type=click.Choice(["assist", "store"]))
@click.argument("index_name", metavar="[INDEX]", required=False)
@options.model
@click.option("--second", "second_name", metavar="NAME", help="Another model, for second opinions.")
@click.option("--hear", "hear_name", metavar="NAME", help="Transcribes spoken questions; none to turn it off.")
@click.option("--voice", "voice_name", metavar="NAME", help="Speaks for devices without a voice; none to turn it off.")
@click.option("--translate", "translate_name", metavar="NAME", help="Translates for models of another language.")
@click.option("--title", metavar="TEXT", help="What the store is called; by default as its index.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port; 0 for a free one.")
@click.option("--token", envvar="SENSORIUM_TOKEN", help="Access token that clients must send; also $SENSORIUM_TOKEN.")
@click.option("--certificate", metavar="FILE", help="Certificate for https, which browsers need for the microphone.")
@click.option("--key", metavar="FILE", help="Key of the certificate.")
@click.option("--phone", is_flag=True, help="Reach it from a phone: prints the link with the token, and its QR code.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Questions answered at once.")
@click.option("--waiting", type=click.IntRange(0, 1000), default=16, show_default=True, help="Questions that may wait.")
@options.quiet
def serve(
    app_name: str, index_name: str | None, model_name: str | None, second_name: str | None, hear_name: str | None,
    voice_name: str | None, translate_name: str | None, title: str | None, host: str, port: int, token: str | None,
    certificate: str | None, key: str | None, phone: bool, workers: int, waiting: int, quiet: bool,
) -> None:  # fmt: skip
    """Serve an app to a browser.

    APP is assist, a page that takes a picture and a spoken or typed question, and speaks the answer; or store, a page
    that finds the products of an INDEX by words, by a photo or by voice (see sensorium index). It answers only this
    machine; with another --host it needs a --token. The server stores nothing of what it is sent. Its address is
    printed once it listens.

    --phone serves this machine's network, makes a token and a certificate unless you pass them, and prints the whole
    link. The phone warns of a certificate that it doesn't know; docs/assistive.md has the steps without a warning.
    """
    from sensorium.cli import output as show
    from sensorium.core.weights import importing

    with importing("serve"):
        from sensorium.apps.http.security import LOOPBACK
        from sensorium.apps.http.server import leave, run
    names = {"--model": model_name, "--second": second_name, "--voice": voice_name, "--translate": translate_name}
    _check_app(app_name, index_name, {**names, "--title": title})
    if phone:
        host, token, certificate, key = _for_phone(host, token, certificate, key)
    if token:
        _check_token(token)
    if host not in LOOPBACK:
        _check_access(host, token or "", certificate, quiet)
    typed = "Questions must be typed" if app_name == "assist" else "Searches must be typed"
    transcriber = _load_default("transcriber", hear_name, "whisper", typed, quiet)
    if index_name is not None:
        answers, app = _store(index_name, title, transcriber, token or "", workers, waiting)
    else:
        silent = "Devices without a voice stay silent"
        speaker = _load_default("speaker", voice_name, "espeak", silent, quiet)
        answers, app = _assist(
            model_name, second_name, transcriber, speaker, translate_name, token or "", workers, waiting
        )

    def ready(address: str) -> None:
        if phone:
            _print_link(f"{address}/#token={token}", quiet)
            return
        show.result(address)
        if not quiet:
            where = f"at {address}/#token=…" if token else "there"
            show.aside(f"{answers} {where} until Ctrl+C.")

    try:
        run(app, host, port, certificate, key, ready)
    except KeyboardInterrupt:
        leave()
        raise


def _check_app(app_name: str, index_name: str | None, values: dict[str, str | None]) -> None:
    """Refuse what the app doesn't take."""
    if app_name == "store" and index_name is None:
        raise click.UsageError("serve store needs an index. Type: sensorium index FOLDER --to shop.index")
    if app_name == "assist" and index_name is not None:
        raise click.UsageError(f"serve assist takes no index, such as {index_name[:80]!r}.")
    allowed = {"--title"} if app_name == "store" else {*values} - {"--title"}
    for option, value in values.items():
        if value is not None and option not in allowed:
            raise click.UsageError(f"serve {app_name} takes no {option}.")


def _assist(
    model_name: str | None, second_name: str | None, transcriber: Any, speaker: Any, translate_name: str | None,
    token: str, workers: int, waiting: int,
) -> tuple[str, Any]:  # fmt: skip
    """Return who answers, in words, and the assistive app."""
    from sensorium.apps.assist.app import create_app
    from sensorium.cli.voice_team import load_translator
    from sensorium.registry import load

    model = load(model_name)
    app = create_app(
        model,
        second=None if second_name is None else load(second_name),
        transcriber=transcriber,
        speaker=speaker,
        translator=None if translate_name is None else load_translator(translate_name),
        token=token,
        workers=workers,
        waiting=waiting,
    )
    return f"{model.name} answers", app


def _store(
    index_name: str, title: str | None, transcriber: Any, token: str, workers: int, waiting: int
) -> tuple[str, Any]:
    """Return who answers, in words, and the store's app."""
    from sensorium.apps.store.app import create_app
    from sensorium.apps.store.shop import Shop
    from sensorium.registry import load
    from sensorium.search.table import Index

    index = Index.open(index_name)
    name = index_name.rstrip("/\\").replace("\\", "/").rpartition("/")[2].removesuffix(".index")
    shop = Shop(index_name, load(index.info.embedder, role="embedder"), title or name or index_name)
    app = create_app(shop, transcriber=transcriber, token=token, workers=workers, waiting=waiting)
    return f"{shop.title} ({index.count():,} products) is open", app


def _for_phone(host: str, token: str | None, certificate: str | None, key: str | None) -> tuple[str, str, str, str]:
    """Return host, token, certificate and key for a phone, made where they were not passed."""
    import secrets

    from platformdirs import user_data_path

    from sensorium.apps.http.phone import make_certificate, network_address
    from sensorium.apps.http.security import LOOPBACK
    from sensorium.core.errors import InputError

    if (certificate is None) != (key is None):
        raise InputError("A certificate and its key belong together.", "Pass both --certificate and --key, or neither.")
    host = network_address() if host in LOOPBACK else host
    if certificate is None or key is None:
        files = make_certificate(host, user_data_path("sensorium", appauthor=False) / "certificates")
        certificate, key = str(files[0]), str(files[1])
    return host, token or secrets.token_urlsafe(16), certificate, key


def _print_link(link: str, quiet: bool) -> None:
    from sensorium.apps.http.phone import qr_code
    from sensorium.cli import output as show

    show.result(link)
    if not quiet:
        show.aside(qr_code(link))
        show.aside(
            "Open the link on the phone, or point its camera at the code. Who has the link can ask. Ctrl+C ends it."
        )


def _check_access(host: str, token: str, certificate: str | None, quiet: bool) -> None:
    """Refuse to serve other machines without a token that can't be guessed; warn if https is missing."""
    import secrets

    from sensorium.cli import output as show
    from sensorium.core.errors import InputError, quoted

    hint = f"Add --token {secrets.token_hex(16)}"
    if not token:
        raise InputError(f"On {quoted(host)} others can reach this machine, so a token is needed.", hint)
    if len(token) < MIN_TOKEN_CHARACTERS:
        raise InputError(
            f"The token has {len(token)} characters; under {MIN_TOKEN_CHARACTERS} it could be guessed.", hint
        )
    if certificate is None and not quiet:
        show.aside("Without --certificate pictures and token are sent unencrypted, and browsers allow no microphone.")


def _check_token(token: str) -> None:
    """Refuse a token that no header can carry as it is."""
    import secrets

    from sensorium.core.errors import InputError

    if not token.isascii() or not token.isprintable() or " " in token:
        hint = f"Add --token {secrets.token_hex(16)}"
        raise InputError("The token has a space, or characters that are not ASCII.", hint)


def _load_default(role: str, name: str | None, default: str, consequence: str, quiet: bool) -> Any:
    """Return what fills a role, or None; a default that is not installed is reported and left out."""
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
            show.aside(f"{consequence}: {error.message} {error.hint}")
        return None
