"""Large images in tiles: what is sent, in which order, and where each tile lies."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from sensorium import Conversation, Image, Options, Text
from sensorium.backends.openai import to_payload
from sensorium.core.errors import MediaError
from sensorium.media.image import decode, encode
from sensorium.media.tiles import MAX_TILES, in_tiles, is_shrunk, tile_grid


def numbered(width: int, height: int) -> Image:
    """An image whose red and green tell the place of a pixel, in steps of 20 pixels."""
    x, y = np.meshgrid(np.arange(width) // 20 % 256, np.arange(height) // 20 % 256)
    return encode(np.stack([x, y, np.zeros_like(x)], axis=2).astype(np.uint8))


def test_a_large_picture_is_an_overview_and_tiles_in_their_places() -> None:
    photo, small = numbered(4000, 3000), numbered(300, 200)
    chat = in_tiles(Conversation.of("First", small, photo, "What is the fine print?"), 2048)
    texts = [part.text for part in chat.parts if isinstance(part, Text)]
    assert texts == [
        "First", "The whole picture, shrunk; 6 tiles of it follow, each overlapping the next:",
        "Tile 1 of 6, at the top, at the left:", "Tile 2 of 6, at the top, 2 of 3 from the left:",
        "Tile 3 of 6, at the top, at the right:", "Tile 4 of 6, at the bottom, at the left:",
        "Tile 5 of 6, at the bottom, 2 of 3 from the left:", "Tile 6 of 6, at the bottom, at the right:",
        "What is the fine print?",
    ]  # fmt: skip
    kinds = [type(part).__name__ for part in chat.parts]
    assert kinds == ["Text", "Image", "Text", "Image", *["Text", "Image"] * 6, "Text"]
    images = [part for part in chat.parts if isinstance(part, Image)]
    assert images[:2] == [small, photo]
    whole = decode(photo, 5000).pixels
    for tile, (left, top, right, bottom) in zip(images[2:], tile_grid(4000, 3000, 2048)[0], strict=True):
        assert np.array_equal(decode(tile).pixels, whole[top:bottom, left:right])


def test_the_payload_of_tiles_is_exact() -> None:
    screenshot = numbered(540, 5400)
    payload = to_payload(in_tiles(Conversation.of(screenshot, "Total?"), 2048), Options(), "gpt-6-luna", True)
    content = payload["messages"][0]["content"]
    assert [item["text"] for item in content if item["type"] == "text"] == [
        "The whole picture, shrunk; 7 tiles of it follow, each overlapping the next:",
        "Tile 1 of 7, at the top:", *[f"Tile {n} of 7, {n} of 7 from the top:" for n in range(2, 7)],
        "Tile 7 of 7, at the bottom:", "Total?",
    ]  # fmt: skip
    assert [item["type"] for item in content] == [*["text", "image_url"] * 8, "text"]
    sent = [base64.b64decode(item["image_url"]["url"].partition(",")[2]) for item in content if "image_url" in item]
    sizes = [decode(Image(data)).original for data in sent]
    assert sizes[0] == (205, 2048) and all(wide == 540 and high <= 2048 for wide, high in sizes[1:])
    assert sum(high for _, high in sizes[1:]) > 5400  # they overlap
    whole = decode(screenshot, 6000).pixels
    assert np.array_equal(decode(Image(sent[-1])).pixels, whole[-sizes[-1][1] :])


@pytest.mark.parametrize("size", [(2049, 100), (2500, 2500), (9000, 700), (3000, 9000), (1080, 22000), (7000, 7000)])
def test_tiles_cover_every_pixel_and_fit(size: tuple[int, int]) -> None:
    boxes, across = tile_grid(*size, 2048)
    assert len(boxes) % across == 0
    covered = np.zeros((size[1] // 10 + 1, size[0] // 10 + 1), bool)
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]
        assert max(right - left, bottom - top) <= 2048
        covered[top // 10 : -(-bottom // 10), left // 10 : -(-right // 10)] = True
    assert covered[: size[1] // 10, : size[0] // 10].all()


def test_what_fits_stays_as_it_is_and_what_takes_too_many_is_refused() -> None:
    chat = Conversation.of(numbered(2048, 1000), "What is it?")
    assert in_tiles(chat, 2048) == chat and not is_shrunk(next(iter(chat.parts)), 2048)  # type: ignore[arg-type]
    frame = Image(numbered(3000, 100).blob, at=1.5)
    assert in_tiles(Conversation.of(frame, "?"), 2048) == Conversation.of(frame, "?")
    with pytest.raises(MediaError, match=f"and the most is {MAX_TILES}") as caught:
        in_tiles(Conversation.of(numbered(3000, 3000), "?"), 256)
    assert caught.value.hint
    with pytest.raises(MediaError):
        in_tiles(Conversation.of(Image(b"nothing"), "?"), 2048)


def test_only_the_named_images_are_replaced() -> None:
    example, asked = numbered(2500, 100), numbered(100, 2500)
    chat = in_tiles(Conversation.of(example, asked, "?"), 2048, {asked})
    images = [part for part in chat.parts if isinstance(part, Image)]
    assert images[:2] == [example, asked] and len(images) > 3
