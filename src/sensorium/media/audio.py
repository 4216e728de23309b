"""Audio: any file to samples, samples to WAV, cutting at silences, joining."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError, InstallError, MediaError
from sensorium.core.messages import Audio
from sensorium.core.weights import importing

Samples = NDArray[np.float32]
"""One channel of audio: (n,) float32, -1 to 1."""

RATE = 16_000
"""Samples a second; what speech recognisers are trained at."""
MAX_SECONDS = 4 * 3600.0
"""The max_samples audio that is opened."""
_FRAME_SECONDS = 0.02
_WAV_HEADER = 44  # bytes before the samples, at least
_OPPOSITE = 0.1  # of the louder channel's loudness: if the mean of the channels has less, they cancel out
_SILENT = 1e-4  # -80 dB: below the noise of any microphone


def samples(audio: Audio, rate: int = RATE, max_seconds: float = MAX_SECONDS) -> Samples:
    """Return audio, or that of a video, as one channel, (n,) float32 from -1 to 1, `rate` samples a second.

    Raises:
        MediaError: if it is empty, holds no sound, is broken or longer than `max_seconds`.
        InstallError: if PyAV is not installed and it isn't a plain WAV of that rate.
    """
    shown, data = audio.blob.shown, audio.blob.data
    if not data:
        raise MediaError(f"{shown} is empty.", "Record or save it again.")
    plain = _plain_wav(data, rate)
    if plain is not None and plain.size > max_seconds * rate:
        raise _too_long(shown, max_seconds)
    found = _decoded(data, rate, shown, max_seconds) if plain is None else plain
    if not found.size:
        raise MediaError(f"{shown} has no sound in it.", "Record it again, and check the microphone.")
    return found


def bounded(audio: Audio, max_seconds: float) -> Audio:
    """Return audio as a WAV of `RATE` samples a second; decoding stops at `max_seconds`, and MediaError is raised.

    Without PyAV what isn't a plain WAV is returned as it is: then nothing here can unpack it either.
    """
    try:
        return wav(samples(audio, RATE, max_seconds))
    except InstallError:
        return audio


def _too_long(shown: str, max_seconds: float) -> MediaError:
    length = f"{max_seconds / 3600:g} hours" if max_seconds >= 3600 else f"{max_seconds / 60:g} minutes"
    return MediaError(f"{shown} is longer than {length}.", "Cut it into shorter pieces first.")


def wav(sound: NDArray[np.floating[Any]], rate: int = RATE) -> Audio:
    """Return (n,) samples from -1 to 1 as a WAV, 16 bits, one channel."""
    whole = np.clip(np.round(np.asarray(sound, dtype=np.float32) * 32767.0), -32768, 32767).astype("<i2")
    return wav_of_pcm(whole.tobytes(), rate)


def wav_of_pcm(pcm: bytes, rate: int) -> Audio:
    """Return 16-bit little-endian samples as a WAV, one channel."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return Audio(buffer.getvalue())


