"""The command that makes one dataset of several, and a local one of one in a store: merge."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from simgen.commands.options import require_lasting, say
from simgen.wording import counted

commands = typer.Typer()

LINE_EVERY_S = 10.0


@commands.command()
def merge(
    source: Annotated[
        list[str], typer.Argument(metavar="SRC…", help="Datasets that 'simgen run' recorded: folders, or URLs such as "
                                                       "s3://bucket/run.", show_default=False)
    ],
    out: Annotated[str, typer.Option(metavar="DST", help="The dataset they become: a new folder or URL, or one that an "
                                                         "earlier merge of them began.", show_default=False)],
    shards: Annotated[
        bool, typer.Option("--shards", help="Write each episode as one tar; default: loose files.")
    ] = False,
    scratch: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A local disk for episodes on their way to a store or into a "
                                                      "tar. Default: the temporary folder.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="What came of it, as JSON.")] = False,
) -> None:
    """Make one dataset of several, or a local one of one in a store. Checksums are compared on the way.

    \b
      simgen merge s3://bucket/runs/deer --out out/deer
      simgen merge out/monday out/tuesday s3://bucket/runs/wednesday --out out/week
      simgen merge out/deer --out out/deer_shards --shards
    """
    from simgen.store import Output
    from simgen.store.merging import merge as merge_datasets

    said_at_s = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal said_at_s
        if time.monotonic() - said_at_s >= LINE_EVERY_S:
            sys.stderr.write(f"{done} of {counted(of, 'episode')}\n")
            said_at_s = time.monotonic()

    require_lasting(out)
    place = Output(out, scratch, shards)
    place.require_scratch()
    report = merge_datasets(source, target := place.open(), tell)
    if as_json:
        say(json.dumps({"out": target.where, **asdict(report)}, indent=2))
        return
    for sentence in report.notes:
        say(f"note: {sentence}")
    if report.duplicates:
        say(f"note: {_repeated(report.duplicates)}")
    fresh = f"{counted(report.copied, 'episode')} copied now" if report.copied else "all were there already"
    say(f"{target.where}: {counted(report.episodes, 'episode')}, {counted(report.frames, 'frame')}, "
        f"{counted(report.labels, 'label')} ({fresh})")
    say(_next(out, target.is_local, shards, report.example_frame))


def _repeated(count: int) -> str:
    """What became of episodes that came more than once."""
    if count == 1:
        return "1 episode was in more than one source, the same in each; it was taken once"
    return f"{count} episodes were in more than one source, the same in each; each was taken once"


def _next(out: str, is_local: bool, shards: bool, frame: str | None) -> str:
    """What to do with a merged dataset, by commands that take such a one."""
    if not is_local:
        return f"Get it: simgen merge {out} --out DIR    How it stands: simgen status {out}"
    check = f"Check: simgen verify {out}"
    if shards:
        return f"{check}    Loose files of it: simgen merge {out} --out LOOSE"
    return check if frame is None else f"Look: simgen show {out} {frame}    {check}"
