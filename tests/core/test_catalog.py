"""The catalogue: what is known of models, and what an answer costs."""

from __future__ import annotations

import random
from datetime import date

import pytest

from sensorium import Usage, registry
from sensorium.core.catalog import (
    Detail,
    TokenRange,
    embedder_price,
    embedder_prices,
    entries,
    image_token_rules,
    image_tokens,
    usd,
    video_tokens,
)


def test_every_price_has_a_date_and_a_source() -> None:
    prices = [price for entry in entries().values() for price in entry.prices]
    assert len(prices) >= 5
    for price in prices:
        assert date(2026, 1, 1) <= price.date <= date(2027, 12, 31) and price.source.startswith("https://")
        assert 0 < (price.cached_usd or price.input_usd) <= price.input_usd < price.output_usd


def test_every_price_of_an_embedder_has_a_date_and_a_source() -> None:
    prices = embedder_prices()
    assert len(prices) >= 4
    for name, price in prices.items():
        assert date(2026, 1, 1) <= price.date <= date(2027, 12, 31) and price.source.startswith("https://")
        assert price.name == name and price.text_usd > 0 and (price.image_usd is None) == (price.image_tokens == 0)
        assert "embedder" in registry.schemes()[name.partition(":")[0]].roles


def test_what_embedding_pictures_costs() -> None:
    known = embedder_price("gemini:gemini-embedding-2")
    assert known is not None and known.images_usd(1) == pytest.approx(0.00012, rel=0.05)  # as its maker rounds it
    assert known.images_usd(10_000) == pytest.approx(1.161)
    words = embedder_price("openai:text-embedding-3-large?dims=512")
    assert words is not None and words.text_usd == 0.13 and words.images_usd(5) is None
    assert embedder_price("openai:text-embedding-3-large@http://localhost:8000/v1") is None
    assert embedder_price("offline") is None


def test_every_entry_belongs_to_a_scheme_and_reads_as_a_sentence() -> None:
    for name, entry in entries().items():
        assert name.partition(":")[0] in registry.schemes(), name
        assert entry.summary and entry.summary[0].islower() and entry.licence


def test_what_was_kept_costs_less() -> None:
    name = "openai:gpt-6-luna"
    assert usd(name, Usage(100_000, 100_000)) == pytest.approx(0.01 + 0.05)
    assert usd(name, Usage(100_000, 0, cached_tokens=40_000)) == pytest.approx(0.06 * 0.1 + 0.04 * 0.01)
    assert usd(name, Usage(None, 5)) is None and usd("offline", Usage(5, 5)) is None


@pytest.mark.parametrize(
    ("width", "height", "auto", "high"),
    [  # as measured for GPT-6: https://huggingface.co/datasets/JOHNISKING/image-token-cost
        (256, 256, 77, 77), (512, 512, 308, 308), (768, 768, 692, 692), (1024, 1024, 1229, 1229),
        (1280, 720, 1104, 1104), (1920, 1080, 2448, 2448), (1080, 1920, 2448, 2448), (2560, 1440, 4320, 2931),
        (3840, 2160, 9792, 2931), (4032, 3024, 14364, 2942),
    ],
)  # fmt: skip
def test_image_tokens_of_gpt_6_are_the_measured_ones(width: int, height: int, auto: int, high: int) -> None:
    for name in ("openai:gpt-6-luna", "openai:gpt-6-sol", "openai:gpt-6-astra", "openai:gpt-5.6-luna"):
        assert image_tokens(name, width, height) == TokenRange(auto, auto)
        counted = image_tokens(name, width, height, "high")
        assert counted is not None and counted.least <= high == counted.most
        assert image_tokens(name, width, height, "low") is None  # its maker states no number


@pytest.mark.parametrize(
    ("width", "height", "detail", "tiles"),
    [  # 1024 and 2048 × 4096: OpenAI's own examples; 513: as billed, see the source in the catalogue
        (1024, 1024, "high", 4), (2048, 4096, "high", 6), (2049, 513, "high", 8), (2050, 513, "high", 4),
        (128, 128, "high", 1), (4096, 8192, "low", 0),
    ],
)  # fmt: skip
def test_image_tokens_by_tiles(width: int, height: int, detail: Detail, tiles: int) -> None:
    expected = 2833 + 5667 * tiles
    assert image_tokens("openai:gpt-4o-mini", width, height, detail) == TokenRange(expected, expected)


def test_where_a_service_chooses_the_detail_the_tokens_are_a_range() -> None:
    assert image_tokens("openai:gpt-4o-mini", 1024, 1024) == TokenRange(2833, 25501)
    assert image_tokens("openai:gpt-4o-mini", 1024, 1024, "original") is None


