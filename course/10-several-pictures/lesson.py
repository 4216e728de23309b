# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Several pictures in one question
#
# Samira inspects lifts. She photographs the brake pads of three of them, writes "first", "second" and "third" between
# the photos, and asks which pad is worn out. "The third", says the model. She stops the third lift for two days. The
# worn pad was in the second.
#
# The model may simply have been wrong. But between her phone and the model something else can happen to a question
# with several pictures: they are moved, merged, shrunk, or seen by some of the words only. In this lesson you watch a
# small model that takes every picture and answers about one, look inside the prompt of Llama 3.2 Vision, and learn
# the test that tells you what your model does.

# %% [markdown]
# ## A model that answers about the last picture
#
# The starter, a vision-language model of seven million weights that comes with Sensorium, is asked about one coloured
# disc, and it is right. Then it gets two.

# %%
import sys
from itertools import permutations
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw

from sensorium import Conversation, Image, Options, SensoriumError, ask, load
from sensorium.lessons import check, find_lesson, hosted, sample, show

COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "gray": (128, 128, 128),
    "brown": (165, 42, 42),
}


def disc(colour):
    picture = PIL.Image.new("RGB", (288, 288), (245, 245, 240))
    PIL.ImageDraw.Draw(picture).ellipse((100, 100, 180, 180), fill=COLOURS[colour])
    return Image(np.asarray(picture.reduce(3)))


discs = {colour: disc(colour) for colour in COLOURS}
starter = load("starter")
question = "What color is the shape?"


def answer(*parts):
    try:
        return ask(starter, *parts, options=Options(max_tokens=6)).text
    except SensoriumError:
        return "(no words)"


print("one picture:", {colour: answer(discs[colour], question) for colour in COLOURS})
print("red, then green:", answer(discs["red"], discs["green"], question))
print("green, then red:", answer(discs["green"], discs["red"], question))

# %% [markdown]
# It takes two pictures without a word of protest. Which of them does it speak about? All ordered pairs of five
# colours, in four layouts:

# %%
layouts = {
    "picture, picture, question": lambda one, two: (one, two, question),
    "question, picture, picture": lambda one, two: (question, one, two),
    "picture, question, picture": lambda one, two: (one, question, two),
    "asked about the first one": lambda one, two: (one, two, "What color is the shape in the first picture?"),
}
pairs = list(permutations(COLOURS, 2))[::2]
for name, layout in layouts.items():
    told = [answer(*layout(discs[one], discs[two])) for one, two in pairs]
    first = sum(said == one for said, (one, _) in zip(told, pairs, strict=True))
    last = sum(said == two for said, (_, two) in zip(told, pairs, strict=True))
    print(f"{name}: {first} of {len(pairs)} answers name the first colour, {last} the last")

# %% [markdown]
# Always the last, even if the question stands between the pictures. And asked for the first one in words, it has no
# idea: in its training a question followed *its* picture, and nobody counted pictures. Large models are better, and
# lean the same way: towards what stands last, or first, and away from the middle.
#
# **So the order of parts is part of the question.** Sensorium sends your parts in your order to every model. If a
# model can't take that, it is an error, never a quiet rearrangement.

# %% [markdown]
# ## Inside Llama 3.2 Vision
#
# Most models put a picture into the row as some hundred tokens. Llama 3.2 Vision doesn't. In its row, a picture is
# one token, `<|image|>`, that marks the place; the words look *across* at the picture's tokens through layers of
# their own (cross-attention). Which words look at which picture? We make a tiny checkpoint of the real class, with
# random weights. It answers noise, but its template and its masks are the real ones.

# %%
sys.path.insert(0, str(find_lesson(10).folder))
from tiny_llama import make_tiny_llama

processor = make_tiny_llama(Path("tiny-llama"))
llama = load("transformers:tiny-llama")
photos = [PIL.Image.open(sample(name)).convert("RGB") for name in ("coffee.jpg", "sign.jpg", "cat.jpg")]


def prompt_of(parts):
    """Return the prompt of a question whose parts are texts, and "photo" for the next photo."""
    content = [{"type": "image"} if part == "photo" else {"type": "text", "text": part} for part in parts]
    return processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)


def seen_by(parts):
    """Return each text with the numbers of the pictures that its letters look at."""
    text = prompt_of(parts)
    inputs = processor(images=photos[: parts.count("photo")], text=text, add_special_tokens=False)
    mask = np.asarray(inputs["cross_attention_mask"][0]).any(axis=-1)  # (tokens, pictures)
    tokens = processor.tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])
    places = [number for number, token in enumerate(tokens) if token == "<|image|>"]
    ends = [number for number, token in enumerate(tokens) if token == "<|eot_id|>"]
    found, at = {}, 0
    for part in parts:
        if part == "photo":
            at = places.pop(0) + 1
        else:
            found[part] = [1 + int(number) for number in np.flatnonzero(mask[at])] if at else []
    return found | {"(the answer)": [1 + int(number) for number in np.flatnonzero(mask[ends[-1] + 1])]}


labelled = ["First: ", "photo", "Second: ", "photo", "Third: ", "photo", "Which one shows a sign?"]
print(prompt_of(labelled))
for text, pictures in seen_by(labelled).items():
    print(f"{text!r} looks at {'picture' if pictures else 'no picture'} {', '.join(map(str, pictures))}".rstrip())

