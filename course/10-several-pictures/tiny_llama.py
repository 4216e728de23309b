"""A checkpoint of Llama 3.2 Vision's own class, with random weights and its template: it answers noise, in a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SPECIAL = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|pad|>", "<|image|>")
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{% for part in m['content'] %}{% if part['type'] == 'image' %}<|image|>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
"""The published template's part for users and answers; that for dates and tools is left out."""


def make_tiny_llama(folder: Path) -> Any:
    """Write the checkpoint into a folder, and return its processor."""
    import torch
    from transformers import MllamaConfig, MllamaForConditionalGeneration, MllamaProcessor
    from transformers.models.mllama.image_processing_pil_mllama import MllamaImageProcessorPil
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    words = _tokenizer()
    looks = MllamaImageProcessorPil(size={"height": 56, "width": 56}, max_image_tiles=4)
    processor = MllamaProcessor(looks, words, chat_template=TEMPLATE)
    ends = {"bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id}
    config = MllamaConfig(
        vision_config={
            "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_global_layers": 1,
            "attention_heads": 2, "image_size": 56, "patch_size": 14, "vision_output_dim": 32,
            "intermediate_layers_indices": [1], "max_num_tiles": 4,
        },
        text_config={
            "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
            "num_key_value_heads": 2, "max_position_embeddings": 2048, "cross_attention_layers": [1],
            "vocab_size": len(words) - 1, **ends,
        },
        image_token_index=words.convert_tokens_to_ids("<|image|>"),
    )  # fmt: skip
    torch.manual_seed(0)
    MllamaForConditionalGeneration(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return processor


def _tokenizer() -> Any:
    """Return a tokenizer of bytes: a token for each letter."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = {letter: number for number, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    made = Tokenizer(models.BPE(letters, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(list(SPECIAL))
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token=SPECIAL[0], eos_token="<|eot_id|>", pad_token="<|pad|>",
        extra_special_tokens=["<|start_header_id|>", "<|end_header_id|>", "<|image|>"],
    )  # fmt: skip
