"""Whisper in Hugging Face transformers: any Whisper checkpoint, fine-tuned ones too, on a GPU if one is available.

transformers-whisper:openai/whisper-large-v3-turbo    from the hub
transformers-whisper:./folder?device=cuda             from a folder
"""

from __future__ import annotations

import math
from functools import cached_property
from threading import Lock
from typing import Any

from sensorium.checkpoint.checkpoint_name import parse
from sensorium.checkpoint.device import to_device
from sensorium.checkpoint.load import Checkpoint, load, quiet
from sensorium.core.errors import InputError, LimitError
from sensorium.core.languages import Span, Transcript, language_name, require_language, script_share, whisper_code
from sensorium.core.languages import language as code_of
from sensorium.core.messages import Audio
from sensorium.core.retry import stop_if_abandoned
from sensorium.media.audio import RATE, Samples, cuts, is_silent, samples

MAX_SECONDS = 30.0
"""Whisper's window (Radford et al. 2022, section 2.2); longer audio is cut at silences and joined."""


class TransformersWhisper:
    """A Transcriber; the checkpoint is loaded at its first use.

    Args:
        name: A hub name or a folder, with options as `transformers:` takes them.

    Raises:
        InputError: when the name is invalid.
    """

    languages: tuple[str, ...] = ()

    def __init__(self, name: str) -> None:
        self._checkpoint_name = parse(name)
        self.name = f"transformers-whisper:{name}"
        self._lock = Lock()

    def transcribe(self, audio: Audio, language: str | None) -> Transcript:
        """Return the words, decoded greedily in pieces of at most 30 s; silence gives an empty text.

        Args:
            audio: Any audio, or a video with audio.
            language: A code, or None to guess it piece by piece.

        Raises:
            LimitError: when the checkpoint does not support the language.
            MediaError: when the audio can't be opened.
            InputError, InstallError, AccessError, ServiceError: when the checkpoint can't be loaded.
        """
        code = None if language is None else code_of(language)
        waveform = samples(audio, RATE)
        length = round(waveform.size / RATE, 2)
        if is_silent(waveform):
            return Transcript("", code or "", length, by=self.name)
        spans: list[Span] = []
        scores: list[tuple[float, int]] = []
        guess = ""
        with self._lock:
            token = self._language_token(code)
            for start, end in cuts(waveform, MAX_SECONDS, RATE):
                stop_if_abandoned()
                if is_silent(waveform[start:end]):
                    continue
                text, logprob, count, guessed = self._transcribe_piece(waveform[start:end], token)
                guess = guess or guessed
                if text:
                    spans.append(Span(text, round(start / RATE, 2), round(end / RATE, 2)))
                    scores.append((logprob, count))
        text = " ".join(span.text for span in spans)
        confidence = _mean_probability(scores) if script_share(text, code or guess) >= 0.5 else 0.0
        return Transcript(text, code or guess, length, tuple(spans), confidence, None, self.name)

    @cached_property
    def _checkpoint(self) -> Checkpoint:
        return load(self._checkpoint_name, "AutoModelForSpeechSeq2Seq", ("whisper",))

    def _language_token(self, code: str | None) -> str | None:
        """Return the checkpoint's own code of a language; raise LimitError if it has none."""
        if code is None:
            return None
        if not self._multilingual:
            require_language(code, ("en",), self.name, "transcribe")
            return None
        own = whisper_code(code)
        if f"<|{own}|>" not in self._checkpoint.model.generation_config.lang_to_id:
            raise LimitError(f"{self.name} does not transcribe {language_name(code)}.", "Choose another checkpoint.")
        return own

    @property
    def _multilingual(self) -> bool:
        """False for checkpoints of English alone: they take no language."""
        config = self._checkpoint.model.generation_config
        multilingual = getattr(config, "is_multilingual", None)
        if multilingual and not getattr(config, "lang_to_id", None):
            raise InputError(f"{self.name} lacks its list of languages.", "Copy its generation_config.json as well.")
        return bool(multilingual)

    def _transcribe_piece(self, piece: Samples, token: str | None) -> tuple[str, float, int, str]:
        """Return a piece's text, the sum of its tokens' log probabilities, their number, and the guessed code."""
        import torch

        model, processor = self._checkpoint.model, self._checkpoint.processor
        features = processor.feature_extractor(
            piece, sampling_rate=RATE, return_tensors="pt", return_attention_mask=True
        )  # fmt: skip
        inputs = to_device(model, features)
        options: dict[str, Any] = {"language": token, "task": "transcribe"} if self._multilingual else {}
        with torch.inference_mode(), quiet():
            out = model.generate(
                inputs["input_features"],
                attention_mask=inputs["attention_mask"],
                do_sample=False,
                num_beams=1,
                return_timestamps=False,
                return_dict_in_generate=True,
                output_scores=True,
                **options,
            )
        ids = out.sequences[0]
        new = zip(out.scores, ids[len(ids) - len(out.scores) :], strict=True)
        logprobs = [float(torch.log_softmax(row[0].float(), -1)[token_id]) for row, token_id in new]
        text = processor.tokenizer.decode(ids, skip_special_tokens=True).strip()
        return text, sum(logprobs), len(logprobs), "" if token else self._guessed_language(ids)

    def _guessed_language(self, ids: Any) -> str:
        if not self._multilingual:
            return "en"
        tokens = self._checkpoint.model.generation_config.lang_to_id.items()
        codes = {number: code.strip("<|>") for code, number in tokens}
        return next((code_of(codes[int(token)]) for token in ids if int(token) in codes), "")


def transcriber(name: str) -> TransformersWhisper:
    """Return the Transcriber; see the module for names."""
    return TransformersWhisper(name)


def _mean_probability(scores: list[tuple[float, int]]) -> float | None:
    count = sum(number for _, number in scores)
    return round(math.exp(min(0.0, sum(total for total, _ in scores) / count)), 3) if count else None
