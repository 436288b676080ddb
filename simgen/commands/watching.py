"""The command that looks at runs: status."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simgen.commands.options import say
from simgen.errors import RequestError, StoreError

if TYPE_CHECKING:
    from simgen.fleet.watch.status import Status

commands = typer.Typer()

TABLE_EVERY_S = 2.0
LINE_EVERY_S = 10.0
WHOLE_LOOK_EVERY_S = 60.0


@commands.command()
def status(
    dataset: Annotated[str, typer.Argument(metavar="DIR|URL", help="The dataset: what 'simgen run --out' was given.",
                                           show_default=False)],
    watch: Annotated[bool, typer.Option("--watch", help="Go on looking until the run has ended.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything that is known, as JSON.")] = False,
    log: Annotated[
        str | None,
        typer.Option(metavar="N|driver|EPISODE", help="Instead, what worker N, the driver, or everybody about an "
                                                      "episode wrote to the logs.", show_default=False),
    ] = None,
) -> None:
    """Say how far a dataset is: what is recorded, missing or failed and why, and whether a run is at it now, how fast,
    and for how long. Exit code 0: it is complete; 1: it is not; 2: there is no dataset, or its store cannot be read.

    \b
      simgen status out/deer
      simgen status out/deer --watch
      simgen status out/deer --log 3 | less
      simgen status out/deer --log deer_crossing-0007
      simgen status out/deer --json | jq .last_run.run.frames_per_s
    """
    from simgen.fleet.watch.status import status_of

    if log is not None:
        _print_log(dataset, log)
        return
    try:
        found = status_of(dataset)
        if watch and found.writing:
            found = _watched(found)
    except StoreError as error:                 # 1 would say that it is not complete, which nobody knows
        raise RequestError(str(error)) from error
    if as_json:
        say(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
    else:
        _print(found)
    raise typer.Exit(0 if found.complete else 1)


def _print(found: Status) -> None:
    from rich.console import Console

    from simgen.fleet.watch.report import picture, report

    console = Console()
    if console.is_terminal:
        console.print(picture(found, *console.size), highlight=False)
    else:
        for line in report(found):
            say(line)


def _watched(found: Status) -> Status:
    """Show a run until it has ended; what is there then."""
    from rich.console import Console
    from rich.live import Live

    from simgen.fleet.watch.lines import standing
    from simgen.fleet.watch.report import picture
    from simgen.fleet.watch.status import is_being_written, last_run, status_of
    from simgen.store import open_store

    console = Console(stderr=True)              # standard output is for what is found in the end
    store, looked_s = open_store(found.dataset), time.monotonic()
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while is_being_written(store, present := last_run(store)):
            if time.monotonic() - looked_s > WHOLE_LOOK_EVERY_S:
                found, looked_s = status_of(found.dataset), time.monotonic()
            else:
                found = replace(found, last_run=present)
            if console.is_terminal:
                live.update(picture(found, *console.size), refresh=True)
            elif found.last_run is not None:
                typer.echo(standing(found.last_run.run), err=True)
            time.sleep(TABLE_EVERY_S if console.is_terminal else LINE_EVERY_S)
    return status_of(found.dataset)


def _print_log(dataset: str, word: str) -> None:
    """What a worker, the driver, or everybody about an episode wrote."""
    from simgen.fleet.watch.failures import read_failure
    from simgen.fleet.watch.logs import human, log_names, read_log
    from simgen.fleet.watch.status import LOGS, require_folder
    from simgen.store import open_store

    store = open_store(dataset)
    folder = store.beside / LOGS
    if not store.is_local and not folder.is_dir():
        raise RequestError(f"--log {word}: the run was on another machine; its logs are in {dataset}/{LOGS} once it "
                           "has ended")
    if store.is_local:
        require_folder(Path(dataset))
    name = f"worker-{word}" if word.isdigit() else word
    names = log_names(folder)
    if name in names:
        for line in read_log(folder, name):
            say(human(line))
        return
    lines = [line for each in names for line in read_log(folder, each) if line.get("episode") == word]
    for line in sorted(lines, key=lambda line: str(line.get("time", ""))):
        say(human(line))
    failure = read_failure(folder, word)
    if failure is not None and failure.last.log_tail:
        say("the server's last words:")
        for text in failure.last.log_tail:
            say(f"    {text}")
    if not lines and failure is None:
        there = ", ".join(each.removeprefix("worker-") for each in names) or "none"
        raise RequestError(f"--log {word}: no log is called so, and none speaks of such an episode; there are the logs "
                           f"{there} in {folder}")
