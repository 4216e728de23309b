# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Long films
#
# Hanna is blind and likes to bake. In cooking films people say "put this much flour into the bowl", and how much it is
# stands on the screen, for three seconds, in silence. She gave a five-minute film to a model that "understands video"
# and asked: "How much of everything?" It was right about the flour, and made up the salt and the oven's heat.
#
# It wasn't stupid. It had been shown 32 pictures. In this lesson you find out what a model that gets a long film has
# looked at, choose better frames, learn what a chain of questions adds and what it costs before you pay, and ask much
# of it here, without sending anything.

# %%
from pathlib import Path

from sensorium import Image, Video, ask, load
from sensorium.lessons import check, hosted, sample, shell, show
from sensorium.media.video import frame_at, frames, probe

film = Video(sample("bread.mp4"))
print(f"{probe(film).seconds:g} seconds, {Path(sample('bread.mp4')).stat().st_size:,} bytes")
show(Image(frame_at(film, 24).pixels), "A drawn bowl on a table. Above it stands: 450 G FLOUR.")

# %% [markdown]
# ## Sampling is not watching
#
# The film was drawn for this lesson, so we know when each card is on the screen. How many of them are in the frames, if
# these are taken at equal distances?

# %%
CARDS = {
    "450 G FLOUR": (22, 26),
    "7 G SALT": (71, 74),
    "REST 45 MIN": (118, 122),
    "OVEN 230 C": (175, 178),
    "BAKE 35 MIN": (231, 235),
}


def cards_in(shown):
    """Return the cards that are on at least one of the frames."""
    return [card for card, (start, end) in CARDS.items() if any(start <= frame.at < end for frame in shown)]


for count in (8, 32, 120):
    print(f"{count} frames: {len(cards_in(frames(film, count, max_side=320)))} of {len(CARDS)} cards")

# %% [markdown]
# Eight frames show none of the recipe, 32 show one card. A model that gets these can't know the rest, and it doesn't
# know that something is missing. How likely a card of three seconds is caught follows from one line: three seconds,
# times the number of frames, over the length; 32% for 32 frames of 300 seconds.
#
# ## The idea: the same number of frames, better chosen
#
# ![The five minutes as a line with five short orange bars, the cards. Under it rows of ticks. 8 frames at equal
# distances touch no bar, 32 touch one. 32 frames chosen by what changes touch all five, and so do 120 at equal
# distances, as in a chain.](frames.png)
#
# A card that appears is a change. `choose` looks at the whole film here, coarsely, finds cuts, cards and movements, and
# spends the same 32 frames on what differs:

# %%
from sensorium.video.scenes import choose

chosen = choose(film.blob, 32, how="scenes")
print(f"{len(chosen.frames)} chosen frames: {len(cards_in(chosen.frames))} of {len(CARDS)} cards")
eyes = load("offline")
near = min(chosen.frames, key=lambda frame: abs(frame.at - 176))
print(f"at {near.at:.1f} s it says:", ask(eyes, Image(near.pixels), "What does it say?").text)

# %% [markdown]
# ## Direct, or a chain?
#
# `sensorium watch` has two ways to ask a model that takes pictures about a long film. *Direct*: 32 frames at once, one
# answer. *Chain*: the film is cut along its scenes into clips of at most 20 seconds, each is described from eight
# frames, the notes are condensed towards the question, answered with times, and each piece of evidence is looked at
# again. In the chain a frame comes every two to three seconds: it isn't cleverer, it looks more often.
#
# What does that cost? Ask before you pay. `--dry-run` sends nothing and needs no key:

# %%
question = "How much of everything do I need?"
for route in ("direct", "chain"):
    plan = shell(
        f'sensorium watch "{sample("bread.mp4")}" "{question}" --model openai:gpt-6-luna --route {route} '
        "--hear none --no-read --dry-run"
    )

# %% [markdown]
# Read the last note of the direct route: it says how much of the film lies between the frames. That line is worth more
# than the price. And its first line says why: nothing in the film looks like what the question names, so the frames are
# taken at equal distances, and we know that these hold one card of five. `--budget 0.01` would be kept in any case; if
# it doesn't suffice for all clips, the answer says what wasn't looked at.
#
# ## Much can be answered here
#
# Hanna's question is about words on the screen, and reading needs no language model. Without `--model`, `watch` reads
# each screen once, listens, names what it sees, notes what moves, and keeps all that. Let's take forty seconds, from
# 2:30 on; the whole film takes about half a minute of one processor. The first question pays for looking, the others
# are free:

