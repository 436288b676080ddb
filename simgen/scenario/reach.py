"""Which bins of a number the episodes of scenarios can fall into at all, told from what is written, not from draws.

So coverage does not ask for what can never be: a speed below 40 km/h where it is drawn from 40 to 60 km/h.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from simgen.scenario.chance import Choice, Fixed
from simgen.scenario.load import Scenario
from simgen.scenario.models import MeetModel
from simgen.scenario.values import Value

RARE = 1e-3             # a bin in which a smaller share of the draws lies is not asked for

Spans = list[tuple[float, float]]       # what a number can be: from, to; both ends included
_COPY = re.compile(r"^(actors\.[a-z0-9_]+)_[0-9]+\.")


def bins_reached(spans: Spans | None, edges: Sequence[float], names: Sequence[str]) -> frozenset[str]:
    """Of the bins between edges, the open ones included, those that the spans touch.

    Of a number of which nothing is known (None) the closed bins: their edges say what it is expected to be.
    """
    if spans is None:
        return frozenset(names[1:-1])
    reached: set[str] = set()
    for low, high in spans:
        first, last = (sum(end >= edge for edge in edges) for end in (low, high))
        reached.update(names[first : last + 1])
    return frozenset(reached)


def spans_of(value: Value[Any]) -> Spans | None:
    """What a value can come out as; None if it is worked out from others."""
    if value.formula is not None:
        return None
    distribution = value.distribution
    if isinstance(distribution, (Choice, Fixed)):
        return [(number, number) for number in distribution.extremes() if isinstance(number, (int, float))]
    return [(distribution.quantile(RARE), distribution.quantile(1.0 - RARE))]


def key_spans(path: str, scenarios: Iterable[Scenario]) -> Spans | None:
    """Of a drawn value by its key path, in all scenarios that draw it; None if one of them works it out, or it is no
    key of any."""
    base = _COPY.sub(r"\1.", path)
    values = [one.values.get(path) or one.values.get(base) for one in scenarios]
    drawn = [value for value in values if value is not None and (value.random or value.formula is not None)]
    return _united(map(spans_of, drawn)) if drawn else None


def speed_spans(scenarios: Iterable[Scenario]) -> Spans | None:
    """Of the ego's speed, in metres a second; of a profile, of all its points."""
    return _united(map(_speeds, scenarios))


def reveal_spans(scenarios: Iterable[Scenario]) -> Spans | None:
    """Of the time for which those that meet the ego are to be seen, or on their way, before the impact, in seconds."""
    return _united(_in_sight(meet) for scenario in scenarios for meet in _meets(scenario))


def distance_spans(scenarios: Iterable[Scenario]) -> Spans | None:
    """Of the way that the ego drives in that time, in metres; None if somebody is met at an unsaid distance, or nobody
    is met, as the distance is then a place on the road."""
    return _united(map(_distances, scenarios))


def _distances(scenario: Scenario) -> Spans | None:
    speeds, meets = _speeds(scenario), _meets(scenario)
    times = _united(map(_in_sight, meets))
    if speeds is None or times is None or not meets or any(_in_sight(meet) == [] for meet in meets):
        return None
    return [(slow * short, fast * long) for slow, fast in speeds for short, long in times]


def _speeds(scenario: Scenario) -> Spans | None:
    """Of a profile, everything between the slowest and the fastest of its points."""
    speed = scenario.model.ego.speed
    if not isinstance(speed, tuple):
        return spans_of(speed)
    spans = _united(spans_of(point.speed) for point in speed)
    return None if spans is None else [(min(low for low, _ in spans), max(high for _, high in spans))]


def _meets(scenario: Scenario) -> list[MeetModel]:
    return [actor.meet for actor in scenario.model.actors if actor.meet is not None]


def _in_sight(meet: MeetModel) -> Spans | None:
    """None at all for one that is in sight from the beginning, however long that is."""
    said = meet.reveal if meet.reveal is not None else meet.lead
    return [] if said is None else spans_of(said)


def _united(parts: Iterable[Spans | None]) -> Spans | None:
    """The spans of all; None if one is not known."""
    spans: Spans = []
    for part in parts:
        if part is None:
            return None
        spans += part
    return spans
