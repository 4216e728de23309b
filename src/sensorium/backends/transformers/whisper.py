"""Whisper in Hugging Face transformers: any Whisper checkpoint, tuned ones too, on a GPU where there is one.

transformers-whisper:openai/whisper-large-v3-turbo    from the hub
transformers-whisper:./folder?device=cuda             from a folder
"""

from __future__ import annotations

import math
from functools import cached_property
from threading import Lock
from typing import Any

from sensorium.checkpoint.checkpoint_name import parse
from sensorium.checkpoint.load import Checkpoint, load, quiet
from sensorium.core.errors import InputError, LimitError
from sensorium.core.languages import Span, Transcript, language_name, script_share
from sensorium.core.languages import language as code_of
from sensorium.core.messages import Audio
from sensorium.media.audio import RATE, Samples, cuts, is_silent, samples

LONGEST_SECONDS = 30.0
"""Whisper's window (Radford et al. 2022, section 2.2); longer sounds are cut at silences and joined."""
_OWN_CODES = {"jv": "jw"}


class TransformersWhisper:
    """A Transcriber; the checkpoint is loaded when it first hears something.

    Args:
        name: A hub name or a folder, with options as `transformers:` takes them.

    Raises:
        InputError: when the name is none.
    """

    languages: tuple[str, ...] = ()

    def __init__(self, name: str) -> None:
        self._named = parse(name)
        self.name = f"transformers-whisper:{name}"
        self._lock = Lock()

    def transcribe(self, audio: Audio, language: str | None) -> Transcript:
        """Write down what is said, greedily, in pieces of at most 30 s; silence gives an empty text.

        Args:
            audio: Any sound, or a film with sound.
            language: A code, or None to have it guessed piece by piece.

        Raises:
            LimitError: when the checkpoint does not know the language.
            MediaError: when the sound can't be opened.
            InputError, InstallError, AccessError, ServiceError: when the checkpoint can't be loaded.
        """
        code = None if language is None else code_of(language)
        sound = samples(audio, RATE)
        length = round(sound.size / RATE, 2)
        if is_silent(sound):
            return Transcript("", code or "", length, by=self.name)
        spans: list[Span] = []
        tokens: list[tuple[float, int]] = []
        found = ""
        with self._lock:
            token = self._token(code)
            for start, end in cuts(sound, LONGEST_SECONDS, RATE):
                if is_silent(sound[start:end]):
                    continue
                text, logprob, count, guessed = self._heard(sound[start:end], token)
                found = found or guessed
                if text:
                    spans.append(Span(text, round(start / RATE, 2), round(end / RATE, 2)))
                    tokens.append((logprob, count))
        text = " ".join(span.text for span in spans)
        confidence = _mean(tokens) if script_share(text, code or found) >= 0.5 else 0.0
        return Transcript(text, code or found, length, tuple(spans), confidence, None, self.name)

    @cached_property
    def _loaded(self) -> Checkpoint:
        return load(self._named, "AutoModelForSpeechSeq2Seq", ("whisper",))

    def _token(self, code: str | None) -> str | None:
        """Return the checkpoint's own code of a language; LimitError where it has none."""
        if code is None or not self._many:
            if code not in (None, "en"):
                raise LimitError(f"{self.name} does not know {language_name(code)}.", "It knows English only.")
            return None
        own = _OWN_CODES.get(code, code)
        if f"<|{own}|>" not in self._loaded.model.generation_config.lang_to_id:
            raise LimitError(f"{self.name} does not know {language_name(code)}.", "Choose another checkpoint.")
        return own

    @property
    def _many(self) -> bool:
        """True for checkpoints of many languages: those of English alone take no language."""
        settings = self._loaded.model.generation_config
        many = getattr(settings, "is_multilingual", None)
        if many and not getattr(settings, "lang_to_id", None):
            raise InputError(f"{self.name} lacks its list of languages.", "Take its generation_config.json along.")
        return bool(many)

    def _heard(self, piece: Samples, token: str | None) -> tuple[str, float, int, str]:
        """Return a piece's text, the sum of its tokens' log probabilities, how many there are, and the guessed code."""
        import torch

        loaded = self._loaded
        model, processor = loaded.model, loaded.processor
        made = processor.feature_extractor(
            piece, sampling_rate=RATE, return_tensors="pt", return_attention_mask=True
        )  # fmt: skip
        how: dict[str, Any] = {"language": token, "task": "transcribe"} if self._many else {}
        with torch.inference_mode(), quiet():
            out = model.generate(
                made["input_features"].to(model.device, model.dtype),
                attention_mask=made["attention_mask"].to(model.device),
                do_sample=False,
                num_beams=1,
                return_timestamps=False,
                return_dict_in_generate=True,
                output_scores=True,
                **how,
            )
        whole = out.sequences[0]
        said = whole[len(whole) - len(out.scores) :]
        chosen = zip(out.scores, said, strict=True)
        logprobs = [float(torch.log_softmax(row[0].float(), -1)[token_id]) for row, token_id in chosen]
        text = processor.tokenizer.decode(whole, skip_special_tokens=True).strip()
        return text, sum(logprobs), len(logprobs), "" if token else self._guessed(whole)

    def _guessed(self, whole: Any) -> str:
        if not self._many:
            return "en"
        ids = {number: code.strip("<|>") for code, number in self._loaded.model.generation_config.lang_to_id.items()}
        return next((code_of(ids[int(one)]) for one in whole if int(one) in ids), "")


def transcriber(name: str) -> TransformersWhisper:
    """Make the transcriber; see the module for names."""
    return TransformersWhisper(name)


def _mean(tokens: list[tuple[float, int]]) -> float | None:
    count = sum(number for _, number in tokens)
    return round(math.exp(min(0.0, sum(total for total, _ in tokens) / count)), 3) if count else None
