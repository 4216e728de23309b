"""The one way to a model: check its limits, stream, retry, time and price the answer."""

from sensorium.ask.asking import ask, ask_all, check, stream

__all__ = ["ask", "ask_all", "check", "stream"]
