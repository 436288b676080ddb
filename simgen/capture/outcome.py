"""What came of the meets that a plan asked for, as plain JSON for the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from simgen.motion.events import Event
from simgen.motion.stage import Meeting
from simgen.scenario.plan import EpisodePlan


def meets_json(
    plan: EpisodePlan, meets: Mapping[str, Meeting], events: Sequence[Event]
) -> dict[str, dict[str, Any]]:
    """By role: what was asked, how it was solved, and what the actors' poses in the simulator show."""
    asked = {actor.role: actor.meet for actor in plan.actors if actor.meet is not None}
    return {
        role: {"asked": asdict(asked[role]), "solved": asdict(meeting), "measured": _measured(role, events)}
        for role, meeting in meets.items()
    }


def _measured(role: str, events: Sequence[Event]) -> dict[str, float | None]:
    """impact_s, reveal_s: times; impact_share: across the ego's front; reveal_before_s: how long before the impact it
    came in sight. None for what has not happened."""
    impact = next((event for event in events if event.role == role and event.did == "impact"), None)
    reveal = next((event for event in events if event.role == role and event.did == "reveal"), None)
    return {
        "impact_s": None if impact is None else impact.time_s,
        "impact_share": None if impact is None else impact.share,
        "reveal_s": None if reveal is None else reveal.time_s,
        "reveal_before_s": None if impact is None or reveal is None else impact.time_s - reveal.time_s,
    }
