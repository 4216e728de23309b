# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # With and without the picture
#
# Ines buys software for a library of talking shopping aids. Somebody from a start-up stands at her desk with a phone
# and a flyer: "Our model answers 83% of the questions right." Ines asks for the test questions, holds the phone, and
# puts her thumb over the lens. Then she asks them again. 83%.
#
# The model had never looked. It didn't have to: in those questions the answer to "Is there a …?" is nearly always
# yes. What Ines did with her thumb is called an *ablation*: take one thing away and see what changes. It costs a
# minute, and it is the first thing to do with any claim about a model that sees.

# %% [markdown]
# ## The flyer's questions
#
# They come with pictures: small drawn scenes, as the starter knows them. The starter is a vision-language model of
# seven million weights that comes with Sensorium. It runs here.

# %%
from sensorium import Image, Options, SensoriumError, Text, ask, ask_all, load, load_task
from sensorium.lessons import check, find_lesson, hosted, show

task = load_task(find_lesson(8).folder / "scenes.parquet")
flyer = task.split("flyer").examples


def words_of(example):
    return " ".join(part.text for part in example.conversation.parts if isinstance(part, Text))


def picture_of(example):
    return next(part for part in example.conversation.parts if isinstance(part, Image))


for example in flyer[:3]:
    print(words_of(example), "→", example.answer)
show(picture_of(flyer[2]), "A small drawn scene: coloured shapes on a light ground.", side=192)

# %% [markdown]
# ## A model without eyes
#
# This one has read 120 other questions of the same kind, with their answers and without any picture. It remembers one
# thing: the commonest answer to each beginning.

# %%
from collections import Counter, defaultdict

seen = defaultdict(Counter)
for example in task.split("guess").examples:
    seen[words_of(example).split()[0]][example.answer] += 1


def blind(question):
    return seen[question.split()[0]].most_common(1)[0][0]


def score(answers, examples):
    return sum(answer == example.answer for answer, example in zip(answers, examples, strict=True)) / len(examples)


print({beginning: answers.most_common(2) for beginning, answers in seen.items()})
print(f"without eyes, on the flyer's questions: {score([blind(words_of(each)) for each in flyer], flyer):.2f}")

# %% [markdown]
# That is the flyer's 83%, from three words: yes, 2, red. Now the starter, which does have eyes. First with the
# picture, then with the question alone. What will a model say that is asked "What color is the star?" and gets no
# picture? Guess before you run it.

# %%
starter = load("starter")


def without_picture(model, question):
    try:
        return ask(model, question, options=Options(max_tokens=8)).text
    except SensoriumError:  # some questions leave it without words
        return "(no words)"


with_picture = [reply.text for reply in ask_all(starter, [each.conversation for each in flyer])]
alone = [without_picture(starter, words_of(each)) for each in flyer]
print(f"starter with the picture: {score(with_picture, flyer):.2f}, question alone: {score(alone, flyer):.2f}")
print("what it says without a picture:", Counter(alone).most_common())

# %% [markdown]
# It doesn't say "I see no picture". It says red, 2 and no, as fluently as before, and is right half of the time.
# Every language model knows what answers usually are; a picture that didn't arrive, or that wasn't looked at, shows
# nowhere but in such a comparison.

# %% [markdown]
# ## The idea: a wrong picture has to make it wrong
#
# Half of the starter's score on the flyer came without a picture. Is the other half from looking? Covering the lens
# is a rough test, as some models only get confused. There is a sharper one: ask the same question about two pictures
# **with two different answers**, and swap the pictures.
#
# ![Bars of two models on pairs of pictures. The starter: 1.00 with its picture, 0.46 with the question alone, 0.00
# with the other picture. The model without eyes: 0.50 in all three.](pairs.png)
#
# - A model that doesn't look says the same about both pictures. It is right on one of two, whatever you show: never
#   over 50%.
# - A model that looks answers what the *other* picture shows. With swapped pictures it falls to zero, and zero is the
#   best news here.

# %%
pairs = task.split("pairs").examples
for example in pairs[:4]:
    print(example.id, words_of(example), "→", example.answer)

with_picture = [reply.text for reply in ask_all(starter, [each.conversation for each in pairs])]
other_picture = [with_picture[number ^ 1] for number in range(len(pairs))]  # same question, the pair's other picture
once = {words_of(each): without_picture(starter, words_of(each)) for each in pairs}
alone = [once[words_of(each)] for each in pairs]
eyeless = [blind(words_of(each)) for each in pairs]

