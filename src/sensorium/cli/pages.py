"""The help of every command as Markdown: python -m sensorium.cli.pages [FOLDER]."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sensorium.cli.main import COMMANDS, main

WIDTH = 100


def pages() -> dict[str, str]:
    """Give file name -> Markdown: an index of the group, and one page a command."""
    group = click.Context(main, info_name="sensorium", terminal_width=WIDTH, max_content_width=WIDTH)
    made = {"README.md": _page("sensorium", main.get_help(group))}
    for name in COMMANDS:
        command = main.get_command(group, name)
        assert command is not None
        ctx = click.Context(command, parent=group, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH)
        made[f"{name}.md"] = _page(f"sensorium {name}", command.get_help(ctx))
    links = "\n".join(f"- [{name}]({name}.md): {short}" for name, (_, short) in COMMANDS.items())
    made["README.md"] += f"\n{links}\n"
    return made


def _page(title: str, text: str) -> str:
    plain = "\n".join(line.rstrip() for line in text.splitlines())
    return f"# {title}\n\n```\n{plain}\n```\n"


def write(folder: Path) -> None:
    """Write the pages, and delete those of commands that are gone."""
    made = pages()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/cli"))
