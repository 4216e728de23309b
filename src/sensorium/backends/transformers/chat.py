"""Any image-text-to-text checkpoint of Hugging Face transformers, by hub name or folder.

"transformers:ORG/NAME", "transformers:./folder", "transformers:BASE+./adapter", each with "?bits=4&side=1024".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from sensorium.checkpoint import generate, prefix_cache
from sensorium.checkpoint.checkpoint_name import parse
from sensorium.checkpoint.device import to_device
from sensorium.checkpoint.load import Checkpoint, auto_class, load, resolve_base
from sensorium.checkpoint.prompt import ADVISED_IMAGES, Prompt, count_image_tokens, encode_prompts, render
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Delta, Limits, Options

_MAX_BATCH = 8
_MIN_SHARED = 0.5  # of the conversations: from here on the prefix cache is faster than a batch


class ChatModel:
    """A Model that runs on this machine.

    The last conversation stays encoded: the next one that starts the same, as with few-shot examples, encodes only
    what is new (see `Usage.cached_tokens`). One answer is made at a time.

    Args:
        checkpoint: From `sensorium.checkpoint.load`.
        name: Its name.
        cache_prefix: False to encode every conversation whole.

    Example:
        >>> model = load("transformers:./my-checkpoint")  # doctest: +SKIP
        >>> ask(model, Conversation.of(Image("street.jpg"), "What is this?")).text  # doctest: +SKIP
        'A red bus.'
    """

    def __init__(self, checkpoint: Checkpoint, name: str, cache_prefix: bool = True) -> None:
        self.name = name
        self.checkpoint = checkpoint
        self.cache_prefix = cache_prefix
        self.limits = Limits(
            parts=("text", "image", "video"),
            context_tokens=generate.context_tokens(checkpoint),
            advised_images=ADVISED_IMAGES.get(checkpoint.model_type),
        )
        self._cached: prefix_cache.CachedPrompt | None = None
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"ChatModel({self.name!r})"

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Yield the answer piece by piece, as its tokens come.

        Raises:
            LimitError: when the conversation has more tokens than the model takes.
            InputError: when the model's template or processor rejects it.
            DeadlineError: after `options.timeout_seconds`.
        """

        def work(emit: Callable[[Delta], None], cancelled: Callable[[], bool]) -> None:
            with self._lock:
                if not cancelled():
                    with self._inputs(render(self.checkpoint, chat)) as inputs:
                        generate.generate_stream(self.checkpoint, inputs, options, emit, cancelled)

        return generate.stream_from_thread(work, self.name, options.timeout_seconds)

    def whole(self, chat: Conversation, options: Options) -> Delta:
        """Return the whole answer at once, which `ask` prefers: without a thread or pieces; raises as `stream` does."""
        start = time.perf_counter()
        with self._lock:
            return self._answer(render(self.checkpoint, chat), options, start)

    def batch(self, chats: Sequence[Conversation], options: Options) -> list[Delta]:
        """Return the answers to several conversations, in their order; raises as `stream` does.

        Those with and without images go separately, at most eight at a time. Conversations that share most of their
        content, as with few-shot examples, go one after another through the prefix cache instead: that is faster.
        """
        answers: dict[int, Delta] = {}
        with self._lock:
            prompts = [render(self.checkpoint, chat) for chat in chats]
            if len(prompts) > 1 and self._caches():
                if prefix_cache.shared_fraction(self.checkpoint, prompts) > _MIN_SHARED:
                    return [self._answer(prompt, options, time.perf_counter()) for prompt in prompts]
            for numbers in _batches(prompts):
                inputs = self._encoded([prompts[number] for number in numbers])
                deltas = generate.generate_batch(self.checkpoint, inputs, options)
                answers |= dict(zip(numbers, deltas, strict=True))
        return [answers[number] for number in range(len(chats))]

    def cost(self, image: Image) -> int:
        """Return the number of tokens that the image will cost, before anything is asked."""
        return count_image_tokens(self.checkpoint, image)

    def count(self, chat: Conversation) -> int:
        """Return the number of tokens of a whole conversation, its images included."""
        return int(encode_prompts(self.checkpoint, [render(self.checkpoint, chat)])["input_ids"].shape[1])

    def forget(self) -> None:
        """Free the memory of the prefix cache."""
        with self._lock:
            self._cached = None

    def _caches(self) -> bool:
        return self.cache_prefix and prefix_cache.supports(self.checkpoint)

    def _answer(self, prompt: Prompt, options: Options, start: float) -> Delta:
        def late() -> bool:
            return time.perf_counter() - start > options.timeout_seconds

        with self._inputs(prompt) as inputs:
            delta = generate.generate_whole(self.checkpoint, inputs, options, start, late)
        if late():
            raise generate.deadline_error(self.name, options.timeout_seconds)
        return delta

    @contextmanager
    def _inputs(self, prompt: Prompt) -> Iterator[dict[str, Any]]:
        """Yield what `generate` takes, from the prefix cache if it fits; cache the prompt afterwards."""
        if not self._caches():
            yield self._encoded([prompt])
            return
        before, self._cached = self._cached, None  # a failure leaves nothing half-written behind
        inputs, cached = prefix_cache.encode_cached(self.checkpoint, prompt, before)
        yield to_device(self.checkpoint.model, inputs)
        if prefix_cache.crop(cached.cache, cached.ids.shape[1]):
            self._cached = cached

    def _encoded(self, prompts: Sequence[Prompt]) -> dict[str, Any]:
        return to_device(self.checkpoint.model, encode_prompts(self.checkpoint, prompts))


def model(name: str) -> ChatModel:
    """Load the checkpoint of "transformers:NAME".

    Raises:
        InputError: when it is not a checkpoint of a vision-language model.
        InstallError: when a package is missing.
        AccessError: when the model is gated or private.
        ServiceError: when it must be downloaded and the hub can't be reached.
    """
    parsed = resolve_base(parse(name))
    return ChatModel(load(parsed, auto_class(parsed)), f"transformers:{name}")


def _batches(prompts: Sequence[Prompt]) -> Iterator[list[int]]:
    """Yield the prompts' numbers in batches of prompts with the same kinds of content."""
    kinds = [(prompt.plain, bool(prompt.images), bool(prompt.videos)) for prompt in prompts]
    for kind in dict.fromkeys(kinds):
        numbers = [number for number, other in enumerate(kinds) if other == kind]
        for start in range(0, len(numbers), _MAX_BATCH):
            yield numbers[start : start + _MAX_BATCH]
