"""Play a sound through a player of this machine."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from sensorium.core.errors import InstallError, ServiceError
from sensorium.core.messages import Audio

PLAYERS: dict[str, tuple[str, ...]] = {
    "aplay": ("--quiet",),
    "paplay": (),
    "afplay": (),
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error"),
}
"""Player -> its options before the file: ALSA, PulseAudio or PipeWire, macOS, FFmpeg."""
_HINT = "Write it to a file: --out answer.wav"


def find_players() -> list[str]:
    """Return the players that are installed, the first choice first.

    Raises:
        InstallError: if none is installed.
    """
    found = [player for player in PLAYERS if shutil.which(player)]
    if not found:
        raise InstallError(f"No audio player was found ({', '.join(PLAYERS)}).", f"{_HINT}, or install one of them.")
    return found


def play(audio: Audio, players: list[str]) -> str:
    """Play a WAV with the first of the players that can; return that player's name.

    Raises:
        ServiceError: if none can, with the last one's reason.
    """
    reason = ""
    with tempfile.TemporaryDirectory(prefix="sensorium-") as folder:
        file = Path(folder) / "answer.wav"
        file.write_bytes(audio.blob.data)
        for player in players:
            command = [player, *PLAYERS[player], str(file)]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
            if done.returncode == 0:
                return player
            reason = f"{player}: {' '.join((done.stderr or done.stdout).split())[:160] or done.returncode}"
    raise ServiceError(f"The sound can't be played ({reason.rstrip('.')}).", _HINT)
