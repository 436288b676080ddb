"""Whose numbers are in an instance picture: found out at the start of an episode, by looking.

An instance picture holds 16 bits for each pixel, and what they mean depends on the server: the actor's id (CARLA from
0.9.16 on), the rest of it modulo 65536 once a server has lived long, or a number of the engine's own that has nothing
to do with actors (CARLA up to 0.9.15). Where an actor is, is known exactly. So the pixels whose points lie in its body
tell which number it goes by, and whether that is its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from simgen.frame import ActorState, CameraView
from simgen.label.extent import Extent, View
from simgen.label.tags import allowed_tags

_FEWEST_PIXELS = 30         # of a body that may vote on the meaning of numbers
_CLEAR_SHARE = 0.8          # of a body's pixels that must have the same number for that
_ENOUGH_VOTES = 12          # after which the meaning is settled
_EXCLUSIVE_SHARE = 0.5      # of a number's pixels that must lie in a body to be that body's
_DOMINANT_SHARE = 0.6       # or of a body's pixels, where a number is shared with something else


class IdMode(Enum):
    """What the numbers of an instance picture are."""

    UNKNOWN = "unknown"
    ACTOR = "actor id"
    WRAPPED = "actor id modulo 65536"
    ENGINE = "engine id"


@dataclass(frozen=True, eq=False, slots=True)
class Body:
    """An actor where a picture may show it. where: what its surface surely lies in, in the view's stand axes."""

    actor: ActorState
    view: View
    where: Extent


@dataclass(frozen=True, slots=True)
class Tally:
    """Pixels of one number, over all frames so far: in a body, and in the whole pictures that show the body."""

    inside: int = 0
    anywhere: int = 0


@dataclass(frozen=True, slots=True)
class Identities:
    """What is known so far of the numbers of one episode. ``learn`` makes a new value of it.

    actor_votes, engine_votes:  bodies seen whose number was, or was not, their actor's id.
    wrapped:                    an id beyond 16 bits was among the former.
    tallies:                    role → number → its pixels. Kept only while numbers are not known to be actor ids.
    """

    actor_votes: int = 0
    engine_votes: int = 0
    wrapped: bool = False
    tallies: Mapping[str, Mapping[int, Tally]] = field(default_factory=dict)

    @property
    def mode(self) -> IdMode:
        """The meaning that most votes are for; unknown until a body has been seen clearly."""
        if self.actor_votes == self.engine_votes:
            return IdMode.UNKNOWN
        if self.engine_votes > self.actor_votes:
            return IdMode.ENGINE
        return IdMode.WRAPPED if self.wrapped else IdMode.ACTOR

    def learn(self, bodies: Iterable[Body], picture: CameraView) -> Identities:
        """What is known after one more picture. Without depth, tags or numbers in it, nothing is learnt."""
        settled = self.actor_votes + self.engine_votes >= _ENOUGH_VOTES
        by_id = self.mode in (IdMode.ACTOR, IdMode.WRAPPED)
        if (settled and by_id) or picture.instance_id is None or picture.depth_m is None or picture.tag is None:
            return self
        found = [(body.actor, _numbers_inside(body, picture)) for body in bodies]
        ids = {_low_bits(actor) for actor, _ in found}
        votes = [_vote(actor, inside, ids - {_low_bits(actor)}) for actor, inside in found]
        tallies, everywhere = dict(self.tallies), np.bincount(picture.instance_id.ravel(), minlength=1 << 16)
        for actor, inside in found:
            if inside or actor.role in tallies:
                tallies[actor.role] = _added(tallies.get(actor.role, {}), inside, everywhere)
        return Identities(
            self.actor_votes + votes.count(IdMode.ACTOR) + votes.count(IdMode.WRAPPED),
            self.engine_votes + votes.count(IdMode.ENGINE),
            self.wrapped or IdMode.WRAPPED in votes,
            tallies,
        )

    def numbers(self, actors: Iterable[ActorState]) -> dict[str, frozenset[int]]:
        """Role → the numbers that its pixels may have; empty for whom nothing is known yet.

        Such a number may still be shared with something far away: whose pixel it is, its place decides.
        """
        actors = tuple(actors)
        if self.mode in (IdMode.ACTOR, IdMode.WRAPPED):
            return {actor.role: frozenset({_low_bits(actor)}) for actor in actors}
        learnt = _assigned({actor.role: self.tallies.get(actor.role, {}) for actor in actors})
        if self.mode is IdMode.ENGINE:
            return learnt
        taken = frozenset[int]().union(*learnt.values())
        return {actor.role: learnt[actor.role] or frozenset({_low_bits(actor)}) - taken for actor in actors}


def _low_bits(actor: ActorState) -> int:
    return actor.simulator_id & 0xFFFF


def _numbers_inside(body: Body, picture: CameraView) -> dict[int, int]:
    """Number → how many pixels of a class that the actor may have lie in its body."""
    region = body.view.region(body.where)
    if region is None or picture.instance_id is None or picture.depth_m is None or picture.tag is None:
        return {}
    rows, columns = np.nonzero(allowed_tags(body.actor.kind)[region.cut(picture.tag)])
    if not len(rows):
        return {}
    rows, columns = rows + region.top, columns + region.left
    inside = body.where.contains(body.view.points(rows, columns, picture.depth_m[rows, columns]))
    numbers, counts = np.unique(picture.instance_id[rows[inside], columns[inside]], return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


def _vote(actor: ActorState, inside: Mapping[int, int], other_ids: set[int]) -> IdMode:
    """What one body says of the meaning of numbers; unknown where it is not seen clearly, or through another body."""
    total = sum(inside.values())
    if total < _FEWEST_PIXELS:
        return IdMode.UNKNOWN
    number = max(inside, key=lambda key: inside[key])
    if inside[number] < _CLEAR_SHARE * total or number in other_ids:
        return IdMode.UNKNOWN
    if number != _low_bits(actor):
        return IdMode.ENGINE
    return IdMode.WRAPPED if actor.simulator_id > 0xFFFF else IdMode.ACTOR


def _added(known: Mapping[int, Tally], inside: Mapping[int, int], everywhere: NDArray[np.intp]) -> dict[int, Tally]:
    """One body's tallies after another picture. A number that is seen elsewhere counts against an earlier guess."""
    result = dict(known)
    for number in {*known, *inside}:
        before = known.get(number, Tally())
        result[number] = Tally(before.inside + inside.get(number, 0), before.anywhere + int(everywhere[number]))
    return result


def _assigned(tallies: Mapping[str, Mapping[int, Tally]]) -> dict[str, frozenset[int]]:
    """Each number to the body that most of its pixels lie in; then, to bodies without one, the number of most of
    their pixels, if it is nobody else's."""
    best: dict[int, tuple[float, str]] = {}
    for role, by_number in tallies.items():
        for number, tally in by_number.items():
            share = tally.inside / tally.anywhere
            if share >= _EXCLUSIVE_SHARE and (number not in best or share > best[number][0]):
                best[number] = (share, role)
    owned = {role: {number for number, (_, owner) in best.items() if owner == role} for role in tallies}
    for role, by_number in tallies.items():
        if not owned[role]:
            total = sum(tally.inside for tally in by_number.values())
            owned[role] = {number for number, tally in by_number.items()
                           if number not in best and tally.inside > _DOMINANT_SHARE * total}
    return {role: frozenset(numbers) for role, numbers in owned.items()}
