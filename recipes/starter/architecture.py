"""The starter model before it has learnt anything: Idefics3's architecture, small, and its tokenizer.

The tokenizer is tokenizer.json beside this file. `python recipes/starter/architecture.py` makes it anew, from whatever
the questions and docs/ then say: a model that was trained with the old one can't read with the new one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import questions
import scenes

SHUFFLE = 2
IMAGE_TOKENS = (scenes.GRID // SHUFFLE) ** 2
VOCABULARY = 1024
TOKENIZER = Path(__file__).parent / "tokenizer.json"
TEMPLATE = (
    "{% for m in messages %}{{ '<' + m['role'] + '>' }}"
    "{% if m['role'] == 'assistant' %}{% generation %}"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for c in m['content'] %}{{ c['text'] }}{% endfor %}"
    "{% endif %}{{ '<end>' }}{% endgeneration %}"
    "{% else %}{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}{{ '<image>' }}{% else %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}"
    "{{ '<end>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
)
_CONTROLS = (
    "<pad>", "<end>", "<user>", "<assistant>", "<system>", "<image>", "<fake_token_around_image>", "<global-img>",
    "<end_of_utterance>",
)  # fmt: skip
_VISION = {"hidden_size": 192, "num_hidden_layers": 6, "num_attention_heads": 4, "intermediate_size": 576}
_TEXT = {
    "hidden_size": 256, "num_hidden_layers": 6, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 704, "max_position_embeddings": 2048,
}  # fmt: skip


def processor() -> Any:
    """Make the processor: pictures become squares of 96 pixels, 36 tokens each."""
    from transformers import Idefics3Processor, PreTrainedTokenizerFast
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

    named = {"fake_image_token": "<fake_token_around_image>", "image_token": "<image>"}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer(),
        pad_token="<pad>",
        eos_token="<end>",
        extra_special_tokens=list(_CONTROLS[2:]),
        model_specific_special_tokens=named,
        model_max_length=2048,
    )
    looks = Idefics3ImageProcessorPil(
        size={"longest_edge": scenes.SIDE},
        max_image_size={"longest_edge": scenes.SIDE},
        do_image_splitting=False,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    return Idefics3Processor(looks, tokenizer, image_seq_len=IMAGE_TOKENS, chat_template=TEMPLATE)


def model(tokenizer: Any) -> Any:
    """Make the model with random weights, from torch's present seed."""
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration

    pad, end = tokenizer.convert_tokens_to_ids(["<pad>", "<end>"])
    ids = {"pad_token_id": pad, "bos_token_id": None, "eos_token_id": end}
    config = Idefics3Config(
        vision_config=_VISION | {"image_size": scenes.SIDE, "patch_size": scenes.PATCH},
        text_config=_TEXT | {"model_type": "llama", "vocab_size": len(tokenizer), "tie_word_embeddings": True} | ids,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        scale_factor=SHUFFLE,
        tie_word_embeddings=True,
        **ids,
    )
    made = Idefics3ForConditionalGeneration(config)
    made.generation_config.do_sample = False
    return made


def _tokenizer() -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(TOKENIZER))


def trained_tokenizer() -> Any:
    """Train a tokenizer: byte-level BPE over the scenes' questions and the project's own documentation.

    Digits and capitals stay single tokens: so a number or word that was never seen can be spelled.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex("[A-Z0-9]"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(_CONTROLS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(_texts(), trainer)
    return made


def _texts() -> Iterator[str]:
    chance = random.Random(0)
    for _ in range(3000):
        for scene in (scenes.shapes(chance), scenes.writing(chance, scenes.letters(chance)), scenes.chart(chance)):
            for asked in (*questions.asked(scene, chance, 6), questions.describe(scene, chance)):
                yield asked.text
                yield asked.answer
    for _ in range(300):  # words of the families that are left out, of easy-VQA, and of ordinary English
        yield "which shape is the highest? lowest leftmost rightmost striped plain triangle rectangle circle"
    for file in sorted((Path(__file__).parents[2] / "docs").glob("*.md")):
        yield re.sub(r"[A-Z0-9`|/_-]+", " ", file.read_text(encoding="utf-8"))


if __name__ == "__main__":
    trained_tokenizer().save(str(TOKENIZER))