# %% [markdown]
# Read the last two lines. The question, and the answer that the model writes, look at the third picture *only*. What
# they know of the first two has come through the few words between. Samira's "First:", "Second:", "Third:", so
# sensible elsewhere, were a wall.
#
# ## The idea: each word looks at the pictures right before it
#
# ![Two rows of parts. Above, labels between three pictures: the question is joined to the third picture only. Below,
# three pictures side by side and then the labels and the question: the question is joined to all
# three.](who-sees-what.png)
#
# Pictures that stand side by side, without a letter between them, count as one group, and all words after it see them
# all:

# %%
together = ["photo", "photo", "photo", "These are the first, the second and the third. Which one shows a sign?"]
for text, pictures in seen_by(together).items():
    print(f"{text!r} looks at pictures {', '.join(map(str, pictures))}")

# %% [markdown]
# The same words and pictures, another order, another question. Its makers advise one picture a question; Sensorium
# knows that, too:

# %%
print("advised pictures:", llama.limits.advised_images)
three = Conversation.of(*(Image(sample(name)) for name in ("coffee.jpg", "sign.jpg", "cat.jpg")), together[-1])
print("tokens of the prompt with three pictures:", llama.count(three), "of which pictures: 3")
print("its answer, from random weights:", repr(ask(llama, three, options=Options(max_tokens=4)).text))

# %% [markdown]
# ## For models that take one picture: a collage
#
# Put the pictures on one canvas, numbered, and ask about the numbers. `sensorium fewshot` does this by itself for
# such models (`--place collage`). What you pay is detail: three pictures share the room of one.

# %%
from sensorium.fewshot.collage import canvas

sheet = canvas(
    [(str(number), [Image(sample(name))]) for number, name in enumerate(("coffee.jpg", "sign.jpg", "cat.jpg"), 1)], []
)
show(Image(np.asarray(sheet)), "One canvas with three numbered photos: 1 a cup of coffee, 2 a sign, 3 a cat.")

# %% [markdown]
# ## The swap test, for the model that you use
#
# Ask the same question about the same pictures in every order. If the answer doesn't move with the picture, something
# on the way moved it, or the model doesn't count. Gemini 3.8 Flash, OpenAI's GPT-6 Luna, Qwen3.5, and Llama 3.2
# Vision by a server of yours (names of November 2026). Llama gets the collage, too.

# %% tags=["hosted"]
names = ("coffee.jpg", "sign.jpg", "cat.jpg")
ask_for = "Which of the three pictures shows a cat: 1, 2 or 3? Answer with the number."
for name in ("gemini:gemini-3.8-flash", "openai:gpt-6-luna", "vllm:Qwen/Qwen3.5-4B", "ollama:llama3.2-vision"):
    if larger := hosted(name):
        right = {"in a row": 0, "collage": 0}
        for order in permutations(names):
            images = [Image(sample(each)) for each in order]
            one = Image(np.asarray(canvas([(str(n), [image]) for n, image in enumerate(images, 1)], [])))
            for layout, chat in (("in a row", (*images, ask_for)), ("collage", (one, ask_for))):
                right[layout] += str(order.index("cat.jpg") + 1) in ask(larger, *chat).text
        print(f"{name}: right of 6 orders: {right}")

# %% [markdown]
# ## Exercises
#
# **Ask Llama about all three.** Set `chat` to a conversation about the photos `before`, `during` and `after`, in this
# order, whose question sees all three in Llama 3.2 Vision, and whose words say which is which.

# %%
before, during, after = (Image(sample(name)) for name in names)

# %% exercise="group"
chat = ...

# %%
check("10-several-pictures", "group")

# %% [markdown]
# **Who sees what?** Write a function `sees(parts)` for Llama 3.2 Vision. `parts` is a list such as `["image", "text",
# "image", "text"]`. Return, for the last part, the numbers of the pictures that it looks at, counted from 1; the last
# part is a text. Here that is `[2]`.

# %% exercise="sees"
sees = ...

# %%
check("10-several-pictures", "sees")

# %% [markdown]
# ## What goes wrong
#
# - **A client collects the pictures at the front.** Then "First:" and "Second:" stand behind all of them. Only the
#   swap test shows it.
# - **Labels help most models and hurt one.** For models that have pictures in their row (Gemini, Qwen, Idefics, the
#   starter's kind), words between pictures name them. For Llama 3.2 Vision they cut the question off. A prompt isn't
#   portable because it runs.
# - **"Compare the two" with unequal pictures.** Services shrink pictures to a budget; with six pictures each may get
#   less. Check the tokens: `model.count(chat)`, or `reply.usage`.
# - **Too many turns.** In a chat, every earlier picture is still in the question, paid for and able to mislead. Begin
#   anew for a new matter.
# - The starter's answers above are those of one small model that was trained on up to four pictures. They show what
#   *can* happen without any error. Meta's own weights were not asked here: they need a licence and a GPU. The masks
#   are those of transformers' `MllamaProcessor`.
#
# ## Sources
#
# - Meta, *The Llama 3 Herd of Models*, 2024, arXiv:2407.21783, section 7: vision by cross-attention.
# - Alayrac and others, *Flamingo*, NeurIPS 2022, arXiv:2204.14198, section 2.3: each text looks at the picture right
#   before it.
# - Laurençon and others, *Building and better understanding vision-language models* (Idefics3), 2024,
#   arXiv:2408.12637: pictures in the row.
# - Liu and others, *Lost in the Middle*, 2023, arXiv:2307.03172: what stands in the middle is used least.
