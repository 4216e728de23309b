# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Zero, one and a few examples
#
# Kofi knits, and he is colour-blind. He holds up a ball of wool and asks his phone: "What is this?" It says: "A ball
# of wool." He knows that. He tries longer questions, the answers get longer, and none is the one word that he needs.
# His daughter takes the phone and doesn't explain anything. She shows one ball, says "teal", and shows the next.
# "Brown", says the phone.
#
# An example before the question is called a *demonstration*, or a *shot*. Zero-shot is the question alone, one-shot
# has one example before it, few-shot a few. It is the cheapest way to change what a model does: nothing is trained.
# In this lesson you see one example take a model from 0.31 to 1.00, and then find out what it was in the example that
# did it. It wasn't what you think.

# %% [markdown]
# ## The question alone
#
# The pictures are drawn things, one in each. Each has four right names: its colour, its shape, its size, its place.
# The model is the starter, with an adapter that was trained to go by examples; more about that below. It runs here.

# %%
from dataclasses import replace

from sensorium import Conversation, Image, Options, ask, load, load_task
from sensorium.fewshot import Plan, run
from sensorium.lessons import check, find_lesson, hosted, show
from sensorium.tasks.rows import RowFormat

folder = find_lesson(7).folder
short = Options(max_tokens=8)
model = load(f"starter:+{folder / 'adapter'}")


def task(way):
    """Return the task in which things are called by their "colour", "shape", "size" or "place"."""
    return load_task(
        folder / "things.parquet", RowFormat(columns={"answer": way}, ignore=("*",), question="What is this?")
    )


def picture_of(example):
    return next(part for part in example.conversation.parts if isinstance(part, Image))


colours = task("colour").split("test").examples
show(picture_of(colours[0]), f"One {colours[0].answer} thing on a light ground.", side=192)

# %%
for example in colours[:6]:
    print(ask(model, example.conversation, options=short).text)

# %% [markdown]
# Sometimes the colour, sometimes the shape, the size or the place. All six answers are true, and one of them is what
# Kofi meant.

# %% [markdown]
# ## One example
#
# An example is nothing but an earlier turn of the conversation: a picture, the question, and the answer that you
# would have liked. Watch what happens to the same six pictures.

# %%
shown = task("colour").split("train").examples[0]
for way in ("colour", "place"):
    name = next(each.answer for each in task(way).split("train").examples[:1])
    before = Conversation.of(picture_of(shown), "What is this?").then("assistant", name)
    answers = [
        ask(model, before.then("user", picture_of(each), "What is this?"), options=short).text for each in colours[:6]
    ]
    print(f"after the example {name!r}: {', '.join(answers)}")

# %% [markdown]
# One word, and all six follow. The same picture with another word, and all six follow that.

# %% [markdown]
# ## Is it copying? Never show a score without its controls
#
# A model that repeats the example's answer is sometimes right, too. `sensorium fewshot`, and `run` in Python, measure
# that beside every score. **Majority vote** is the commonest answer of the examples, without any model. **Without
# pictures**: the examples' words stay, their pictures are taken out. **Shuffled answers**: the pictures stay, and
# their answers are mixed up, so that most of them are wrong.
#
# Before you run it, guess the last two. Sixteen questions, and the examples are the same for each.

# %%
plan = Plan(shots=(0, 1, 4), pick="random", controls=("vote", "images", "answers"))
examples, questions = task("colour").split("train").examples, colours[:16]
print("\n".join(run(model, examples, questions, plan, options=short).lines()))

# %% [markdown]
# It isn't copying: the vote is far below. But take the pictures away from the examples, and it loses one question at
# most. Give them *wrong* answers, and it loses none. So this model didn't learn from the examples what teal looks
# like. It knew that. From one word it learned **which question you are asking**.
#
# ## The idea: an example can do two different things
#
# ![Two groups of bars. Names that the model knows: without an example 0.31, with examples 1.00, with shuffled answers
# 1.00. Invented names: with examples the starter gets 0.00, prototypes 0.75, and prototypes with shuffled answers
# 0.19.](two-things.png)
#
# 1. **It says which task is meant**: which question, in which words, how long, in which language. The form of the
#    answers is enough. Min and others found the same with large language models: examples with random labels work
#    nearly as well.
# 2. **It teaches a thing that the model didn't know**: your own names, your own grades of quality. Then the pictures,
#    and the right answers to them, are all that counts.
#
# The controls tell which of the two you have. Let's try the second. We give the shapes invented names, that no model
# can know.

# %%
invented = {"circle": "dax", "rectangle": "wug", "triangle": "blick", "star": "toma", "cross": "fep"}


def renamed(split):
    return [replace(each, answers=(invented[each.answer],)) for each in task("shape").split(split).examples]


plan = Plan(shots=(5,), pick="balanced", controls=("vote", "answers"))
for each in (model, load("offline:prototypes")):
    print(each.name.partition("+")[0])
    print("\n".join(run(each, renamed("train"), renamed("test")[:16], plan, options=short).lines()))

