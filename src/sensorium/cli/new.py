"""`sensorium new`: a small runnable project from a few answers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.scaffold import Answers

Value = TypeVar("Value")
LOCAL, HOSTED = "local", "hosted"
TAKES = {"picture": "photos, scans, screenshots", "video": "films", "speech": "spoken questions and recordings",
         "catalogue": "a table of pictures, to be searched"}  # fmt: skip
GIVES = {"answer": "an answer to a question", "fields": "named fields, such as a date and a total",
         "hits": "the things of a catalogue that fit", "moments": "when something is seen in a film"}  # fmt: skip
PRIVACY = {LOCAL: "nothing may leave this machine", HOSTED: "a hosted model may be sent what goes in"}
NO_LIMIT = "none"
DEFAULT_USD = 1.0
"""A day, where hosted models are allowed."""


@click.command(
    epilog=epilog(
        'sensorium new "Label reader" --takes picture --gives fields --fields "name, dose, expiry date" --yes',
        "sensorium new shop --takes picture,speech,catalogue --gives hits --language en --language hi --yes",
        'sensorium new "Door camera" --takes video --gives answer --privacy hosted --usd-a-day 2 --seconds 60 --yes',
        "printf 'picture\\nanswer\\nen\\nlocal\\nnone\\n' | sensorium new sign-reader",
    )
)
@click.argument("name")
@click.option("--takes", metavar="WHAT", help=f"What goes in, with commas: {', '.join(TAKES)}.")
@click.option("--gives", metavar="WHAT", help=f"What comes out, one of: {', '.join(GIVES)}.")
@click.option("--fields", metavar="WORDS", help='Which fields come out, with commas: "name, expiry date".')
@click.option(
    "--language", "-l", "languages", multiple=True, metavar="CODE", help="A language that people speak to it."
)
@click.option("--privacy", metavar="WHERE", help=f"Where things may go: {LOCAL} (nowhere) or {HOSTED}.")
@click.option("--usd-a-day", metavar="USD", help=f"US dollars a day that it may spend, or {NO_LIMIT} for no limit.")
@click.option("--seconds", metavar="SECONDS", help=f"The longest wait for a result, or {NO_LIMIT}.")
@click.option(
    "--in", "folder", metavar="FOLDER", default=".", help="Where the project's folder is made (default: here)."
)
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: take the defaults for the rest.")
@options.quiet
@options.as_json
def new(
    name: str, takes: str | None, gives: str | None, fields: str | None, languages: tuple[str, ...],
    privacy: str | None, usd_a_day: str | None, seconds: str | None, folder: str, yes: bool, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make a small runnable project for a use case of your own.

    It asks what goes in, what comes out, in which languages, and what it may cost; each answer can also be an option,
    or come through a pipe, one a line; an empty line takes the default. The project has the app, a page to serve, a
    task file to measure it, tests, a README and a CI file. Nothing is ever overwritten.
    """
    from sensorium.cli import output as show
    from sensorium.scaffold import engines, names, project_files, write_project
    from sensorium.scaffold.write import check_place

    named = names(name)
    place = Path(folder) / named.folder
    check_place(place)  # before anything is asked
    options_given = Given(takes, gives, fields, languages, privacy, usd_a_day, seconds)
    answers = collect(name, options_given, Questions(yes))
    files = project_files(answers)
    write_project(files, place)
    chosen = engines(answers)
    if as_json:
        show.as_json({"folder": str(place), "package": named.package, "files": list(files), "model": chosen.model,
                      "embedder": chosen.embedder, "extras": list(chosen.extras)})  # fmt: skip
        return
    show.result(str(place))
    if not quiet:
        show.asides(next_steps(place, named.package, answers))


def next_steps(place: Path, package: str, answers: Answers) -> list[str]:
    """Return what to type now, and what is missing for it."""
    import shlex

    from sensorium.registry import scheme_of
    from sensorium.scaffold import engines

    chosen = engines(answers)
    lines = [f"Next: cd {shlex.quote(str(place))}", "      python -m pytest", f"      python -m {package}"]
    for engine in filter(None, (chosen.model, chosen.embedder, chosen.transcriber)):
        scheme = scheme_of(engine)
        if scheme is not None and scheme.missing:
            lines.append(f"{engine} is not installed yet. {scheme.hint}")
    if chosen.key:
        lines.append(f"{chosen.model} needs your key in {chosen.key}; the tests need none.")
    return lines


@dataclass(frozen=True)
class Given:
    """What was answered by options; None, or nothing, where it wasn't."""

    takes: str | None = None
    gives: str | None = None
    fields: str | None = None
    languages: tuple[str, ...] = ()
    privacy: str | None = None
    usd_a_day: str | None = None
    seconds: str | None = None