# %%
import os

from sensorium.video import cut

os.environ["XDG_CACHE_HOME"] = str(Path("cache").absolute())  # so that you see the first look, each time
part = cut(film.blob, 150, 190, Path("part.mp4"))
for question in (
    'When is "OVEN 230 C" shown?',
    "What is said at 0:22?",
    "When is the cat seen?",
    "When is the oven seen?",
):
    answer = shell(f"sensorium watch part.mp4 '{question}'")

# %% [markdown]
# Look at the seconds in the last line of each answer. On films of five minutes the second question was at least 1,463
# times as fast as the first (bench/LOG.md), since nothing is decoded, read or heard again. Ask ten questions, pay for
# one.
#
# The times are right to a fraction of a second, and each can be checked. And the last answer is wrong for a person: the
# oven is there for most of the time. It is *drawn*, and this recogniser learned from photos. It says that it didn't
# see one, and means just that: not "there was none".
#
# ## A model for the rest
#
# "Which step do people get wrong?" needs a language model. Gemini takes the film whole, one frame a second; GPT-6
# Luna and a Qwen3.5 on your server get a chain or frames (names of November 2026). The same function, the same kind
# of answer.

# %% tags=["hosted"]
from sensorium.video.watch import WatchSetup, by_scenes, watch

for name in ("gemini:gemini-3.8-flash", "openai:gpt-6-luna", "vllm:Qwen/Qwen3.5-4B"):
    if larger := hosted(name):
        setup = WatchSetup(cutter=by_scenes(), folder=Path("steps"))
        reply = watch([film], "How much of everything do I need?", larger, setup)
        print(name, reply.route, reply.answer, [f"{item.start:.0f} s" for item in reply.evidence], reply.usage.usd)

# %% [markdown]
# ## Exercises
#
# **How likely is it seen?** Write `caught(seconds, frames, length)`: how likely something that is there for `seconds`
# is in at least one of `frames` frames at equal distances, in a film of `length` seconds, wherever it is.

# %% exercise="caught"
caught = ...

# %%
check("18-long-films", "caught")

# %% [markdown]
# **Which way?** For each question about the bread film choose the cheapest way that can answer it: `"here"` (offline),
# `"direct"` (32 frames to a model) or `"chain"`. Set `ways`, such as `{"A": "chain", …}`.
#
# - A: When is "BAKE 35 MIN" shown?
# - B: Is this a cooking film or the news?
# - C: Which of the amounts on the cards does she also say aloud?
# - D: When is "hollow" said?

# %% exercise="ways"
ways = ...

# %%
check("18-long-films", "ways")

# %% [markdown]
# ## What goes wrong
#
# - **"It isn't in the film."** Nobody looked. Ask any tool how many frames it takes, and do the division.
# - **Things are seen less well than words.** On four films made for it, of 24 questions about things seen 11 were
#   answered, 9 of them rightly; of those about words read or said 49 of 52, all but one right; the rest was declined
#   (bench/LOG.md). The films showed ten photos, in many cuts.
# - **A chain loses what nobody noted.** The clips are described before the answer is known. A colour that the notes
#   leave out can't be asked for later. Ask the question with `--frames 16`, or look again at the place itself.
# - **A second look isn't always a gain.** Measured with the starter on drawn films, the chain had 29 of 30 answers
#   right, eight uniform frames 23; without the second look at the evidence it was 30 (bench/LOG.md).
# - **Sound left out.** Most models that take "video" take frames. Transcribe it, as above, and it is text.
# - No paid model was asked in this project. The forecasts come from the catalogue's prices of November 2026; how well
#   the models answer is for you to measure.
#
# ## Sources
#
# - Fu and others, *Video-MME*, 2024, arXiv:2405.21075: answers get worse with length.
# - Wang and others, *VideoAgent: Long-form Video Understanding with Large Language Model as Agent*, ECCV 2024,
#   arXiv:2403.10517: choose where to look next.
# - Zhang and others, *A Simple LLM Framework for Long-Range Video Question-Answering* (LLoVi), EMNLP 2024,
#   arXiv:2312.17235: describe short clips, then answer from the text.
# - Radford and others, *Robust Speech Recognition via Large-Scale Weak Supervision* (Whisper), ICML 2023,
#   arXiv:2212.04356.