# %% [markdown]
# The starter fails altogether: it has no way to take a new name from an example. `offline:prototypes` isn't a
# language model. It compares the picture with those of the examples and says the name of the likest, so it can't do
# anything *but* learn from the pictures; mix up their answers, and it falls to chance. Five examples, one of each
# name. (It makes mistakes because things that share a colour look alike, too. Lesson 9 is about that.)

# %% [markdown]
# ## Going by examples has to be learned, too
#
# The starter as it comes was never trained on conversations with examples. Ask it the same:

# %%
plan = Plan(shots=(0, 1), pick="random", controls=())
print("\n".join(run(load("starter"), examples, questions, plan, options=short).lines()))

# %% [markdown]
# Nothing; "empty" are questions that it has no words for. The adapter of this lesson has 0.5 MB. It was trained for
# 20 minutes on 1,600 drawn conversations in which things are called by one of the four ways (`make_adapter.py` beside
# this lesson; lesson 15 shows how). Large models learn it from the web, where pictures and captions stand in rows.
# How well a given model does is a question to measure, not to assume.

# %% [markdown]
# ## On the command line, and with a larger model
#
# For a task of your own, in a file: `sensorium fewshot mine.jsonl --model NAME --shots 0,1,4 --controls
# vote,images,answers`. The cell below measures larger models (names of November 2026) on eight questions.

# %% tags=["hosted"]
plan = Plan(shots=(0, 1, 4), pick="random", controls=("vote", "images"))
for name in ("gemini:gemini-3.8-flash", "openai:gpt-6-luna", "vllm:Qwen/Qwen3.5-4B", "ollama:llama3.2-vision"):
    if larger := hosted(name):
        print(name)
        print("\n".join(run(larger, examples, questions[:8], plan).lines()))

# %% [markdown]
# ## Exercises
#
# **Say where.** Set `chat` to a conversation with one example after which `model` says *where* the thing in the
# picture `asked` is. Use the picture `example_picture`; its thing is at the bottom left.

# %%
places = task("place")
example_picture = next(picture_of(each) for each in places.split("train").examples if each.answer == "bottom left")
asked = picture_of(places.split("test").examples[3])

# %% exercise="where"
chat = ...

# %%
check("07-few-shot", "where")

# %% [markdown]
# **Read the controls.** Three models were measured with eight examples. For each, say what the examples did. Set
# `did` to a dict from the letter to "copied", "told the task" or "taught the thing".

# %%
measured = {
    "A": {
        "no examples": 0.10,
        "examples": 0.71,
        "majority vote": 0.15,
        "without pictures": 0.12,
        "shuffled answers": 0.16,
    },
    "B": {
        "no examples": 0.10,
        "examples": 0.55,
        "majority vote": 0.54,
        "without pictures": 0.54,
        "shuffled answers": 0.53,
    },
    "C": {
        "no examples": 0.10,
        "examples": 0.83,
        "majority vote": 0.15,
        "without pictures": 0.80,
        "shuffled answers": 0.81,
    },
}

# %% exercise="controls"
did = ...

# %%
check("07-few-shot", "controls")

# %% [markdown]
# ## What goes wrong
#
# - **A score without the vote.** If nine in ten of your pictures are "fine", eight examples that are all "fine" give
#   0.90, whatever the model does. Studies found that picking the nearest examples is often no better than their vote
#   (2404.15736).
# - **Examples that are in the test.** If an example shows the same photo as the question, or its neighbour in a film,
#   the answer is given away. `fewshot` never picks an example that shares its picture with the question.
# - **Order and number.** Later examples weigh more with many models; the control *shuffled order* shows how much.
#   Each example costs tokens in each question: four took us from 47 to 243.
# - **One word wrong in the form.** Examples teach carelessness as well: "Teal." in one and "teal" in the next.
# - **Without pictures isn't always as good.** With the shapes as names, this model got 1.00 after one example and
#   0.58 without its picture (24 questions): it can fall out of step when the conversation looks unlike its training.
# - **Expecting too much.** On photos of clothes, offline, prototypes rose from 0.55 without examples to 0.77 with 16
#   of each kind, and the plain vote of the nearest 16 among 400 was as good (bench/LOG.md, 372 photos).
#
# ## Sources
#
# - Brown and others, *Language Models are Few-Shot Learners*, NeurIPS 2020, arXiv:2005.14165.
# - Alayrac and others, *Flamingo*, NeurIPS 2022, arXiv:2204.14198: the same with pictures.
# - Min and others, *Rethinking the Role of Demonstrations*, EMNLP 2022, arXiv:2202.12837: random labels work nearly
#   as well.
# - Baldassini and others, *What Makes Multimodal In-Context Learning Work?*, 2024, arXiv:2404.15736.
# - Chen and others, *Understanding and Improving In-Context Learning on Vision-language Models*, 2023,
#   arXiv:2311.18021.
