# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Data sets
#
# Meera's mother throws pots, and Meera sells them: two hundred new pieces a month, three photos of each, and each needs
# a text for the shop's page. Her mother wrote 90 such texts by hand. Meera wants to teach a model to write the next
# ones. She tries it, scores 100% on photos that she kept aside, and pays for the large training. The next delivery
# comes, and nearly every text describes some other pot.
#
# Nothing was wrong with the model or the training. The rows were wrong. In this lesson you make that mistake on
# purpose, see why the score couldn't tell, and learn what to look for in rows before you pay for a training.

# %% [markdown]
# ## A row is a conversation and its answer
#
# A much used public example is `philschmid/amazon-product-descriptions-vlm`: about 1,350 products with a picture, a
# name, a category and a description (and licence CC-BY-NC 4.0: nothing that you train on it may be sold). A row of it
# becomes a conversation, as in lesson 2, and the answer that should follow. The model learns the answer and nothing
# else; all that stands before it, it is given. (The commands for that data set stand at the head of
# recipes/llama32-products.toml.)

# %%
import json
import random

from PIL import Image as Pictures
from PIL import ImageDraw

from sensorium import Conversation, Example, Image, ask
from sensorium.lessons import check, hosted, sample, shell, show

ASK = "Write the text for the shop's page."
row = Example(
    Conversation.of(Image(sample("coffee.jpg")), f"{ASK}\nName: Cup Alba\nCategory: Tableware"),
    answers="An espresso in a glass cup, on a wooden table.",
)
print("given:", [type(part).__name__ for part in row.conversation.parts], "\nlearnt:", row.answer)

# %% [markdown]
# Meera's pots are drawn here, so that the lesson is small: 30 pieces, three photos of each, which differ as photos do:
# in light, in place and in the wall behind.

# %%
from itertools import permutations

GLAZES = {
    "blue": (52, 92, 160), "green": (62, 128, 92), "ochre": (204, 150, 60), "white": (232, 230, 224),
    "brown": (110, 70, 50), "pink": (214, 140, 150),
}  # fmt: skip
chance = random.Random(7)


