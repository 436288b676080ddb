"""The command that tells whether machines and simulators are fit: doctor."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simgen.commands.options import cache_folder, say
from simgen.doctor.findings import Finding, falls_short, findings_to_json, lines_of, summary_of
from simgen.errors import RequestError
from simgen.localsim.quality import LADDER, STANDARD

if TYPE_CHECKING:
    from simgen.capture.probe_facts import ServerFacts
    from simgen.capture.session import Endpoint

commands = typer.Typer()

_COLOURS = {"good": "green", "note": "yellow", "short": "red"}


@commands.command()
def doctor(
    simulator: Annotated[
        str | None,
        typer.Option(metavar="SIMULATOR", help="Look at this simulator instead of the machine: local, HOST:PORT, "
                                               "carla:FOLDER, carla-docker:IMAGE or apptainer:IMAGE.sif.",
                     show_default=False),
    ] = None,
    certify: Annotated[
        bool, typer.Option("--certify", help="Record a short episode of each kind on it, and verify everything.")
    ] = False,
    out: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Where a dataset would go (its disk is looked at); with --certify where "
                                         "episodes and the report are written.", show_default=False),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="ITEM", help="With --certify: this item, or several with commas between them; may be "
                                          "given several times.", show_default=False),
    ] = None,
    carla: Annotated[
        bool, typer.Option("--carla", help="CARLA servers shall be started on this machine: what they lack falls "
                                           "short.")
    ] = False,
    ray: Annotated[bool, typer.Option("--ray", help="Start a Ray and end it again.")] = False,
    quality: Annotated[
        str | None,
        typer.Option(metavar="labels|fast|standard|high", help="Of the pictures of --simulator local. Default: "
                                                               "standard.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Findings as JSON.")] = False,
) -> None:
    """Is this machine, or a simulator, fit to record data? Each finding that is not good comes with its cure.

    \b
      simgen doctor                                            # this machine
      simgen doctor --carla --out /data/run1                   # for CARLA servers of its own, with a dataset there
      simgen doctor --simulator gpu1:2000                      # a running server: it is left as it was found
      simgen doctor --simulator gpu1:2000 --certify --out cert # prove it: an episode of each kind, and a report
      simgen doctor --simulator local --certify --quality fast --only day_town,snow

    Exit code 0: good; 1: something falls short; 2: wrong request; 3: there is no simulator.
    """
    _refuse_what_does_not_go_together(simulator, certify, only, carla or ray, quality, out)
    quality = quality or STANDARD
    folder = None if out is None else _folder(out, certify)
    if simulator is None:
        _tell(_machine(folder or Path.cwd(), carla, ray), as_json)
    elif certify:
        _certify(simulator, quality, folder or Path("certificate"), only or (), as_json)
    else:
        with tempfile.TemporaryDirectory(prefix="simgen-doctor-") as logs:
            _tell(_server(simulator, quality, Path(logs)), as_json)


def _refuse_what_does_not_go_together(
    simulator: str | None, certify: bool, only: Sequence[str] | None, of_machine: bool, quality: str | None,
    out: str | None,
) -> None:
    """Raises RequestError."""
    if simulator is None and certify:
        raise RequestError("--certify: say on which simulator, for example --simulator gpu1:2000")
    if only and not certify:
        raise RequestError("--only: names items of --certify; give that too")
    if quality is not None and quality not in LADDER:
        raise RequestError(f"--quality {quality}: there are {', '.join(LADDER)}")
    if quality is not None and simulator != "local":
        raise RequestError(f"--quality {quality}: only the built-in simulator has qualities; give --simulator local")
    if out is not None and simulator is not None and not certify:
        raise RequestError("--out: nothing is written without --certify; give that too")
    if simulator is not None and of_machine:
        raise RequestError("--carla and --ray look at this machine, --simulator at a simulator; ask for one at a time")


def _folder(out: str, certify: bool) -> Path:
    """What --out names. Raises RequestError for a URL: only folders are on a disk that can be looked at."""
    from simgen.store import is_url
    from simgen.store.scratch import default_place

    if not is_url(out):
        return Path(out)
    cure = ("name a folder for the episodes and the report" if certify else
            f"for a run into a store, name the folder that its --scratch will name (without --scratch: "
            f"{default_place()})")
    raise RequestError(f"--out {out}: doctor takes folders alone; {cure}")


def _machine(out: Path, carla: bool, ray: bool) -> list[Finding]:
    from simgen.doctor.machine import look_at_machine
    from simgen.doctor.machine_rules import judge_machine

    return judge_machine(look_at_machine(out, cache_folder(), try_ray=ray), carla)


def _server(simulator: str, quality: str, log_dir: Path) -> list[Finding]:
    from simgen.doctor.reach import reached

    with reached(simulator, log_dir, quality) as found:
        return _judged(found.endpoint)[1]


def _judged(endpoint: Endpoint) -> tuple[ServerFacts, list[Finding]]:
    from simgen.capture.probe import probe_server
    from simgen.doctor.server_rules import judge_server
    from simgen.scenario.tables import animals, cyclist_kinds, vehicle_sizes

    facts = probe_server(endpoint, [name for names in cyclist_kinds().values() for name in names])
    return facts, judge_server(facts, sorted(animals()), vehicle_sizes())


def _certify(simulator: str, quality: str, out: Path, only: Sequence[str], as_json: bool) -> None:
    """The server's findings, then item after item, each told and written down as soon as it is there."""
    from simgen.doctor.certificate import MARKDOWN, claim, is_certified, write_certificate
    from simgen.doctor.certificate import as_json as certificate_json
    from simgen.doctor.certify import Proof, certify
    from simgen.doctor.items import choose
    from simgen.doctor.reach import reached

    items = choose(only)
    claim(out)
    proofs: list[Proof] = []
    with reached(simulator, out / "logs", quality) as server:
        facts, found = _judged(server.endpoint)
        write_certificate(out, facts, found, proofs, items)
        if not as_json:
            _show(found)
        if facts.is_ours_to_use:                    # else the findings say why not
            for proof in certify(facts, items, out, server.died):
                proofs.append(proof)
                write_certificate(out, facts, found, proofs, items)
                if not as_json:
                    _show(proof.findings)
    if as_json:
        say(json.dumps(certificate_json(facts, found, proofs, items), indent=2))
    else:
        say(summary_of([*found, *(one for proof in proofs for one in proof.findings)]))
        lacking = sum(proof.evidence is None and not falls_short(proof.findings) for proof in proofs)
        say(f"{sum(proof.holds for proof in proofs)} of {len(items)} items proven"
            + (f", {lacking} not offered" if lacking else "") + f"; the report: {out / MARKDOWN}")
    raise typer.Exit(0 if is_certified(found, proofs, items) else 1)


def _tell(found: Sequence[Finding], as_json: bool) -> None:
    """Say it, and end with the exit code."""
    failed = falls_short(found)
    if as_json:
        say(json.dumps({"fit": not failed, "findings": findings_to_json(found)}, indent=2))
    else:
        _show(found)
        say(summary_of(found))
    raise typer.Exit(1 if failed else 0)


def _show(found: Sequence[Finding]) -> None:
    """In colours where that is a terminal."""
    for mark, line in lines_of(found):
        word = f"{'' if mark is None else mark.value:<5}"
        say((word if mark is None else typer.style(word, fg=_COLOURS[mark.value])) + f"  {line}")
