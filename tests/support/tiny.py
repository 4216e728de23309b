"""Tiny real checkpoints: a configuration, random weights from a seed, a tokenizer trained here; saved in a folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

_TEXT = (
    "User: What is in this picture? Assistant: a red bus and two cats. Frame at 0.5 s: colour shape count yes no",
    "system user assistant left right How many? Describe this picture. Is it a dog or a horse? Where does it stand?",
)
CHAT = (
    "{{ bos_token }}{% for m in messages %}{{ '<turn>' + m['role'] + '\n' }}{% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}{{ '@IMAGE@' }}{% else %}{{ c['text'] }}{% endif %}{% endfor %}{{ '<end>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<turn>assistant\n' }}{% endif %}"
)
"""A chat template of the usual kind; @IMAGE@ is replaced by the model's placeholder."""
STRICT = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + CHAT
"""One that rejects system messages, as several published ones do."""
VISION = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
WORDS = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 1024,
}  # fmt: skip
WIDE = {"hidden_size": 64, "intermediate_size": 128}
WIDE_WORDS = WIDE | {"num_key_value_heads": 4}
"""Of parts whose layers are wide enough for the 4-bit kernels."""
SPREAD = 8.0
"""Random weights are made larger by this, so that answers depend on the question: else one token wins always."""


def tokenizer(special: tuple[str, ...] = (), named: dict[str, str] | None = None) -> Any:
    """Train a byte-level tokenizer: <pad>, <bos>, <eos>, <turn>, <end>, `special` and `named` are control tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    base = ["<pad>", "<bos>", "<eos>", "<turn>", "<end>"]
    special = (*special, *(named or {}).values())
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=330, special_tokens=[*base, *special], initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(_TEXT, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        extra_special_tokens=["<turn>", "<end>", *special],
        model_specific_special_tokens=named or {},
    )


def saved(folder: Path, model: Any, processor: Any, eyes: bool = False) -> Path:
    """Spread the weights (with `eyes` the picture part's too), save both, and give the folder."""
    import torch

    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim > 1 and (eyes or "vision" not in name):
                weight.mul_(SPREAD)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def seeded(make: Callable[[], Any], seed: int = 7) -> Any:
    """Make a model from the same random numbers each time."""
    import torch

    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        return make()


def idefics3(
    folder: Path,
    template: str = CHAT,
    side: int = 32,
    patch: int = 8,
    tokens: int = 4,
    vision: dict[str, int] | None = None,
    seed: int = 7,
    wide: bool = False,
    **words: Any,
) -> Path:
    """Idefics3: several pictures, each cut into tiles of `side` pixels, `tokens` tokens a tile."""
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration, Idefics3Processor
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

    tiles = tuple(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7))
    own = ("<fake_token_around_image>", "<image>", "<global-img>", "<end_of_utterance>", *tiles)
    tok = tokenizer(own)
    looks = Idefics3ImageProcessorPil(size={"longest_edge": 2 * side}, max_image_size={"longest_edge": side})
    chat = template.replace("@IMAGE@", "<image>")
    processor = Idefics3Processor(looks, tok, image_seq_len=tokens, chat_template=chat)
    config = Idefics3Config(
        vision_config=(vision or VISION) | (WIDE if wide else {}) | {"image_size": side, "patch_size": patch},
        text_config=WORDS
        | (WIDE_WORDS if wide else {})
        | {"model_type": "llama", "vocab_size": len(tok), **ids(tok)}
        | words,
        image_token_id=tok.convert_tokens_to_ids("<image>"),
        scale_factor=round((side / patch) / tokens**0.5),
        **ids(tok),
    )
    return saved(folder, seeded(lambda: Idefics3ForConditionalGeneration(config), seed), processor)


def ids(tok: Any) -> dict[str, Any]:
    end = tok.convert_tokens_to_ids("<end>")
    return {"pad_token_id": tok.pad_token_id, "bos_token_id": tok.bos_token_id, "eos_token_id": end}


