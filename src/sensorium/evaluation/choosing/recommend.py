"""A recommendation in words, under the user's limits, that never calls noise a winner.

A row wins only if it was shown to be better than every other row that fits the limits, by paired tests that count every
pair of rows of the report (Holm). Else the cheapest row that can't be told from the best is named, with how many
questions would tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sensorium.evaluation.choosing.amounts import (
    about,
    p_value,
    per_picture,
    percent,
    percent_interval,
    plural,
    points,
    points_interval,
    seconds,
    usd,
)
from sensorium.evaluation.choosing.figures import RowFigures
from sensorium.evaluation.choosing.model_row import ModelChoice, UserLimits
from sensorium.evaluation.choosing.pairs import RowPair, by_accuracy, pair_of

WINNER, NO_WINNER, ONLY_ONE, NOT_SHOWN, NONE_FITS = "winner", "no winner", "only one fits", "not shown", "none fits"
CONTROLS = ("majority",)
"""Kinds of rows that are never recommended: what a model must beat to be worth anything."""
SMALL = 0.02
"""A difference under this is asked about as if it were this: 2 points."""
_FEW = 60  # answers; of fewer, fewer than three are slower than the p95


@dataclass(frozen=True)
class Recommendation:
    """What to take, and why.

    Args:
        verdict: "winner": one row was shown to be better than all others that fit; "no winner"; "only one fits";
            "not shown": nothing that fits was shown to beat the commonest answer; "none fits".
        take: The row to take, or "".
        best: The most accurate row that fits the limits, or "".
        tied: The rows that can't be told from the best, the best among them, the cheapest first.
        ruled_out: Row -> which limit it breaks, in words.
        headline: The recommendation in one sentence.
        sentences: Why, the most important first.
    """

    verdict: str
    take: str = ""
    best: str = ""
    tied: tuple[str, ...] = ()
    ruled_out: Mapping[str, str] = field(default_factory=dict)
    headline: str = ""
    sentences: tuple[str, ...] = ()

    @property
    def winner(self) -> str:
        """The row that was shown to be better than all others that fit, or ""."""
        return self.best if self.verdict == WINNER else ""


def recommend(choice: ModelChoice, figures: Sequence[RowFigures], pairs: Sequence[RowPair]) -> Recommendation:
    """Return what to take under the choice's limits.

    Args:
        choice: The rows and the limits.
        figures: The figures of each row.
        pairs: Every pair of rows, as `row_pairs` returns them.
    """
    return _Adviser(choice, figures, pairs).recommendation()


def broken_limit(figures: RowFigures, limits: UserLimits) -> str:
    """Return in words which limit a row breaks, or ""; what isn't known of it can't be said to fit."""
    reasons = []
    if limits.private and not figures.row.is_private:
        reasons.append("it sends the questions to a service")
    if limits.usd_per_1000 is not None:
        if figures.usd_per_1000 is None:
            reasons.append("its price is unknown")
        elif figures.usd_per_1000 > limits.usd_per_1000:
            reasons.append(f"it costs {usd(figures.usd_per_1000)} for 1,000 questions")
    if limits.p95_seconds is not None:
        if figures.p95 is None:
            reasons.append("its time is unknown")
        elif figures.p95 > limits.p95_seconds:
            reasons.append(f"95 % of its answers come within {seconds(figures.p95)}")
    if limits.accuracy is not None and figures.accuracy.mean < limits.accuracy:
        maybe = "" if figures.accuracy.high < limits.accuracy else ", and so few questions can't tell"
        reasons.append(f"its accuracy is {percent_interval(figures.accuracy)}{maybe}")
    return "; ".join(reasons)


def limits_in_words(limits: UserLimits) -> str:
    """Return the user's limits as a phrase; "" without any."""
    words = []
    if limits.private:
        words.append("nothing leaves this machine")
    if limits.usd_per_1000 is not None:
        words.append(f"at most {usd(limits.usd_per_1000)} for 1,000 questions")
    if limits.p95_seconds is not None:
        words.append(f"95 % of the answers within {seconds(limits.p95_seconds)}")
    if limits.accuracy is not None:
        words.append(f"an accuracy of at least {percent(limits.accuracy)}")
    return ", ".join(words)