def collect(name: str, given: Given, ask: Questions) -> Answers:
    """Return the answers: from the options, and for the rest from whoever is asked.

    Raises:
        InputError: if an answer can't be used, or is missing from a pipe.
    """
    from sensorium.scaffold import Answers
    from sensorium.scaffold.answers import DEFAULT_FIELDS

    takes = ask("What goes in?", TAKES, "picture", given.takes, lambda text: _choices(text, TAKES, "takes"))
    usual = "hits" if "catalogue" in takes else "answer"

    def read_gives(text: str) -> str:
        gives = _choice(text, GIVES, "gives")
        Answers(name, tuple(takes), gives)  # type: ignore[arg-type]  # what doesn't fit together is told at once
        return gives

    gives = ask("What comes out?", GIVES, usual, given.gives, read_gives)
    fields: tuple[str, ...] = ()
    if gives == "fields" or given.fields is not None:
        usual = ", ".join(DEFAULT_FIELDS)
        fields = ask("Which fields? Words with commas.", {}, usual, given.fields, _field_words)
    spoken = ",".join(given.languages) or None
    languages = ask("Which languages? Codes or English names, with commas.", {}, "en", spoken, _language_codes)
    privacy = ask("May what goes in leave this machine?", PRIVACY, LOCAL, given.privacy,
                  lambda text: _choice(text, PRIVACY, "privacy"))  # fmt: skip
    usd: float | None = 0.0
    if privacy == HOSTED or given.usd_a_day is not None:
        usual = f"{DEFAULT_USD:g}" if privacy == HOSTED else "0"
        usd = ask(f"How many US dollars a day may it spend? A number, or {NO_LIMIT} for no limit.", {}, usual,
                  given.usd_a_day, lambda text: _number(text, "usd_a_day"))  # fmt: skip
    seconds = ask(f"How many seconds may a result take? A number, or {NO_LIMIT} for no limit.", {}, NO_LIMIT,
                  given.seconds, lambda text: _number(text, "seconds"))  # fmt: skip
    return Answers(name, tuple(takes), gives, languages, privacy == LOCAL, usd, seconds, fields)  # type: ignore[arg-type]


class Questions:
    """Asks question after question on a terminal, in plain lines that a screen reader speaks; or reads a pipe.

    Args:
        takes_defaults: Whether nothing is asked, and the defaults are taken.
    """

    def __init__(self, takes_defaults: bool) -> None:
        self._takes_defaults = takes_defaults
        self._asked = 0
        self._is_terminal = sys.stdin is not None and sys.stdin.isatty()

    def __call__(
        self, question: str, choices: dict[str, str], usual: str, given: str | None, read: Callable[[str], Value]
    ) -> Value:
        """Return what was given as an option, the default, or the answer to the question.

        Args:
            question: A sentence.
            choices: Words that may be answered -> what each means.
            usual: What an empty answer stands for.
            given: The option's text, or None.
            read: Returns the value of a text; InputError if it can't be used.
        """
        from sensorium.cli import output as show
        from sensorium.core.errors import InputError

        if given is not None or self._takes_defaults:
            return read(usual if given is None else given)
        self._asked += 1
        show.aside(f"Question {self._asked}: {question}")
        for number, (word, meaning) in enumerate(choices.items(), 1):
            show.aside(f"{number}. {word}: {meaning}.")
        show.aside(f"Enter alone takes: {usual}.")
        while True:
            text = self._line(question)
            try:
                return read(text or usual)
            except InputError as error:
                if not self._is_terminal:
                    raise
                show.aside(f"{error.message} {error.hint}")

    def _line(self, question: str) -> str:
        """Return the next line of standard input, without spaces around it."""
        from sensorium.core.errors import InputError, quoted

        if self._is_terminal:
            click.echo("Answer: ", nl=False, err=True)
        line = "" if sys.stdin is None else sys.stdin.readline()
        if not line:
            if self._is_terminal:  # Ctrl+D
                raise click.Abort
            raise InputError(
                f"Standard input ended before {quoted(question)} was answered; nothing was written.",
                "Answer by options, pipe more lines in, or take the defaults: --yes",
            )
        return line.strip()


def _choices(text: str, words: Sequence[str] | dict[str, str], option: str) -> list[str]:
    """Return the words of a list with commas or spaces; a number stands for the word of its place."""
    from sensorium.core.errors import InputError, quoted

    found = []
    for each in text.replace(",", " ").split():
        names = list(words)
        word = names[int(each) - 1] if each.isascii() and each.isdigit() and 0 < int(each) <= len(names) else each
        matches = [name for name in names if name.startswith(word.casefold())]
        if len(matches) != 1:
            raise InputError(f"{quoted(each)} isn't one of: {', '.join(names)}.", f"Try `{option}={names[0]}`")
        found += matches
    if not found:
        raise InputError("Nothing was named.", f"Name one of {', '.join(words)}: `{option}={next(iter(words))}`")
    return found


def _choice(text: str, words: dict[str, str], option: str) -> str:
    from sensorium.core.errors import InputError, quoted

    found = _choices(text, words, option)
    if len(set(found)) > 1:
        raise InputError(f"One is wanted, not {quoted(text)}.", f"Choose one: `{option}={found[0]}`")
    return found[0]


def _field_words(text: str) -> tuple[str, ...]:
    from sensorium.core.errors import InputError, quoted
    from sensorium.scaffold.names import field_names

    fields = tuple(" ".join(each.split()) for each in text.split(",") if each.strip())
    if not fields:
        raise InputError(f"{quoted(text)} names no field.", 'Try `fields="name, expiry date"`')
    field_names(fields)
    return fields


def _language_codes(text: str) -> tuple[str, ...]:
    from sensorium.scaffold.answers import known_language

    return tuple(known_language(each.strip()) for each in text.split(",") if each.strip())


def _number(text: str, option: str) -> float | None:
    from sensorium.core.errors import InputError, quoted

    if text.casefold() == NO_LIMIT:
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError(f"A number or {NO_LIMIT} is wanted, not {quoted(text)}.", f"Try `{option}=20`") from None
