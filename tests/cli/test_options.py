"""A library's hint becomes the option of the command that is running."""

from __future__ import annotations

import click
import pytest

from sensorium.cli.options import with_flags

COMMAND = click.Command(
    "ask",
    params=[
        click.Option(["--timeout", "timeout_seconds"]),
        click.Option(["--model", "-m", "model_name"]),
        click.Option(["--shots"]),
        click.Option(["--column", "columns"], multiple=True),
        click.Option(["--merged"], is_flag=True),
        click.Option(["--place", "placing"]),
    ],
)


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("Allow more: `timeout_seconds=300`", "Allow more: --timeout 300"),
        ("Try timeout_seconds=300.", "Try --timeout 300."),
        ("Set `shots=(0, 1, 4)`, or leave it out.", "Set --shots 0,1,4, or leave it out."),
        ("Name it with `model`.", "Name it with --model."),
        ("Try model='sarvam:saaras'.", "Try --model sarvam:saaras."),
        ("Map it: `columns={'answer': 'label'}`", "Map it: --column answer=label"),
        (
            "Map them: `columns={'answer': 'label', 'image': 'file'}`",
            "Map them: --column answer=label --column image=file",
        ),
        ("`merged=True` does it.", "--merged does it."),
        ("Try `place='text'` or `placing=text`.", "Try --place text or --place text."),
        ("`shots` takes integers.", "--shots takes integers."),
        ("Try `fps=1`.", "Try fps=1."),
        ("Try [(new, 1), (old, 1)] or x=y.", "Try [(new, 1), (old, 1)] or x=y."),
        ("Type: sensorium data split x --shares shots=0.8", "Type: sensorium data split x --shares shots=0.8"),
        ("", ""),
    ],
)
def test_parameters_become_options(hint: str, shown: str) -> None:
    assert with_flags(hint, COMMAND) == shown


def test_a_group_knows_the_options_of_its_commands() -> None:
    assert with_flags("Set `shots=2`.", click.Group("data", commands={"ask": COMMAND})) == "Set --shots 2."
