"""A tokenizer's special tokens, and those that end an answer."""

from __future__ import annotations

from typing import Any

from sensorium.checkpoint.untrusted.templates import bounded_template
from sensorium.core.errors import LimitError

_PROBE = "Xyzzy"


def special_tokens(processor: Any) -> tuple[str, ...]:
    """Return the special tokens as texts, the longest first."""
    tokenizer = getattr(processor, "tokenizer", processor)
    if not hasattr(tokenizer, "added_tokens_decoder"):  # an image processor
        return ()
    added = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    own = (getattr(processor, name, None) for name in ("image_token", "video_token", "audio_token"))
    tokens = {*added, *tokenizer.all_special_tokens, *(token for token in own if isinstance(token, str))}
    return tuple(sorted((token for token in tokens if token.strip()), key=lambda token: (-len(token), token)))


def eos_token_ids(model: Any, processor: Any) -> tuple[int, ...]:
    """Return the tokens that end an answer: those of the generation config, and the chat template's end of a turn.

    A fine-tuned checkpoint whose config lacks the latter would go on to write the user's next turn.
    """
    config = getattr(model, "generation_config", None)  # a classifier has none
    eos = None if config is None else config.eos_token_id
    ids = [] if eos is None else list(eos) if isinstance(eos, list | tuple) else [int(eos)]
    end_of_turn = _end_of_turn(processor)
    if end_of_turn is not None and end_of_turn not in ids:
        ids.append(end_of_turn)
    return tuple(ids)


def _end_of_turn(processor: Any) -> int | None:
    if not getattr(processor, "chat_template", None):
        return None
    turns = [{"role": role, "content": [{"type": "text", "text": _PROBE}]} for role in ("user", "assistant")]
    try:
        with bounded_template(str(getattr(processor.tokenizer, "name_or_path", ""))):
            text = processor.apply_chat_template(turns, tokenize=False)
    except LimitError:
        raise
    except Exception:  # templates raise whatever their makers wrote; then they tell us nothing
        return None
    rest = text.rpartition(_PROBE)[2].lstrip()
    token = next((token for token in special_tokens(processor) if rest.startswith(token)), None)
    return None if token is None else int(processor.tokenizer.convert_tokens_to_ids(token))
