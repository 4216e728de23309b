# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Choosing
#
# Ade runs a helpline. Blind callers send a photo and a question: what does this letter want, which of these buttons is
# "start"? A thousand a day. He tried two services on 200 real questions. The cheap one got 176 right, the dear one 182.
# The dear one costs eight times as much: 320 dollars a year instead of 40, and half a second longer for each caller.
# He takes the dear one. "Three points are three points."
#
# Are they? In this lesson you find out how often such a result comes from luck, how many questions would settle it,
# and how to choose by accuracy, money, time and privacy at once.

# %% [markdown]
# ## How often does the worse one win?
#
# Let's play it with models of which we know the truth, because we draw their answers: A is right in 88% of questions,
# B in 91%. They fail on different ones: in 15% of all questions exactly one of them is right. Ade asks 200 questions.

# %%
import random

from sensorium.lessons import check, hosted, shell


def drawn(n, seed):
    """Return the scores of A and B on n questions: only B right in 9% of them, only A in 6%, both in 82%."""
    chance = random.Random(seed)
    pairs = chance.choices([(1, 1), (0, 1), (1, 0), (0, 0)], weights=[82, 9, 6, 3], k=n)
    return [a for a, _ in pairs], [b for _, b in pairs]


def leads(n, times=1000):
    """Return how often B, the better one, has more right answers than A; and how often A has more."""
    results = [tuple(map(sum, drawn(n, seed))) for seed in range(times)]
    return sum(b > a for a, b in results) / times, sum(a > b for a, b in results) / times


for n in (50, 200, 1000):
    better, worse = leads(n)
    print(f"{n} questions: the better one is ahead in {better:.0%}, the worse one in {worse:.0%} of a thousand tries")

# %% [markdown]
# With 200 questions the worse model comes out ahead about every eighth time. And whoever looks at one result only can't
# tell which of these times it was.
#
# ## The idea: ask first how many questions would settle it
#
# As in lesson 16 only the questions count on which exactly one of the two is right. *Power* is how often so many
# questions would show the difference, in a test that is fooled by luck in only 5% of cases. It can be forecast, from
# two numbers: the difference that matters to you, and the share of questions on which the two differ.
#
# ![A curve: how often a difference of 3 points would be shown, over the number of questions, if the two differ on 15%
# of them. At 200 questions it is at 14 percent; it reaches 80 percent at 1,364.](power.png)

# %%
from sensorium.evaluation.choosing.power import PairSpread, forecast_power, questions_to_settle

spread = PairSpread(difference=0.03, discordant=0.15)
for n in (200, 1000):
    print(f"{n} questions would show it in {forecast_power(spread, n):.0%} of such measurements")
print("For 80%:", questions_to_settle(spread), "questions. For a difference of 10 points:",
      questions_to_settle(PairSpread(0.10, 0.20)))  # fmt: skip

# %% [markdown]
# Questions about the same picture aren't independent. If four are asked about each, more are needed; Sensorium
# measures how many from your own answers.
#
# ## Several ways, several costs
#
# A choice has more sides than right and wrong. Below are five ways to answer, drawn again so that the truth is known:
# A and B; a chain that asks B twice; a model on Ade's own machine, from which nothing leaves; and, as a control, always
# the commonest answer. Each answer has its money and its seconds.

# %%
from sensorium import Conversation, Example
from sensorium.evaluation.choosing.figures import all_figures
from sensorium.evaluation.choosing.model_row import AnswerRow, ModelChoice, ModelRow, UserLimits
from sensorium.evaluation.choosing.pairs import row_pairs
from sensorium.evaluation.choosing.recommend import recommend

N = 200
questions = tuple(Example(Conversation.of(f"Question {number}"), "yes") for number in range(N))


def way(name, scores, usd, seconds, private=False, kind="hosted"):
    """Return a way to answer with its scores, its money for a question, and its usual seconds."""
    chance = random.Random(name)
    answers = tuple(
        AnswerRow(number, "", score, usd=usd, seconds=seconds * chance.lognormvariate(0, 0.3))
        for number, score in enumerate(scores)
    )
    return ModelRow(name, kind, {}, answers, is_private=private)


