"""An Example as a training row: the prompt's tokens as at inference, then the answer's, and labels on these alone.

TRL's own collators render a conversation whole and find the answer again by its template; where a template lacks
`{% generation %}`, or the model has none, they can't. Here the prompt is encoded by `checkpoint.prompt`, as it is when
the model is asked, and the answer's tokens are put behind it: so the two can't differ, for any model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.checkpoint.load import Checkpoint
from sensorium.checkpoint.prompt import Prompt, encode_prompts, render
from sensorium.core.errors import InputError, quoted
from sensorium.tasks.prompt import to_conversation
from sensorium.tasks.task import Example

IGNORED = -100
"""The label of what is not learnt (torch.nn.functional.cross_entropy's ignore_index)."""
Encode = Callable[[Checkpoint, Sequence[Prompt]], Any]
"""Return the model's inputs for prompts, as `checkpoint.prompt.encode_prompts`."""
_FILL = {"attention_mask": 1, "token_type_ids": 0, "mm_token_type_ids": 0}
_SUFFIX = {"paligemma": 1}
"""Model types whose tokens after the prompt have a token_type_ids of their own: only the prompt's see each other."""


@dataclass(frozen=True)
class Row:
    """What one example gives to learn.

    Args:
        prompt: As the model is asked.
        answer: The tokens that it shall say, with the one that ends its turn.
    """

    prompt: Prompt
    answer: tuple[int, ...]

    @property
    def kind(self) -> tuple[bool, bool, bool]:
        """What must be alike in a batch: the processor takes rows with and without pictures apart."""
        return self.prompt.plain, bool(self.prompt.images), bool(self.prompt.videos)


def row_of(loaded: Checkpoint, example: Example) -> Row:
    """Render an example; pictures are opened only when a batch is made.

    Raises:
        InputError: when the answer holds one of the model's control tokens.
        LimitError: when the template rejects the conversation.
    """
    prompt = render(loaded, to_conversation(example))
    return Row(prompt, answer_tokens(loaded, prompt, example.answer))


def answer_tokens(loaded: Checkpoint, prompt: Prompt, answer: str) -> tuple[int, ...]:
    """Return tokens that the model shall say after a prompt: what its template writes, up to the end of the turn."""
    for token in loaded.special_tokens:
        if token in answer:
            raise InputError(
                f"The answer {quoted(answer[:60])} holds the control token {quoted(token)}.", "Write it apart."
            )
    tokenizer = loaded.processor.tokenizer
    said, end = _said(loaded, prompt, answer)
    # encoded with the letters before it: many tokenizers write a word's beginning otherwise where a text begins
    before = _tail(loaded, prompt.text)
    whole = tokenizer(before + said, add_special_tokens=False)["input_ids"]
    first = tokenizer(before, add_special_tokens=False)["input_ids"] if before else []
    if whole[: len(first)] != first:
        first, whole = [], tokenizer(said, add_special_tokens=False)["input_ids"]
    return (*whole[len(first) :], end)


def _said(loaded: Checkpoint, prompt: Prompt, answer: str) -> tuple[str, int]:
    """Return answer as the template writes it behind the prompt (some put a space before it), and its end's token."""
    default = loaded.eos_token_ids[0] if loaded.eos_token_ids else loaded.processor.tokenizer.eos_token_id
    if prompt.messages is None:
        return answer, default
    turn = {"role": "assistant", "content": [{"type": "text", "text": answer}]}
    try:
        text = str(loaded.processor.apply_chat_template([*prompt.messages, turn], tokenize=False))
    except Exception:  # templates raise whatever their makers wrote
        return answer, default
    rest = text[len(prompt.text) :]
    at = rest.find(answer)
    if not text.startswith(prompt.text) or at < 0:
        return answer, default
    after = rest[at + len(answer) :].lstrip()
    token = next((each for each in loaded.special_tokens if after.startswith(each)), None)
    end = default if token is None else int(loaded.processor.tokenizer.convert_tokens_to_ids(token))
    return rest[:at] + answer, end


def _tail(loaded: Checkpoint, text: str) -> str:
    """Return what follows the last control token: no token spans one."""
    at = max((found + len(token) for token in loaded.special_tokens if (found := text.rfind(token)) >= 0), default=0)
    return text[at:]


def batch(loaded: Checkpoint, rows: Sequence[Row], encode: Encode = encode_prompts) -> dict[str, Any]:
    """Encode rows, which must be of one kind, as the model's inputs with labels.

    Prompts are padded at their left, as when several are asked at once, answers at their right.
    """
    import torch

    inputs = dict(encode(loaded, [row.prompt for row in rows]))
    ids = inputs["input_ids"]
    inputs.setdefault("attention_mask", torch.ones_like(ids))
    longest = max(len(row.answer) for row in rows)
    pad = loaded.processor.tokenizer.pad_token_id or 0
    said = torch.tensor([[*row.answer, *[pad] * (longest - len(row.answer))] for row in rows], dtype=ids.dtype)
    real = torch.tensor([[1] * len(row.answer) + [0] * (longest - len(row.answer)) for row in rows], dtype=ids.dtype)
    made = dict(inputs)
    made["input_ids"] = torch.cat([ids, said], 1)
    for key, fill in _FILL.items():
        if key in inputs:
            value = _SUFFIX.get(loaded.model_type, fill) if key == "token_type_ids" else fill
            tail = (real if key == "attention_mask" else real * value).to(inputs[key].dtype)
            made[key] = torch.cat([inputs[key], tail], 1)
    if "cross_attention_mask" in inputs:  # the answer looks at what the prompt's end looks at
        mask = inputs["cross_attention_mask"]
        made["cross_attention_mask"] = torch.cat([mask, mask[:, -1:].expand(-1, longest, *mask.shape[2:])], 1)
    labels = torch.where(real.bool(), said, torch.full_like(said, IGNORED))
    made["labels"] = torch.cat([torch.full_like(ids, IGNORED), labels], 1)
    return made


class Collator:
    """Makes batches of the rows that a data set names by their numbers, {"row": 3}: pictures are opened when needed.

    Of no rows it makes a batch of one that teaches nothing: several processes must all come to each step's end.
    """

    def __init__(
        self,
        loaded: Checkpoint,
        rows: Sequence[Row],
        encode: Encode = encode_prompts,
        make: Callable[[Checkpoint, Sequence[Row], Encode], dict[str, Any]] = batch,
    ) -> None:
        self._loaded = loaded
        self._rows = rows
        self._encode = encode
        self._make = make

    def __call__(self, named: Sequence[dict[str, Any]]) -> dict[str, Any]:
        rows = [self._rows[each["row"]] for each in named] or self._rows[:1]
        made = self._make(self._loaded, rows, self._encode)
        if not named:
            made["labels"] = made["labels"].new_full(made["labels"].shape, IGNORED)
        return made
