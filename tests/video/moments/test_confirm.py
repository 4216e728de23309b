"""video/confirm: what a model is asked, what it costs, and what its answers do."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted_films import RED, CountingColours, planted_film

from sensorium import Blob, Image, Text
from sensorium.backends.fake import Fake
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Limits
from sensorium.media.image import pixels
from sensorium.retrieval.query import Query
from sensorium.video import FilmFindings, budget, confirm, find, index_film
from sensorium.video.moments.confirm import is_yes


@pytest.fixture
def film(tmp_path: Path) -> Blob:
    return Blob(planted_film(tmp_path / "a.mp4"))


@pytest.fixture
def found(film: Blob, tmp_path: Path) -> FilmFindings:
    embedder = CountingColours()
    return find(Query.of(RED), "a.mp4", index_film(film, embedder, tmp_path / "i")[0], embedder)


def red_share(chat: Conversation) -> float:
    shown = [part for part in chat.parts if isinstance(part, Image) and part.at is not None]
    image = pixels(shown[0]).astype(int)
    return float(((image[..., 0] - image[..., 1]) > 100).mean())


def test_a_model_that_looks_confirms_what_is_there(film: Blob, found: FilmFindings) -> None:
    model = Fake(lambda chat: "Yes, it does." if red_share(chat) > 0.02 else "No.")
    (after,) = confirm(model, Query.of("something red"), [(film, found)])
    assert [moment.best for moment in after.moments] == [found.moments[0].best] and after.moments[0].confirmed
    assert len(model.asked) == len(found.moments) + len(found.candidates)
    assert all(moment.confirmed is False for moment in after.candidates)


def test_the_question_holds_frame_piece_and_words(film: Blob, found: FilmFindings) -> None:
    model = Fake("no")
    confirm(model, Query.of("something red"), [(film, found)])
    parts = list(model.asked[0].parts)
    images = [part for part in parts if isinstance(part, Image)]
    assert len(images) == 2 and images[0].at == found.moments[0].best
    assert parts[-1] == Text("Does the frame show something red? Answer yes or no.")
    one = Fake("no", Limits(max_images=1))
    confirm(one, Query.of("something red"), [(film, found)])
    assert sum(isinstance(part, Image) for part in one.asked[0].parts) == 1


def test_a_picture_is_shown_beside(film: Blob, found: FilmFindings) -> None:
    model = Fake("no")
    confirm(model, Query.of(RED), [(film, found)])
    images = [part for part in model.asked[0].parts if isinstance(part, Image)]
    assert images[0] == RED and len(images) == 3
    assert model.asked[0].messages[-1].text.endswith("Does the frame show the same thing? Answer yes or no.")


def test_the_budget_is_told_first(found: FilmFindings) -> None:
    questions = len(found.moments) + len(found.candidates)
    told = budget(Fake("no"), Query.of("x"), [found])
    assert told.questions == questions and told.usd is None and "price unknown" in str(told)
    priced = budget(Fake("no", name="openai:gpt-6-luna"), Query.of("x"), [found])
    assert priced.usd is not None and 0 < priced.usd < 0.01 and "US dollars" in str(priced)


@pytest.mark.parametrize(("answer", "yes"), [("Yes", True), (" yes.", True), ("**Yes**, a car", True), ("Sí", True),
    ("No", False), ("Not really, yes?", False), ("yesterday", False), ("", False)])  # fmt: skip
def test_what_is_a_yes(answer: str, yes: bool) -> None:
    assert is_yes(answer) is yes
