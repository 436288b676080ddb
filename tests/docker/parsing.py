"""Command lines in the files of docker/, and the programs' own parsers, which read them without doing anything."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import typer

from simgen.cli import app

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for path in [*(ROOT / "docker").iterdir(), ROOT / "README.md"] if path.is_file())
# What stands before a command: the line's beginning, or what hands a command on.
_BEFORE = r"(?:^|^.*(?:exec head |docker run .*|ray job submit .*-- |apptainer run .*|&& |'|@\]\}\" ))(?:\S*/)?"


def shell_of(path: Path) -> list[str]:
    """The lines of a file that a person would type, or a machine runs: a document's shell blocks; of other files what
    is indented in comments, and all else. Continued lines are one, and so is folded YAML."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        text = "\n".join(re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL))
    text = re.sub(r"\\\n[\s#]*", " ", text)
    text = re.sub(r"\w+: >-\n((?:[ \t]+\S.*\n)+?)(?=\s*\w+:)", lambda folded: " ".join(folded[1].split()) + "\n", text)
    return [re.sub(r"^\s*#\s*", "", line).strip() for line in text.splitlines()
            if not re.match(r"\s*# {0,2}\S", line)]


def commands_in(path: Path, program: str) -> list[list[str]]:
    """The words of each call of a program: after its name, up to where a shell or a quotation ends it."""
    found = []
    for line in shell_of(path):
        match = re.match(rf"{_BEFORE}{program}\s+([a-z-][^;&|)>]*)", line)
        if match is not None:
            rest = match[1].partition("'")[0] if line[:match.start(1)].count("'") % 2 else match[1]
            found.append(shlex.split(re.sub(r"\s{3,}.*", "", rest), comments=True))
    return found


def require_known(command: Any, name: str, words: list[str]) -> None:
    """Parse words as a click program would, without doing it. Raises UsageError, click's or that of typer's click."""
    context = command.make_context(name, list(words))
    if hasattr(command, "resolve_command"):
        inner_name, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        require_known(inner, inner_name, rest)


def simgen_takes(words: list[str]) -> None:
    require_known(typer.main.get_command(app), "simgen", words)


def ray_takes(words: list[str]) -> None:
    from ray.scripts.scripts import cli

    require_known(cli, "ray", words)
