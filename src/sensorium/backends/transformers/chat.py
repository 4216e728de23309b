"""Any image-text-to-text checkpoint of Hugging Face transformers, by hub name or folder.

"transformers:ORG/NAME", "transformers:./folder", "transformers:BASE+./adapter", each with "?bits=4&side=1024".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from sensorium.checkpoint import generate, prefix
from sensorium.checkpoint.checkpoint_name import CheckpointName, parse
from sensorium.checkpoint.cost import count_image_tokens
from sensorium.checkpoint.load import HINT, OTHER_SCHEMES, Checkpoint, load, load_config, resolve_base, to_device
from sensorium.checkpoint.prompt import Prompt, encode_prompts, render
from sensorium.core.errors import InputError, InstallError
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Delta, Limits, Options

ADVISED_IMAGES = {"mllama": 1}
"""Model types whose makers advise fewer pictures than they take (Meta's model card of Llama 3.2 Vision)."""
_CAUSAL = {"phi4_multimodal": "AutoModelForCausalLM"}
_MOST_AT_ONCE = 8
_SHARED = 0.5  # of the conversations: what makes keeping their beginning faster than a batch


class ChatModel:
    """A Model that runs on this machine.

    The beginning of the last conversation is kept encoded: the next one that begins the same, as with few-shot
    examples, encodes only what is new (see `Usage.cached_tokens`). One answer is made at a time.

    Args:
        loaded: A checkpoint, from `sensorium.checkpoint.load`.
        name: What it is called.
        keep: False to encode every conversation whole.

    Example:
        >>> model = load("transformers:./my-checkpoint")  # doctest: +SKIP
        >>> ask(model, Conversation.of(Image("street.jpg"), "What is this?")).text  # doctest: +SKIP
        'A red bus.'
    """

    def __init__(self, loaded: Checkpoint, name: str, keep: bool = True) -> None:
        self.name = name
        self.checkpoint = loaded
        self.keep = keep
        self.limits = Limits(
            parts=("text", "image", "video"),
            context_tokens=generate.context(loaded),
            advised_images=ADVISED_IMAGES.get(loaded.model_type),
        )
        self._kept: prefix.Kept | None = None
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"ChatModel({self.name!r})"

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Return the answer piece by piece, as its tokens come.

        Raises:
            LimitError: when the conversation has more tokens than the model takes.
            InputError: when the model's template or processor can't take it.
            DeadlineError: after `options.timeout_seconds`.
        """

        def work(give: Callable[[Delta], None], over: Callable[[], bool]) -> None:
            with self._lock:
                if not over():
                    with self._inputs(render(self.checkpoint, chat)) as inputs:
                        generate.answer(self.checkpoint, inputs, options, give, over)

        return generate.streamed(work, self.name, options.timeout_seconds)

    def whole(self, chat: Conversation, options: Options) -> Delta:
        """Return the whole answer at once, which `ask` prefers: no thread, no pieces; raises as `stream` does."""
        start = time.perf_counter()
        with self._lock:
            return self._one(render(self.checkpoint, chat), options, start)

    def batch(self, chats: Sequence[Conversation], options: Options) -> list[Delta]:
        """Answer several conversations at once, a Delta each, in their order; raises as `stream` does.

        Those with and without pictures go separately, at most eight at a time. Conversations that share most of what
        they hold, as with few-shot examples, go one after another instead, from the kept beginning: that is faster.
        """
        found: dict[int, Delta] = {}
        with self._lock:
            prompts = [render(self.checkpoint, chat) for chat in chats]
            if len(prompts) > 1 and self._keeps() and prefix.shared(self.checkpoint, prompts) > _SHARED:
                return [self._one(prompt, options, time.perf_counter()) for prompt in prompts]
            for several in _alike(prompts):
                inputs = to_device(
                    self.checkpoint.model, encode_prompts(self.checkpoint, [prompts[number] for number in several])
                )
                answers = generate.answers(self.checkpoint, inputs, options)
                found |= dict(zip(several, answers, strict=True))
        return [found[number] for number in range(len(chats))]

    def cost(self, image: Image) -> int:
        """Return the number of tokens that the picture will cost, before anything is asked."""
        return count_image_tokens(self.checkpoint, image)

    def count(self, chat: Conversation) -> int:
        """Return the number of tokens of a whole conversation, its pictures included."""
        return int(encode_prompts(self.checkpoint, [render(self.checkpoint, chat)])["input_ids"].shape[1])

    def forget(self) -> None:
        """Return back the memory of the kept beginning."""
        with self._lock:
            self._kept = None

    def _keeps(self) -> bool:
        return self.keep and prefix.reusable(self.checkpoint)

    def _one(self, prompt: Prompt, options: Options, start: float) -> Delta:
        def over() -> bool:
            return time.perf_counter() - start > options.timeout_seconds

        with self._inputs(prompt) as inputs:
            delta = generate.whole(self.checkpoint, inputs, options, start, over)
        if over():
            raise generate.late(self.name, options.timeout_seconds)
        return delta

    @contextmanager
    def _inputs(self, prompt: Prompt) -> Iterator[dict[str, Any]]:
        """Return what `generate` takes, from the kept beginning where there is one; keep the prompt afterwards."""
        if not self._keeps():
            yield to_device(self.checkpoint.model, encode_prompts(self.checkpoint, [prompt]))
            return
        before, self._kept = self._kept, None  # whatever breaks off leaves nothing half-written behind
        inputs, kept = prefix.continued(self.checkpoint, prompt, before)
        yield to_device(self.checkpoint.model, inputs)
        if prefix.cut_back(kept.cache, kept.ids.shape[1]):
            self._kept = kept


def model(name: str) -> ChatModel:
    """Load what stands after "transformers:".

    Raises:
        InputError: when it is no checkpoint, or none of a vision-language model.
        InstallError: when a package is missing.
        AccessError: when the model is gated or private.
        ServiceError: when it must be downloaded and the hub can't be reached.
    """
    parsed = resolve_base(parse(name))
    return ChatModel(load(parsed, _class_for(parsed)), f"transformers:{name}")


def _class_for(name: CheckpointName) -> str:
    """Name the library's class that loads it; InputError for what is no vision-language model."""
    config = load_config(name)
    kind = config.model_type
    if kind in OTHER_SCHEMES:
        scheme = OTHER_SCHEMES[kind]
        raise InputError(
            f"{name.shown} is a {scheme.upper()} model, which takes no conversations.", f"Type {scheme}:{name.base}"
        )
    try:
        from transformers import AutoModelForImageTextToText
    except ImportError:
        raise InstallError("Checkpoints need packages that are not installed.", HINT) from None
    if kind in _CAUSAL:
        return _CAUSAL[kind]
    if type(config) not in AutoModelForImageTextToText._model_mapping:
        raise InputError(
            f"{name.shown} is no vision-language model: its type is {kind!r}.",
            "Name an image-text-to-text checkpoint, e.g. transformers:HuggingFaceTB/SmolVLM-Instruct",
        )
    return "AutoModelForImageTextToText"


def _alike(prompts: Sequence[Prompt]) -> Iterator[list[int]]:
    """Group the prompts' numbers for batches: those that hold the same kinds of things go together."""
    kinds = [(prompt.plain, bool(prompt.images), bool(prompt.videos)) for prompt in prompts]
    for wanted in dict.fromkeys(kinds):
        numbers = [number for number, kind in enumerate(kinds) if kind == wanted]
        for start in range(0, len(numbers), _MOST_AT_ONCE):
            yield numbers[start : start + _MOST_AT_ONCE]
