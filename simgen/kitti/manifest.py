"""``dataset.json``: the request a dataset answers, so that no other is mixed into its folder."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from simgen.errors import DatasetError, RequestError, unreadable
from simgen.kitti.growth import PlanOf, why_not
from simgen.kitti.layout import EPISODES, REQUEST, read_parsed, write_whole
from simgen.kitti.records import FORMAT_VERSION, read_record


@dataclass(frozen=True, slots=True)
class ScenarioSource:
    """A scenario by name, with the SHA-256 of its file."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RigSource:
    """A rig by its name, or by its file's where it is given by path, with the SHA-256 of its file."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class EpisodeEntry:
    """A planned episode by name, with its plan's digest."""

    name: str
    plan_digest: str


@dataclass(frozen=True, slots=True)
class MergedSource:
    """A dataset that was merged into another: the last part of its folder or URL, and what its request says.

    shift: what its frames' numbers were moved by. simulators: that its episodes were recorded on.
    """

    name: str
    seed: int
    shift: int
    simulators: tuple[str, ...]
    quality: str | None = None
    assets: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class DatasetRequest:
    """Everything that decides what a dataset will hold.

    scenarios:  in the order given.
    rigs:       all that the episodes use.
    episodes:   in plan order, on which frame numbers and the split depend.
    quality:    of the built-in simulator's pictures; None where it made none, or before there were several.
    assets:     digest of the models that stood in for the built-in simulator's bodies; None where there were none.
    device:     what the built-in simulator's pictures were computed on, "cpu" or "cuda": their last bits differ. None
                where it made none, or before there was a choice.
    merged:     the datasets that it was merged from, if it was; then ``seed`` is that of the first, and the last three
                are what all of them say, or None.
    """

    seed: int
    scenarios: tuple[ScenarioSource, ...]
    rigs: tuple[RigSource, ...]
    episodes: Sequence[EpisodeEntry]
    format_version: int = FORMAT_VERSION
    quality: str | None = None
    assets: str | None = None
    device: str | None = None
    merged: tuple[MergedSource, ...] = ()

    @property
    def made_on(self) -> str | None:
        """The device of the built-in simulator's pictures, also of those made before there was a choice."""
        return self.device or (None if self.quality is None else "cpu")

    def lacks(self, recorded: int) -> str | None:
        """What to tell whoever takes so many recorded episodes for the whole; None if they are."""
        wanted = len(self.episodes)
        return None if recorded >= wanted else (
            f"{recorded} of {wanted} episodes {'is' if recorded == 1 else 'are'} recorded; the rest is missing here")

    def to_text(self) -> str:
        """Deterministic JSON. Of episodes there may be a million: they are written one by one. A request that was not
        merged does not speak of merging."""
        value = asdict(replace(self, episodes=()))
        if not self.merged:
            del value["merged"]
        text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
        if not self.episodes:
            return text
        before, after = text.split('"episodes": []')
        entries = ",\n".join(
            f'  {{\n   "name": {json.dumps(one.name, ensure_ascii=False)},\n   "plan_digest": "{one.plan_digest}"\n  }}'
            for one in self.episodes)
        return f'{before}"episodes": [\n{entries}\n ]{after}'

    @classmethod
    def from_text(cls, text: str) -> DatasetRequest:
        """The inverse of ``to_text``.

        Raises:
            DatasetError: if the text is no request.
        """
        try:
            value = json.loads(text, object_pairs_hook=_entry_or_mapping)
            if not all(isinstance(entry, EpisodeEntry) for entry in value["episodes"]):
                raise TypeError("an episode that is none")
            return cls(**{
                **value,
                "scenarios": tuple(ScenarioSource(**source) for source in value["scenarios"]),
                "rigs": tuple(RigSource(**source) for source in value["rigs"]),
                "episodes": tuple(value["episodes"]),
                "merged": tuple(MergedSource(**{**source, "simulators": tuple(source["simulators"])})
                                for source in value.get("merged", ())),
            })
        except (ValueError, TypeError, KeyError) as error:
            raise DatasetError(f"not a dataset request: {unreadable(error)}") from error


def _entry_or_mapping(pairs: list[tuple[str, Any]]) -> EpisodeEntry | dict[str, Any]:
    """Episodes, of which there may be a million, in their final form at once."""
    if len(pairs) == 2 and {key for key, _ in pairs} == {"name", "plan_digest"}:
        return EpisodeEntry(**dict(pairs))
    return dict(pairs)


def read_request(root: Path) -> DatasetRequest | None:
    """The request of the dataset in a folder, or None if the folder holds none.

    Raises:
        DatasetError: naming the file, if it is there but wrong.
    """
    return read_parsed(root / REQUEST, DatasetRequest.from_text)


def claim_folder(root: Path, request: DatasetRequest, plan_of: PlanOf = lambda _: None) -> None:
    """Make ``root`` the folder of this request, or find that it already is (``continued``).

    Args:
        plan_of: an episode's plan in this request as JSON, to say what differs.

    Raises:
        RequestError: if the folder holds the data of another request, saying what differs and what to do.
    """
    recorded = {path.stem for path in (root / EPISODES).glob("*.json")}
    wanted = continued(
        str(root), read_request(root), request, recorded, lambda name: _recorded_plan(root, name), plan_of)
    if wanted is not None:
        root.mkdir(parents=True, exist_ok=True)
        write_whole(root / REQUEST, wanted.to_text().encode(), durable=True)


def continued(
    where: str, present: DatasetRequest | None, request: DatasetRequest, recorded: Collection[str],
    plan_before: PlanOf, plan_now: PlanOf,
) -> DatasetRequest | None:
    """The request to store where a dataset is to answer this one; None if it is stored already.

    A request that asks for every recorded episode again, with the same plan and the same frame numbers, and perhaps for
    more, takes the place over: the dataset grows. As long as no episode is recorded, any request does.

    Args:
        where: the dataset, for the message. present: the request that it answers now.
        recorded: names of the episodes that have records.
        plan_before, plan_now: an episode's plan as JSON, to say what differs.

    Raises:
        RequestError: if it holds the data of another request, saying what differs and what to do.
    """
    if present == request:
        return None
    if present is not None and recorded:
        reason = why_not(present, request, recorded, plan_before, plan_now)
        if reason is not None:
            raise RequestError(f"{where}: holds a dataset that this request does not continue: {reason}")
        if request.quality is None:
            # What other simulators add does not unsay how the built-in one made its part.
            return replace(request, quality=present.quality, assets=present.assets, device=present.device)
    return request


def _recorded_plan(root: Path, episode: str) -> Mapping[str, Any] | None:
    """The plan that an episode was recorded by, as JSON; None if its record cannot be read: that is told elsewhere."""
    try:
        record = read_record(root, episode)
    except DatasetError:
        return None
    return None if record is None else record.plan