def choice(n, limits=None, seed=4):
    """Return the five ways, asked n questions."""
    chance, (a, b) = random.Random(seed), drawn(n, seed)
    rows = (
        way("A", a, 0.00011, 0.9),
        way("B", b, 0.00088, 1.4),
        way("B twice", [max(score, chance.random() < 0.05) for score in b], 0.0018, 2.9),
        way("own machine", [float(chance.random() < 0.74) for _ in a], 0.00002, 0.4, private=True, kind="offline"),
        way("commonest answer", [float(chance.random() < 0.3) for _ in a], 0.0, 0.0, private=True, kind="majority"),
    )
    return ModelChoice("letters", "exact", questions[:n], tuple(range(n)), rows, limits or UserLimits())


def advice(of):
    """Return the recommendation for a choice."""
    return recommend(of, all_figures(of), row_pairs(of.rows, of.clusters))


for row in all_figures(choice(N)):
    right = row.accuracy
    print(
        f"{row.row.name}: {right.mean:.0%} right ({right.low:.0%} to {right.high:.0%}), "
        f"${row.usd_per_1000:.2f} for 1,000, half within {row.p50:.1f} s, 95% within {row.p95:.1f} s"
    )

# %% [markdown]
# A way is *beaten* if another costs no more and is right more often. Those that nothing beats are the **Pareto front**:
# the only ones worth thinking about, whatever your taste.
#
# ![Accuracy over money for 1,000 questions, with intervals. On the front, from left to right: own machine at 70
# percent, A at 86 and B at 89. B twice is as right as B and costs twice as much. The intervals of A, B and B twice
# overlap widely.](pareto.png)

# %%
from sensorium.evaluation.choosing.pareto import pareto_front

points = {row.name: (row.usd_per_1000, row.accuracy) for row in choice(N).rows}
print("On the front, the cheapest first:", ", ".join(pareto_front(points)))

# %% [markdown]
# The commonest answer is on it, too: nothing is cheaper than no model. It stands there to be beaten by far.
#
# A front drawn through noisy points is noisy, too. So the recommendation asks which differences were *shown*, counts
# every comparison that was made (Holm's method), and among those that can't be told from the best takes the cheapest:

# %%
said = advice(choice(N))
print(said.headline)
print("\n".join(said.sentences[:3]))

# %% [markdown]
# Now Ade's limits. Callers read out letters from banks: nothing may leave the house. Or: at most 50 cents for a
# thousand, and at least 80% right.

# %%
for limits in (UserLimits(private=True), UserLimits(usd_per_1000=0.5, accuracy=0.8)):
    said = advice(choice(N, limits))
    print(said.headline)
    for name, reason in said.ruled_out.items():
        print(f"  not {name}: {reason}")

# %% [markdown]
# ## Silence is a choice, too
#
# A model that knows how sure it is can leave the doubtful questions to a person. *Coverage* is the share that it
# answers, *risk* how often it is wrong in these. Here the machine's own model, with confidences that mean something:

# %%
from sensorium.evaluation.choosing.selective import selective_risk

chance = random.Random(2)
sure = [round(1 - chance.random() ** 2 * 0.9, 2) for _ in range(400)]
own = ModelRow("own machine", "offline", {}, tuple(
    AnswerRow(number, "", float(chance.random() < confidence), confidence=confidence)
    for number, confidence in enumerate(sure)
))  # fmt: skip
risk = selective_risk(own)
print(f"Answers all: wrong in {risk.risk.mean:.0%}")
for coverage in (0.75, 0.5, 0.25):
    point = risk.at(coverage)
    print(f"Answers the surest {point.coverage:.0%} (from {point.confidence:.2f} on): wrong in {point.risk:.0%}")

# %% [markdown]
# A private model that answers half of the questions nearly always rightly and leaves the rest to a volunteer may serve
# Ade's callers better than one of 91% that answers everything. That is lesson 1 again, now with numbers.
#
# ## Yours, measured
#
# Nothing above needs imaginary models. Here a real one is asked, and its time measured. A machine of your own costs
# money as well: say 20 cents an hour.

# %%
import time
import zipfile

from sensorium import ask, load, load_task
from sensorium.evaluation.choosing.model_row import percentile
from sensorium.lessons import sample

