"""What is made of a server's facts: findings, each with its cure. Nothing is measured here.

Numbers in brackets are issues of carla-simulator/carla. What a trial showed is judged in ``trial_rules.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from simgen.capture.probe_facts import ServerFacts, Size
from simgen.doctor.findings import Finding, good, note, short
from simgen.doctor.trial_rules import BITS, judge_trial
from simgen.wording import counted

NEAR_WRAP = 50_000


def judge_server(facts: ServerFacts, species: Sequence[str], sizes: Mapping[str, Size]) -> list[Finding]:
    """Findings in the order in which a person would ask. species: the animals that scenarios can name. sizes: what
    blueprints measure by our tables."""
    found = list(version(facts))
    if facts.map_name is None:
        return found
    found += [*maps(facts), *state(facts), *animals(facts, species), *weather(facts), *lens(facts)]
    if facts.trial is None:
        found.append(_untried(facts))
        return found
    return [*found, *judge_trial(facts, facts.trial, sizes)]


def _untried(facts: ServerFacts) -> Finding:
    seen = f"nothing was tried out: {facts.no_trial}"
    if facts.in_use:
        return short("trial", seen, "give simgen a server of its own, or wait for the other client")
    return short("trial", seen, "load another map there, or restart it, and ask again")


def version(facts: ServerFacts) -> Iterator[Finding]:
    if facts.client_version != facts.server_version:
        yield short("version", f"the server at {facts.endpoint} is {facts.server_version}, the client "
                               f"{facts.client_version}: they do not understand each other",
                    f"start a CARLA {facts.client_version} server")
    else:
        who = f"simgen's built-in simulator {facts.version}" if facts.is_built_in else f"CARLA {facts.version}"
        yield good("version", f"{who} at {facts.endpoint}, client {facts.client_version}")


def maps(facts: ServerFacts) -> Iterator[Finding]:
    listed = ", ".join(facts.maps)
    if facts.spawn_points:
        yield good("maps", f"{listed}; now {facts.map_name} with {counted(facts.spawn_points, 'spawn point')}")
    else:
        yield note("maps", f"{listed}; now {facts.map_name}, which has no spawn points",
                   "nothing to do: simgen loads the map that a scenario wishes for")


def state(facts: ServerFacts) -> Iterator[Finding]:
    """What somebody left behind."""
    assert facts.settings is not None
    restart = "restart the server, or have the client that left it so put it back"
    if facts.settings.no_rendering:
        yield short("state", "no_rendering_mode is on: cameras send nothing",
                    "world.apply_settings with no_rendering_mode=False, or restart the server")
    if facts.settings.synchronous and not facts.ticks_alone:
        yield note("state", "it was left in synchronous mode and nobody ticks it: every other client hangs", restart)
    who = ", ".join(f"{count} {kind}" for kind, count in facts.guests.items())
    if facts.guests:
        yield note("state", f"actors of somebody are there: {who}; simgen run loads a fresh world and ends them",
                   "if they are nobody's, nothing to do; if they are somebody's, use another server")
    if facts.newest_id > BITS:
        yield note("state", f"actor ids are at {facts.newest_id}: instance pictures keep 16 bits and wrap; simgen's "
                            "labels allow for it", "restart the server for ids that fit")
    elif facts.newest_id > NEAR_WRAP:
        yield note("state", f"actor ids are at {facts.newest_id} and will soon pass 65535, where instance pictures "
                            "wrap; simgen's labels allow for it", "restart the server for ids that fit")
    if not facts.settings.no_rendering and not facts.settings.synchronous and not facts.guests:
        yield good("state", f"asynchronous, empty, newest id {facts.newest_id}")


def animals(facts: ServerFacts, species: Sequence[str]) -> Iterator[Finding]:
    walking = [name for name in species if f"walker.animal.{name}" in facts.blueprints]
    stiff = [name for name in species if f"static.prop.{name}" in facts.blueprints and name not in walking]
    if len(walking) == len(species):
        yield good("animals", f"all {len(species)} kinds that scenarios can name, walking")
    elif walking or stiff:
        lacking = [name for name in species if name not in {*walking, *stiff}]
        seen = f"{len(walking)} walking, {len(stiff)} as static props without leg motion"
        yield note("animals", f"{seen}" + (f"; none of {', '.join(lacking)}" if lacking else ""),
                   "episodes with others are refused before they begin; cook an asset pack, or use --simulator local")
    else:
        yield note("animals", "none: stock CARLA has no animals in any version [4081]",
                   "episodes with animals are refused before they begin; use --simulator local for them, or an asset "
                   "pack that offers static.prop.<species>")


def weather(facts: ServerFacts) -> Iterator[Finding]:
    if "simgen.weather" in facts.blueprints:
        yield good("weather", "CARLA's parameters, and snow, ice and visibility in physical units")
    else:
        yield note("weather", "CARLA's parameters only, which know no snow or ice [9279]: simgen draws these onto the "
                              "pictures, and the record says so")


def lens(facts: ServerFacts) -> Iterator[Finding]:
    off = {name: value for name, value in facts.lens.items()
           if name in ("lens_k", "lens_kcube", "lens_circle_multiplier", "motion_blur_intensity") and float(value) != 0}
    if not off:
        yield good("lens", "cameras are pinholes by default")
    else:
        said = ", ".join(f"{name} {float(value):.3g}" for name, value in off.items())
        yield good("lens", f"defaults bend or smear pictures ({said}); simgen sets them to 0")
    if facts.lens.get("enable_postprocess_effects", "true").lower() in ("false", "0"):
        yield note("lens", "post-processing is off by default: pictures have neither exposure nor tone curve",
                   "start the server with -quality-level=Epic")
