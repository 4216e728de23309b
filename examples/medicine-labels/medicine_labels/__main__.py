"""The command: serves the page, or reads one picture.

python -m medicine_labels                            the page, for this machine
python -m medicine_labels --phone                    the page, for a phone on the same network
python -m medicine_labels photo.jpg                  what the label says, as text
python -m medicine_labels photo.jpg --speak it.wav   and spoken
"""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path

from sensorium import Image, SensoriumError, load

from medicine_labels.app import load_model, read_label
from medicine_labels.spoken import speech


def main() -> None:
    """Read a picture, or serve the page until Ctrl+C; print its address once it listens."""
    parser = argparse.ArgumentParser(prog="medicine_labels")
    parser.add_argument("picture", nargs="?", help="a picture to read; without one the page is served")
    parser.add_argument("--speak", metavar="FILE", help="also write the speech, a WAV; needs the extra voice")
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one")
    parser.add_argument("--phone", action="store_true", help="serve this machine's network, with https and a token")
    options = parser.parse_args()
    try:
        if options.picture is not None:
            read(options.picture, options.speak)
        else:
            serve(options.port, options.phone)
    except SensoriumError as error:
        raise SystemExit(f"{error.message} {error.hint}") from None


def read(picture: str, wav: str | None) -> None:
    """Print what a label says; write the speech, too."""
    text = speech(read_label(load_model(), Image(picture)))
    sys.stdout.write(f"{text}\n")
    if wav is not None:
        from sensorium.voice import speak

        spoken = speak([load("piper", "speaker"), load("espeak", "speaker")], text, "en")
        Path(wav).write_bytes(spoken.audio.blob.data)


def serve(port: int, phone: bool) -> None:
    """Serve the page until Ctrl+C."""
    from sensorium.apps.http.server import leave, run

    from medicine_labels.server import create_app

    host, token, certificate, key = "127.0.0.1", "", None, None
    if phone:
        from sensorium.apps.http.phone import make_certificate, network_address

        host, token = network_address(), secrets.token_urlsafe(16)
        certificate, key = map(str, make_certificate(host, Path("certificates")))
    link = f"/#token={token}" if token else ""
    try:
        run(create_app(token=token), host, port, certificate, key, lambda at: print(f"{at}{link}", flush=True))
    except KeyboardInterrupt:
        leave()


if __name__ == "__main__":
    main()
