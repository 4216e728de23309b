"""AdapterEvaluation: how the base, the fine-tuned and the few-shot model compare, for page, terminal and model card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sensorium.evaluation.comparison import Comparison, ConditionResult
from sensorium.evaluation.judge import Verdicts

BASE, FINE_TUNED = "base", "fine-tuned"


@dataclass(frozen=True)
class AdapterEvaluation:
    """What an adapter is worth.

    Args:
        adapter: Its folder.
        base: The base checkpoint.
        skill: What was trained: base, fine-tuned, and the base with demonstrations in its prompt.
        retained: Other skills: base and fine-tuned; None if they were not asked.
        verdicts: A judge's, or None.
        replay: Whether other skills were trained along.
        notes: What a reader must know of the figures.
        settings: How it was measured, name -> words.
        broken_files: What was wrong with files that could not be read.
    """

    adapter: str
    base: str
    skill: Comparison
    retained: Comparison | None = None
    verdicts: Verdicts | None = None
    replay: bool = False
    notes: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    broken_files: tuple[str, ...] = ()

    @property
    def fewshot(self) -> tuple[ConditionResult, ...]:
        """The results with demonstrations in the prompt."""
        return self.skill.results[2:]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "adapter": self.adapter,
            "base": self.base,
            "skill": self.skill.to_json(),
            "over_few_shot": {
                result.name: asdict(self.skill.difference(FINE_TUNED, result.name)) for result in self.fewshot
            },
            "retained": self.retained and self.retained.to_json(),
            "judge": self.verdicts and self.verdicts.to_json(),
            "notes": list(self.notes),
            "settings": dict(self.settings),
        }
