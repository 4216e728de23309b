"""Sounds: opened whatever they are packed in, cut at silences, joined."""

from __future__ import annotations

import io
import wave
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from sensorium import Audio
from sensorium.core.errors import InputError, MediaError
from sensorium.media.audio import RATE, cuts, is_silent, join, loudness, samples, seconds, wav


def tone(length: float, hertz: float = 440.0, rate: int = RATE, loud: float = 0.5) -> np.ndarray:
    return (loud * np.sin(2 * np.pi * hertz * np.arange(round(length * rate)) / rate)).astype(np.float32)


def packed(sound: np.ndarray, form: str, codec: str, rate: int = 48_000, layout: str = "stereo") -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=form) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.stack([sound, sound]), format="fltp", layout="stereo")
        frame.rate = rate
        change = av.AudioResampler(stream.codec_context.format, layout, rate, stream.codec_context.frame_size or None)
        for one in (*change.resample(frame), *change.resample(None)):
            file.mux(stream.encode(one))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def hertz(sound: np.ndarray, rate: int = RATE) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * rate / sound.size)


def test_a_wav_goes_both_ways() -> None:
    sound = tone(0.5)
    back = samples(wav(sound))
    assert back.dtype == np.float32 and back.shape == (8000,)
    assert np.abs(back - sound).max() < 1e-4


@pytest.mark.parametrize(
    ("form", "codec"),
    [
        ("mp3", "libmp3lame"),
        ("ogg", "libopus"),
        ("webm", "libopus"),
        ("flac", "flac"),
        ("mp4", "aac"),
        ("wav", "pcm_s24le"),
    ],
)
def test_every_packing_is_opened_as_16_khz_mono(form: str, codec: str) -> None:
    made = packed(tone(1.0, 1000.0, 48_000), form, codec)
    audio = Audio(made)
    found = samples(audio)
    assert abs(found.size - RATE) < 0.15 * RATE and found.ndim == 1
    assert hertz(found) == pytest.approx(1000.0, abs=3)
    assert 0.25 < float(np.abs(found[2000:-2000]).max()) < 0.8
    assert seconds(audio) == pytest.approx(found.size / RATE, abs=0.01)


def test_two_channels_become_their_mean() -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.array([[10_000, -10_000], [20_000, 0]], dtype="<i2").tobytes())
    assert samples(Audio(buffer.getvalue())).tolist() == pytest.approx([0.0, 10_000 / 32768])


def test_another_rate_is_resampled() -> None:
    found = samples(wav(tone(1.0, 300.0, 8000), 8000))
    assert found.size == pytest.approx(RATE, abs=200) and hertz(found) == pytest.approx(300.0, abs=3)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "is empty"), (b"no sound at all", "isn't audio"), (b"RIFF\x24\0\0\0WAVEfmt ", "isn't audio|no sound in it")],
)
def test_what_is_no_sound_is_said(data: bytes, said: str) -> None:
    with pytest.raises(MediaError, match=said):
        samples(Audio(data))


def test_a_film_without_sound_is_said() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for _ in range(3):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        file.mux(stream.encode(None))
    with pytest.raises(MediaError, match="has no sound in it"):
        samples(Audio(buffer.getvalue()))


def test_a_recording_that_broke_off_is_heard_up_to_there() -> None:
    whole = packed(tone(2.0, 500.0, 48_000), "ogg", "libopus")
    found = samples(Audio(whole[: len(whole) // 2]))
    assert 0.3 * RATE < found.size < 1.6 * RATE


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="No file"):
        samples(Audio(tmp_path / "no.wav"))


def test_sounds_are_joined_with_pauses_at_the_highest_rate() -> None:
    whole = join([wav(tone(0.5)), wav(tone(0.5, rate=22_050), 22_050)], 0.2)
    assert seconds(whole) == pytest.approx(1.2, abs=0.01)
    with wave.open(io.BytesIO(whole.blob.data)) as file:
        assert file.getframerate() == 22_050
    quiet = loudness(samples(whole))[27:33]
    assert quiet.max() < 0.01
    with pytest.raises(InputError, match="Nothing to join"):
        join([])


def test_a_long_sound_is_cut_where_it_is_quiet() -> None:
    words = [tone(4.0, loud=0.3), np.zeros(RATE // 2, np.float32)] * 12  # 54 s, a pause after every 4 s
    sound = np.concatenate(words)
    found = cuts(sound, 29.0)
    assert found[0][0] == 0 and found[-1][1] == sound.size
    assert all(a[1] == b[0] for a, b in pairwise(found))
    assert all(0 < end - start <= 29 * RATE for start, end in found)
    for _, end in found[:-1]:
        assert np.abs(sound[end - 1000 : end + 1000]).max() == 0.0  # in the middle of a pause


def test_a_sound_without_pauses_is_cut_all_the_same() -> None:
    sound = tone(70.0)
    found = cuts(sound, 30.0)
    assert len(found) in (3, 4, 5) and all(end - start <= 30 * RATE for start, end in found)
    assert cuts(tone(10.0), 30.0) == [(0, 10 * RATE)]
    with pytest.raises(InputError, match="too short"):
        cuts(sound, 0.5)


def test_silence_is_told_from_a_whisper() -> None:
    assert is_silent(np.zeros(RATE, np.float32)) and not is_silent(tone(0.5, loud=0.001))