def photo(above, below, tall, wide, edge):
    """Draw a piece with two glazes that meet at `edge`; light, place and wall are drawn by chance."""
    grey, light = chance.randint(120, 170), chance.uniform(0.85, 1.05)
    left, top, bottom = 80 - wide + chance.randint(-4, 4), 145 - tall, 145 + chance.randint(-3, 3)
    picture = Pictures.new("RGB", (160, 160), (grey, grey, grey))
    draw = ImageDraw.Draw(picture)
    for colour, start in ((above, top), (below, top + tall * edge // 100)):
        shade = tuple(int(min(255, value * light)) for value in GLAZES[colour])
        draw.rounded_rectangle((left, start, left + 2 * wide, bottom), 12, fill=shade)
    return picture


rows = []
for product, (above, below) in enumerate(chance.sample(list(permutations(GLAZES, 2)), 30)):
    tall, wide, edge = chance.randint(60, 115), chance.randint(25, 55), chance.randint(25, 65)
    form, size = "vase" if tall > 90 else "pot", chance.randint(20, 90) * 10
    text = f"A {form}, {above} above and {below} below. Holds {size} ml."
    for number in range(3):
        name = f"{product:02}-{number}.jpg"
        photo(above, below, tall, wide, edge).save(name, quality=90)
        rows.append({"image": name, "question": ASK, "answer": text, "product": product})
print(f"{len(rows)} rows. Two of them, of one product:")
print(rows[3], rows[4], sep="\n")

# %%
sheet = Pictures.new("RGB", (480, 320))
for at, number in enumerate((3, 4, 5, 18, 19, 20)):
    sheet.paste(Pictures.open(rows[number]["image"]), (at % 3 * 160, at // 3 * 160))
sheet.save("sheet.png")
show(
    "sheet.png",
    "Six photos: above, one piece three times; below, another three times. The wall's grey, the light and the place "
    "differ a little from photo to photo; the piece, with its two glazes, is the same.",
)

# %% [markdown]
# ## A model that knows nothing, and gets high marks
#
# Here is the laziest model that there can be. It doesn't know what a pot is. It looks for the training photo that is
# most alike, and says that photo's text. How often is it right about photos that it has never seen? First two thirds of
# the photos are drawn by chance to train on; then the first twenty products are taken, with all their photos.

# %%
import numpy as np


def look(name):
    """Return what a photo's pot looks like, wherever it stands: 16 by 16 spots of it, its height and its width."""
    values = np.asarray(Pictures.open(name), float)
    high, wide = np.nonzero(np.abs(values - values[2, 2]).sum(axis=2) > 45)
    box = (wide.min(), high.min(), wide.max() + 1, high.max() + 1)
    spots = np.asarray(Pictures.open(name).crop(box).resize((16, 16)), float)
    return np.append(spots / spots.mean(), [8 * (box[2] - box[0]), 8 * (box[3] - box[1])])


LOOKS = {row["image"]: look(row["image"]) for row in rows}


def lazy_score(train, test):
    """Return how often the text of the most similar training photo is right."""
    right = 0
    for row in test:
        nearest = min(train, key=lambda other: np.abs(LOOKS[other["image"]] - LOOKS[row["image"]]).sum())
        right += nearest["answer"] == row["answer"]
    return right / len(test)


shuffled = random.Random(1).sample(rows, len(rows))
print(f"Split by photo:   {lazy_score(shuffled[:60], shuffled[60:]):.0%} right")
first = [row for row in rows if row["product"] < 20]
print(f"Split by product: {lazy_score(first, [row for row in rows if row['product'] >= 20]):.0%} right")

# %% [markdown]
# Nearly always, and never. The photos were new in both; only the second time the *products* were new. By photo, the
# lazy model had nearly always another photo of the same pot, and with it the text, word for word, with how much it
# holds, which no photo shows. A large model that has learnt your rows by heart does exactly this, and its score looks
# splendid.
#
# ## The idea: keep aside what will be new
#
# Ask what will be new on the day when the model is used, and split by that. Meera's next delivery has new products. So
# a product is in training or in the test, with all its photos. For a doctor it is new patients, for a film new films,
# for a forecast later months.
#
# ![Two grids of eight products with three photos each. In the left one, split by photo, test photos are strewn over six
# products, each beside training photos of its own. In the right one, split by product, two whole products are the
# test.](splits.png)
#
# The score that you get is lower, and it is the one that you will live with.

# %%
for row in rows:
    row["split"] = "train" if row["product"] < 24 else "test"

# %% [markdown]
# ## What else hides in rows
#
# Real rows have more faults than one. Four typical ones: the same photo saved again under another name, now in the
# test; a phone's photo that says where Meera lives; two texts for one photo that have nothing in common; a photo that
# is missing. `data check` looks for these and a dozen more.

# %%
small = Pictures.open("02-0.jpg").resize((120, 120))
small.save("again.jpg", quality=60)
place = Pictures.Exif()
place[0x8825] = {1: "N", 2: (26.9, 0.0, 0.0), 3: "E", 4: (75.8, 0.0, 0.0)}  # a GPS position
Pictures.open("03-0.jpg").save("phone.jpg", exif=place)
faulty = [
    *rows,
    rows[6] | {"image": "again.jpg", "split": "test"},
    rows[9] | {"image": "phone.jpg"},
    rows[12] | {"answer": "Sorry, sold out!"},
    rows[15] | {"image": "lost.jpg"},
]


def write(name, some):
    """Write rows as a .jsonl file: one a line."""
    with open(name, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in some)


write("pots.jsonl", faulty)
_ = shell("sensorium data check pots.jsonl --ignore product")

# %% [markdown]
# What must be fixed stands first, with the rows' numbers and what to type; a training on these rows would have run
# without a word. Look closer at the finding about copies: some photos of one pot are so alike that they count as one.
# That is a hint, not a proof: **no tool can know that two different photos show the same product.** You know, so you
# put it into the rows.
#
# ## Mend, split, mix, look
#
# With the four rows gone, nothing is left that must be fixed. For a task without groups of its own, such as Meera's
# customers' photos, `data split` makes the splits: copies of a picture stay together, and answers are mixed alike.

# %%
write("pots.jsonl", rows)
_ = shell("sensorium data split pots.jsonl --ignore product --shares train=0.8,dev=0.1,test=0.1 --out divided")

# %% [markdown]
# A model that learns only pots forgets other things (lesson 16 measures it). So rows of what it can do already are
# mixed in, here one old row to three new ones:

# %%
old = [
    ("cat.jpg", "What is this?", "a cat"),
    ("coins.jpg", "What are these?", "coins"),
    ("coffee.jpg", "Is it full?", "yes"),
]
for name, _, _ in old:
    Pictures.open(sample(name)).save(name)
write("old.jsonl", [{"image": name, "question": question, "answer": answer} for name, question, answer in old])
_ = shell("sensorium data mix pots.jsonl=3 old.jsonl=1 --ignore product --out mixed")

# %% [markdown]
# And before anything is trained, look at some rows as the model will get them. `preview.html` marks what is learnt, in
# colour and in words; with `--model starter` it shows the model's own template, token by token.

# %%
_ = shell("sensorium data preview mixed --most 6 --out preview.html")

# %% [markdown]
# ## What do larger models see?
#
# "Holds 340 ml" can't be seen. A model that learns from such texts learns to invent a number that sounds right. Does a
# model that wasn't trained on Meera's rows invent one as well? (Names of November 2026.)

# %% tags=["hosted"]
for name in (
    "gemini:gemini-3.8-flash",
    "vllm:meta-llama/Llama-3.2-11B-Vision-Instruct",
    "vllm:Qwen/Qwen3.5-4B",
):
    if larger := hosted(name):
        print(f"{name}: {ask(larger, Image('01-0.jpg'), ASK).text}")

# %% [markdown]
# ## Exercises
#
# **Split by product.** Write `split(rows)`, which returns a list with "train" or "test" for each row. About a fifth of
# the rows are the test (15 to 25%), no product is in both, the products of the test are drawn by chance from all, and
# the same rows always get the same splits. A row's product is `row["product"]`.

# %% exercise="by_product"
split = ...

# %%
check("14-data-sets", "by_product")

# %% [markdown]
# **No answer in the question.** The rows of amazon-product-descriptions-vlm have the columns below, among others. Write
# `question(row)`, which returns the question as text: the task in a sentence of your own, the name and the category.
# Leave out what already says the answer, and leave out what an owner of a new product wouldn't have.

# %%
product = {
    "Product Name": "Wooden Train Set, 32 Pieces",
    "Category": "Toys & Games | Trains",
    "About Product": "Hand-polished beech wood | 32 pieces with bridge and tunnel",
    "description": "A 32-piece train set of hand-polished beech with a bridge and a tunnel.",
}

# %% exercise="question"
question = ...

# %%
check("14-data-sets", "question")

# %% [markdown]
# **What a photo can teach.** Which of these sentences can a model learn to write from a photo alone? Set `visible` to
# their letters, such as `{"B", "E"}`.
#
# - A: Blue above and ochre below.
# - B: Holds 340 ml.
# - C: It is taller than it is wide.
# - D: Loved by all our customers.
# - E: Thrown in March.

# %% exercise="visible"
visible = ...

# %%
check("14-data-sets", "visible")

# %% [markdown]
# ## What goes wrong
#
# - **Variants.** The same shirt in red and blue has two product numbers and one text. Group by what shares a text.
# - **A question that gives the answer away.** If all questions about vases say "vase", the picture isn't needed. `data
#   check` fits a model of the question's words alone and says how far it gets.
# - **Copies that no check finds.** Sensorium's finds 95% of copies that were resized, saved again or a little lighter
#   or darker, but no mirrored or cropped ones (bench/LOG.md).
# - **A test that is looked at again and again.** Each look teaches you something, and with you the model. Keep three
#   splits: train, dev to choose by, test for once.
# - **Rights.** Photos of other shops aren't yours. Write the licence down while you still know it: `sensorium data
#   card`.
#
# ## Sources
#
# - P. Schmid, *amazon-product-descriptions-vlm*,
#   https://huggingface.co/datasets/philschmid/amazon-product-descriptions-vlm, CC-BY-NC 4.0; how Sensorium reads it:
#   recipes/products.py and docs/data.md.
# - Barz and Denzler, *Do We Train on Test Data? Purging CIFAR of Near-Duplicates*, 2020, arXiv:1902.00423: 3% and 10%
#   of the test pictures of two famous data sets were copies of training pictures.
# - Gebru and others, *Datasheets for Datasets*, 2018, arXiv:1803.09010.
# - Kapoor and Narayanan, *Leakage and the Reproducibility Crisis in ML-based Science*, 2022, arXiv:2207.07048.
