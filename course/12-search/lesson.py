# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # A search that can say no
#
# Meera sells second-hand things from a small room in Pune. She has photos of all of them, and titles that she typed
# late at night: "Good morning set", "SKU MX-4711". A customer writes "something to drink from", another sends a photo
# of a cup, a third asks for a submarine. The first two should find the cup. The third should hear "we haven't got
# that", and not be shown a rocket.
#
# In this lesson you search nine photos by words, by a photo and by both, see where each fails, and find out how a
# search can know that it has found nothing.

# %% [markdown]
# ## A catalogue becomes an index
#
# A catalogue is a table: one row a thing, with its photo. An index holds, for each photo, a row of numbers that says
# what is seen in it: its *embedding*. Everything here runs on this machine.

# %%
import csv
import shutil

from sensorium import Image, Text, ask, load
from sensorium.lessons import check, hosted, sample, show
from sensorium.search import Index, Searcher, SearchOptions
from sensorium.search.indexing import index_sources, sources

things = {
    "cat": ("Cushion, hand-sewn", 24.0),
    "coffee": ("Good morning set", 14.9),
    "astronaut": ("Poster: first woman to pilot a shuttle", 9.0),
    "rocket": ("Model, 40 cm", 59.0),
    "camera": ("Tripod, hardly used", 35.0),
    "flower": ("Dahlia in a pot", 8.5),
    "motorcycle": ("SKU MX-4711", 1900.0),
    "temple": ("Postcard", 1.5),
    "coins": ("Box of old money", 40.0),
}


