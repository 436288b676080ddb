"""When a server that still works is better replaced by a fresh one: pure rules on what was measured after an episode.

The numbers begin with what people report of CARLA servers: memory grows with every map, ids grow with every actor, and
after hours or some hundred episodes a signal 11 comes. Replacing one costs a minute, losing an episode costs more.
"""

from __future__ import annotations

from dataclasses import dataclass

from simgen.wording import counted

GIB = 2**30
PICTURE_IDS = 2**16             # instance pictures hold 16 bits of an actor's id
ID_MARGIN = 4096                # for the actors of one more episode, and those of the map


@dataclass(frozen=True, slots=True)
class Policy:
    """What a server may reach before it is replaced; None: whatever it likes.

    episodes: recorded on it. map_changes: to another map than before; every episode loads its map anew, and what that
    leaks is the matter of growth_bytes: of memory since its first episode. age_s: since its start. extra_actors: in the
    world after an episode, more than after the first one on that map. highest_id: of any actor. tick_s: the median of
    an episode's ticks.
    """

    episodes: int | None = None
    map_changes: int | None = None
    growth_bytes: int | None = None
    age_s: float | None = None
    extra_actors: int | None = None
    highest_id: int | None = None
    tick_s: float | None = None


CARLA_POLICY = Policy(episodes=50, map_changes=5, growth_bytes=4 * GIB, age_s=6 * 3600.0, extra_actors=10,
                      highest_id=PICTURE_IDS - ID_MARGIN, tick_s=10.0)
# It starts its ids and its clock anew with each episode, and holds a few maps at most.
BUILT_IN_POLICY = Policy(growth_bytes=4 * GIB)


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was measured after an episode. rss_bytes: None if nobody knows; actors, highest_id: likewise.

    tick_s: the median of its ticks.
    """

    map_name: str
    age_s: float
    rss_bytes: int | None = None
    actors: int | None = None
    highest_id: int | None = None
    tick_s: float | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """What a server has been through, as far as the policy asks. ``after`` makes the next one.

    baseline_bytes: its memory after its first episode. first_actors: how many actors there were after the first episode
    on each map.
    """

    episodes: int = 0
    map_name: str = ""
    map_changes: int = 0
    baseline_bytes: int | None = None
    first_actors: tuple[tuple[str, int], ...] = ()

    def after(self, checkup: Checkup) -> Life:
        """One episode later."""
        known = dict(self.first_actors)
        if checkup.actors is not None:
            known.setdefault(checkup.map_name, checkup.actors)
        moved = bool(self.map_name) and checkup.map_name != self.map_name
        return Life(
            self.episodes + 1, checkup.map_name, self.map_changes + moved,
            checkup.rss_bytes if self.baseline_bytes is None else self.baseline_bytes, tuple(sorted(known.items())))


def reason_to_recycle(policy: Policy, life: Life, checkup: Checkup) -> str | None:
    """Why the server should be replaced now, in a few words; None if it may go on. ``life`` includes this episode."""
    grown = 0
    if checkup.rss_bytes is not None and life.baseline_bytes is not None:
        grown = checkup.rss_bytes - life.baseline_bytes
    extra = 0 if checkup.actors is None else checkup.actors - dict(life.first_actors)[checkup.map_name]
    held = checkup.rss_bytes or 0
    rules = (
        (_over(grown, policy.growth_bytes), f"its memory grew by {grown / GIB:.1f} GiB to {held / GIB:.1f} GiB"),
        (_over(checkup.highest_id, policy.highest_id),
         f"its actors' ids reach {checkup.highest_id}, and pictures hold ids below {PICTURE_IDS}"),
        (_over(extra, policy.extra_actors),
         f"{extra} actors more than after the first episode on {checkup.map_name} are left"),
        (_over(checkup.tick_s, policy.tick_s), f"a tick takes {checkup.tick_s or 0:.1f} s"),
        (_over(life.map_changes, policy.map_changes), f"it has changed its map {life.map_changes} times"),
        (_over(life.episodes, policy.episodes), f"it has played {counted(life.episodes, 'episode')}"),
        (_over(checkup.age_s, policy.age_s), f"it is {checkup.age_s / 3600:.1f} h old"),
    )
    return next((words for over, words in rules if over), None)


def _over(value: float | None, limit: float | None) -> bool:
    return value is not None and limit is not None and value >= limit