for name, three in (("starter", (with_picture, alone, other_picture)), ("without eyes", (eyeless, eyeless, eyeless))):
    own, none, other = (score(answers, pairs) for answers in three)
    print(f"{name}: with its picture {own:.2f}, question alone {none:.2f}, with the other picture {other:.2f}")

# %% [markdown]
# On the flyer's questions the two models were 17 points apart, 100% and 83%. Here it is 50 points, and the matter is
# settled. The pictures weren't better. The *questions* were: the words can't give their answers away.
#
# So never report a score alone. Report three: with the picture, with the question alone, and with another picture.
# What the picture gives is the difference, here 1.00 − 0.46. The words of the question alone are called *unimodal*,
# words and picture together *multimodal*, and a benchmark in which the two are close measures language. For rows of
# your own, `sensorium data check` fits a small model to the questions' words and says how far it gets without a
# picture.

# %% [markdown]
# ## The same test for a larger model
#
# Gemini 3.8 Flash, Qwen3.5 and Llama 3.2 Vision by a server of yours (names of November 2026). Some will say that
# they see no picture if they got none: count that as wrong, and be glad.

# %% tags=["hosted"]
short = "\nAnswer with one word or number."
for name in ("gemini:gemini-3.8-flash", "vllm:Qwen/Qwen3.5-4B", "ollama:llama3.2-vision"):
    if larger := hosted(name):
        some = pairs[:16]
        told = [ask(larger, picture_of(each), words_of(each) + short).text.strip(" .").lower() for each in some]
        alone = [ask(larger, words_of(each) + short).text.strip(" .").lower() for each in some]
        swapped = [told[number ^ 1] for number in range(len(some))]
        three = [f"{score(answers, some):.2f}" for answers in (told, alone, swapped)]
        print(f"{name}: with its picture, alone, with the other picture: {', '.join(three)}")

# %% [markdown]
# ## Exercises
#
# **Which one looks?** Four offers, each measured on pairs like ours. Set `buy` to the letter of the one that gets
# most from the picture.

# %%
offers = {
    "A": {"picture": 0.52, "alone": 0.50, "other": 0.48},
    "B": {"picture": 0.84, "alone": 0.40, "other": 0.08},
    "C": {"picture": 0.71, "alone": 0.02, "other": 0.21},
    "D": {"picture": 0.50, "alone": 0.50, "other": 0.50},
}

# %% exercise="buy"
buy = ...

# %%
check("08-with-and-without-the-picture", "buy")

# %% [markdown]
# **Beat the flyer without eyes.** Write a function `guess(question)` that gets at least 80% of the flyer's questions
# right and never sees a picture. No training is needed; you know what their answers are like.

# %% exercise="guess"
guess = ...

# %%
check("08-with-and-without-the-picture", "guess")

# %% [markdown]
# **Your thumb on the lens.** Write a function `looks(answer, example)` that returns True if a model looks, as far as
# one pair shows. `answer(picture, question)` is the model. `example` has the fields `question`, `picture` and
# `other`: the pair's two pictures, whose right answers differ.

# %% exercise="looks"
looks = ...

# %%
check("08-with-and-without-the-picture", "looks")

# %% [markdown]
# ## What goes wrong
#
# - **A benchmark with a favourite answer.** In the first VQA data set, "yes" was right for 87% of the questions that
#   begin with "Do you see a …", and "2" for 39% of "How many …" (Goyal and others). VQA 2.0 answers with pairs of
#   pictures, as we did.
# - **A blank picture isn't "no picture".** Of our 48 questions the starter gets 0.46 right without a picture, and
#   0.25 with an empty grey one: then it looks at the grey, and says no, 1 and yellow. Both are "without the picture".
#   Say which one you took.
# - **Other pictures drawn by chance.** With a favourite answer, another picture often has the same one: on the
#   flyer's questions the starter is still right in nearly a third of them with a wrong picture. Pair pictures with
#   *different* answers.
# - **The text is in the picture's file name,** in its caption, or in the earlier turns. Take these away, too.
# - **Films.** The same holds. In bench/LOG.md the question alone gets 0.233 of 30 questions about films, eight frames
#   0.767.
#
# ## Sources
#
# - Goyal and others, *Making the V in VQA Matter*, CVPR 2017, arXiv:1612.00837: pairs of pictures with two answers.
# - Agrawal and others, *Don't Just Assume; Look and Answer*, CVPR 2018, arXiv:1712.00377: what happens if the
#   favourite changes.
# - Chen and others, *Are We on the Right Way for Evaluating Large Vision-Language Models?*, NeurIPS 2024,
#   arXiv:2403.20330: modern benchmarks that are answered without the picture.
