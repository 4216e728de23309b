# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Charts
#
# Wanjiru is the treasurer of a housing co-operative in Nakuru, and blind. At the yearly meeting a letter of the water
# company goes round. It has a chart of the price: four bars, and the last is eight times as high as the first. "Eight
# times!" somebody calls out, and the room gets loud. Wanjiru has had the letter read by her phone. "Three percent," she
# says. "In three years."
#
# She is right, and everyone who *saw* the chart is wrong. A bar isn't a number. It becomes one through the axis beside
# it, and eyes skip that step, those of a vision model too. In this lesson you take the step: from bars to a table,
# and from the table to the answer.

# %% [markdown]
# ## The letter

# %%
from sensorium import Image, ask, load
from sensorium.eyes.charts import chart
from sensorium.eyes.charts.arithmetic import calculate
from sensorium.lessons import check, find_lesson, hosted, show

folder = find_lesson(5).folder
letter = Image(folder / "letter.png")
show(
    letter,
    "A bar chart, Price of water, in cents. 2023 is a low bar, 2026 is eight times as high. The axis begins at 96.",
)

# %%
table = chart(letter)
print(table.title, "-", table.y_name)
for year, value in zip(table.categories, table.values, strict=True):
    print(f"{year}: {value:.1f}")

# %% [markdown]
# No language model has been asked. The words and numbers were read, the bars were measured, and a line was fitted from
# the rows of pixels to the numbers of the axis. Now the two answers, that of the eyes and that of the table:

# %%
first, *_, last = table.boxes
foot = 421  # the row of pixels on which all bars stand; rows are counted from the top
print(f"as drawn: the last bar is {(foot - last.top) / (foot - first.top):.1f} times as high")
print("as meant:", calculate(table, "ratio", ("2026", "2023")).sentence)

# %% [markdown]
# ## The idea: an axis is a ruler
#
# ![One bar, 2026, beside an axis. The number 96 stands at pixel row 421, 99 at row 106, and the bar ends at row 85. 315
# rows stand for 3 cents, so the 336 rows from 96 to the bar's end stand for 3.2 cents: the bar means
# 99.2.](ruler.png)
#
# Two numbers of the axis and their rows are enough:
#
# value = 96 + (421 − 85) / (421 − 106) × (99 − 96) = 99.2
#
# The height of the bar doesn't appear in it, only its end. That is why a bar that begins at 96 still has the right
# value, and why its height says nothing. A third number of the axis shows whether the ruler is even at all. We will
# need that below.

# %%
print(f"{96 + (421 - 85) / (421 - 106) * (99 - 96):.1f}")

# %% [markdown]
# ## From the table to answers
#
# Once the numbers are there, a question about a chart is arithmetic, and arithmetic should be done by arithmetic. The
# offline model does so for questions in words. Each answer says how sure it is, and rests on bars that can be shown.

# %%
model = load("offline")
for question in ("Which year is the largest?", "How many times is 2026 2023?", "What is the average?"):
    reply = ask(model, letter, question)
    print(f"{question} {reply.text} ({reply.confidence:.2f})")

# %% [markdown]
# The same numbers drawn honestly, from zero:

# %%
honest = Image(folder / "with-zero.png")
show(honest, "The same prices as bars from zero: four bars of nearly the same height.")

# %%
for name, image in (("from 96", letter), ("from 0", honest)):
    read = chart(image)
    print(name, [round(value, 2) for value in read.values], f"one pixel is {read.resolution:.2f} cents")

# %% [markdown]
# Nobody shouts now, but look at the numbers: they are less exact. A pixel of this chart is worth a quarter of a cent.
# `resolution` says so, and no reader can do better, nor a model with billions of weights. A chart is for the eye, a
# table for numbers. Ask for the table.

# %% [markdown]
# ## What can't be read is declined
#
# Two more charts. On the first the axis goes 10, 100, 1,000. Guess before you run this: how many times as heavy as the
# dog is the elephant, by the heights of the bars? And what will the reader say?

# %%
weights = Image(folder / "weights.png")
show(
    weights,
    "Bars of four animals' weights over an axis with 10, 100 and 1000 at equal distances: cat, dog, horse, elephant.",
)

# %%
print(chart(weights).reason)

