"""All rules by id. ``README.md`` beside this file lists them; a test keeps the two alike."""

from __future__ import annotations

from collections.abc import Sequence as Several
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from simgen.errors import RequestError
from simgen.verify import (
    agreement_rules,
    box_rules,
    calib_rules,
    cause_rules,
    cloud_rules,
    common_rules,
    further_rules,
    identity_rules,
    label_rules,
    leak_rules,
    lidar_rules,
    map_rules,
    motion_rules,
    objects_rules,
    picture_rules,
    record_rules,
    sequence_set_rules,
    set_rules,
    track_rules,
    weather_rules,
)
from simgen.verify.frames import FrameFiles
from simgen.verify.rules import Rule
from simgen.verify.sequences import Sequence
from simgen.verify.sets import DatasetFiles

FRAME_RULES: tuple[Rule[FrameFiles], ...] = (
    *label_rules.RULES,
    *calib_rules.RULES,
    *picture_rules.RULES,
    *cloud_rules.RULES,
    *box_rules.RULES,
    *lidar_rules.RULES,
    *map_rules.RULES,
    *objects_rules.RULES,
    *cause_rules.RULES,
    *further_rules.RULES,
)
SEQUENCE_RULES: tuple[Rule[Sequence], ...] = (*track_rules.RULES, *identity_rules.RULES)
SET_RULES: tuple[Rule[DatasetFiles], ...] = (
    *set_rules.RULES,
    *common_rules.RULES,
    *agreement_rules.RULES,
    *sequence_set_rules.RULES,
    *leak_rules.RULES,
    *record_rules.RULES,
    *weather_rules.RULES,
    *motion_rules.RULES,
)
_ALL: tuple[Rule[Any], ...] = (*FRAME_RULES, *SEQUENCE_RULES, *SET_RULES)
RULES: dict[str, Rule[Any]] = {one.id: one for one in _ALL}


def select(only: Several[str] = (), exclude: Several[str] = ()) -> tuple[Rule[Any], ...]:
    """The rules that match any pattern of ``only`` (all, if there is none) and none of ``exclude``.

    Patterns are ids ("label.alpha"), families ("label") or shell patterns of ids ("*.ground"), one or several with
    commas between them. Raises RequestError for one that no rule matches, and if nothing is left.
    """
    wanted = _matching("--only", only) if only else frozenset(RULES)
    chosen = tuple(RULES[one] for one in RULES if one in wanted - _matching("--exclude", exclude))
    if not chosen:
        raise RequestError("--only and --exclude leave no rule to check")
    return chosen


def _matching(option: str, patterns: Several[str]) -> frozenset[str]:
    """Ids of all rules that any pattern names."""
    found: set[str] = set()
    for pattern in (part.strip() for several in patterns for part in several.split(",")):
        family = pattern.rstrip(".")
        named = [one for one in RULES if fnmatchcase(one, pattern) or one.partition(".")[0] == family]
        if not named:
            families = list(dict.fromkeys(one.partition(".")[0] for one in RULES))
            near = get_close_matches(pattern, [*RULES, *families], n=1, cutoff=0.5)
            cure = f"did you mean '{near[0]}'?" if near else "simgen verify --rules lists them"
            raise RequestError(f"{option} {pattern}: there is no such rule; {cure}")
        found.update(named)
    return frozenset(found)
