# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Captions
#
# Nadia is blind and changes trains at Oran. She stands below a sign, holds up her phone, and it says: "a close-up of a
# sign on a wall." That is true, it is good English, and her train leaves in four minutes. What she needs is what stands
# *on* the sign.
#
# The phone wasn't wrong. Nobody had asked it anything. A captioner says what people usually write below such a picture,
# and that has two consequences, which you will see in this lesson: it leaves out what she needs, and when a picture is
# unusual, it says the usual thing all the same.

# %% [markdown]
# ## A captioner of your own
#
# GIT (*generative image-to-text transformer*) is a captioner by Microsoft with published weights. Ours is the same
# class of the transformers library, only smaller by a factor of two thousand, and made now: it starts with random
# weights and is trained for two seconds on 320 drawn scenes and their captions.

# %%
import sys
from pathlib import Path

import numpy as np

from sensorium import Conversation, Example, Image, SensoriumError, ask, load
from sensorium.evaluation import metric
from sensorium.lessons import check, find_lesson, hosted, sample, show

sys.path.insert(0, str(find_lesson(4).folder))
from captioner import COLOURS, HOME, PLACES, scene, train

folder = train(Path("small-git"))
git = load("git:" + str(folder))


def picture(*what):
    return Image(np.asarray(scene(*what)))


for what in (("red", "cup", "table"), ("purple", "boat", "water"), ("black", "car", "road")):
    print(ask(git, picture(*what), "Describe this picture.").text)

# %% [markdown]
# From noise to sentences in two seconds. On sixteen new scenes, a thing of each kind in each colour, at places that
# suit them:

# %%
usual = [(colour, thing, HOME[thing]) for colour in COLOURS for thing in HOME]


def right_caption(colour, thing, place):
    return f"a {colour} {thing} on the {place}"


said = [ask(git, picture(*what)).text for what in usual]
right = [words == right_caption(*what) for words, what in zip(said, usual, strict=True)]
print(f"{sum(right)} of {len(right)} captions are right in every word")

# %% [markdown]
# ## The unusual picture
#
# Somebody left a red cup on the grass. What will it say? Guess before you run this.

# %%
odd = picture("red", "cup", "grass")
show(odd, "A drawn red cup with a handle. It stands on green grass.", side=192)

# %%
reply = ask(git, odd)
print(reply.text)
print("how sure:", reply.confidence)