# %% [markdown]
# The elephant's bar is about three times as high as the dog's, and the animal is 170 times as heavy. With the ruler of
# above, the cat would get a weight *below zero*. The reader saw that the numbers multiply, and declines. You will read
# this chart yourself in an exercise.
#
# The second is about colours. "The green one" is how people who see speak of bars; about one man in twelve has
# trouble telling green from red.

# %%
cups = Image(folder / "cups.png")
show(cups, "Cups sold in May: Tea, a red bar; Coffee, a green bar; Cocoa, a blue bar.")

# %%
for question in ("What is the value of the green bar?", "What is the value of Coffee?"):
    print(question, ask(model, cups, question).text)

# %% [markdown]
# ## Bars, or numbers as text, for a larger model
#
# A language model can be asked in two ways: with the picture of the chart, or with the table as text. Ask both, and
# compare. Phi-3.5-vision and Phi-4-multimodal are small open models of Microsoft's that were trained on charts, too.
# They run on a server of yours: `vllm serve microsoft/Phi-3.5-vision-instruct --trust-remote-code` (names of November
# 2026). Which of the two ways gives 1.03, and which 8?

# %%
as_text = f"{table.title} ({table.y_name})\n" + "\n".join(
    f"{year}: {value:.1f}" for year, value in zip(table.categories, table.values, strict=True)
)
print(as_text)

# %% tags=["hosted"]
question = "How many times the price of 2023 is that of 2026? Answer with a number."
for name in (
    "vllm:microsoft/Phi-3.5-vision-instruct",
    "vllm:microsoft/Phi-4-multimodal-instruct",
    "vllm:Qwen/Qwen3.5-4B",
    "gemini:gemini-3.8-flash",
    "openai:gpt-6-luna",
):
    if larger := hosted(name):
        print(f"{name}: bars {ask(larger, letter, question).text}, text {ask(larger, as_text, question).text}")

# %% [markdown]
# ## Exercises
#
# **Read a bar.** On an axis 20 stands at pixel row 400, and 60 at row 160. A bar ends at row 280. Set `value` to what
# it means.

# %% exercise="read"
value = ...

# %%
check("05-charts", "read")

# %% [markdown]
# **Read what the reader declined.** On the chart of the animals 10 stands at row 358, 100 at row 244, 1,000 at row 130:
# 114 rows multiply by ten. Write `weight(row)`, which returns the kilograms of a bar that ends at a row.

# %% exercise="weight"
weight = ...

# %%
check("05-charts", "weight")

# %% [markdown]
# **How much does it exaggerate?** Edward Tufte's *lie factor* is the change that is drawn, as a share of the first
# bar's height, divided by the change that is meant, as a share of the first value. A bar's height is its value less
# the `bottom` of the axis. Write `lie_factor(first, last, bottom)`.

# %% exercise="lie"
lie_factor = ...

# %%
check("05-charts", "lie")

# %% [markdown]
# ## What goes wrong
#
# - **An axis without its zero.** The table is right, and the picture misleads. Say the values, never "eight times as
#   high". The letter's lie factor is 241.
# - **A logarithmic axis that is taken for an even one.** All values are wrong, and each of them looks plausible.
# - **A printed number that contradicts its bar.** The reader compares both, takes the bar, and is less sure.
# - **More than simple bars.** Stacked, grouped and floating bars, lines and pies are declined. On 200 unseen drawn bar
#   charts the whole table was right in 90% (86 to 93%), wrong and not declined in 3.5%; of the questions that it
#   answered 99% were right (bench/LOG.md). These were charts by one program; slides and photos are harder.
# - **Arithmetic in the head of a language model.** It may read 96.4 and 99.2 rightly and still divide wrongly. Let it
#   read, and let a program calculate.
#
# ## Sources
#
# - Masry and others, *ChartQA*, Findings of ACL 2022, arXiv:2203.10244: questions about charts, and the rule that a
#   number within 5% counts as right.
# - Liu and others, *DePlot: One-shot visual language reasoning by plot-to-table translation*, Findings of ACL 2023,
#   arXiv:2212.10505: first the table, then the question.
# - Abdin and others, *Phi-3 Technical Report*, 2024, arXiv:2404.14219.
# - Tufte, *The Visual Display of Quantitative Information*, 1983: the lie factor.
