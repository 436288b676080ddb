"""Commands that show or write what episodes will be: preview, gallery, openscenario."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simgen.commands.options import Episodes, Overrides, Scenarios, Seed, cache_folder, load, offline_roads, say
from simgen.errors import PlacementError, RequestError
from simgen.wording import counted

if TYPE_CHECKING:
    from simgen.report.preview import Refused, Scene

PREVIEWED = 4           # episodes of a scenario, unless told otherwise

commands = typer.Typer()


@commands.command()
def preview(
    scenario: Scenarios,
    out: Annotated[Path, typer.Option(metavar="PNG|HTML", help="A picture, or a page with a slider over time.")],
    episodes: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Episodes for each scenario; default: the first 4 of those of the file."),
    ] = None,
    seed: Seed = 0,
    overrides: Overrides = None,
    map_file: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE.xodr", help="Draw them on this map; default: the built-in simulator's.",
                     show_default=False),
    ] = None,
) -> None:
    """Draw episodes from above: road, paths over time, reveal and impact. In seconds, without a simulator.

    \b
      simgen preview scenarios/animals/deer_crossing.yaml --out deer.png
      simgen preview deer_crossing --episodes 2 --set ego.speed='80 km/h' --out deer.html
    """
    from simgen.report.preview import Refused, check_preview_path, rehearse_scene, save_preview
    from simgen.scenario import make_plans

    check_preview_path(out)
    scenarios = load(scenario, overrides)
    plans = [one for each in scenarios for one in make_plans([each], episodes, seed)[: episodes or PREVIEWED]]
    roads_for = offline_roads(scenarios, map_file)
    shown: list[Scene | Refused] = []
    for one in plans:
        try:
            shown.append(rehearse_scene(one, roads_for(one)))
        except (PlacementError, RequestError) as error:
            shown.append(Refused(one.name, str(error)))
    refused = [one for one in shown if isinstance(one, Refused)]
    told = {one.reason.removeprefix(one.name): one.reason for one in reversed(refused)}.values()   # each cause once
    if len(refused) == len(shown):
        raise RequestError("\n".join(told))
    save_preview(shown, out, ", ".join(one.name for one in scenarios), scenarios[0].description)
    for reason in told:
        typer.echo(f"simgen: {reason}", err=True)
    say(f"preview: {out}")
    raise typer.Exit(RequestError.exit_code if refused else 0)


@commands.command()
def gallery(
    out: Annotated[Path, typer.Option(metavar="PNG|JPG", help="Where the sheet goes.")],
    scenario: Annotated[
        list[Path] | None,
        typer.Argument(metavar="SCENARIO…", help="Files, folders or names; default: all that 'simgen list' shows.",
                       show_default=False),
    ] = None,
    columns: Annotated[int, typer.Option(min=1, metavar="N", help="Pictures side by side.")] = 3,
    episodes: Annotated[int, typer.Option(min=1, metavar="N", help="So many of each scenario.")] = 1,
    labels: Annotated[bool, typer.Option("--labels/--no-labels", help="Draw the labels on the pictures.")] = True,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="The LiDAR's view from above beneath each picture.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Simulators recording at the same time; default: one a core.")
    ] = None,
    seed: Seed = 0,
    work: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keeps the single frames, so that only what changed is recorded "
                                                      "again; default: simgen's cache folder.", show_default=False)
    ] = None,
) -> None:
    """Record one telling frame of each scenario with the built-in simulator, and show them on one sheet.

    \b
      simgen gallery --out gallery.jpg
      simgen gallery scenarios/animals --out animals.png --columns 2
      simgen gallery scenarios/looks/*skies.yaml --episodes 8 --no-labels --out skies.jpg
      simgen gallery deer_in_blizzard --sweep --out deer.png
    """
    from simgen.gallery import GalleryRequest, make_gallery
    from simgen.scenario.library import library

    scenarios = load(scenario or list(library().values()))
    folder = work or cache_folder() / "gallery"
    request = GalleryRequest(scenarios, out, columns, workers or os.cpu_count() or 1, seed, folder, episodes,
                             labels, sweep)
    reasons = make_gallery(request, offline_roads(scenarios), partial(typer.echo, err=True))
    for name, reason in reasons.items():
        typer.echo(f"simgen: {name}: {reason}", err=True)
    say(f"gallery: {out}")
    raise typer.Exit(1 if reasons else 0)


@commands.command()
def openscenario(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO", help="A scenario file, or a name that 'simgen list' shows.",
                             show_default=False)
    ],
    out: Annotated[Path, typer.Option(metavar="FILE.xosc", help="The document; its road goes beside it, as .xodr.")],
    episode: Annotated[
        int, typer.Option(min=0, metavar="N", help="Which of the episodes that 'simgen plan' lists, from 0.")
    ] = 0,
    episodes: Episodes = None,
    seed: Seed = 0,
    overrides: Overrides = None,
    map_file: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE.xodr", help="Play it on this map; default: the built-in simulator's.",
                     show_default=False),
    ] = None,
) -> None:
    """Write an episode as OpenSCENARIO XML 1.0, for esmini, ScenarioRunner and others. Needs no simulator.

    \b
      simgen openscenario deer_crossing --out deer.xosc
      simgen openscenario scenarios/pedestrians/child_from_behind_parked_car.yaml --episode 3 --out child.xosc
    """
    from simgen.capture.road import CarlaRoad
    from simgen.interchange import check_openscenario_path, save_openscenario
    from simgen.report.preview import rehearse_scene
    from simgen.scenario import make_plans

    check_openscenario_path(out)
    scenarios = load([scenario], overrides)
    if len(scenarios) != 1:
        raise RequestError(f"{scenario}: holds {counted(len(scenarios), 'scenario')}; name one")
    plans = make_plans(scenarios, episodes, seed)
    if episode >= len(plans):
        raise RequestError(f"--episode {episode}: there are episodes 0 to {len(plans) - 1}; more with --episodes")
    scene = rehearse_scene(plans[episode], offline_roads(scenarios, map_file)(plans[episode]))
    assert isinstance(scene.road, CarlaRoad)
    road_path = save_openscenario(scene.rehearsal, scene.road.opendrive, out)
    say(f"{plans[episode].name}: {out}, its road beside it: {road_path}")
