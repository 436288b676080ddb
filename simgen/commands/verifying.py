"""The command that judges datasets: verify."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from simgen.commands.options import local_dataset, say
from simgen.errors import RequestError

commands = typer.Typer()


@commands.command()
def verify(
    dataset: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="A KITTI object or tracking dataset, simgen's or any other.",
                       show_default=False, parser=local_dataset),
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything found, or the rules, as JSON.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail as well.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE", help="Check this rule, a family such as 'label', or several with commas between"
                     " them; may be given several times.", show_default=False),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="Leave these rules out.", show_default=False)
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Open neither sweeps nor pictures: labels, calib and headers only.")
    ] = False,
    shown: Annotated[int, typer.Option("--max", min=0, metavar="N", help="Findings written out per rule.")] = 8,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes; default: one a core.", show_default=False)
    ] = None,
) -> None:
    """Check that a KITTI dataset is whole and consistent. Exit code 0: it is; 1: it is not; 2: wrong request.

    \b
      simgen verify out/deer
      simgen verify /data/kitti --quick --strict
      simgen verify /data/kitti_tracking --only track,label --exclude label.size
      simgen verify --rules
    """
    from simgen.verify import (
        catalogue_text,
        catalogue_to_json,
        format_report,
        report_to_json,
        select,
        verify_dataset,
    )

    if rules:
        catalogue = select(only or (), exclude or ())
        say(json.dumps(catalogue_to_json(catalogue), indent=2) if as_json else catalogue_text(catalogue))
        raise typer.Exit(0)
    if dataset is None:
        raise RequestError("verify: name a dataset's folder, or ask for --rules")
    report = verify_dataset(
        dataset, workers=workers or os.cpu_count() or 1, only=only or (), exclude=exclude or (), quick=quick
    )
    text = format_report(report, shown=shown, strict=strict)
    say(json.dumps(report_to_json(report, strict=strict), indent=2) if as_json else text)
    raise typer.Exit(0 if report.is_fit(strict) else 1)
