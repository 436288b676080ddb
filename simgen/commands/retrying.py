"""Commands that go on with a dataset from its folder alone: retry."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simgen.commands.options import local_dataset, say
from simgen.errors import RequestError
from simgen.wording import counted

if TYPE_CHECKING:
    from simgen.fleet.invocation import Invocation

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


def _dataset_with_logs(place: str) -> Path:
    try:
        return local_dataset(place)
    except RequestError:
        raise RequestError(f"{place}: of a dataset in a store give the 'simgen run' command itself again, it tries "
                           "what failed") from None


@commands.command()
def retry(
    dataset: Annotated[
        Path, typer.Argument(metavar="DIR", help="The dataset.", show_default=False, parser=_dataset_with_logs)
    ],
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
    from simgen.fleet.watch.report import present_run
    from simgen.fleet.watch.status import status_of

    status = status_of(dataset)
    if status.writing:
        raise RequestError(f"{dataset}: {next(present_run(status))}; wait until it has ended, or see how far it is: "
                           f"simgen status {dataset}")
    if status.complete and not episode:
        say(f"{dataset}: nothing failed and nothing is missing, {counted(status.episodes, 'episode')}")
        return
    invocation = _invocation(dataset)
    names = episode or [record.episode for record in status.failures]
    if not names:
        say(f"{dataset}: nothing was tried, as no episode failed; not recorded yet: "
            f"{counted(len(status.missing), 'episode')}. Continue: {invocation.typed()}")
        return
    try:
        os.chdir(invocation.folder)             # where the paths of the command begin
    except OSError as error:
        raise RequestError(f"{dataset}: it was begun in {invocation.folder}, which cannot be gone to "
                           f"({error.strerror or error}); give the 'simgen run' command itself instead") from None
    app([*invocation.words, *(word for name in names for word in ("--only", name))], prog_name="simgen")


def _invocation(dataset: Path) -> Invocation:
    """The command that made the dataset where it lies now. Raises RequestError where its folder does not say."""
    from simgen.errors import DatasetError
    from simgen.fleet.invocation import read_invocation
    from simgen.kitti.manifest import read_request

    try:
        found = read_invocation(dataset.resolve() / "logs")
    except DatasetError as error:
        raise RequestError(f"{error}; give the 'simgen run' command itself instead") from None
    if found is not None:
        return found.with_out(str(dataset.resolve()))
    request = read_request(dataset)
    if request is not None and request.merged:
        sources = ", ".join(one.name for one in request.merged)
        raise RequestError(f"{dataset}: was merged from {sources}, and is not recorded into: retry those, then give "
                           "the 'simgen merge' command again")
    raise RequestError(f"{dataset}: its logs do not say which command made it (logs/run.json); give the 'simgen run' "
                       f"command itself with --out {dataset}, it tries what is missing")
