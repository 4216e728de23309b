"""An Example as a training row: the prompt's tokens as at inference, then the answer's, and labels on these alone.

TRL's own collators render the whole conversation and find the answer again by its template; if a template lacks
`{% generation %}`, or the model has none, they can't. Here the prompt is encoded by `checkpoint.prompt`, as it is when
the model is asked, and the answer's tokens follow it: so training and inference can't differ, for any model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.checkpoint.generate import context_tokens
from sensorium.checkpoint.load import Checkpoint
from sensorium.checkpoint.prompt import Prompt, encode_prompts, render
from sensorium.checkpoint.untrusted.templates import bounded_template
from sensorium.core.errors import InputError, LimitError, quoted
from sensorium.tasks.prompt import to_conversation
from sensorium.tasks.task import Example

IGNORED = -100
"""Label of tokens without loss (torch.nn.functional.cross_entropy's ignore_index)."""
Encode = Callable[[Checkpoint, Sequence[Prompt]], Any]
"""Returns the model's inputs for prompts, as `checkpoint.prompt.encode_prompts`."""
_FILL = {"attention_mask": 1, "token_type_ids": 0, "mm_token_type_ids": 0}
_SUFFIX = {"paligemma": 1}
"""Model types with other token_type_ids after the prompt: only the prompt's tokens attend to each other."""


@dataclass(frozen=True)
class TrainRow:
    """An example as the model is trained on it.

    Args:
        prompt: As at inference.
        answer: Tokens of the answer, with the one that ends the turn.
    """

    prompt: Prompt
    answer: tuple[int, ...]

    @property
    def kind(self) -> tuple[bool, bool, bool]:
        """What the rows of a batch must share: the processor takes rows with and without pictures apart."""
        return self.prompt.plain, bool(self.prompt.images), bool(self.prompt.videos)


def row_of(loaded: Checkpoint, example: Example) -> TrainRow:
    """Render an example; pictures are opened only when a batch is made.

    Raises:
        InputError: when the answer holds one of the model's control tokens.
        LimitError: when the template rejects the conversation.
    """
    prompt = render(loaded, to_conversation(example))
    return TrainRow(prompt, answer_tokens(loaded, prompt, example.answer))


def answer_tokens(loaded: Checkpoint, prompt: Prompt, answer: str) -> tuple[int, ...]:
    """Return the tokens of an answer after a prompt, as the template writes them, up to the end of the turn."""
    for token in loaded.special_tokens:
        if token in answer:
            raise InputError(
                f"The answer {quoted(answer[:60])} contains the control token {quoted(token)}.", "Put spaces into it."
            )
    tokenizer = loaded.processor.tokenizer
    text, end = _templated(loaded, prompt, answer)
    # encoded with the characters before it: many tokenizers encode a word differently at the start of a text
    before = _tail(loaded, prompt.text)
    whole = tokenizer(before + text, add_special_tokens=False)["input_ids"]
    first = tokenizer(before, add_special_tokens=False)["input_ids"] if before else []
    if whole[: len(first)] != first:
        first, whole = [], tokenizer(text, add_special_tokens=False)["input_ids"]
    return (*whole[len(first) :], end)


def _templated(loaded: Checkpoint, prompt: Prompt, answer: str) -> tuple[str, int]:
    """Return an answer as the template writes it after the prompt (some put a space before it), and its end token."""
    default = loaded.eos_token_ids[0] if loaded.eos_token_ids else loaded.processor.tokenizer.eos_token_id
    if prompt.messages is None:
        return answer, default
    turn = {"role": "assistant", "content": [{"type": "text", "text": answer}]}
    try:
        with bounded_template(loaded.name.base):
            text = str(loaded.processor.apply_chat_template([*prompt.messages, turn], tokenize=False))
    except LimitError:
        raise
    except Exception:  # templates raise whatever their makers wrote
        return answer, default
    rest = text[len(prompt.text) :]
    start = rest.find(answer)
    if not text.startswith(prompt.text) or start < 0:
        return answer, default
    after = rest[start + len(answer) :].lstrip()
    token = next((token for token in loaded.special_tokens if after.startswith(token)), None)
    end = default if token is None else int(loaded.processor.tokenizer.convert_tokens_to_ids(token))
    return rest[:start] + answer, end


def _tail(loaded: Checkpoint, text: str) -> str:
    """Return the text after the last control token: no token spans one."""
    ends = (start + len(token) for token in loaded.special_tokens if (start := text.rfind(token)) >= 0)
    return text[max(ends, default=0) :]


def batch(loaded: Checkpoint, rows: Sequence[TrainRow], encode: Encode = encode_prompts) -> dict[str, Any]:
    """Return the model's inputs with labels for rows of one kind.

    Prompts are padded on the left, as in batched inference, answers on the right.
    """
    import torch

    inputs = dict(encode(loaded, [row.prompt for row in rows]))
    ids = inputs["input_ids"]
    inputs.setdefault("attention_mask", torch.ones_like(ids))
    longest = max(len(row.answer) for row in rows)
    for row, prompt_tokens in zip(rows, inputs["attention_mask"].sum(1).tolist(), strict=True):
        check_length(loaded, row, int(prompt_tokens) + len(row.answer))
    pad = loaded.processor.tokenizer.pad_token_id or 0
    answers = torch.tensor([[*row.answer, *[pad] * (longest - len(row.answer))] for row in rows], dtype=ids.dtype)
    real = torch.tensor([[1] * len(row.answer) + [0] * (longest - len(row.answer)) for row in rows], dtype=ids.dtype)
    made = dict(inputs)
    made["input_ids"] = torch.cat([ids, answers], 1)
    for key, fill in _FILL.items():
        if key in inputs:
            value = _SUFFIX.get(loaded.model_type, fill) if key == "token_type_ids" else fill
            tail = (real if key == "attention_mask" else real * value).to(inputs[key].dtype)
            made[key] = torch.cat([inputs[key], tail], 1)
    if "cross_attention_mask" in inputs:  # the answer attends to what the prompt's end attends to
        mask = inputs["cross_attention_mask"]
        made["cross_attention_mask"] = torch.cat([mask, mask[:, -1:].expand(-1, longest, *mask.shape[2:])], 1)
    labels = torch.where(real.bool(), answers, torch.full_like(answers, IGNORED))
    made["labels"] = torch.cat([torch.full_like(ids, IGNORED), labels], 1)
    return made


def check_lengths(loaded: Checkpoint, rows: Sequence[TrainRow]) -> None:
    """Check that the words of each row fit into the model's context; pictures are counted once they are encoded.

    Raises:
        LimitError: when one does not.
    """
    limit = context_tokens(loaded)
    if limit is None:
        return
    for row in rows:
        # a token has at least one byte of text
        if len(row.prompt.text.encode()) + len(row.answer) > limit:
            words = len(loaded.processor.tokenizer(row.prompt.text, add_special_tokens=False)["input_ids"])
            check_length(loaded, row, words + len(row.answer))


def check_length(loaded: Checkpoint, row: TrainRow, tokens: int) -> None:
    """Raise LimitError if a row's tokens exceed the model's context, beyond which it knows no positions."""
    limit = context_tokens(loaded)
    if limit is not None and tokens > limit:
        answer = loaded.processor.tokenizer.decode(row.answer, skip_special_tokens=True)
        raise LimitError(
            f"An example has {tokens:,} tokens, and {loaded.name.shown} takes {limit:,}; "
            f"its answer begins {quoted(answer[:60])}.",
            "Shorten or remove it, or make its pictures cost less: max_image_side = 512 in the recipe.",
        )


class Collator:
    """Makes batches of rows that the dataset names by number, {"row": 3}: pictures are opened when needed.

    Without any rows it makes a batch of one without loss: several processes must all come to each step's end.
    """

    def __init__(
        self,
        loaded: Checkpoint,
        rows: Sequence[TrainRow],
        encode: Encode = encode_prompts,
        make: Callable[[Checkpoint, Sequence[TrainRow], Encode], dict[str, Any]] = batch,
    ) -> None:
        self._loaded = loaded
        self._rows = rows
        self._encode = encode
        self._make = make

    def __call__(self, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
        rows = [self._rows[item["row"]] for item in items] or self._rows[:1]
        inputs = self._make(self._loaded, rows, self._encode)
        if not items:
            inputs["labels"] = inputs["labels"].new_full(inputs["labels"].shape, IGNORED)
        # pictures in the model's dtype, as at inference: Llama 4's processor gives bfloat16 whatever the model has
        is_float = {key for key, value in inputs.items() if getattr(value, "is_floating_point", bool)()}
        return {key: value.to(self._loaded.model.dtype) if key in is_float else value for key, value in inputs.items()}
