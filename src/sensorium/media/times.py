"""Times in words: the one spelling of seconds that models and services are told."""

from __future__ import annotations

import math

_PER_SECOND = 1000
_NOISE = 1e-3  # of a thousandth: frames' times are kept to the millionth of a second


def decimal(seconds: float, places: int = 3) -> str:
    """Return seconds as a plain decimal number, never with an exponent.

    Args:
        seconds: The number.
        places: Most digits after the point; zeros at the end are left out.

    Example:
        >>> decimal(36000.123), decimal(12.5), decimal(1_000_000.0)
        ('36000.123', '12.5', '1000000')
    """
    text = f"{seconds:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(seconds: float) -> str:
    """Return the time of a frame to the thousandth of a second, rounded up.

    So the time told is one at which this frame is shown: looked up again, it gives the same frame, not the one before.

    Example:
        >>> moment(1 / 24), moment(0.5)
        ('0.042', '0.5')
    """
    return decimal(math.ceil(seconds * _PER_SECOND - _NOISE) / _PER_SECOND)


def frame_label(seconds: float, film: str = "") -> str:
    """Return the words that stand before a frame.

    Args:
        seconds: Its time in the film.
        film: Which film, in words, if there are several.

    Example:
        >>> frame_label(12.5), frame_label(0.25, "Video 2")
        ('Frame at 12.5 s:', 'Video 2, frame at 0.25 s:')
    """
    return f"{film}, frame at {moment(seconds)} s:" if film else f"Frame at {moment(seconds)} s:"