zipfile.ZipFile(sample("shapes.zip")).extractall()
asked = load_task("old.jsonl").split("test").examples[::4]
model, right, took = load("starter"), 0, []
for example in asked:
    start = time.monotonic()
    right += ask(model, example.conversation).text == example.answer
    took.append(time.monotonic() - start)
half, most = percentile(took, 0.5), percentile(took, 0.95)
print(f"starter: {right} of {len(asked)} right, half within {half:.2f} s, 95% within {most:.2f} s")
print(f"1,000 questions: {1000 * sum(took) / len(took) / 3600 * 0.20:.4f} dollars of machine")

# %% [markdown]
# The first answer is slower than the rest, and the slowest callers are the ones who complain: report the 95th
# percentile, not the mean.
#
# All of this lesson is one command. `sensorium compare` asks every way the same questions, keeps each answer as it
# comes, so that a second run asks nothing, and says what to take, or that you can't tell. With `--report report.html`
# it makes a page with the fronts and the questions on which the ways differ. Here are three ways: the starter, the
# starter with four examples in its prompt, and the commonest answer.

# %%
_ = shell("sensorium compare old.jsonl --models starter,majority --shots 0,4 --most 30")

# %% [markdown]
# The same questions to larger models (names of November 2026):

# %% tags=["hosted"]
for name in ("gemini:gemini-3.8-flash", "openai:gpt-6-luna", "vllm:Qwen/Qwen3.5-4B"):
    if larger := hosted(name):
        replies = [(ask(larger, each.conversation), each.answer) for each in asked[:10]]
        print(name, sum(reply.text.strip(". ").lower() == answer.lower() for reply, answer in replies), "of 10 right,",
              sum(reply.usage.usd or 0 for reply, _ in replies), "dollars")  # fmt: skip

# %% [markdown]
# ## Exercises
#
# **The front.** Money for 1,000 questions and accuracy of five ways. Set `front` to the names of those that no other
# beats.

# %%
WAYS = {"P": (0.10, 0.80), "Q": (0.50, 0.78), "R": (0.50, 0.85), "S": (2.00, 0.85), "T": (3.00, 0.90)}

# %% exercise="front"
front = ...

# %%
check("19-choosing", "front")

# %% [markdown]
# **How many questions?** You want to see a difference of 3 points between two models that differ on 12% of questions.
# Your questions come four to a picture, which makes the variance 1.8 times as large. How many questions would show it
# four times out of five? Set `enough`. (`PairSpread` also takes `design_effect` and `questions_per_cluster`.)

# %% exercise="enough"
enough = ...

# %%
check("19-choosing", "enough")

# %% [markdown]
# **Where to fall silent.** Write `cut(answers, risk)`. `answers` are pairs of a confidence and whether the answer was
# right. Return the lowest confidence from which on answers can be given so that at most that share of them is wrong, or
# None if no threshold does. Answers of equal confidence are given together.

# %% exercise="cut"
cut = ...

# %%
check("19-choosing", "cut")

# %% [markdown]
# ## What goes wrong
#
# - **The best of six.** Of six equal models one is the best on your questions. Tested against the second as if it had
#   been chosen beforehand, it "wins" more often than in 5% of cases. `recommend` counts all fifteen comparisons;
#   bench/power.py shows how often either rule is fooled.
# - **Failures left out.** A service that times out on the hard questions looks more accurate if these don't count.
# - **Yesterday's price.** Prices change at midnight, cached tokens cost less, thinking tokens count as output. Keep the
#   date of the price beside every figure.
# - **A threshold chosen on the questions that it is measured on** flatters itself. Choose it on one half.
# - **Other people's benchmark.** Rank and distance change with the questions. Ask yours.
#
# ## Sources
#
# - Miller, *Adding Error Bars to Evals*, 2024, arXiv:2411.00640.
# - Card and others, *With Little Power Comes Great Responsibility*, EMNLP 2020, arXiv:2010.06595: many published
#   comparisons were too small to show what they claim.
# - Connor, *Sample Size for Testing Differences in Proportions for the Paired-Sample Design*, Biometrics, 1987.
# - Geifman and El-Yaniv, *Selective Classification for Deep Neural Networks*, NeurIPS 2017, arXiv:1705.08500.