def mllama(folder: Path, wide: bool = False) -> Path:
    """Llama 3.2 Vision's architecture: pictures in cross-attention, up to four tiles each."""
    from transformers import MllamaConfig, MllamaForConditionalGeneration, MllamaProcessor
    from transformers.models.mllama.image_processing_pil_mllama import MllamaImageProcessorPil

    tok = tokenizer(("<|image|>", "<|python_tag|>"))
    looks = MllamaImageProcessorPil(size={"height": 28, "width": 28}, max_image_tiles=4)
    # as the published template: a system message beside a picture is rejected
    refuses = (
        "{% if messages[0]['role'] == 'system' and '\"image\"' in (messages|tojson) %}"
        "{{ raise_exception('Prompting with images is incompatible with system messages.') }}{% endif %}"
    )
    processor = MllamaProcessor(looks, tok, chat_template=refuses + CHAT.replace("@IMAGE@", "<|image|>"))
    vision = {
        "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_global_layers": 1,
        "attention_heads": 2, "image_size": 28, "patch_size": 14, "vision_output_dim": 32,
        "intermediate_layers_indices": [1], "max_num_tiles": 4,
    }  # fmt: skip
    if wide:
        vision |= {"hidden_size": 64, "intermediate_size": 128, "vision_output_dim": 128}
    config = MllamaConfig(
        vision_config=vision,
        text_config=WORDS
        | (WIDE_WORDS if wide else {})
        | {"vocab_size": len(tok) - 1, "num_hidden_layers": 3, "cross_attention_layers": [1]}
        | ids(tok),
        image_token_index=tok.convert_tokens_to_ids("<|image|>"),
    )
    model = seeded(lambda: MllamaForConditionalGeneration(config))
    _open_gates(model)
    return saved(folder, model, processor)


def _open_gates(model: Any) -> None:
    """New Mllama weights have closed gates (0): the text would never see the picture."""
    import torch

    with torch.no_grad():
        for name, weight in model.named_parameters():
            if ("gate" in name and weight.numel() == 1) or "position_embedding.gate" in name:
                weight.fill_(1.0)


def paligemma(folder: Path, wide: bool = False) -> Path:
    """PaliGemma: no chat template; the prompt's tokens see each other."""
    from transformers import PaliGemmaConfig, PaliGemmaForConditionalGeneration, PaliGemmaProcessor
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    tok = tokenizer()
    looks = SiglipImageProcessorPil(size={"height": 32, "width": 32})
    looks.image_seq_length = 16
    processor = PaliGemmaProcessor(looks, tok)
    vision = (VISION | WIDE if wide else VISION) | {"image_size": 32, "patch_size": 8}
    words = WORDS | (WIDE_WORDS if wide else {}) | {"head_dim": 16 if wide else 8}
    config = PaliGemmaConfig(
        vision_config=vision | {"model_type": "siglip_vision_model"},
        text_config=words | {"model_type": "gemma", "vocab_size": len(tok)} | ids(tok),
        image_token_index=tok.convert_tokens_to_ids("<image>"),
        projection_dim=words["hidden_size"],
        hidden_size=words["hidden_size"],
        **ids(tok),
    )
    return saved(folder, seeded(lambda: PaliGemmaForConditionalGeneration(config)), processor)


