"""Commands for who writes scenarios: list, schema, check, plan, coverage."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from simgen.commands.options import Episodes, Overrides, Scenarios, Seed, load, say, warn_of, warn_of_classes
from simgen.errors import RequestError
from simgen.wording import counted

SHOWN_IN_FULL = 12      # episodes; of more, `plan` shows a summary

commands = typer.Typer()


@commands.command("list")
def list_library(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORD…", help="Only those with all these words in name, tags or "
                                                               "description.", show_default=False)
    ] = None,
) -> None:
    """Show the scenarios that come with simgen, with what each is about.

    \b
      simgen list
      simgen list night pedestrian
    """
    from simgen.scenario import load_scenario
    from simgen.scenario.library import library

    shown = 0
    for name, path in library().items():
        model = load_scenario(path).model
        text = f"{name} {' '.join(model.tags)} {model.description}".lower()
        if all(word.lower() in text for word in words or ()):
            shown += 1
            say(name)
            say(f"    {' '.join(model.description.split())}")
    if not shown:
        typer.echo(f"no scenario has '{' '.join(words or ())}' in name, tags or description; 'simgen list' shows all",
                   err=True)


@commands.command()
def schema(
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where it goes; default: standard output.")
    ] = None,
) -> None:
    """Print the JSON Schema of scenario files, with which editors complete and check while you type.

    \b
      simgen schema --out scenario.json
      # and in the first line of a scenario file:
      # yaml-language-server: $schema=scenario.json
    """
    from simgen.scenario.schema import json_schema

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False)
    if out is None:
        say(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise RequestError(f"{out}: cannot be written: {error.strerror}") from None


@commands.command()
def check(scenario: Scenarios, overrides: Overrides = None) -> None:
    """Read scenario files and report every mistake; run nothing.

    \b
      simgen check scenarios/
      simgen check deer_crossing --set ego.speed='80 km/h'
    """
    from sensors.rig import load_rig
    from simgen.scenario import make_plans

    scenarios = load(scenario, overrides)
    episodes, frames = dict.fromkeys((one.name for one in scenarios), 0), dict.fromkeys(
        (one.name for one in scenarios), 0)
    for rig in {one.rig for one in scenarios}:
        load_rig(rig)
    plans = make_plans(scenarios, None, 0)
    warn_of(plans)
    warn_of_classes(scenarios)
    for plan in plans:
        episodes[plan.scenario] += 1
        frames[plan.scenario] += plan.capture.frames
    for one in scenarios:
        say(f"{one.path}: good: {one.name}, {counted(episodes[one.name], 'episode')}, "
            f"{counted(frames[one.name], 'frame')}")


@commands.command()
def plan(
    scenario: Scenarios,
    episodes: Episodes = None,
    seed: Seed = 0,
    overrides: Overrides = None,
    simulators: Annotated[int, typer.Option(min=1, metavar="N", help="Simulators that record at the same time.")] = 1,
    seconds_per_frame: Annotated[
        float | None,
        typer.Option(min=1e-6, metavar="S", help="How long one takes for a frame; default: as measured for the "
                                                 "built-in simulator on one core."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The full plans, one JSON object a line.")] = False,
) -> None:
    """Print the concrete episodes that scenarios become, and what recording them will cost; run nothing.

    \b
      simgen plan scenarios/animals/deer_crossing.yaml --episodes 10
      simgen plan scenarios/ --episodes 5000 --simulators 8
      simgen plan deer.yaml --set ego.speed='{uniform: [40 km/h, 60 km/h]}' --json
    """
    from sensors.rig import load_rig
    from simgen.scenario import make_plans
    from simgen.scenario.estimate import BUILT_IN_SECONDS_PER_FRAME, Tally
    from simgen.scenario.summaries import Summary, dimensions_of, episode_lines

    scenarios = load(scenario, overrides)
    plans = make_plans(scenarios, episodes, seed)
    warn_of(plans)
    dimensions = dimensions_of(scenarios)
    tally, summary = Tally({one.rig: load_rig(one.rig) for one in scenarios}), Summary(dimensions)
    in_full = len(plans) <= SHOWN_IN_FULL
    for one in plans:
        first_frame = tally.frames
        tally.add(one)
        if as_json:
            say(json.dumps({"name": one.name, "first_frame": first_frame, **one.to_json()}))
        elif in_full:
            for line in episode_lines(one, first_frame, dimensions):
                say(line)
        else:
            summary.add(one)
    if as_json:
        return
    for line in summary.lines():
        say(line)
    for line in tally.estimate(simulators, seconds_per_frame or BUILT_IN_SECONDS_PER_FRAME).lines():
        say(line)
    say(f"record them with: simgen run {' '.join(map(str, scenario))} --out DIR"
         + "".join(f" --set {shlex.quote(override)}" for override in overrides or ())
         + (f" --episodes {episodes}" if episodes else "") + (f" --seed {seed}" if seed else ""))


@commands.command()
def coverage(
    scenario: Scenarios,
    by: Annotated[
        str,
        typer.Option(metavar="DIMENSIONS", help="With commas between: species, light, weather, distance, speed, "
                                                "occlusion, reveal, road, avoidable, or the key path of anything "
                                                "drawn, with bins if wanted: ego.speed='40 km/h:60 km/h'."),
    ] = "species,light,weather",
    episodes: Episodes = None,
    seed: Seed = 0,
    overrides: Overrides = None,
    as_json: Annotated[bool, typer.Option("--json", help="All cells, as JSON.")] = False,
    require_full: Annotated[
        bool, typer.Option("--require-full", help="Exit with 1 if a cell is empty. Bins of numbers that no episode can "
                                                  "fall into do not count.")
    ] = False,
) -> None:
    """Say which combinations of conditions the episodes of scenarios fill; run nothing.

    \b
      simgen coverage scenarios/ --by species,light,weather
      simgen coverage scenarios/animals --by reveal,avoidable --episodes 500 --require-full
    """
    from simgen.scenario import make_plans
    from simgen.scenario.coverage import count_cells, lines, parse_dimensions

    scenarios = load(scenario, overrides)
    plans = make_plans(scenarios, episodes, seed)
    known_keys = {path for one in scenarios for path in one.values} | {*plans[0].drawn}
    found = count_cells(plans, parse_dimensions(by, known_keys), scenarios)
    warn_of(plans)
    if as_json:
        say(json.dumps(found.to_json(), indent=2))
    else:
        for line in lines(found):
            say(line)
    raise typer.Exit(1 if require_full and len(found.counts) < found.size else 0)
