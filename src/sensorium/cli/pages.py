"""The help of every command as Markdown: python -m sensorium.cli.pages [FOLDER]."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sensorium.cli.main import COMMANDS, main
from sensorium.core.files import replace_file

WIDTH = 100


def pages() -> dict[str, str]:
    """Return file name -> Markdown: an index, and a page for each command, with its subcommands."""
    rendered = {"README.md": _page("sensorium", _help(main, ()))}
    for name in COMMANDS:
        rendered[f"{name}.md"] = _page(f"sensorium {name}", _help(main, (name,)))
        command = main.get_command(click.Context(main), name)
        for inner in command.commands if isinstance(command, click.Group) else ():
            rendered[f"{name}.md"] += "\n#" + _page(f"sensorium {name} {inner}", _help(main, (name, inner)))
    links = "\n".join(f"- [{name}]({name}.md): {short}" for name, (_, short) in COMMANDS.items())
    rendered["README.md"] += f"\n{links}\n"
    return rendered


def _help(group: click.Group, path: tuple[str, ...]) -> str:
    ctx = group.make_context(
        "sensorium", [*path], resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH, color=False
    )
    for name in path:
        assert isinstance(ctx.command, click.Group)
        command = ctx.command.get_command(ctx, name)
        assert command is not None
        ctx = command.make_context(name, [], parent=ctx, resilient_parsing=True)
    return ctx.get_help()


def _page(title: str, text: str) -> str:
    plain = "\n".join(line.rstrip() for line in text.splitlines())
    return f"# {title}\n\n```\n{plain}\n```\n"


def write(folder: Path) -> None:
    """Write the pages, and delete those of removed commands."""
    rendered = pages()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in rendered:
            old.unlink()
    for name, text in rendered.items():
        replace_file(folder / name, text)


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/cli"))
