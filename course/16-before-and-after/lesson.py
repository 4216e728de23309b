# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Before and after
#
# Lin's club has a camera over its table, and a small model that answers children's questions about coloured shapes. On
# Monday she taught it to count corners, and it works: 56 of 60 right. On Tuesday Tom, who is blind, asks: "Is there a
# blue star?" The model says: "4." He laughs, and asks again. On Wednesday he doesn't ask any more.
#
# A training changes a model everywhere, not only where you look. In this lesson you train one, ask it before and after
# about the new skill *and* about the old ones, and learn which differences you can believe.

# %% [markdown]
# ## Train it
#
# As in lesson 15: 240 questions about corners, LoRA, half a minute. Nothing else is in the rows.

# %%
import json
import subprocess
import sys
import zipfile

from sensorium.lessons import check, hosted, sample
from sensorium.tune import Recipe, train

zipfile.ZipFile(sample("shapes.zip")).extractall()
recipe = Recipe(
    base="starter",
    task="corners.jsonl",
    output_dir="adapter",
    eval_split="",
    max_steps=36,
    batch_size=8,
    gradient_accumulation_steps=1,
)
print(train(recipe).steps, "steps done")

# %% [markdown]
# ## Ask before and after
#
# `sensorium evaluate` asks the same questions of three: the base, the base with four examples in its prompt (few-shot),
# and the tuned model. They are questions that the training never saw, about pictures that it never saw. With
# `--retain` base and tuned model are also asked what the base could do before.
#
# In a terminal it prints sentences, and with `--out report.html` it makes a page. Here we take the JSON, to look at
# single answers afterwards.

# %%
command = "sensorium evaluate adapter --retain old.jsonl --most 110 --shots 4 --pick balanced --json"
found = json.loads(subprocess.run([sys.executable, "-m", *command.split()], capture_output=True, check=True).stdout)


def table(part):
    """Print each model's score with its 95% interval."""
    print(f"{part['name']}: {part['n']} questions")
    for name, figures in part["conditions"].items():
        score = figures["scores"]["exact"]
        print(f"  {name}: {score['mean']:.0%} ({score['low']:.0%} to {score['high']:.0%})")


table(found["skill"])
table(found["retained"])

# %% [markdown]
# Corners went from nothing to nearly all. Few-shot prompting did nothing here: this little model was never taught to
# learn from its prompt. (Larger ones are; then it is the first thing to try, since it costs no training.) And what it
# knew has become worse. Which answers?

# %%
for answer in found["retained"]["answers"]:
    if answer["outcome"] == "newly wrong":
        before, after = answer["texts"]["base"], answer["texts"]["fine-tuned"]
        print(f"{answer['question']}  before: {before}, after: {after}")

# %% [markdown]
# You can hear what happened. "How many …?" now means corners, and some questions that have nothing to do with numbers
# get one as well. The model didn't lose its eyes. It learnt when to say numbers, from rows in which the answer was
# always a number.
#
# ## The idea: only the questions on which they differ count
#
# Is the loss real, or luck with these 110 questions? Most of them say nothing about it: both models are right, or both
# are wrong. What counts are the questions on which exactly one is right. If there were no difference, these would fall
# to either side like a coin.
#
# ![110 squares, one a question: 92 grey ones where both models are right and 1 where both are wrong, 1 blue one that is
# newly right, and 16 orange ones that are newly wrong.](pairs.png)
#
# In the run that the figure shows, 17 coins were tossed, and 16 fell on the same side. The chance of something so
# one-sided is the *exact McNemar test*:

# %%
from collections import Counter
from math import comb


def mcnemar(one, other):
    """Return the chance of a split at least as one-sided, if a fair coin made it."""
    tosses, fewer = one + other, min(one, other)
    return min(1.0, 2 * sum(comb(tosses, k) for k in range(fewer + 1)) / 2**tosses)


outcomes = Counter(answer["outcome"] for answer in found["retained"]["answers"])
print(dict(outcomes))
print(f"By chance: {mcnemar(outcomes['newly right'], outcomes['newly wrong']):.5f}")
change = found["retained"]["conditions"]["fine-tuned"]["over_base"]["exact"]
print(f"The change: {change['mean']:+.0%}, from {change['low']:+.0%} to {change['high']:+.0%}")