def gemma3(folder: Path) -> Path:
    """Gemma 3: layers with a sliding window beside full ones; a picture's tokens see each other."""
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration, Gemma3Processor
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    names = {"boi_token": "<start_of_image>", "eoi_token": "<end_of_image>", "image_token": "<image_soft_token>"}
    tok = tokenizer(named=names)
    looks = Gemma3ImageProcessorPil(size={"height": 32, "width": 32})
    template = CHAT.replace("@IMAGE@", "<start_of_image>")
    processor = Gemma3Processor(looks, tok, chat_template=template, image_seq_length=4)
    config = Gemma3Config(
        vision_config=VISION | {"model_type": "siglip_vision_model", "image_size": 32, "patch_size": 8},
        text_config=WORDS
        | {"vocab_size": len(tok), "head_dim": 8, "sliding_window": 32, "num_hidden_layers": 3}
        | {"layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}
        | ids(tok),
        mm_tokens_per_image=4,
        boi_token_index=tok.convert_tokens_to_ids("<start_of_image>"),
        eoi_token_index=tok.convert_tokens_to_ids("<end_of_image>"),
        image_token_index=tok.convert_tokens_to_ids("<image_soft_token>"),
        **ids(tok),
    )
    return saved(folder, seeded(lambda: Gemma3ForConditionalGeneration(config)), processor)


def llava(folder: Path) -> Path:
    """LLaVA 1.5's architecture."""
    from transformers import LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    tok = tokenizer(("<image>",))
    looks = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    processor = LlavaProcessor(
        looks,
        tok,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=STRICT.replace("@IMAGE@", "<image>"),
    )
    config = LlavaConfig(
        vision_config=VISION | {"model_type": "clip_vision_model", "image_size": 32, "patch_size": 8},
        text_config=WORDS | {"model_type": "llama", "vocab_size": len(tok)} | ids(tok),
        image_token_index=tok.convert_tokens_to_ids("<image>"),
        **ids(tok),
    )
    return saved(folder, seeded(lambda: LlavaForConditionalGeneration(config)), processor)


def bert(folder: Path) -> Any:
    """Make a lower-case word-piece tokenizer like BERT's: the words above, and letters for the others."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizerFast

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,?!'"
    words = sorted(set(re.findall(r"[a-z0-9]{2,}", " ".join(_TEXT).lower())))
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters), *words]
    folder.mkdir(parents=True, exist_ok=True)
    BertWordPieceTokenizer({name: number for number, name in enumerate(names)}).save(str(folder / "words.json"))
    return BertTokenizerFast(tokenizer_file=str(folder / "words.json"))


ANSWERS = ("yes", "no", "red", "blue", "two", "a bus", "cat")
"""What the tiny ViLT can answer."""


def vilt(folder: Path) -> Path:
    """ViLT for questions: seven answers."""
    from transformers import ViltConfig, ViltForQuestionAnswering, ViltProcessor
    from transformers.models.vilt.image_processing_pil_vilt import ViltImageProcessorPil

    tok = bert(folder)
    processor = ViltProcessor(ViltImageProcessorPil(size={"shortest_edge": 32}, size_divisor=16), tok)
    config = ViltConfig(
        **VISION,
        vocab_size=len(tok),
        image_size=64,
        patch_size=16,
        max_position_embeddings=20,
        id2label=dict(enumerate(ANSWERS)),
        label2id={name: number for number, name in enumerate(ANSWERS)},
    )
    return saved(folder, seeded(lambda: ViltForQuestionAnswering(config)), processor)


def git(folder: Path, frames: int | None = None) -> Path:
    """GIT for captions, of films where `frames` is given."""
    from transformers import GitConfig, GitForCausalLM, GitProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    tok = bert(folder)
    looks = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    processor = GitProcessor(looks, tok)
    config = GitConfig(
        vision_config=VISION | {"image_size": 32, "patch_size": 16},
        **(VISION | {"hidden_size": 32}),
        vocab_size=len(tok),
        pad_token_id=tok.pad_token_id,
        bos_token_id=tok.cls_token_id,
        eos_token_id=tok.sep_token_id,
        max_position_embeddings=128,
        num_image_with_embedding=frames,
    )
    return saved(folder, seeded(lambda: GitForCausalLM(config)), processor)


def blip(folder: Path, answers: bool = False) -> Path:
    """BLIP for captions, or for questions."""
    from transformers import BlipConfig, BlipForConditionalGeneration, BlipForQuestionAnswering, BlipProcessor
    from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

    tok = bert(folder)
    processor = BlipProcessor(BlipImageProcessorPil(size={"height": 32, "width": 32}), tok)
    ids = {
        "vocab_size": len(tok), "pad_token_id": tok.pad_token_id, "bos_token_id": tok.cls_token_id,
        "eos_token_id": tok.sep_token_id, "sep_token_id": tok.sep_token_id, "max_position_embeddings": 64,
    }  # fmt: skip
    config = BlipConfig(
        vision_config=VISION | {"hidden_size": 32, "image_size": 32, "patch_size": 16, "initializer_range": 0.02},
        text_config=VISION | {"hidden_size": 32, "encoder_hidden_size": 32} | ids,
        projection_dim=16,
    )
    made = BlipForQuestionAnswering if answers else BlipForConditionalGeneration
    return saved(folder, seeded(lambda: made(config)), processor, eyes=True)


def clip(folder: Path) -> Path:
    """CLIP: 77 tokens of text in its context, as the published ones have; rows of 16 numbers."""
    from transformers import CLIPConfig, CLIPModel, CLIPProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    tok = _with_ends(tokenizer(), bos=True)
    looks = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    config = CLIPConfig(
        text_config={**VISION, "vocab_size": len(tok), "max_position_embeddings": 77} | _ends(tok),
        vision_config=VISION | {"image_size": 32, "patch_size": 16},
        projection_dim=16,
    )
    return saved(folder, seeded(lambda: CLIPModel(config)), CLIPProcessor(looks, tok), eyes=True)


def siglip(folder: Path, second: bool = False) -> Path:
    """SigLIP with 16 tokens in its context, or SigLIP 2 with 64 and with pictures of any shape (NaFlex)."""
    from transformers import Siglip2Config, Siglip2Model, Siglip2Processor, SiglipConfig, SiglipModel, SiglipProcessor
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
    from transformers.models.siglip2.image_processing_pil_siglip2 import Siglip2ImageProcessorPil

    tok = _with_ends(_gemma_like() if second else tokenizer())
    text = {**VISION, "vocab_size": len(tok), "max_position_embeddings": 64 if second else 16, "projection_size": 16}
    text |= _ends(tok)
    if second:
        looks = Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16)
        config = Siglip2Config(text_config=text, vision_config=VISION | {"num_patches": 16, "patch_size": 8})
        return saved(folder, seeded(lambda: Siglip2Model(config)), Siglip2Processor(looks, tok), eyes=True)
    processor = SiglipProcessor(SiglipImageProcessorPil(size={"height": 32, "width": 32}), tok)
    config = SiglipConfig(text_config=text, vision_config=VISION | {"image_size": 32, "patch_size": 16})
    return saved(folder, seeded(lambda: SiglipModel(config)), processor, eyes=True)


def _gemma_like() -> Any:
    """SigLIP 2's own tokenizer class, which writes small letters; a vocabulary of characters."""
    from transformers import Siglip2Tokenizer

    names = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *"abcdefghijklmnopqrstuvwxyz0123456789.,?!'"]
    return Siglip2Tokenizer(vocab={name: number for number, name in enumerate(names)}, merges=[])


