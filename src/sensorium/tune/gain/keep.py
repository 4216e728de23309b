"""A gain's figures beside its adapter, for its card."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sensorium.tune.gain.advice import advise
from sensorium.tune.gain.asked import about
from sensorium.tune.gain.found import UNTOUCHED, Gain, Skill
from sensorium.tune.training.lora import ABOUT

KEY = "gained"


def keep(gain: Gain) -> Path:
    """Write the figures into the adapter's sensorium.json, in the place of earlier ones; gives its path."""
    file = Path(gain.adapter) / ABOUT
    told: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "skill": _figures(gain.skill),
        "retained": gain.retained and _figures(gain.retained),
        "judge": gain.verdicts and {key: gain.verdicts.to_json()[key] for key in ("judge", "counts", "score", "bias")},
        "advice": advise(gain),
        "notes": list(gain.notes),
    }
    whole = about(gain.adapter) | {KEY: told}
    file.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


def _figures(skill: Skill) -> dict[str, Any]:
    sides = {}
    for side in skill.sides:
        scores = {by: asdict(side.score(by)) for by in skill.metrics}
        over = {by: asdict(skill.difference(side.name, UNTOUCHED, by)) for by in skill.metrics}
        sides[side.name] = {"scores": scores, "seconds": side.seconds, "input_tokens": side.input_tokens} | (
            {} if side.name == UNTOUCHED else {"over_untouched": over}
        )
    return {"name": skill.name, "n": len(skill.examples), "metrics": list(skill.metrics), "sides": sides}
