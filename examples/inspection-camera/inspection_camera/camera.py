"""The inspection camera as a model of Sensorium, so that `sensorium compare` measures it beside others."""

from __future__ import annotations

from collections.abc import Iterator

from sensorium import Conversation, Delta, Image, Limits, Options

from inspection_camera.app import inspect, load_model
from inspection_camera.checks import load_checks


class InspectionCamera:
    """Answers the questions of checks.toml, and no others."""

    name = "inspection-camera"
    limits = Limits(parts=("text", "image"), languages=("en",), schema="none", may_think=False)

    def __init__(self) -> None:
        self._model = load_model()
        self._checks = {check.question: check for check in load_checks()}

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Yield the value of a check; "can't tell" where a person would be called."""
        last = chat.messages[-1]
        pictures = [part for message in chat.messages for part in message.parts if isinstance(part, Image)]
        check = self._checks.get(last.text.strip())
        if check is None or not pictures:
            yield Delta("can't tell", abstained=True, suggestion=f"Ask one of: {' '.join(self._checks)}")
            return
        (found,) = inspect(self._model, pictures[-1], [check]).findings
        if found.state == "unsure":
            yield Delta("can't tell", abstained=True, suggestion=found.why)
        else:
            yield Delta(found.value, found.confidence)


def model(name: str) -> InspectionCamera:
    """Return the camera: the entry point `inspection-camera` of Sensorium's backends."""
    return InspectionCamera()