def test_image_tokens_of_gemini_are_at_most_those_of_the_resolution() -> None:
    stated: dict[Detail, int] = {"auto": 1120, "low": 280, "medium": 560, "high": 1120, "ultra_high": 2240}
    for name in ("gemini:gemini-3.8-flash", "gemini:gemini-3.5-flash-lite", "gemini:gemini-3.1-flash-lite"):
        for detail, most in stated.items():
            assert image_tokens(name, 4032, 3024, detail) == TokenRange(258, most)
    assert image_tokens("gemini:gemini-3.8-flash", 4032, 3024, "original") is None


@pytest.mark.parametrize(
    "name",
    ["gemini:gemini-4-argon", "openai:gpt-9", "openai:gpt-6-luna@http://localhost:8000/v1", "ollama:llava", "offline"],
)
def test_unknown_image_tokens_are_unknown(name: str) -> None:
    assert image_tokens(name, 640, 480) is None


def test_every_rule_has_a_date_and_a_source_and_every_hosted_model_a_rule_or_a_reason() -> None:
    for rule in image_token_rules():
        assert date(2026, 1, 1) <= rule.date <= date(2027, 12, 31) and rule.source.startswith("https://")
    hosted = {name for name, entry in entries().items() if entry.prices and "image" in entry.parts}
    assert {name for name in hosted if image_tokens(name, 640, 480) is None} == {"gemini:gemini-4-argon"}


def sizes(count: int, seed: int, longest: int) -> list[tuple[int, int]]:
    draw = random.Random(seed)
    return [(draw.randint(10, longest), draw.randint(10, longest)) for _ in range(count)]


@pytest.mark.parametrize(
    ("name", "side", "least", "most"),
    [
        ("vllm:Qwen/Qwen2.5-VL-7B-Instruct", 28, 3136, 12845056),
        ("openai:Qwen/Qwen3-VL-4B-Instruct@http://localhost:8000/v1", 32, 65536, 16777216),
        ("vllm:Qwen/Qwen3.5-9B", 32, 65536, 16777216),
    ],
)
def test_image_tokens_of_qwen_are_those_of_its_processor(name: str, side: int, least: int, most: int) -> None:
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

    for width, height in sizes(400, 1, 5000):
        if max(width, height) > 200 * min(width, height):
            assert image_tokens(name, width, height) is None  # its processor refuses it
            continue
        high, wide = smart_resize(height, width, side, least, most)
        expected = (high // side) * (wide // side) + 2
        assert image_tokens(name, width, height) == TokenRange(expected, expected), (width, height)


def test_image_tokens_of_llama_are_those_of_its_processor() -> None:
    from transformers.models.mllama.image_processing_pil_mllama import get_optimal_tiled_canvas

    for width, height in sizes(400, 2, 3000):
        tall, wide = get_optimal_tiled_canvas(height, width, 4, 560)
        expected = (tall // 560) * (wide // 560) * 1601
        assert image_tokens("vllm:meta-llama/Llama-3.2-11B-Vision-Instruct", width, height) == TokenRange(1, expected)


def test_image_tokens_of_pixtral_are_those_of_its_processor() -> None:
    import numpy as np
    from transformers.models.pixtral.image_processing_pil_pixtral import get_resize_output_image_size

    for width, height in sizes(100, 3, 2500):
        pixels = np.zeros((height, width, 3), np.uint8)
        high, wide = get_resize_output_image_size(pixels, (1024, 1024), (16, 16), "channels_last")
        expected = (wide // 16 + 1) * (high // 16)
        assert image_tokens("vllm:mistral-community/pixtral-12b", width, height) == TokenRange(expected, expected)


def test_image_tokens_of_gemma_3_do_not_depend_on_the_size() -> None:
    assert image_tokens("vllm:google/gemma-3-4b-it", 20, 4000) == TokenRange(256, 256)


def test_video_tokens_of_gemini_by_resolution_rate_and_sound() -> None:
    assert video_tokens("gemini:gemini-3.8-flash", 60) == TokenRange(60 * 109, 60 * 109)
    assert video_tokens("gemini:gemini-3.8-flash", 60, fps=2, has_sound=False) == TokenRange(8820, 8820)
    assert video_tokens("gemini:gemini-3.8-flash", 10, detail="high") == TokenRange(3190, 3190)
    assert video_tokens("gemini:gemini-3.8-flash", 10, detail="ultra_high") is None
    assert video_tokens("gemini:gemini-4-argon", 10) is None