def _with_ends(tok: Any, bos: bool = False) -> Any:
    """Have a tokenizer put the end, and with `bos` the start, around each text: these models read a text at its end."""
    from tokenizers.processors import TemplateProcessing

    tok.backend_tokenizer.post_processor = TemplateProcessing(
        single="<bos> $A <eos>" if bos else "$A <eos>",
        special_tokens=[("<bos>", tok.bos_token_id), ("<eos>", tok.eos_token_id)],
    )
    return tok


def _ends(tok: Any) -> dict[str, int]:
    return {"pad_token_id": tok.pad_token_id, "bos_token_id": tok.bos_token_id, "eos_token_id": tok.eos_token_id}


ACTIONS = (
    "playing guitar",
    "riding a bike",
    "juggling_balls",
    "swimming",
    "Pushing something from left to right",
    "none",
)


def video_classifier(folder: Path, kind: str = "videomae", frames: int = 4, labels: tuple[str, ...] = ACTIONS) -> Path:
    """VideoMAE or TimeSformer: six actions, 32 pixels, a fixed number of frames."""
    import transformers
    from transformers.models.videomae.image_processing_pil_videomae import VideoMAEImageProcessorPil

    looks = VideoMAEImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    names: dict[str, Any] = {
        "id2label": dict(enumerate(labels)), "label2id": {name: number for number, name in enumerate(labels)}
    }  # fmt: skip
    shape = {"image_size": 32, "patch_size": 8, "num_frames": frames}
    if kind == "videomae":
        config = transformers.VideoMAEConfig(**VISION, **shape, tubelet_size=2, use_mean_pooling=True, **names)
        made = transformers.VideoMAEForVideoClassification
    else:
        config = transformers.TimesformerConfig(**VISION, **shape, **names)
        made = transformers.TimesformerForVideoClassification
    return saved(folder, seeded(lambda: made(config)), looks, eyes=True)
