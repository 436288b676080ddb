"""The command line: arguments, exit codes, wiring.

Exit codes: 0 good, 1 some episodes failed or a check fell short, 2 wrong request, 3 no simulator, 130 interrupted.
Results go to standard output, progress and errors to standard error. Rooms are imported by the command that needs
them: ``simgen --help`` answers at once.
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from sensors.errors import RigError
from simgen.commands import authoring, exporting, looking, verifying, viewing
from simgen.commands.layouts import require_layouts, write_layouts
from simgen.commands.options import Episodes, Overrides, Scenarios, Seed, load, say, warn_of, warn_of_classes
from simgen.errors import Interrupted, RequestError, SimgenError

EXAMPLES = """Make labelled camera and LiDAR data from driving scenarios.

\b
  # try it now: built-in simulator, four short episodes of a deer jumping in front of the car in a blizzard
  simgen run deer_in_blizzard --out out/deer
\b
  # look at a frame, then check the whole dataset
  simgen show out/deer 000012
  simgen verify out/deer
\b
  # what else there is, and what it will be, before anything is rendered
  simgen list night
  simgen preview moose_at_night --out moose.png
\b
  # two hundred episodes on two running CARLA 0.9.16 servers
  simgen run scenarios/pedestrians --episodes 200 --out out/pedestrians \\
      --simulator gpu1:2000 --simulator gpu2:2000
"""

app = typer.Typer(
    help=EXAMPLES, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback for errors.")] = False,
) -> None:
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, format="%(levelname)s %(name)s: %(message)s")


app.add_typer(authoring.commands)
app.add_typer(looking.commands)
app.add_typer(viewing.commands)
app.add_typer(exporting.commands)
app.add_typer(verifying.commands)


@app.command()
def run(
    scenario: Scenarios,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The dataset: a new folder, or one to continue.")],
    episodes: Episodes = None,
    seed: Seed = 0,
    overrides: Overrides = None,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Episodes recorded at the same time; default: one a core.")
    ] = None,
    simulator: Annotated[
        list[str] | None,
        typer.Option(metavar="local|HOST:PORT", help="A simulator to use; may be given several times. Default: local, "
                                                     "the built-in one."),
    ] = None,
) -> None:
    """Record scenarios as a labelled KITTI dataset. Run the same command again to continue after a stop.

    \b
      simgen run scenarios/animals/deer_crossing.yaml --out out/deer
      simgen run scenarios/ --episodes 50 --seed 7 --workers 8 --out out/all
      simgen run scenarios/weather --out out/carla --simulator gpu1:2000 --simulator gpu2:2000
    """
    from simgen.fleet.run import run_request
    from simgen.scenario import make_plans
    from simgen.scenario.outputs import derived_layouts

    scenarios = load(scenario, overrides)
    layouts = derived_layouts(scenarios)
    require_layouts(layouts)
    warn_of(make_plans(scenarios, episodes, seed))
    warn_of_classes(scenarios)
    summary = run_request(
        scenarios=scenarios, out_dir=out, episodes=episodes, seed=seed, workers=workers,
        simulators=simulator or ["local"],
    )
    if not summary.failed:
        for line in write_layouts(out, layouts):
            say(line)
    for line in summary.lines():
        say(line)
    raise typer.Exit(1 if summary.failed else 0)


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="P", help="0 takes any free port.")] = 2000,
    world: Annotated[
        str | None, typer.Option("--map", metavar="NAME|FILE.xodr", help="The map to begin with.", show_default=False)
    ] = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Interface to listen on.")] = "127.0.0.1",
    instance_ids: Annotated[
        str,
        typer.Option(metavar="actor|engine|wrapped",
                     help="What instance pictures show: actor ids (CARLA 0.9.16), the engine's own numbers (0.9.15 and "
                          "before), or the wrapped ids of a server that has run for long."),
    ] = "actor",
) -> None:
    """Start the built-in simulator for any CARLA 0.9.16 client.

    \b
      simgen serve --port 2000
      simgen serve --map my_town.xodr
    """
    from simgen.localsim.errors import LocalsimError
    from simgen.localsim.numbering import InstanceIds
    from simgen.localsim.server import serve as serve_simulator

    if instance_ids not in set(InstanceIds):
        raise RequestError(f"--instance-ids {instance_ids}: there are {', '.join(each.value for each in InstanceIds)}")
    logging.getLogger("simgen.localsim.server").setLevel(logging.INFO)       # says where it listens
    try:
        serve_simulator(host=host, port=port, map_name=world, ids=InstanceIds(instance_ids))
    except LocalsimError as error:
        raise RequestError(str(error)) from None


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise Interrupted


def main() -> None:
    """Run the command line and end the process with its exit code."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app(prog_name="simgen")
    except Interrupted:
        typer.echo("simgen: interrupted; what is recorded stays, and the same command continues", err=True)
        sys.exit(Interrupted.exit_code)
    except (SimgenError, RigError) as error:
        if "--debug" in sys.argv:
            raise
        text = str(error)
        typer.echo(text if "\n" in text else f"simgen: {text}", err=True)
        sys.exit(error.exit_code if isinstance(error, SimgenError) else RequestError.exit_code)
