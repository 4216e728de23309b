"""A tokenizer's control tokens, and which of them end an answer."""

from __future__ import annotations

from typing import Any

_SAID = "Xyzzy"


def special_tokens(processor: Any) -> tuple[str, ...]:
    """Return the control tokens as texts, the longest first."""
    tokenizer = getattr(processor, "tokenizer", processor)
    added = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    own = (getattr(processor, name, None) for name in ("image_token", "video_token", "audio_token"))
    found = {*added, *tokenizer.all_special_tokens, *(token for token in own if isinstance(token, str))}
    return tuple(sorted((token for token in found if token.strip()), key=lambda token: (-len(token), token)))


def eos_token_ids(model: Any, processor: Any) -> tuple[int, ...]:
    """Return the tokens that end an answer: those of the generation settings, and the chat template's end of a turn.

    A fine-tuned checkpoint whose settings lack the latter would go on talking for both sides.
    """
    settings = getattr(model, "generation_config", None)  # what only classifies has none
    said = None if settings is None else settings.eos_token_id
    found = [] if said is None else list(said) if isinstance(said, list | tuple) else [int(said)]
    closing = _end_of_turn(processor)
    if closing is not None and closing not in found:
        found.append(closing)
    return tuple(found)


def _end_of_turn(processor: Any) -> int | None:
    if not getattr(processor, "chat_template", None):
        return None
    turns = [{"role": role, "content": [{"type": "text", "text": _SAID}]} for role in ("user", "assistant")]
    try:
        text = processor.apply_chat_template(turns, tokenize=False)
    except Exception:  # templates raise whatever their makers wrote; then there is nothing to learn from it
        return None
    after = text.rpartition(_SAID)[2].lstrip()
    token = next((each for each in special_tokens(processor) if after.startswith(each)), None)
    return None if token is None else int(processor.tokenizer.convert_tokens_to_ids(token))
