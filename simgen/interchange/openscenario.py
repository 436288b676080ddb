"""A rehearsed episode as OpenSCENARIO XML 1.0.

Version 1.0, because it is the one that ScenarioRunner takes (it refuses every other) and that esmini reads too.

Time 0 of the document is the begin of the warm-up, the first instant of the rehearsal; the first captured frame is
``warm-up`` later, as the header's description says. Everybody is put in place by ``Init``; who moves follows a
trajectory whose vertices carry absolute times and, with straight lines between them, meets the rehearsal at every tick
within 1 mm and 1 mrad. Positions are the actors' origins (see ``entities``) in the axes of the OpenDRIVE file, which is
written beside the document: CARLA's with y turned round.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from simgen import __version__
from simgen.errors import RequestError
from simgen.interchange.elements import element, identifier, to_bytes
from simgen.interchange.entities import actor_entity, ego_entity, sort_of
from simgen.interchange.environment import change_times, environment_action, moment_at
from simgen.interchange.trajectories import continuous, follow_trajectory, position, stands
from simgen.motion.bodies import EGO
from simgen.motion.rehearsal import Rehearsal

Floats = NDArray[np.float64]

DATE = "2000-01-01T00:00:00"        # fixed: the same episode gives the same bytes


def to_openscenario(rehearsal: Rehearsal, road_file: str) -> bytes:
    """The document, the same bytes for the same episode.

    road_file: the OpenDRIVE document as it is found from where this one will lie, with forward slashes.
    """
    plan, stage = rehearsal.stage.plan, rehearsal.stage
    begins_s, ends_s = float(rehearsal.times_s[0]), float(rehearsal.times_s[-1])
    times_s = rehearsal.times_s - begins_s
    tracks = {role: continuous(track) for role, track in rehearsal.tracks.items()}
    actors = [actor for actor in plan.actors if actor.role in tracks]
    about = (
        f"{plan.name}: an episode of simgen, seed {plan.seed}, plan SHA-256 {plan.digest()}. Time 0 begins the "
        f"warm-up; the first of {plan.capture.frames} frames is at {-begins_s:g} s, {plan.capture.rate_hz:g} a second"
    )
    sorts = {EGO: sort_of(None), **{actor.role: sort_of(actor) for actor in actors}}
    duration_s = ends_s - begins_s
    groups = [
        _group(name, role, follow_trajectory(f"{name}_trajectory", times_s, tracks[role]), duration_s)
        for name, role in ((identifier(role), role) for role in sorts if not stands(tracks[role]))
    ]
    groups += _weather_groups(rehearsal)
    init = [
        environment_action(moment_at(stage.weather, begins_s), "weather"),
        *(_private(role, tracks[role], times_s, of_itself=sort != "miscellaneous") for role, sort in sorts.items()),
    ]
    root = element(
        "OpenSCENARIO",
        element("FileHeader", revMajor="1", revMinor="0", date=DATE, description=about, author=f"simgen {__version__}"),
        element("ParameterDeclarations"),
        element("CatalogLocations"),
        element("RoadNetwork", element("LogicFile", filepath=road_file)),
        element(
            "Entities",
            ego_entity(plan.ego, stage.bodies[EGO]),
            *(actor_entity(actor, stage.bodies[actor.role]) for actor in actors),
        ),
        element(
            "Storyboard",
            element("Init", element("Actions", *init)),
            element("Story", _act(groups, duration_s), name=identifier(plan.name)),
            _trigger("StopTrigger", "episode_over", "greaterThan", duration_s),
        ),
    )
    return to_bytes(root)


def check_openscenario_path(path: Path) -> None:
    """Raises RequestError for a name that does not end in .xosc."""
    if path.suffix.lower() != ".xosc":
        raise RequestError(f"--out {path}: the name of an OpenSCENARIO file must end in .xosc")


def save_openscenario(rehearsal: Rehearsal, xodr_text: str, path: Path) -> Path:
    """Write the document, and the OpenDRIVE document of its road beside it; returns the latter's path.

    Raises RequestError for a name that does not end in .xosc, or if the files cannot be written.
    """
    check_openscenario_path(path)
    road_path = path.with_suffix(".xodr")
    document = to_openscenario(rehearsal, road_path.name)
    try:
        road_path.write_text(xodr_text, encoding="utf-8", newline="\n")
        path.write_bytes(document)
    except OSError as error:
        raise RequestError(f"--out {path}: cannot be written: {error.strerror or error}") from None
    return road_path


def _private(role: str, track: Floats, times_s: Floats, of_itself: bool) -> Element:
    """Where one begins and, if it moves of itself, how fast."""
    actions = [element("PrivateAction", element("TeleportAction", position(track[0])))]
    if of_itself:
        metres = float(np.linalg.norm(track[1, :3] - track[0, :3]))
        speed = element(
            "SpeedAction",
            element("SpeedActionDynamics", dynamicsShape="step", dynamicsDimension="time", value=0.0),
            element(
                "SpeedActionTarget", element("AbsoluteTargetSpeed", value=metres / float(times_s[1] - times_s[0]))),
        )
        actions.append(element("PrivateAction", element("LongitudinalAction", speed)))
    return element("Private", *actions, entityRef=identifier(role))


def _act(groups: list[Element], duration_s: float) -> Element:
    """Everything at once, from the first instant: 1.0 knows no "at least", but before the end is at least the begin."""
    return element(
        "Act", *groups,
        _trigger("StartTrigger", "episode_begins", "lessThan", duration_s),
        _trigger("StopTrigger", "episode_ends", "greaterThan", duration_s),
        name="episode",
    )


def _group(name: str, role: str | None, action: Element, time_s: float, rule: str = "lessThan") -> Element:
    """A manoeuvre group of one event; role None: nobody's."""
    refs = () if role is None else (element("EntityRef", entityRef=identifier(role)),)
    event = element(
        "Event",
        element("Action", action, name=f"{name}_action"),
        _trigger("StartTrigger", f"{name}_begins", rule, time_s),
        name=f"{name}_event", priority="overwrite", maximumExecutionCount="1",
    )
    return element(
        "ManeuverGroup",
        element("Actors", *refs, selectTriggeringEntities=False),
        element("Maneuver", event, name=f"{name}_maneuver"),
        name=f"{name}_group", maximumExecutionCount="1",
    )


def _weather_groups(rehearsal: Rehearsal) -> list[Element]:
    """The weather's changes, each an event of its own."""
    points = rehearsal.stage.weather
    begins_s, ends_s = float(rehearsal.times_s[0]), float(rehearsal.times_s[-1])
    return [
        _group(name, None, environment_action(moment_at(points, time_s), name), time_s - begins_s, "greaterThan")
        for name, time_s in (
            # Roles have no capitals: these names cannot be taken.
            (f"Weather_{number}", time_s) for number, time_s in enumerate(change_times(points, begins_s, ends_s), 1)
        )
    ]


def _trigger(tag: str, name: str, rule: str, time_s: float) -> Element:
    condition = element(
        "Condition",
        element("ByValueCondition", element("SimulationTimeCondition", value=time_s, rule=rule)),
        name=name, delay=0.0, conditionEdge="none",
    )
    return element(tag, element("ConditionGroup", condition))
