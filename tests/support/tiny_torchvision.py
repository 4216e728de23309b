"""Tiny real checkpoints whose processors need torchvision, which does not import beside every build of torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny import CHAT, VISION, WIDE, WIDE_WORDS, WORDS, ids, saved, seeded, tokenizer


def _imports() -> bool:
    try:
        import torchvision.transforms.v2.functional
    except (ImportError, RuntimeError):
        return False
    return torchvision is not None


needed = [
    pytest.mark.torchvision,
    pytest.mark.skipif(not _imports(), reason="torchvision does not import beside this build of torch"),
]
"""The marks of a test that takes one of these checkpoints."""
CHAT_VIDEO = CHAT.replace(
    "{% else %}{{ c['text'] }}", "{% elif c['type'] == 'video' %}{{ '@VIDEO@' }}{% else %}{{ c['text'] }}"
)


def smolvlm(folder: Path, wide: bool = False) -> Path:
    """SmolVLM: Idefics3's architecture, with films."""
    from transformers import (
        SmolVLMConfig,
        SmolVLMForConditionalGeneration,
        SmolVLMImageProcessor,
        SmolVLMProcessor,
        SmolVLMVideoProcessor,
    )

    tiles = tuple(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7))
    tok = tokenizer(("<fake_token_around_image>", "<image>", "<global-img>", "<end_of_utterance>", "<video>", *tiles))
    size = {"size": {"longest_edge": 64}, "max_image_size": {"longest_edge": 32}}
    processor = SmolVLMProcessor(
        SmolVLMImageProcessor(**size),
        tok,
        SmolVLMVideoProcessor(size={"longest_edge": 32}, max_image_size={"longest_edge": 32}, num_frames=4, fps=1),
        image_seq_len=4,
        chat_template=CHAT_VIDEO.replace("@IMAGE@", "<image>").replace("@VIDEO@", "<video>"),
    )
    config = SmolVLMConfig(
        vision_config=(VISION | WIDE if wide else VISION) | {"image_size": 32, "patch_size": 8},
        text_config=WORDS | (WIDE_WORDS if wide else {}) | {"model_type": "llama", "vocab_size": len(tok)} | ids(tok),
        image_token_id=tok.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        **ids(tok),
    )
    return saved(folder, seeded(lambda: SmolVLMForConditionalGeneration(config)), processor)


def llama4_model(tok: Any) -> Any:
    """Llama 4's architecture: the second layer is a mixture of two experts, with a router and a shared expert."""
    from transformers import Llama4Config, Llama4ForConditionalGeneration

    eyes = {
        "hidden_size": 16, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 28,
        "patch_size": 7, "vision_output_dim": 16, "projector_input_dim": 16, "projector_output_dim": 16,
    }  # fmt: skip
    words = {
        "intermediate_size_mlp": 64, "head_dim": 8, "num_local_experts": 2, "interleave_moe_layer_step": 2,
        "vocab_size": len(tok), "attention_chunk_size": 512,
    }  # fmt: skip
    config = Llama4Config(
        vision_config=eyes,
        text_config=WORDS | words | ids(tok),
        image_token_index=tok.convert_tokens_to_ids("<|patch|>"),
        boi_token_index=tok.convert_tokens_to_ids("<|image_start|>"),
        eoi_token_index=tok.convert_tokens_to_ids("<|image_end|>"),
    )
    return seeded(lambda: Llama4ForConditionalGeneration(config))


LLAMA4_TOKENS = (
    "<|image|>", "<|patch|>", "<|image_start|>", "<|image_end|>", "<|tile_x_separator|>", "<|tile_y_separator|>",
)  # fmt: skip


def llama4(folder: Path) -> Path:
    """Llama 4: a picture is one tile of 28 pixels, four tokens."""
    from transformers import Llama4ImageProcessor, Llama4Processor

    tok = tokenizer(LLAMA4_TOKENS)
    looks = Llama4ImageProcessor(size={"height": 28, "width": 28}, max_patches=1)
    processor = Llama4Processor(looks, tok, patch_size=7, chat_template=CHAT.replace("@IMAGE@", "<|image|>"))
    return saved(folder, llama4_model(tok), processor)


_QWEN = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
_QWEN_CHAT = CHAT_VIDEO.replace("@IMAGE@", "<|vision_start|><|image_pad|><|vision_end|>").replace(
    "@VIDEO@", "<|vision_start|><|video_pad|><|vision_end|>"
)


def _qwen_ids(tok: Any) -> dict[str, Any]:
    names = ("vision_start_token_id", "vision_end_token_id", "image_token_id", "video_token_id")
    return dict(zip(names, tok.convert_tokens_to_ids(list(_QWEN)), strict=True)) | ids(tok)


