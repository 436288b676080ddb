"""Whether a dataset that is there can be continued by another request, and if not, why and what to do about it.

A dataset may grow: what counts is that every *recorded* episode is asked for again, with the same plan and the same
frame numbers. Frames are numbered in plan order, so more episodes may only come behind those that are recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from simgen.kitti.splits import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from simgen.kitti.manifest import DatasetRequest

PlanOf = Callable[[str], Mapping[str, Any] | None]      # episode → its plan's JSON, or None where nobody knows

MOST_NAMED = 4
_NOT_ASKED_FOR = {"drawn", "rejected", "scenario", "index"}     # follow from the rest, or are the same
_OUTPUT: Mapping[str, Any] = {"pictures": [], "split": dict(DEFAULT_WEIGHTS), "classes": {}}
_KEY = {"output.pictures": "output.layouts (stored pictures)"}
_ELSEWHERE = "or choose another folder"


def why_not(
    present: DatasetRequest, wanted: DatasetRequest, recorded: Collection[str], plan_before: PlanOf, plan_now: PlanOf
) -> str | None:
    """Why a dataset cannot go on as another request, with the cure; None if it can.

    Args:
        present: what the dataset was recorded for.
        recorded: names of the episodes that it has.
        plan_before, plan_now: to say what differs.
    """
    if present.merged:
        names = _listed([source.name for source in present.merged])
        return f"it was merged from {names}: continue those and merge them again, {_ELSEWHERE}"
    if present.format_version != wanted.format_version:
        return (f"its format version is {present.format_version}, and this simgen writes {wanted.format_version}: "
                "choose another folder")
    if present.seed != wanted.seed:
        return f"it was begun with --seed {present.seed}, not {wanted.seed}: give --seed {present.seed}, {_ELSEWHERE}"
    if present.quality is not None and wanted.quality not in (None, present.quality):
        return (f"its pictures were made with --quality {present.quality}, not {wanted.quality}: give --quality "
                f"{present.quality}, {_ELSEWHERE}")
    if None not in (present.made_on, wanted.made_on) and present.made_on != wanted.made_on:
        return (f"its pictures were made with --device {present.made_on}, not {wanted.made_on}: give --device "
                f"{present.made_on}, {_ELSEWHERE}")
    if None not in (present.quality, wanted.quality) and present.assets != wanted.assets:
        if present.assets is None:
            return f"it was begun without --assets: leave them out, {_ELSEWHERE}"
        return ("it was begun with models that --assets does not name: give the folder with the same files, "
                f"{_ELSEWHERE}")
    rigs = {rig.name: rig.sha256 for rig in present.rigs}
    changed = [rig.name for rig in wanted.rigs if rigs.get(rig.name, rig.sha256) != rig.sha256]
    if changed:
        return f"the file of the rig {changed[0]} is another one than it was: restore it, {_ELSEWHERE}"
    digests = {entry.name: entry.plan_digest for entry in wanted.episodes}
    kept = [entry for entry in present.episodes if entry.name in recorded]
    for entry in kept:
        if entry.name in digests and digests[entry.name] != entry.plan_digest:
            return _other_plan(present, wanted, entry.name, plan_before(entry.name), plan_now(entry.name))
    missing = [entry.name for entry in kept if entry.name not in digests]
    if missing:
        return _missing(present, wanted, missing)
    if kept:
        upto = 1 + max(number for number, entry in enumerate(present.episodes) if entry.name in recorded)
        if present.episodes[:upto] != wanted.episodes[:upto]:
            return _moved(present, wanted, upto)
    return None


def _missing(present: DatasetRequest, wanted: DatasetRequest, missing: list[str]) -> str:
    names = {source.name for source in wanted.scenarios}
    gone = [source.name for source in present.scenarios
            if source.name not in names and any(_scenario(name) == source.name for name in missing)]
    if gone:
        return (f"it has episodes of {_listed(gone)}, which is not asked for now: name the same scenarios, "
                f"{_ELSEWHERE}")
    return (f"it has {missing[-1]}, and this asks for fewer episodes: give --episodes the number that it has, or more, "
            f"{_ELSEWHERE}")


def _other_plan(
    present: DatasetRequest, wanted: DatasetRequest, name: str, before: Mapping[str, Any] | None,
    now: Mapping[str, Any] | None,
) -> str:
    keys = [] if before is None or now is None else different_keys(before, now)
    if keys == ["output.split"]:
        weights = _output(before or {})["split"]
        words = ", ".join(f"{one}: {weights[one]}" for one in DEFAULT_WEIGHTS)
        return (f"output.split differs: it was {{{words}}} when {name} was recorded, and episodes do not change sets: "
                f"write that again, {_ELSEWHERE}")
    if "output.pictures" in keys and len(keys) == 1:
        had = _output(before or {})["pictures"]
        words = f"[{', '.join(had)}]" if had else "no pictures of the truth"
        return (f"output.layouts differs: {name} was recorded with {words}, and pictures are not made "
                f"afterwards: ask for the same of depth, semantic, instance and planes, {_ELSEWHERE}")
    named = [_KEY.get(key, key) for key in keys[:MOST_NAMED]] or ["its settings"]
    more = [f"{len(keys) - MOST_NAMED} more"] if len(keys) > MOST_NAMED else []
    said = f"{name} would be another than the recorded one; different: {_listed(named + more)}"
    sources = {source.name: source.sha256 for source in wanted.scenarios}
    same_file = any(sources.get(source.name) == source.sha256 for source in present.scenarios
                    if source.name == _scenario(name))
    count, asked = (Counter(_scenario(entry.name) for entry in one.episodes)[_scenario(name)]
                    for one in (present, wanted))
    if same_file and count != asked:
        return (f"{said}. Where a scenario spreads its values evenly over all its episodes (strata, a Latin "
                f"hypercube), each depends on how many there are: ask for {count} again, {_ELSEWHERE}")
    return f"{said}: undo that, {_ELSEWHERE}"


def _moved(present: DatasetRequest, wanted: DatasetRequest, upto: int) -> str:
    """Why recorded frames would get other numbers."""
    first = next(number for number in range(upto) if present.episodes[number] != wanted.episodes[number])
    return (f"frames are numbered scenario by scenario, and {wanted.episodes[first].name} would come before the "
            f"recorded {present.episodes[upto - 1].name}, whose frames would all get other numbers: add episodes to "
            f"the last scenario or scenarios behind it only, record each scenario into its own folder, {_ELSEWHERE}")


def different_keys(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Keys by which two plans differ, as a scenario has them ("ego.speed"); the record of what was drawn is none."""
    one, two = ({**plan, "output": _output(plan)} for plan in (before, now))
    found = []
    for key in sorted({*one, *two} - _NOT_ASKED_FOR):
        a, b = one.get(key), two.get(key)
        if a == b:
            continue
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            found += [f"{key}.{word}" for word in sorted({*a, *b}) if a.get(word) != b.get(word)]
        else:
            found.append(key)
    return found


def _output(plan: Mapping[str, Any]) -> dict[str, Any]:
    """What a plan says of its output; it is left out where it is the default."""
    return {**_OUTPUT, **plan.get("output", {})}


def _scenario(episode: str) -> str:
    """The scenario of an episode: "deer" of "deer-0003" and "deer-0003-twin"."""
    return episode.removesuffix("-twin").rpartition("-")[0]


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
