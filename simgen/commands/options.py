"""What several commands share: their options, reading scenarios, and the maps that are there without a simulator."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from simgen.errors import RequestError

if TYPE_CHECKING:
    from simgen.motion.road import Road
    from simgen.scenario import Plans, Scenario
    from simgen.scenario.plan import EpisodePlan

Scenarios = Annotated[
    list[Path], typer.Argument(metavar="SCENARIO…", help="Scenario files, folders of them, or names that 'simgen list' "
                                                         "shows.", show_default=False)
]
Episodes = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Episodes for each scenario; default: what the file says.")
]
Seed = Annotated[int, typer.Option(min=0, metavar="S", help="The same seed gives the same episodes.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Say a value of the files anew, as in "
                                                    "ego.speed='{uniform: [40 km/h, 60 km/h]}'; may be given several "
                                                    "times.", show_default=False),
]


class Commands(TyperGroup):
    """simgen's commands. What they all refuse is refused here, before paths are made of words: an empty --out, as of a
    shell's variable that is not set, would be the current folder."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises RequestError if --out is given, and names nothing."""
        words = args[:args.index("--")] if "--" in args else args
        if "--out=" in words or ("--out", "") in pairwise(words):
            raise RequestError("--out '': it names nothing; give a folder or a file ('.' for the current folder)")
        return super().parse_args(ctx, args)


def local_dataset(place: str) -> Path:
    """The folder of a dataset that a command reads as files: the parser of such an argument.

    It gets the word as it was written, since a path would lose one of a URL's slashes. Raises RequestError for a URL,
    saying how to get its files.
    """
    if "://" in place:
        from simgen.store import is_url

        if is_url(place):
            raise RequestError(f"{place}: this command reads files; get them first: simgen merge {place} --out DIR")
    return Path(place)


def loose_dataset(place: str) -> Path:
    """The same of a command that opens frames. Raises RequestError if they are in tars, saying how to get at them."""
    folder = local_dataset(place)
    if (folder / "shards").is_dir() and not (folder / "training").is_dir():
        raise RequestError(f"{place}: its episodes are tars; make loose files of them first: simgen merge {place} "
                           "--out LOOSE")
    return folder


def require_lasting(out: str) -> None:
    """Raises RequestError for a place that ends with the command."""
    if out.startswith("memory://"):
        raise RequestError(f"--out {out}: this would be gone when the command ends; name a folder or a bucket")


def say(text: str = "") -> None:
    typer.echo(text)


def cache_folder() -> Path:
    """Where what is built once is kept: ``$SIMGEN_CACHE``, or the user's cache folder."""
    from platformdirs import user_cache_path

    return Path(os.environ["SIMGEN_CACHE"]) if os.environ.get("SIMGEN_CACHE") else user_cache_path("simgen")


def warn_of_first_start(simulators: Iterable[str]) -> None:
    """Tell on standard error why the first frame takes its time, where the built-in simulator never ran."""
    kernels = cache_folder() / "warp"
    if "local" in simulators and not (kernels.is_dir() and any(kernels.iterdir())):
        typer.echo("note: the first start on a machine compiles the built-in simulator's renderer: a minute or more "
                   "before the first frame, once", err=True)


def warn_of(plans: Plans) -> None:
    """Tell on standard error what whoever asked for these plans may not expect."""
    for note in plans.notes:
        typer.echo(f"note: {note}", err=True)


def warn_of_classes(scenarios: Iterable[Scenario]) -> None:
    """Tell on standard error which patterns of the scenarios' class maps match nothing that simgen knows."""
    from simgen.label import ClassMap
    from simgen.scenario.mistakes import Mistake
    from simgen.scenario.outputs import plan_output

    told: dict[str, None] = {}
    for one in scenarios:
        where = one.model.where_is("output")
        for note in ClassMap.from_plan(plan_output(one.model.output).classes).notes():
            key, _, problem = note.partition(": ")
            told.setdefault(str(Mistake(where.file, where.line, key, problem, where.column)))
    for sentence in told:
        typer.echo(f"note: {sentence}", err=True)


def _check_devices(scenario: Scenario) -> None:
    """Raises RequestError if the rig's LiDARs do not report what is asked of them: now, not once a simulator runs."""
    if "returns" in scenario.model.sensing.given:
        from sensors.rig import load_rig
        from simgen.sense import check_returns

        check_returns(str(scenario.path), scenario.model.sensing.returns, load_rig(scenario.rig))


def load(paths: list[Path], overrides: list[str] | None = None) -> list[Scenario]:
    """All scenarios, or one error with the mistakes of all files; notes about old words go to standard error."""
    from simgen.scenario import load_scenario
    from simgen.scenario.library import find_scenarios

    scenarios, mistakes = [], []
    read: set[Path] = set()
    for word in paths:
        try:
            files = find_scenarios(word)
        except RequestError as error:
            files = []
            mistakes.append(str(error))
        for path in files:
            if (real := path.resolve()) in read:           # named, and in a folder that is named too
                continue
            read.add(real)
            try:
                scenarios.append(load_scenario(path, overrides or ()))
                _check_devices(scenarios[-1])
            except RequestError as error:
                mistakes.append(str(error))
    if mistakes:
        raise RequestError("\n".join(mistakes))
    for note in dict.fromkeys(note for scenario in scenarios for note in scenario.notes):
        typer.echo(f"note: {note}", err=True)
    return scenarios


def offline_roads(
    scenarios: Sequence[Scenario], map_file: Path | None = None
) -> Callable[[EpisodePlan], Iterable[Road]]:
    """Which roads to try for a plan: the given map, else the scenario's own files and the built-in simulator's maps."""
    from simgen.capture.offline import OfflineMaps
    from simgen.localsim.places import available_maps, opendrive_text

    texts: dict[str, Callable[[], str]] = {name: partial(opendrive_text, name) for name in available_maps()}
    for one in scenarios:
        for written, file in one.opendrive.items():
            texts[written] = partial(file.path.read_text, encoding="utf-8")
    if map_file is None:
        return OfflineMaps(texts).roads_for
    try:
        text = map_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"--map {map_file}: cannot be read: {error}") from None
    maps = OfflineMaps({map_file.stem: lambda: text})
    return lambda _plan: [maps.road(map_file.stem)]