class _Adviser:
    """What a recommendation is made from."""

    def __init__(self, choice: ModelChoice, figures: Sequence[RowFigures], pairs: Sequence[RowPair]) -> None:
        self._choice, self._pairs = choice, pairs
        self._figures = {own.row.name: own for own in figures}
        models = [own for own in figures if own.row.kind not in CONTROLS]
        self._controls = [own.row.name for own in figures if own.row.kind in CONTROLS]
        broken = {own.row.name: broken_limit(own, choice.limits) for own in models}
        self._ruled_out = {name: reason for name, reason in broken.items() if reason}
        self._fitting = [row.name for row in by_accuracy([own.row for own in models]) if not broken[row.name]]
        self._n = len(choice.examples)

    def recommendation(self) -> Recommendation:
        """Return what to take."""
        if not self._fitting:
            return self._none_fits()
        best = self._fitting[0]
        if not self._beats_controls(best):
            return self._not_shown(best)
        others = self._fitting[1:]
        open_rows = [name for name in others if not self._beats(best, name)]
        tied = sorted([best, *(name for name in open_rows if self._beats_controls(name))], key=self._cost)
        take = tied[0]
        verdict = ONLY_ONE if not others else WINNER if not open_rows else NO_WINNER
        sentences = [
            *self._accuracies(best, take),
            *self._open_question(best, take, open_rows),
            *self._beaten(best, [name for name in others if name not in open_rows]),
            *self._cheaper(take, others),
            *self._cautions(take),
            *self._left_out(),
        ]
        return Recommendation(
            verdict,
            take,
            best,
            tuple(tied),
            self._ruled_out,
            self._headline(verdict, best, tied, open_rows),
            tuple(sentences),
        )

    def _headline(self, verdict: str, best: str, tied: Sequence[str], open_rows: Sequence[str]) -> str:
        take = tied[0]
        if verdict == ONLY_ONE:
            among = " within your limits" if self._ruled_out else ""
            return f"Take {take}: there was nothing else to choose from{among}."
        if verdict == WINNER:
            fits = "that fits your limits" if self._ruled_out else "that was asked"
            return f"Take {best}: it was shown to be more accurate than every other model {fits}."
        if take == best:
            return f"No winner with {plural(self._n, 'question')}. Take {best}: {self._why_first(best, open_rows)}."
        return (
            f"No winner with {plural(self._n, 'question')}. Take {take}: "
            f"{self._superlative(take, tied)} that can't be told from the best, {best}."
        )

    def _why_first(self, best: str, open_rows: Sequence[str]) -> str:
        """Say why the most accurate row is taken although it didn't win."""
        own = self._figures[best].usd_per_1000
        if own is None:
            return "it got the most right, and its price is unknown"
        others = [self._figures[name].usd_per_1000 for name in open_rows]
        if any(cost is not None and cost < own for cost in others):
            return "it got the most right, and what costs less wasn't shown to be better than the commonest answer"
        return "it got the most right, and nothing that can't be told from it costs less"

    def _superlative(self, take: str, tied: Sequence[str]) -> str:
        costs = [self._figures[name].usd_per_1000 for name in tied]
        if costs[0] is None:
            return "the fastest"
        return "the fastest of the cheapest" if costs[1] is not None and costs[1] - costs[0] < 1e-12 else "the cheapest"

    def _none_fits(self) -> Recommendation:
        limits = limits_in_words(self._choice.limits)
        headline = f"Nothing fits your limits ({limits})." if limits else "Nothing to choose from: no model was asked."
        return Recommendation(
            NONE_FITS, ruled_out=self._ruled_out, headline=headline, sentences=tuple(self._left_out())
        )

    def _not_shown(self, best: str) -> Recommendation:
        control = next(name for name in self._controls if not self._beats(best, name))
        headline = (
            f"Don't choose yet: nothing was shown to be better than {control}, which always gives the commonest answer."
        )
        worse = self._beats(control, best)
        told = self._beaten(control, [best]) if worse else [self._cant_tell(best, control)]
        sentences = [*self._accuracies(best, control), *told, *self._cautions(best), *self._left_out()]
        return Recommendation(NOT_SHOWN, "", best, (), self._ruled_out, headline, tuple(sentences))

    def _accuracies(self, *names: str) -> list[str]:
        shown = list(dict.fromkeys(names))
        parts = [f"{name} {percent_interval(self._figures[name].accuracy)}" for name in shown]
        return [f"Accuracy on {plural(self._n, 'question')}: {'; '.join(parts)}."]

    def _open_question(self, best: str, take: str, open_rows: Sequence[str]) -> list[str]:
        """Say what can't be told, of the row that is taken first."""
        order = sorted(open_rows, key=lambda name: name != take)
        out = [self._cant_tell(best, name) for name in order]
        if take != best:
            could = pair_of(self._pairs, best, take).difference.high
            saved = self._saved(best, take)
            risk = f"{take} may be up to {points(could)} less accurate than {best}" if could > 0 else ""
            out[1:1] = [f"{'; '.join(part for part in (saved, risk) if part)}."] if saved or risk else []
        elif order and (smallest := pair_of(self._pairs, best, order[0]).detectable):
            out.append(
                f"With {plural(self._n, 'question')} a true difference of {points(smallest)} would be shown four times "
                "out of five; smaller ones more rarely."
            )
        return out

    def _saved(self, best: str, take: str) -> str:
        dear, cheap = self._figures[best].usd_per_1000, self._figures[take].usd_per_1000
        if dear is None or cheap is None or dear <= cheap:
            return ""
        return f"For 1,000 questions {take} costs {usd(cheap)}, {best} {usd(dear)}"

    def _cant_tell(self, first: str, second: str) -> str:
        pair = pair_of(self._pairs, first, second)
        first, second = pair.first, pair.second
        asked = plural(self._n, "question")
        if not pair.spread.discordant:
            alike = f"every one of {asked}" if self._n > 1 else "the one question"
            return f"{first} and {second} did equally well on {alike}: these questions can't tell them apart."
        counts = f"only {first} was right in {pair.only_first}, only {second} in {pair.only_second}"
        if not pair.spread.right_or_wrong:
            counts = f"{first} was better in {pair.only_first}, {second} in {pair.only_second}"
        shown = f"{points_interval(pair.difference)}, {p_value(pair.p)}"
        return f"You can't tell {first} from {second} with {asked}: {counts} ({shown}); {self._would_settle(pair)}."

    def _would_settle(self, pair: RowPair) -> str:
        difference = pair.difference.mean
        small = abs(difference) < SMALL
        needed = pair.needed(SMALL if small else None)
        if needed is not None:
            needed = max(needed, self._n + 1)
        per = pair.spread.questions_per_cluster
        such = f" such questions, {per_picture(per)}," if per > 1 else ""
        if small:
            return f"{about(needed)}{such} would show a true difference of {points(SMALL)}"
        return f"{about(needed)}{such} would, if the true difference is {points(difference)}"

    def _beaten(self, best: str, names: Sequence[str]) -> list[str]:
        if not names:
            return []
        parts = []
        for name in names:
            pair = pair_of(self._pairs, best, name)
            parts.append(f"{name} by {points_interval(pair.difference)}, {p_value(pair.p)}")
        return [f"{best} was shown to be more accurate than {'; '.join(parts)}."]

    def _cheaper(self, take: str, others: Sequence[str]) -> list[str]:
        """Say what less money buys: the most accurate of the rows that cost less than the one that is taken."""
        own = self._figures[take].usd_per_1000
        costs = {name: self._figures[name].usd_per_1000 for name in others}
        cheaper = [name for name, cost in costs.items() if own is not None and cost is not None and cost < own]
        if not cheaper:
            return []
        name = cheaper[0]
        less = self._figures[take].accuracy.mean - self._figures[name].accuracy.mean
        return [
            f"For less money: {name} costs {usd(costs[name])} instead of {usd(own)} and got {points(less)} less right."
        ]

    def _cautions(self, name: str) -> list[str]:
        figures, limits, out = self._figures[name], self._choice.limits, []
        if figures.failed:
            kinds = ", ".join(f"{count} {kind}" for kind, count in figures.failures.items())
            out.append(
                f"{name} failed in {figures.failed} of {plural(self._n, 'question')} ({kinds}); they count as wrong."
            )
        if limits.accuracy is not None and figures.accuracy.low < limits.accuracy <= figures.accuracy.mean:
            out.append(
                f"Whether {name} reaches your {percent(limits.accuracy)} isn't certain: its interval begins at "
                f"{percent(figures.accuracy.low)}."
            )
        timed = sum(answer.seconds is not None for answer in figures.row.answers)
        if limits.p95_seconds is not None and timed < _FEW:
            out.append(f"The p95 of {plural(timed, 'answer')} is hardly more than the slowest of them.")
        if figures.row.concurrency > 1:
            out.append(f"{name} was asked {figures.row.concurrency} questions at once: alone it may be faster.")
        return out

    def _left_out(self) -> list[str]:
        return [f"Ruled out: {name}, as {reason}." for name, reason in self._ruled_out.items()]

    def _beats(self, first: str, second: str) -> bool:
        pair = pair_of(self._pairs, first, second)
        return pair.is_settled and pair.first == first

    def _beats_controls(self, name: str) -> bool:
        return all(self._beats(name, control) for control in self._controls)

    def _cost(self, name: str) -> tuple[float, float, int]:
        figures = self._figures[name]
        money, slow = (float("inf") if value is None else value for value in (figures.usd_per_1000, figures.p95))
        return money, slow, self._fitting.index(name)
