"""The command line: arguments, exit codes, wiring.

Exit codes: 0 good, 1 some episodes failed or a check fell short, 2 wrong request, 3 no simulator, 130 interrupted.
Results go to standard output, progress and errors to standard error. Rooms are imported by the command that needs
them: ``simgen --help`` answers at once.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from sensors.errors import RigError
from simgen import __version__
from simgen.commands import authoring, doctoring, exporting, looking, merging, retrying, verifying, viewing, watching
from simgen.commands.layouts import require_layouts, write_layouts
from simgen.commands.options import (
    Commands,
    Episodes,
    Overrides,
    Scenarios,
    Seed,
    load,
    require_lasting,
    say,
    warn_of,
    warn_of_classes,
    warn_of_first_start,
)
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

_LADDER = "labels|fast|standard|high"
_DEVICES = "auto|cpu|cuda"

app = typer.Typer(
    cls=Commands, help=EXAMPLES, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]},
)



def _version(asked: bool) -> None:
    if asked:
        say(f"simgen {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback for errors.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which simgen this is.")
    ] = False,
) -> None:
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, format="%(levelname)s %(name)s: %(message)s")


app.add_typer(authoring.commands)
app.add_typer(looking.commands)
app.add_typer(viewing.commands)
app.add_typer(exporting.commands)
app.add_typer(merging.commands)
app.add_typer(verifying.commands)
app.add_typer(retrying.commands)
app.add_typer(watching.commands)
app.add_typer(doctoring.commands)


@app.command()
def run(
    context: typer.Context,
    scenario: Scenarios,
    out: Annotated[str, typer.Option(metavar="DIR|URL", help="The dataset: a new folder, or one to continue; or a "
                                                             "place in an object store, such as s3://bucket/run.")],
    episodes: Episodes = None,
    seed: Seed = 0,
    overrides: Overrides = None,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Episodes recorded at the same time; default: one a core, "
                                                          "and for CARLA servers that are started one a GPU.")
    ] = None,
    simulator: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE", help="A simulator to use; may be given several times: local (the built-in one, "
                                            "the default), HOST:PORT (a server that runs), or one to start for each "
                                            "worker: carla:FOLDER, carla-docker:IMAGE, apptainer:IMAGE.sif."),
    ] = None,
    gpus: Annotated[
        str | None, typer.Option(metavar="0,1", help="GPUs of this machine on which CARLA servers are started. "
                                                     "Default: all.", show_default=False)
    ] = None,
    servers_per_gpu: Annotated[
        int, typer.Option(min=1, metavar="N", help="CARLA servers that share a GPU.")
    ] = 1,
    quality: Annotated[
        str | None,
        typer.Option(metavar=_LADDER, help="How much work the built-in simulator puts into RGB pictures; labels and "
                                           "LiDAR are the same in all. Default: standard."),
    ] = None,
    assets: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Your own models for the built-in simulator: DIR/<blueprint id>"
                                                      ".glb, in metres, facing +x.", show_default=False)
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar=_DEVICES, help="What computes the built-in simulator's pictures and sweeps. "
                                                        "Default: an NVIDIA GPU that is there and agrees with the "
                                                        "processor, else the processor.")
    ] = None,
    ray_address: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="A Ray cluster to record on; machines may join and leave. "
                                                           "Default: what RAY_ADDRESS says, else this machine.",
                                 show_default=False)
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="EPISODE", help="Of what is missing just this episode; may be given "
                                                               "several times.", show_default=False)
    ] = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Time every stage, and say in the end where the time of a frame went; "
                                             "DIR/logs/profile.json has it too.")
    ] = False,
    shards: Annotated[
        bool, typer.Option("--shards", help="Each episode becomes one tar, shards/EPISODE.tar, WebDataset's way; "
                                            "'simgen merge' makes loose files of them.")
    ] = False,
    scratch: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A local disk for episodes on their way to a store or into a "
                                                      "tar. Default: the temporary folder.", show_default=False)
    ] = None,
) -> None:
    """Record scenarios as a labelled KITTI dataset. Run the same command again to continue after a stop.

    \b
      simgen run scenarios/animals/deer_crossing.yaml --out out/deer
      simgen run scenarios/ --episodes 50 --seed 7 --workers 8 --out out/all
      simgen run scenarios/weather --out out/carla --simulator gpu1:2000 --simulator gpu2:2000
      simgen run scenarios/weather --out out/carla --simulator carla:/opt/carla --servers-per-gpu 2
      simgen run scenarios/ --out s3://bucket/runs/all --shards
    """
    from simgen.fleet.invocation import Invocation
    from simgen.fleet.profiling import table
    from simgen.fleet.run import run_request
    from simgen.fleet.slots import GpuWish
    from simgen.scenario import make_plans
    from simgen.scenario.outputs import derived_layouts
    from simgen.store import Output, is_url

    if ray_address is not None:
        os.environ["RAY_ADDRESS"] = ray_address
    if quality is not None:
        _require_quality(quality)
    if device is not None:
        _require_device(device)
    if assets is not None:
        _require_assets(assets)
    scenarios = load(scenario, overrides)
    layouts = derived_layouts(scenarios)
    require_layouts(layouts)
    require_lasting(out)
    if scratch is not None and not shards and not is_url(out):
        typer.echo(f"note: --scratch is not used: episodes are recorded straight into {out}", err=True)
    warn_of(make_plans(scenarios, episodes, seed))
    warn_of_classes(scenarios)
    warn_of_first_start(simulator or ["local"])
    try:
        summary = run_request(
            scenarios=scenarios, out=Output(out, scratch, shards), episodes=episodes, seed=seed, workers=workers,
            simulators=simulator or ["local"], quality=quality, assets=assets, device=device,
            only=only or (), invocation=Invocation(retrying.words_of(context), str(Path.cwd())),
            profile=profile,
            wish=GpuWish(gpus, servers_per_gpu),
        )
    except Interrupted:
        raise Interrupted("what is recorded stays, and the same command continues") from None
    if not summary.failed:
        for line in write_layouts(out, layouts, shards):
            say(line)
    if summary.profile is not None:
        for line in table(summary.profile):
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
    quality: Annotated[
        str, typer.Option(metavar=_LADDER, help="How much work goes into RGB pictures; labels and LiDAR are the same "
                                                "in all.")
    ] = "standard",
    assets: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Your own models: DIR/<blueprint id>.glb, in metres, facing +x.",
                                  show_default=False)
    ] = None,
    device: Annotated[
        str, typer.Option(metavar=_DEVICES, help="What computes pictures and sweeps; auto: an NVIDIA GPU that is there "
                                                 "and agrees with the processor, else the processor.")
    ] = "auto",
    stock: Annotated[
        bool, typer.Option("--stock", help="Offer only what CARLA 0.9.16 offers: no animals, no weather in physical "
                                           "units, no sensors and attributes of simgen's own.")
    ] = False,
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
    _require_quality(quality)
    _require_device(device)
    logging.getLogger("simgen.localsim.server").setLevel(logging.INFO)       # says where it listens
    try:
        serve_simulator(host=host, port=port, map_name=world, ids=InstanceIds(instance_ids), quality=quality,
                        assets=assets, device=device, stock=stock)
    except LocalsimError as error:
        raise RequestError(str(error)) from None


def _require_quality(name: str) -> None:
    """Raises RequestError for a word that is no rung of the ladder."""
    from simgen.localsim.quality import LADDER

    if name not in LADDER:
        raise RequestError(f"--quality {name}: there are {', '.join(LADDER)}")


def _require_device(name: str) -> None:
    """Raises RequestError for a word that is no device."""
    from simgen.localsim.devices import DEVICES

    if name not in DEVICES:
        raise RequestError(f"--device {name}: there are {', '.join(DEVICES)}")


def _require_assets(folder: Path) -> None:
    """Raises RequestError for models that the simulators could not use."""
    from simgen.localsim.bodies.assets import load_assets
    from simgen.localsim.errors import LocalsimError

    try:
        load_assets(folder)
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
    except Interrupted as error:
        typer.echo("simgen: interrupted" + (f"; {error}" if str(error) else ""), err=True)
        sys.exit(Interrupted.exit_code)
    except (SimgenError, RigError) as error:
        if "--debug" in sys.argv:
            raise
        text = str(error)
        typer.echo(text if "\n" in text else f"simgen: {text}", err=True)
        sys.exit(error.exit_code if isinstance(error, SimgenError) else RequestError.exit_code)
    except OSError as error:            # a full disk behind standard output, a file that nobody may read
        if "--debug" in sys.argv:
            raise
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"simgen: {where}{error.strerror or error}; 'simgen --debug' shows where it happened", err=True)
        sys.exit(1)
