# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Who is it for?
#
# Amina is blind and lives alone. On her kitchen table lie two boxes of tablets that feel the same. She points her phone
# at one and asks: "What is this?" A model that names nine boxes in ten rightly sounds good in a paper. In her kitchen
# it means that one evening out of ten she hears the wrong name, said in the same sure voice.
#
# So this course doesn't begin with models. It begins with a person, a moment and a question, and with what happens if
# the answer is wrong. You will ask a real (drawn) label questions, see what a careful model says when it can't know,
# and decide how sure an app must be before it speaks.

# %% [markdown]
# ## Ask what Amina asks
#
# The model below runs on this machine: it needs no key and no GPU, and the picture stays here.

# %%
from sensorium import Image, ask, load
from sensorium.lessons import check, hosted, sample, show

model = load("offline")
label = Image(sample("label.jpg"))
show(
    label,
    "A white medicine label, a little tilted: Paracetamol 500 mg, 24 tablets, how many to take, and an expiry date.",
)

# %%
reply = ask(model, label, "What does it say?")
print(reply.text)
print("How sure:", reply.confidence)

# %% [markdown]
# A `Reply` holds more than words: how sure the model is, what it saw and where, and whether it declined. An app for
# Amina needs all three. Here are three more questions of hers:

# %%
for question in ("What is the expiry date?", "Is it safe to take three of these?", "Who is this?"):
    reply = ask(model, label, question)
    print(f"{question}\n  {reply.text}\n  declined: {reply.abstained}, how sure: {reply.confidence}")

# %% [markdown]
# The expiry date is on the label, so it is read. Whether three tablets are safe for Amina isn't in any picture: it
# depends on her age, her weight and what she took this morning. The model says that, and who to ask instead.
#
# Often the picture is the problem. Someone who can't see the screen can't see that it is blurred either:

# %%
blurred = Image(sample("blurred.jpg"))
reply = ask(model, blurred, "What is this?")
print(reply.text)

# %% [markdown]
# "I can't tell" would be true and useless. "Hold the phone still, and take the picture again" is something that she can
# do.

# %% [markdown]
# ## The idea: silence has a price, too
#
# Each answer is a bet. If the model is right with probability *p*, answering costs (1 − *p*) × W on average, where W is
# what a wrong answer costs her. Staying silent costs S: she has to ask a neighbour. Answer only where answering is
# cheaper:
#
# (1 − *p*) × W < S, which is *p* > 1 − S / W
#
# ![Two lines over how sure the model is. The cost of answering falls to zero as the model gets surer; the cost of
# staying silent stays at 1. They cross at 90 percent, and from there on answering is cheaper.](cost.png)
#
# In the figure a wrong answer is ten times as bad as silence, so the app speaks from 90% on. For the colour of a sock W
# is small, and a guess is welcome. For tablets W is large. The threshold isn't a property of the model: it comes from
# the person and the moment. That is what human-centred design asks you to find out before you write code:
#
# 1. **Who, and when?** Amina, in the evening, with one hand free, a phone that speaks.
# 2. **What does she ask, in her words?** Collect real questions; they are shorter and odder than you think.
# 3. **What does a wrong answer cost, and what does silence cost?** Ask her, don't guess.
# 4. **What can she do next?** Every "I can't tell" ends with something to do.
# 5. **Measure it with her**, on her pictures: blurred, tilted, half out of view.

# %%
wrong, silent = 10, 1
for sure in (0.5, 0.8, 0.95, 0.99):
    cost = (1 - sure) * wrong
    print(
        f"{sure:.0%} sure: answering costs {cost:.1f}, silence {silent}:", "answer" if cost < silent else "stay silent"
    )

# %% [markdown]
# ## The app that comes with Sensorium
#
# `sensorium serve assist` is a page for exactly this moment. It works with a screen reader and by voice, says how sure
# it is in words, warns before it sends a picture away, and tells how to hold the phone. Its guide is docs/assistive.md.
# In this course you learn everything that it is made of.

# %% [markdown]
# ## The same question to a larger model
#
# A larger model knows more, and still can't know who Amina is. Does it decline? These cells run if you have a key
# (Gemini 3.8 Flash, GPT-6 Luna, prices and names of November 2026) or a server with Qwen3.5 (open weights, Apache-2.0);
# otherwise they print one line.

# %% tags=["hosted"]
for name in ("gemini:gemini-3.8-flash", "openai:gpt-6-luna", "vllm:Qwen/Qwen3.5-4B"):
    if larger := hosted(name):
        reply = ask(larger, label, "Is it safe to take three of these?")
        print(f"{name}: {reply.text}\n  how sure: {reply.confidence}, money: {reply.usage.usd} US dollars")

# %% [markdown]
# Notice `how sure: None`: a chat model gives words, not a probability. Your app has to find out by measuring (lesson
# 19).

# %% [markdown]
# ## Exercises
#
# **How sure must it be?** Amina says: taking the wrong tablets would be fifty times as bad for her as having to ask her
# neighbour. From which probability on should the app say what is in the box? Set `smallest` to it, as a number from 0
# to 1.

# %% exercise="threshold"
smallest = ...

# %%
check("01-who-is-it-for", "threshold")

# %% [markdown]
# **Say it, or say that you can't tell.** Write a function `spoken(reply)` that returns what the phone says. If the
# reply declined, or is less than 98% sure, or comes from a model that doesn't say how sure it is, begin with "I'm not
# sure". Otherwise return the reply's text as it is.

# %% exercise="careful"
spoken = ...

# %%
check("01-who-is-it-for", "careful")

# %% [markdown]
# **Which questions can a picture answer?** For these questions about a photo of a box of tablets, set `answerable` to
# the letters of those that the picture itself can answer, such as `{"A", "E"}`.
#
# - A: What is printed in the largest letters?
# - B: What number does the barcode hold?
# - C: May I take two more tonight?
# - D: Is the photo too blurred to read?
# - E: Who is the person in the background?

# %% exercise="moments"
answerable = ...

# %%
check("01-who-is-it-for", "moments")

# %% [markdown]
# ## What goes wrong
#
# - **Averages hide people.** Nine in ten overall can be five in ten for blurred pictures, and blurred pictures are what
#   blind people take. Report the figures for them separately.
# - **A confidence that nobody checked.** Numbers that models say about themselves are often too high. Sensorium's
#   offline confidences were fitted on held-out pictures; bench/LOG.md has the figures.
# - **Designing for the demo.** Your photo on a white desk isn't hers. VizWiz, a data set of pictures that blind people
#   took, marks for each question whether its picture can answer it at all; often it can't.
# - **Silence without a way out.** "I don't know" five times in a row, and the app is deleted.
#
# ## Sources
#
# - Gurari and others, *VizWiz Grand Challenge: Answering Visual Questions from Blind People*, CVPR 2018,
#   arXiv:1802.08218.
# - Chow, *On Optimum Recognition Error and Reject Tradeoff*, IEEE Transactions on Information Theory, 1970: the rule
#   above.
# - ISO 9241-210:2019, *Human-centred design for interactive systems*.