def seconds(audio: Audio) -> float:
    """Return the length in seconds; raises as `samples` does."""
    try:
        with wave.open(io.BytesIO(audio.blob.data)) as file:
            block = file.getnchannels() * file.getsampwidth()
            count = min(file.getnframes(), max(0, len(audio.blob.data) - _WAV_HEADER) // block)
            if count:  # streams are written with 0 or the greatest number, as their length isn't known yet
                return float(count / file.getframerate())
    except (wave.Error, EOFError, ZeroDivisionError):
        pass
    return samples(audio).size / RATE


def join(sounds: Sequence[Audio], pause_seconds: float = 0.0) -> Audio:
    """Return audio one after another as one WAV, with pauses between, at the highest of their rates.

    Raises:
        InputError: if there is nothing to join.
        MediaError, InstallError: as `samples`.
    """
    if not sounds:
        raise InputError("Nothing to join.", "Give one or more audio parts.")
    if len(sounds) == 1:
        return sounds[0]
    rate = max(_rate(sound) for sound in sounds)
    pause = np.zeros(round(pause_seconds * rate), dtype=np.float32)
    parts = [piece for sound in sounds for piece in (samples(sound, rate), pause)]
    return wav(np.concatenate(parts[:-1]), rate)


def loudness(sound: Samples, rate: int = RATE) -> Samples:
    """Return the root mean square of each 20 ms, (frames,) float32."""
    size = max(1, round(_FRAME_SECONDS * rate))
    frames = sound[: sound.size // size * size].reshape(-1, size)
    rest = sound[frames.size :]
    squares = np.einsum("fs,fs->f", frames, frames)  # of hours of audio no second copy is made
    if rest.size:
        squares = np.append(squares, np.dot(rest, rest))
    found: Samples = np.sqrt(squares / size).astype(np.float32)
    return found


def is_silent(sound: Samples) -> bool:
    """Whether the microphone was off: nowhere louder than 80 dB below full scale."""
    return not bool((loudness(sound) > _SILENT).any())


def cuts(sound: Samples, max_seconds: float, rate: int = RATE) -> list[tuple[int, int]]:
    """Return (start, end) in samples of pieces of at most `max_seconds`, cut where it is quietest.

    The cut is in the second half of each piece, in the middle of the quietest 0.3 s, so that no word is cut where
    somebody paused.

    Raises:
        InputError: if `max_seconds` is under 1.
    """
    if max_seconds < 1:
        raise InputError(f"Pieces of {max_seconds:g} s are too short to hold words.", "Try 30.")
    max_samples = round(max_seconds * rate)
    found, start = [], 0
    while sound.size - start > max_samples:
        end = start + _quietest(sound[start : start + max_samples], rate)
        found.append((start, end))
        start = end
    return [*found, (start, sound.size)]


def _quietest(piece: Samples, rate: int) -> int:
    loud = loudness(piece, rate)
    width = max(1, min(round(0.3 / _FRAME_SECONDS), loud.size // 4))
    smooth = np.convolve(loud, np.ones(width) / width, mode="valid")
    half = loud.size // 2
    at = half + int(np.argmin(smooth[half:])) + width // 2
    return min(piece.size, max(1, round(at * _FRAME_SECONDS * rate)))


def _rate(audio: Audio) -> int:
    try:
        with wave.open(io.BytesIO(audio.blob.data)) as file:
            return int(file.getframerate())
    except (wave.Error, EOFError):
        return RATE


def _plain_wav(data: bytes, rate: int) -> Samples | None:
    """Return the samples of a 16-bit WAV of that rate, or None for anything else."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if file.getsampwidth() != 2 or file.getframerate() != rate:
                return None
            channels = file.getnchannels()
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError, ZeroDivisionError):
        return None
    if not raw and len(data) > _WAV_HEADER + 2 * channels:
        return None  # written as a stream, whose length wasn't known yet
    whole = np.frombuffer(raw[: len(raw) // (2 * channels) * 2 * channels], dtype="<i2")
    return _one_channel(whole.reshape(-1, channels).astype(np.float32) / 32768.0)


def _one_channel(channels: NDArray[np.float32]) -> Samples:
    """Return the mean of (n, channels) samples, or the loudest channel if they are in opposite phase and cancel out."""
    mean: Samples = channels.mean(axis=1, dtype=np.float32)
    if channels.shape[1] > 1 and mean.size:
        power = np.einsum("nc,nc->c", channels, channels)  # of hours of audio no second copy is made
        if float(np.dot(mean, mean)) < _OPPOSITE**2 * float(power.max()):
            return np.ascontiguousarray(channels[:, int(power.argmax())])
    return mean


class _Growing:
    """One array of samples that grows in place: of a long recording there is never a second copy."""

    def __init__(self, rate: int, shown: str, max_seconds: float) -> None:
        self._most, self._shown, self._max_seconds = round(max_seconds * rate), shown, max_seconds
        self._array: Samples = np.empty(min(self._most, 30 * rate), dtype=np.float32)
        self.count = 0

    def add(self, piece: Samples, channels: int) -> None:
        """Append samples, those of several channels by turns; MediaError beyond the longest."""
        end = self.count + piece.size
        if end > self._most * channels:
            raise _too_long(self._shown, self._max_seconds)
        if end > self._array.size:
            self._array.resize(min(self._most * channels, max(end, self._array.size * 3 // 2)), refcheck=False)
        self._array[self.count : end] = piece
        self.count = end

    def whole(self) -> Samples:
        """Return all samples, from -1 to 1."""
        self._array.resize(self.count, refcheck=False)
        return np.clip(self._array, -1.0, 1.0, out=self._array)


def _decoded(data: bytes, rate: int, shown: str, max_seconds: float) -> Samples:
    with importing("voice"):
        import av
    several = False
    found = _Growing(rate, shown, max_seconds)
    try:
        with av.open(io.BytesIO(data), metadata_errors="replace") as file:
            if not file.streams.audio:
                raise MediaError(f"{shown} has no sound in it.", "Give audio, or a video with sound.")
            several = file.streams.audio[0].codec_context.channels > 1
            change = av.AudioResampler(format="flt", layout="stereo" if several else "mono", rate=rate)
            width = 2 if several else 1
            for frame in file.decode(file.streams.audio[0]):
                for out in change.resample(frame):
                    found.add(out.to_ndarray().reshape(-1), width)
            for out in change.resample(None):
                found.add(out.to_ndarray().reshape(-1), width)
    except (av.error.FFmpegError, ValueError) as error:
        if not found.count:  # what ends early can be used up to there
            reason = " ".join(str(error).split()) or type(error).__name__
            raise MediaError(f"{shown} isn't audio, or is broken: {reason[:120]}.", "Save it as WAV first.") from None
    whole = found.whole()
    return _one_channel(whole.reshape(-1, 2)) if several else whole