def write_catalogue():
    with open("shop.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "image", "title", "price"])
        for name, (title, price) in things.items():
            rows.writerow([name, f"{name}.jpg", title, price])


for name in things:
    shutil.copy(sample(f"{name}.jpg"), f"{name}.jpg")
write_catalogue()
embedder = load("offline", role="embedder")
index = Index.create("shop.index", embedder.name, embedder.version, embedder.dims)
report = index_sources(index, sources(["shop.csv"]), embedder)
searcher = Searcher(index, embedder)
print(report.added, "photos,", embedder.dims, "numbers each")

# %%
show(Image("coffee.jpg"), "An espresso cup on a saucer, on a wooden table. Its title is: Good morning set.")

# %% [markdown]
# ## Pictures, text, or both
#
# Words can be compared with the photos, or looked up in the titles. Each finds what the other misses:


# %%
def first(query, *by):
    hits = searcher.search(query, SearchOptions(k=1, retrievers=by)).hits
    return hits[0].id if hits else "no good match"


for query in ("something to drink from", "a motorbike", "MX-4711", "a tripod"):
    print(f"{query}: by pictures {first(query, 'pictures')}; by text {first(query, 'text')};", end=" ")
    print(f"by both {first(query, 'pictures', 'text')}")

# %% [markdown]
# No title says "drink", and no photo shows "MX-4711". By both, the two lists are added up, and all four are right. Now
# a query that looks easy:

# %%
print("an astronaut:", first("an astronaut", "pictures", "text"))

# %% [markdown]
# Surprised? The portrait of an astronaut is in the shop. This embedder knows a thousand kinds of things by sight, and
# "astronaut" isn't one of them, so it offers what is related: a rocket. The title, "first woman to pilot a shuttle",
# doesn't have the word either. One word more in the title mends it. Nothing is embedded again: only the row changes.

# %%
things["astronaut"] = ("Poster: astronaut, first woman to pilot a shuttle", 9.0)
write_catalogue()
report = index_sources(index, sources(["shop.csv"]), embedder)
print("embedded again:", report.added + report.updated, "rows changed:", report.changed_columns)
print("an astronaut:", first("an astronaut", "text"))

# %% [markdown]
# ## Search by a photo, and by a filter
#
# The customer's photo of her own cup is small, tilted and cut off. A photo is a query like any other, and a filter over
# the columns of the catalogue is applied before the search, so that what is too dear isn't even looked at.

# %%
import PIL.Image

from sensorium.retrieval import Query

mine = PIL.Image.open(sample("coffee.jpg")).resize((200, 133)).crop((20, 10, 170, 120)).rotate(10)
mine.save("mine.jpg")
for query in (Query.of(Image("mine.jpg")), Query.of(Image("mine.jpg"), "a cat")):
    print([hit.id for hit in searcher.search(query, SearchOptions(k=2)).hits])
cheap = searcher.search("something to look at", SearchOptions(k=2, where="price < 10", judge=False))
print([(hit.id, hit.columns["price"]) for hit in cheap.hits])

# %% [markdown]
# The second query is a sum, the photo and the words, and gives things that are near to both.
#
# ## The idea: compare with questions that have no answer
#
# A list of nearest things is never empty. Something is always nearest, even to a submarine. A fixed limit, such as
# "similar above 0.3", doesn't help: two photos are compared on another scale than words and a photo, and every
# catalogue has a scale of its own. So the searcher asks your catalogue 288 questions that come with Sensorium and have
# nothing to do with a shop, and looks how near *those* get. A real query has to do better than
# nine in ten of them.
#
# ![How well 288 unrelated queries match Meera's photos: a hill around zero, nine in ten left of the limit at 1.9.
# "A submarine under the ice" is in the hill at minus 2.1; "an espresso cup" stands far to the right of it at
# 8.](unrelated.png)

# %%
for query in ("an espresso cup", "a submarine under the ice", "a skirt"):
    result = searcher.search(query)
    shown = [hit.id for hit in result.hits[:1]] or "no good match"
    print(f"{query}: {shown}, evidence {result.evidence.total:.1f}, limit {result.evidence.threshold:.1f}")
    if result.no_match:
        print("  nearest all the same:", result.nearest[0].id)

# %% [markdown]
# ## A larger embedder, and a model that writes titles
#
# CLIP (2021) learned one space for words and pictures from 400 million captions; Gemini Embedding 2 (November 2026) is
# a service. Does either find the astronaut by sight? And a vision model can do what Meera has no time for: write a
# title for each photo, which then is found by text.

# %% tags=["hosted"]
for name in ("clip:openai/clip-vit-base-patch32", "gemini-embedding-2"):
    if larger := hosted(name, "embedder"):
        photos = larger.embed([Image(f"{thing}.jpg") for thing in things])
        words = larger.embed([Text("an astronaut")])[0]
        print(name, list(things)[int((photos @ words).argmax())])

# %% tags=["hosted"]
for name in (
    "gemini:gemini-3.8-flash",
    "vllm:meta-llama/Llama-3.2-11B-Vision-Instruct",
    "vllm:Qwen/Qwen3.5-4B",
):
    if larger := hosted(name):
        print(name, ask(larger, Image("coffee.jpg"), "Write a shop's title for this, at most six words.").text)

# %% [markdown]
# ## Exercises
#
# **Where is the limit?** These are the best similarities of twenty queries that have nothing to do with a shop. Set
# `limit` so that exactly one of the twenty (5%) still passes, when a query passes with a similarity of at least
# `limit`.

# %%
unrelated = [0.11, 0.05, 0.19, 0.08, 0.24, 0.13, 0.02, 0.16, 0.09, 0.12, 0.07, 0.15, 0.21, 0.1, 0.06, 0.18, 0.14, 0.04,
             0.17, 0.03]  # fmt: skip

# %% exercise="limit"
limit = ...

# %%
check("12-search", "limit")

# %% [markdown]
# **How good is the search?** For each of some queries you know at which place the right thing came: 1 for the first, or
# None if it wasn't found. Its *reciprocal rank* is 1 / place, and 0 if it wasn't found. Write a function
# `mean_reciprocal_rank(places)`.

# %% exercise="rank"
mean_reciprocal_rank = ...

# %%
check("12-search", "rank")

# %% [markdown]
# **Filter first.** A customer wants two things for at most 30, of the kind "something for the wall". Set `options` to
# the `SearchOptions` that give the best two of those she can pay.

# %% exercise="filter"
options = ...

# %%
check("12-search", "filter")

# %% [markdown]
# ## What goes wrong
#
# - **Neighbours.** The test tells a submarine from a shop of clothes, but not a skirt from trousers: asked for "skirt"
#   in a shop of clothes without skirts, it accepted the neighbours in 98 to 100% of the cases (docs/search.md). Above,
#   "a skirt" was turned away because no clothes are near.
# - **Good queries turned away.** On clothes, none to 0.3% of 50 good English ones, and 22 to 68% of those in other
#   languages with this plain embedder. Take `offline:multilingual` there, and measure.
# - **Photos of anything.** For a photo the limit is how near your own pictures are to each other. In a shop as small
#   and mixed as this one that is low, and a photo of a receipt finds the coins.
# - **Hubs.** Some pictures are near to every query. Sensorium takes off how near a picture is to unrelated queries.
# - **Nobody measured.** Write down twenty real queries with what is right for each, and type `sensorium search
#   shop.index --evaluate --judgements judged.jsonl`. It takes half an hour and ends most discussions.
#
# ## Sources
#
# - Radford and others, *Learning Transferable Visual Models From Natural Language Supervision* (CLIP), ICML 2021,
#   arXiv:2103.00020.
# - Norouzi and others, *Zero-Shot Learning by Convex Combination of Semantic Embeddings* (ConSE), ICLR 2014,
#   arXiv:1312.5650: what the offline embedder does.
# - Radovanović, Nanopoulos and Ivanović, *Hubs in Space*, Journal of Machine Learning Research 11, 2010.
# - Robertson and Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond*, 2009: the search in titles.
