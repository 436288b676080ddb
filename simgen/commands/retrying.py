"""Commands that go on with a dataset from its folder alone: retry."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from simgen.commands.options import local_dataset, say
from simgen.errors import RequestError

LEFT_OUT = {"only"}          # options of `run` that are about one call of it, not about the dataset

commands = typer.Typer()


def words_of(context: typer.Context) -> tuple[str, ...]:
    """A command as it was written, with every option that was given; values are as the command understood them."""
    words = [context.info_name or ""]
    named: list[str] = []
    for parameter in context.command.params:
        name = parameter.name or ""
        value, source = context.params.get(name), context.get_parameter_source(name)
        if value is None or name in LEFT_OUT or source is None or source.name.startswith("DEFAULT"):
            continue
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        if parameter.param_type_name == "argument":
            named += map(str, values)
        elif isinstance(value, bool):
            words.append(parameter.opts[0] if value else parameter.secondary_opts[0])
        else:
            words += [word for one in values for word in (parameter.opts[0], str(one))]
    return (*words, *named)


@commands.command()
def retry(
    dataset: Annotated[Path, typer.Argument(metavar="DIR", help="The dataset.", show_default=False)],
    episode: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Just this one; may be given several times. Default: all "
                                                            "that failed.", show_default=False)
    ] = None,
) -> None:
    """Try episodes that failed once more, with the command that made the dataset.

    \b
      simgen retry out/deer
      simgen retry out/deer --episode deer_crossing-0003
    """
    from simgen.cli import app
    from simgen.errors import DatasetError
    from simgen.fleet.invocation import read_invocation
    from simgen.fleet.watch.failures import read_failures

    try:
        local_dataset(dataset)
    except RequestError as error:
        raise RequestError(f"{str(error).partition(': ')[0]}: of a dataset in a store give the 'simgen run' command "
                           "itself again, it tries what failed") from None
    logs = dataset.resolve() / "logs"
    try:
        invocation = read_invocation(logs)
    except DatasetError as error:
        raise RequestError(f"{error}; give the 'simgen run' command itself instead") from None
    if invocation is None:
        raise RequestError(f"{dataset}: its logs do not say which command made it (logs/run.json); give the "
                           "'simgen run' command itself, it tries what is missing")
    invocation = invocation.with_out(str(dataset.resolve()))
    names = episode or list(read_failures(logs))
    if not names:
        say(f"{dataset}: no episode failed; what is missing is recorded with: simgen {shlex.join(invocation.words)}")
        return
    try:
        os.chdir(invocation.folder)             # where the paths of the command begin
    except OSError as error:
        raise RequestError(f"{dataset}: it was begun in {invocation.folder}, which cannot be gone to "
                           f"({error.strerror or error}); give the 'simgen run' command itself instead") from None
    app([*invocation.words, *(word for name in names for word in ("--only", name))], prog_name="simgen")
