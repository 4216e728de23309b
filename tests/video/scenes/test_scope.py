"""Scope: questions about the whole film are told from those about something in it."""

from __future__ import annotations

import pytest

from sensorium.video.scenes.scope import scope

WHOLE = (
    "", "Summarise the film.", "Give me a short summary of this video", "What is this video about?",
    "What's the main topic of the talk?", "What happens in the video?", "What happens?", "Describe the clip.",
    "How many scenes are there?", "List all places that are shown", "In which order do the events happen?",
    "What genre is this movie?", "Give the film a title", "Write chapters for this lecture", "How long is the video?",
    "What kind of video is it?", "Worum geht es in dem Film?", "Fass den Film zusammen", "De quoi parle la vidéo ?",
    "What is the overall mood?", "Describe the entire film from start to end", "What can be seen in this clip?",
)  # fmt: skip
WORDS = (
    "What does the sign say?", "What is written on the second slide?", 'When is "winter" said?',
    "When does 'EXIT' appear?",
    "Who mentions the price?", "Which words are on the card?", "What do the subtitles read?",
    "Was steht auf dem Schild?",
    "How often is the word hope spoken?",
)  # fmt: skip
LOCAL = (
    "When is the cat seen?", "What colour is the car?", "How often does the dog bark?",
    "What happens after the cat is seen?", "What happens at 1:20?", "Who opens the door?",
    "How many people are at the table?",
    "When does the summary begin?", "Is there a motorcycle in the film?",
    "What does the woman hold before she leaves?", "Wann ist die Katze zu sehen?", "What is next to the cup?",
    "At what time does the plot of the garden appear?", "Which scene shows the rocket?", "Describe the flower.",
)  # fmt: skip


@pytest.mark.parametrize("question", WHOLE)
def test_about_the_whole(question: str) -> None:
    assert scope(question).kind == "whole"


@pytest.mark.parametrize("question", WORDS)
def test_about_words(question: str) -> None:
    assert scope(question).kind == "words"


@pytest.mark.parametrize("question", LOCAL)
def test_about_something_in_it(question: str) -> None:
    assert scope(question).kind == "local"


def test_the_words_that_say_so_are_named() -> None:
    assert scope("Please summarise the film").why == "summarise" and scope("When is it over?").why == "When"