def qwen2_5_vl(folder: Path, wide: bool = False) -> Path:
    """Qwen2.5-VL: positions in three dimensions, windows in the picture part."""
    from transformers import (
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        Qwen2_5_VLProcessor,
        Qwen2VLImageProcessor,
        Qwen2VLVideoProcessor,
    )

    tok = tokenizer(_QWEN)
    size = {"shortest_edge": 28 * 28, "longest_edge": 28 * 28 * 16}
    processor = Qwen2_5_VLProcessor(
        Qwen2VLImageProcessor(size=size), tok, Qwen2VLVideoProcessor(size=size), chat_template=_QWEN_CHAT
    )
    vision = {
        "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": 32,
        "window_size": 56, "fullatt_block_indexes": [1],
    }  # fmt: skip
    if wide:
        vision |= WIDE | {"out_hidden_size": 64}
    rope = {"rope_type": "default", "mrope_section": [2, 2, 4] if wide else [1, 1, 2], "rope_theta": 10000.0}
    config = Qwen2_5_VLConfig(
        vision_config=vision,
        text_config=WORDS | (WIDE_WORDS if wide else {}) | {"vocab_size": len(tok), "rope_parameters": rope} | ids(tok),
        **_qwen_ids(tok),
    )
    return saved(folder, seeded(lambda: Qwen2_5_VLForConditionalGeneration(config)), processor)


def qwen3_vl(folder: Path) -> Path:
    """Qwen3-VL: as Qwen2.5-VL, with the picture part's deeper layers fed in, too."""
    from transformers import (
        Qwen2VLImageProcessor,
        Qwen3VLConfig,
        Qwen3VLForConditionalGeneration,
        Qwen3VLProcessor,
        Qwen3VLVideoProcessor,
    )

    tok = tokenizer(_QWEN)
    size = {"shortest_edge": 32 * 32, "longest_edge": 32 * 32 * 16}
    processor = Qwen3VLProcessor(
        Qwen2VLImageProcessor(size=size, patch_size=16),
        tok,
        Qwen3VLVideoProcessor(size=size),
        chat_template=_QWEN_CHAT,
    )
    vision = {
        "depth": 3, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": 32,
        "patch_size": 16, "deepstack_visual_indexes": [0], "num_position_embeddings": 64,
    }  # fmt: skip
    rope = {"rope_type": "default", "mrope_section": [2, 1, 1], "rope_theta": 10000.0, "mrope_interleaved": True}
    config = Qwen3VLConfig(
        vision_config=vision,
        text_config=WORDS | {"vocab_size": len(tok), "rope_parameters": rope, "head_dim": 8} | ids(tok),
        **_qwen_ids(tok),
    )
    return saved(folder, seeded(lambda: Qwen3VLForConditionalGeneration(config)), processor)


def llava_onevision(folder: Path) -> Path:
    """LLaVA-OneVision: one picture in tiles, several pictures in less detail."""
    from transformers import (
        LlavaOnevisionConfig,
        LlavaOnevisionForConditionalGeneration,
        LlavaOnevisionImageProcessor,
        LlavaOnevisionProcessor,
        LlavaOnevisionVideoProcessor,
    )

    tok = tokenizer(("<image>", "<video>"))
    pins = [[32, 64], [64, 32], [64, 64]]
    side = {"height": 32, "width": 32}
    processor = LlavaOnevisionProcessor(
        LlavaOnevisionImageProcessor(size=side, image_grid_pinpoints=pins),
        tok,
        LlavaOnevisionVideoProcessor(size=side),
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=CHAT_VIDEO.replace("@IMAGE@", "<image>").replace("@VIDEO@", "<video>"),
    )
    config = LlavaOnevisionConfig(
        vision_config=VISION
        | {"model_type": "siglip_vision_model", "image_size": 32, "patch_size": 8, "vision_use_head": False},
        text_config=WORDS | {"model_type": "qwen2", "vocab_size": len(tok)} | ids(tok),
        image_token_index=tok.convert_tokens_to_ids("<image>"),
        video_token_index=tok.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=pins,
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        **ids(tok),
    )
    return saved(folder, seeded(lambda: LlavaOnevisionForConditionalGeneration(config)), processor)


def phi4_multimodal(folder: Path) -> Path:
    """Phi-4-multimodal: under AutoModelForCausalLM."""
    from transformers import (
        Phi4MultimodalConfig,
        Phi4MultimodalFeatureExtractor,
        Phi4MultimodalForCausalLM,
        Phi4MultimodalImageProcessor,
        Phi4MultimodalProcessor,
    )

    tok = tokenizer(named={"image_token": "<|image|>", "audio_token": "<|audio|>"})
    side = {"height": 448, "width": 448}  # its processor counts the tokens of 448 pixels, whatever is said
    processor = Phi4MultimodalProcessor(
        Phi4MultimodalImageProcessor(size=side, patch_size=14, dynamic_hd=2),
        Phi4MultimodalFeatureExtractor(),
        tok,
        chat_template=CHAT.replace("@IMAGE@", "<|image|>"),
    )
    config = Phi4MultimodalConfig(
        **(WORDS | {"max_position_embeddings": 4096}),
        vocab_size=len(tok),
        vision_config=VISION
        | {"image_size": 448, "crop_size": 448, "patch_size": 14}
        | {"image_token_id": tok.convert_tokens_to_ids("<|image|>")},
        audio_config={
            "hidden_size": 16, "intermediate_size": 32, "num_blocks": 1, "num_attention_heads": 2,
            "nemo_conv_channels": 8, "ext_pw_out_channel": 16, "depthwise_separable_out_channel": 16, "input_size": 80,
            "audio_token_id": tok.convert_tokens_to_ids("<|audio|>"),
        },
        **ids(tok),
    )  # fmt: skip
    return saved(folder, seeded(lambda: Phi4MultimodalForCausalLM(config)), processor)