# %%
places = list(PLACES)
strange = []
for number, (colour, thing, home) in enumerate(usual):
    away = [place for place in places if place != home]
    strange.append((colour, thing, away[number // 4 % 3]))

said = [ask(git, picture(*what)).text for what in strange]
told = [words.split() for words in said]
for name, at in (("colour", 0), ("thing", 1), ("place", 2)):
    word = (1, 2, 5)[at]
    count = sum(words[word : word + 1] == [what[at]] for words, what in zip(told, strange, strict=True))
    print(f"{name}: right in {count} of {len(strange)}")

# %% [markdown]
# Colours and places are right, and the thing, what the picture is *about*, isn't right once. The model doesn't look at
# it. In training a ball lay on all the grass, so green was enough to write "ball". Its captions of the usual pictures
# didn't show that, and more of the same couldn't have.
#
# ## The idea: the next word is the usual one
#
# ![A drawn red cup on grass, cut into sixteen pieces. Beside it a row of three words: "a", "red", and the next one,
# "ball". Two lines lead to it: one from the pieces, "green below", and one from "the words so far: a red". Below: "the
# next word: what was usual with both".](sources.png)
#
# GIT reads one row of tokens: first the pieces of the picture, then the words that it has written so far. From both it
# predicts the next word: the one that was usual, in its training, with such pieces and such words. Nothing in that asks
# whether the sentence is *true*. Where the picture is clear and usual, both agree. Where it is small, dark or unusual,
# habit wins, and the sentence sounds the same. A thing in a caption that isn't in the picture is called a
# *hallucination*. Published captioners have them, too. In those that had the most, the errors followed habits of
# language; and the best scores didn't mean the fewest of them (Rohrbach and others).
#
# So what does it say about pictures of which it can know nothing?

# %%
grey = Image(np.full((96, 96, 3), 128, dtype=np.uint8))
for name, image in (("an empty grey picture", grey), ("a photo of an astronaut", Image(sample("astronaut.jpg")))):
    print(f"{name}: {ask(git, image).text}")
try:
    ask(git, odd, "Is the cup broken?")
except SensoriumError as error:
    print(error.message)

# %% [markdown]
# It has a sentence for everything. It has no "I can't tell", and no number that says how sure it is. (The last line is
# Sensorium's: it doesn't let a captioner answer a question by describing something else.)
#
# **Good for:** sorting ten thousand photos, a first draft of an alt text that a person checks, a first impression.
# **Not good for:** any question, whatever is written in the picture, counting, and anything on which somebody acts.

# %% [markdown]
# ## The score liked it
#
# How would you notice? Captions are scored against captions that people wrote. BLEU, ROUGE-L, METEOR and CIDEr all
# count what the two share: words, or words in a row. (METEOR knows some synonyms, CIDEr gives rare words more weight.)
# Here are the false captions of the strange pictures, and beside them true ones, in another person's words:

# %%
rouge = metric("rouge")
mine = {"cup": "mug", "ball": "round toy", "boat": "sailing ship", "car": "automobile"}
ground = {"table": "at a desk", "grass": "in the meadow", "water": "in the sea", "road": "by the street"}


def example(what):
    return Example(Conversation.of("Describe this picture."), (right_caption(*what),))


def mean(captions):
    return sum(rouge(words, example(what)) for words, what in zip(captions, strange, strict=True)) / len(strange)


true = [f"A {mine[thing]} {ground[place]}, and it is {colour}." for colour, thing, place in strange]
print(f"the captioner, e.g. {said[0]!r}: {mean(said):.2f}")
print(f"a person, e.g. {true[0]!r}: {mean(true):.2f}")
print(f"always 'a red thing on the road': {mean(['a red thing on the road'] * len(strange)):.2f}")

# %% [markdown]
# ![Two bars, ROUGE-L against "a red cup on the grass". The false caption "a red ball on the grass" gets 0.83. A true
# one in other words, "A mug in the meadow, and it is red.", gets 0.27.](scores.png)
#
# Five words of six are shared, so each false caption gets five sixths. The true ones get less than a third of that,
# and a fixed sentence that has looked at nothing gets more than they do. To such a score a false word is the same as a
# true word that nobody happened to write. Swap the colours in "a red cup and a blue bowl", and no word is missing at
# all; and for a lift, one little word is the difference between getting up and not:

# %%
bowl = Example(Conversation.of("Describe this picture."), ("a red cup and a blue bowl",))
print(f"shared words (F1): {metric('f1')('a blue cup and a red bowl', bowl):.2f}")
lift = Example(Conversation.of("What does the sign say?"), ("The lift is in order.",))
print(f"ROUGE-L: {rouge('The lift is not in order.', lift):.2f}")

# %% [markdown]
# What to do instead: **ask for facts, one by one.** Is it a cup? Is it on the grass? What does the sign say? Each of
# them is right or wrong, and you know which ones your people need. Always report the score of a fixed sentence beside
# yours, and test on unusual pictures separately.

# %% [markdown]
# ## Captions as alt text
#
# An *alt text* is what a screen reader says instead of a picture. It stands for what the picture is there *for*, and
# that isn't in the picture. The rules of the W3C, in short:
#
# - The picture has words that matter: **say those words**.
# - It is a link or a button: **say where it leads or what it does**, not how it looks.
# - It informs: **say what somebody is meant to learn from it**, in a sentence or two. For a chart, that is numbers.
# - It is an ornament, or the text beside it says the same: **an empty alt text**, so that it is passed over.
#
# What captions drop, as captions that people write for training seldom have it: words and numbers, names, where things
# are, what is *unusual*, and that the photo is too blurred to say. Here is Nadia's sign, and the question that she had:

# %%
sign = Image(sample("sign.jpg"))
show(sign, "A blue sign, photographed a little askew, with two rows of white letters.")

# %%
print("captioner:", ask(git, sign).text)
reading = ask(load("offline"), sign, "What does it say?")
print("reader:", reading.text.replace("\n", ". "), f"({reading.confidence:.2f})")

# %% [markdown]
# One of them describes, the other one answers. (Look once more at the alt text of the picture two cells above. It is
# what a captioner would write, and Nadia would miss her train: a good one has the sign's words.)

# %% [markdown]
# ## The published GIT, and larger models
#
# The cup, the astronaut and the sign. `microsoft/git-base-coco` was trained on photos with captions, and
# `microsoft/git-base-textcaps` on captions that use the words in the picture; both come from the Hugging Face hub. The
# cell asks them if it finds a GPU; `load` in a cell of your own takes them without one, too. Gemini 3.8 Flash and
# Qwen3.5 (names of November 2026) can be told what the text is for. None of the four was measured for this lesson:
# whether they see the cup, and what they leave out, is yours to find.

# %% tags=["hosted"]
brief = (
    "Write an alt text for a blind traveller who asks where the train leaves. One sentence. "
    "If you can't tell something, say so."
)
for larger_name in ("git:microsoft/git-base-coco", "git:microsoft/git-base-textcaps"):
    if larger := hosted(larger_name):
        for photo in (Image(find_lesson(4).folder / "cup.png"), Image(sample("astronaut.jpg")), sign):
            print(f"{larger_name}: {ask(larger, photo, 'Describe this picture.').text}")
for larger_name in ("gemini:gemini-3.8-flash", "vllm:Qwen/Qwen3.5-4B"):
    if larger := hosted(larger_name):
        print(f"{larger_name}: described: {ask(larger, sign, 'Describe this picture.').text}")
        print(f"{larger_name}: for her: {ask(larger, sign, brief).text}")

# %% [markdown]
# ## Exercises
#
# **Fool the score.** The picture shows a red cup on the grass, and its one right caption is "a red cup on the grass".
# Write two captions: a `lie` that is false and gets a ROUGE-L of at least 0.8, and a `truth` that is true, names the
# thing, and gets less than 0.4.

# %% exercise="fool"
lie = ...
truth = ...

# %%
check("04-captions", "fool")

# %% [markdown]
# **Count what isn't there.** Write `invented(caption, seen)`. Of the words of the caption that are in `THINGS`, it
# returns the share that isn't in `seen`, the set of what a person saw in the picture. A caption that names no thing has
# invented nothing: 0. This is CHAIR, a score that knows which words matter.

# %%
THINGS = {"cup", "ball", "boat", "car", "table", "grass", "water", "road"}

# %% exercise="invented"
invented = ...

# %%
check("04-captions", "invented")

# %% [markdown]
# **Which alt text?** The photo of the sign is used in three places:
#
# - `message`: Nadia's friend sends it, and writes: "You leave from here!"
# - `link`: on the station's page. Who presses it gets the map of the platforms.
# - `ornament`: in a brochure, beside a heading and a text that say "Platform 7. Mind the step".
#
# Set `alt` to a dict from each place to a letter.
#
# - A: "a close-up of a sign on a wall"
# - B: "A blue sign with white letters in two rows, a little askew."
# - C: "A sign: Platform 7. Mind the step."
# - D: "Map of the platforms"
# - E: "" (empty)

# %% exercise="alt"
alt = ...

# %%
check("04-captions", "alt")

# %% [markdown]
# ## What goes wrong
#
# - **Trusting the sentence.** Blind people who heard captions of photos on social media often filled the gap between a
#   caption and what they knew with a story of their own, rather than doubt the caption (MacLeod and others). Say how
#   sure it is, or say "may show".
# - **Testing on what is usual.** Ours was nearly perfect there. Make pictures in which habit and truth differ.
# - **More training on the same pictures.** That makes the habit stronger. What helps is other pictures:
#   `train(Path("anywhere"), anywhere=True, steps=800)` puts things at all places, and takes twelve seconds on one
#   core. When we ran it, 9 of the 16 strange pictures got a true caption, and of the usual ones only 12: now it has to
#   look, and looking is harder to learn than a habit. Data in which the easy way is wrong costs something.
# - **Guessing at people.** Captions name gender, age or a job from clothes and places, by the same habit (Hendricks and
#   others). Leave out what isn't needed.
# - **A caption as the alt text of everything.** Ten ornaments described in full are ten sentences to sit through. The
#   same picture needs other words elsewhere (Kreiss and others).
#
# ## Sources
#
# - Wang and others, *GIT: A Generative Image-to-text Transformer for Vision and Language*, 2022, arXiv:2205.14100.
# - Rohrbach and others, *Object Hallucination in Image Captioning*, EMNLP 2018, arXiv:1809.02156: CHAIR.
# - Hendricks and others, *Women also Snowboard: Overcoming Bias in Captioning Models*, ECCV 2018, arXiv:1803.09797.
# - MacLeod and others, *Understanding Blind People's Experiences with Computer-Generated Captions of Social Media
#   Images*, CHI 2017.
# - Gurari and others, *Captioning Images Taken by People Who Are Blind*, ECCV 2020, arXiv:2002.08565; Sidorov and
#   others, *TextCaps*, ECCV 2020, arXiv:2003.12462: captions that read.
# - Kreiss and others, *Context Matters for Image Descriptions for Accessibility*, EMNLP 2022, arXiv:2205.10646.
# - W3C, *An alt Decision Tree*, https://www.w3.org/WAI/tutorials/images/decision-tree/.