# %% [markdown]
# The interval of the change is that of the *pairs*: the same questions were asked of both. It is narrower than what you
# would guess from two separate intervals, and it is the one to report. If it holds 0, you can't tell, and saying "it is
# a little better" would be a guess. If questions share a picture they are drawn together, as they aren't independent:
# Sensorium does that by itself.
#
# ## What it says
#
# The command draws the conclusions that the figures allow, and no others:

# %%
print("\n".join(found["advice"]))

# %% [markdown]
# ## Replay
#
# The cure is old and simple: mix rows of the old skills among the new ones, so that "How many red shapes are there?"
# keeps its meaning. In the recipe that is one line, `replay = "old.jsonl"`. With a thousand rows of each, and 600 old
# questions, it was measured (bench/LOG.md, 26 November 2026):
#
# - Before: 97.3% of the old questions right.
# - After corners alone: 76.5%. A fifth of all that it knew was gone.
# - After corners and as many old rows: 96.0%; the change is −1.3 points, from −3.0 to +0.2. Corners: 99.6%.
#
# Try it in your copy of this lesson: add `replay="old.jsonl"` to the recipe with another `output_dir`, and evaluate
# that.
#
# ## A larger model, before and after
#
# For Llama 3.2 11B Vision it is the same command, `sensorium evaluate llama32-products --split test --metric chrf`, on
# a machine with a GPU. Its old skills are all that it can do, so choose the ones that your users need. A first look
# costs a few cents: what does an untuned larger model say to the questions on which the small one fell? (Names of
# November 2026.)

# %% tags=["hosted"]
from sensorium import ask, load_task

for name in ("gemini:gemini-3.8-flash", "openai:gpt-6-luna", "vllm:Qwen/Qwen3.5-4B"):
    if larger := hosted(name):
        for example in load_task("corners.jsonl").split("test").examples[:5]:
            print(f"{name}: {ask(larger, example.conversation).text} (right: {example.answer})")

# %% [markdown]
# ## Exercises
#
# **What may you say?** Write `verdict(low, high)`, which takes the interval of a change and returns "better", "worse"
# or "can't tell".

# %% exercise="verdict"
verdict = ...

# %%
check("16-before-and-after", "verdict")

# %% [markdown]
# **How one-sided is enough?** Of 300 questions, base and tuned model differ on 10. How many of these 10 must the tuned
# model win, at least, so that `mcnemar` gives less than 0.05? Set `wins`.

# %% exercise="wins"
wins = ...

# %%
check("16-before-and-after", "wins")

# %% [markdown]
# **Which score is honest?** For which of these can the score be reported as how well the tuned model will do? Set
# `honest` to their letters.
#
# - A: questions of the training rows
# - B: other questions, about pictures of the training rows
# - C: the split by which the best of ten adapters was chosen
# - D: questions about new pictures, asked once, when all was decided
# - E: the same as D, without the questions that the service failed to answer

# %% exercise="honest"
honest = ...

# %%
check("16-before-and-after", "honest")

# %% [markdown]
# ## What goes wrong
#
# - **Only the new skill is measured.** Then every training is a success. `sensorium evaluate` asks old skills if the
#   recipe has `replay`, or with `--retain`.
# - **Few-shot is left out.** If four examples in the prompt do as well, you don't need a training; you pay for longer
#   prompts instead.
# - **Ten looks at the test.** The best of ten equal adapters looks better than it is. Choose by a dev split.
# - **All right isn't 100%.** 60 of 60 right still allows up to 5% wrong elsewhere, which is why the advice says so.
# - **A judge that prefers the first answer.** For free texts a model can judge; Sensorium asks it twice, with the order
#   swapped, and counts a win only if both verdicts agree.
#
# ## Sources
#
# - McNemar, *Note on the sampling error of the difference between correlated proportions or percentages*,
#   Psychometrika, 1947.
# - Miller, *Adding Error Bars to Evals*, 2024, arXiv:2411.00640: paired differences, clusters, power.
# - McCloskey and Cohen, *Catastrophic Interference in Connectionist Networks*, 1989: the first description of what Tom
#   heard.
# - Rolnick and others, *Experience Replay for Continual Learning*, NeurIPS 2019, arXiv:1811.11682.
