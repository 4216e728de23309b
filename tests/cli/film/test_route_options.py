"""Which options count on which route."""

from __future__ import annotations

import pytest

from sensorium.cli.film.route_options import without_effect
from sensorium.cli.watch import watch


@pytest.mark.parametrize(
    ("route", "words", "vain"),
    [
        ("chain", ["--frames", "3", "--clip", "9", "--detail", "low"], ""),
        ("chain", ["--fps", "2"], "--fps"),
        ("native", ["--frames", "3", "--fps", "2", "--clip", "9"], "--frames, --clip"),
        ("direct", ["--no-check", "--frames", "3"], ""),
        ("offline", ["--no-check", "--describe-with", "x", "--once", "-q"], "--describe-with, --no-check, --once"),
    ],
)
def test_what_was_typed_in_vain_is_named(route: str, words: list[str], vain: str) -> None:
    context = watch.make_context("watch", ["film.mp4", "What?", *words])
    assert without_effect(context, route) == ((f'Without effect on the route "{route}": {vain}.',) if vain else ())
