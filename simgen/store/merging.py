"""Several datasets into one: folders or stores, loose files or tars, in any mixture.

Every file's checksum is compared on the way. Episodes arrive as they do in a run, the record last, so a merge that
ended early is completed by the same command; nothing that is there is changed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from simgen.errors import DatasetError, RequestError, StoreError
from simgen.kitti.layout import REQUEST, FileEntry, record_path, write_whole
from simgen.kitti.manifest import DatasetRequest
from simgen.kitti.maps import MAPS, location_of, write_map
from simgen.kitti.records import EpisodeRecord, parse_record
from simgen.kitti.splits import image_sets
from simgen.kitti.tars import in_shard_order
from simgen.store.bucket import PARALLEL, is_url
from simgen.store.local import LocalStore
from simgen.store.numbering import Merged, Part, Taken, merge_plan, moved, names_of
from simgen.store.recorded import Recorded, require_one_kind
from simgen.store.remote import ObjectStore
from simgen.store.shards import entry_of, sha256_of, unpack
from simgen.store.stores import Store


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge came to. copied: episodes that were not there before."""

    episodes: int
    frames: int
    labels: int
    copied: int
    duplicates: int
    notes: tuple[str, ...]
    example_frame: str | None


def merge(
    sources: Sequence[str], target: Store, tell: Callable[[int, int], None] = lambda _done, _of: None
) -> MergeReport:
    """Make one dataset of several, or bring an earlier merge of them up to date.

    Args:
        sources: folders and URLs.
        tell: hears how many episodes are done, and of how many.

    Raises:
        RequestError: if a source holds no dataset, two contradict each other, or the target holds something else.
        DatasetError: naming a file that is missing, or is not what its record says.
    """
    stores = [_source(where, target) for where in sources]
    parts = _parts(sources, stores)
    target.refuse_foreign()
    _plan(parts, target.request(), target.where)        # what is refused leaves no lock behind
    with target.sole_writer() as taken_over, closing(target):
        plan, digests = _claimed(parts, target)
        there = target.whole_records(digests)
        require_one_kind(there, target.shards, target.where)
        target.sweep(there)                             # what an earlier try left; whole episodes stay, whoever's
        missing = [taken for taken in plan.episodes if taken.record.episode not in there]
        _require_same_numbers(plan, there, target.where)
        notes = dict.fromkeys(plan.notes)
        for number, taken in enumerate(missing):
            tell(len(plan.episodes) - len(missing) + number, len(plan.episodes))
            if taken_over():
                raise StoreError(f"--out {target.where}: another process took it over; run the same command again once "
                                 "that has ended")
            note = _copy(taken, stores[taken.part], parts[taken.part].where, target)
            notes |= dict.fromkeys([note] if note else [])
        done = target.whole_records(digests)
        target.write_image_sets(image_sets({name: one.image_set for name, one in done.items()}, done))
    labelled = next((one.labelled_frames for one in done.values() if one.labelled_frames), None)
    return MergeReport(
        len(done), sum(len(one.frames) for one in done.values()), sum(one.labels for one in done.values()),
        len(missing), plan.duplicates, tuple(notes), None if labelled is None else labelled[len(labelled) // 2])


def _source(where: str, target: Store) -> Store:
    store: Store = ObjectStore(where) if is_url(where) else LocalStore(Path(where))
    here, there = _folder(store), _folder(target)
    if here is not None and not here.is_dir():
        raise RequestError(f"{where}: there is no such folder")
    if here is not None and there is not None and (here == there or here in there.parents or there in here.parents):
        raise RequestError(f"--out {target.where}: is, or lies in, the source {where}, or the other way round; name "
                           "a folder of its own")
    if store.where == target.where:
        raise RequestError(f"--out {target.where}: is the source itself; name another place")
    return store


def _folder(store: Store) -> Path | None:
    """The folder that a dataset is in, whichever way it is named; None of one in an object store."""
    folder = store.root if isinstance(store, LocalStore) else store.folder if isinstance(store, ObjectStore) else None
    return None if folder is None else folder.resolve()


def _parts(sources: Sequence[str], stores: Sequence[Store]) -> list[Part]:
    """What there is to merge. Raises RequestError of a source that cannot be merged with the others."""
    places = [_folder(store) or store.where for store in stores]
    for number, place in enumerate(places):
        if place in places[:number]:
            first, again = sources[places.index(place)], sources[number]
            raise RequestError(f"{again}: is named twice{'' if first == again else f', also as {first}'}; name each "
                               "source once")
    names = names_of([_parts_of(place) for place in places])
    for where, name in zip(sources, names, strict=True):
        if names.count(name) > 1:
            raise RequestError(f"{where}: another source is called {name} too; rename one of the two, as the merged "
                               "dataset says by these names what it was made from")
    try:
        return [_part(*one, alone=len(sources) == 1) for one in zip(sources, names, stores, strict=True)]
    except StoreError as error:                 # nothing is begun yet
        raise RequestError(str(error)) from error


def _parts_of(place: Path | str) -> tuple[str, ...]:
    """The parts of a folder's path, or of a URL."""
    if isinstance(place, Path):
        return tuple(part for part in place.parts if part != place.anchor)
    scheme, _, path = place.partition("://")
    return (scheme, *(part for part in path.split("/") if part))


def _part(where: str, name: str, store: Store, alone: bool) -> Part:
    """What a source holds. alone: is it the only one, of which a copy is made?"""
    request = store.request()
    if request is None:
        raise RequestError(f"{where}: holds no dataset of simgen (there is no {REQUEST}); name what 'simgen run "
                           "--out' wrote")
    if request.merged and not alone:
        raise RequestError(f"{where}: was itself merged, from {', '.join(one.name for one in request.merged)}; merge "
                           "those, all at once")
    digests = {entry.name: entry.plan_digest for entry in request.episodes}
    records = store.whole_records(digests)
    if not records:
        raise RequestError(f"{where}: no episode is recorded yet; run the 'simgen run' command that made it again")
    return Part(where, name, request, records)


def _plan(parts: Sequence[Part], present: DatasetRequest | None, out: str) -> Merged:
    """The plan of the merge. Raises RequestError if the parts, or what is there, forbid it by what they say of
    themselves.

    present: what the target holds.
    """
    versions = {part.request.format_version for part in parts}
    if len(versions) > 1:
        raise RequestError(f"the sources have the format versions {', '.join(map(str, sorted(versions)))}, and one "
                           "dataset has one: record the older ones again")
    plan = merge_plan(parts, present)
    if len(parts) == 1 or present is None:
        return plan
    if not present.merged:
        raise RequestError(f"--out {out}: holds a dataset that was not merged; name it as a source, and a "
                           "new folder for what it makes with the others")
    earlier, now = [source.name for source in present.merged], [part.name for part in parts]
    if not {*earlier} <= {*now}:
        raise RequestError(f"--out {out}: was merged from {', '.join(earlier)}: name all of these again and what is to "
                           f"be added (you named {', '.join(now)}), or choose another folder")
    return plan


def _claimed(parts: Sequence[Part], target: Store) -> tuple[Merged, dict[str, str]]:
    """The plan of the merge, once the target is the place for it; and all episodes that may be there, with the digests
    of their plans."""
    present = target.request()
    plan = _plan(parts, present, target.where)
    if len(parts) == 1:
        target.claim(plan.request, lambda _: None)      # a copy, which may have grown, or its source since
    else:
        _require_same_episodes(plan, target)
        if present != plan.request:
            target.store_request(plan.request)
    digests = {} if present is None else {entry.name: entry.plan_digest for entry in present.episodes}
    return plan, {**digests, **{entry.name: entry.plan_digest for entry in plan.request.episodes}}


def _require_same_episodes(plan: Merged, target: Store) -> None:
    """Raises RequestError if an episode that is there would be replaced by another of its name, or by other numbers."""
    present = target.request()
    digests = {} if present is None else {entry.name: entry.plan_digest for entry in present.episodes}
    there = target.whole_records(digests)
    for entry in plan.request.episodes:
        if entry.name in there and digests[entry.name] != entry.plan_digest:
            raise RequestError(f"--out {target.where}: has {entry.name} by another plan than the sources have now; "
                               "merge into a new folder")
    _require_same_numbers(plan, there, target.where)


def _require_same_numbers(plan: Merged, there: Mapping[str, Recorded], where: str) -> None:
    """Raises RequestError if an episode that is there has other frame numbers than it would get now."""
    for taken in plan.episodes:
        present = there.get(taken.record.episode)
        if present is not None and present.frames != taken.ids:
            raise RequestError(f"--out {where}: has {taken.record.episode} as frames {present.frames[0]} to "
                               f"{present.frames[-1]}, and it would get {taken.ids[0]} to {taken.ids[-1]} now; merge "
                               "into a new folder")


def _copy(taken: Taken, source: Store, where: str, target: Store) -> str | None:
    """Bring one episode over. Returns a note about its map, if there is one."""
    path = record_path(taken.record.episode)
    content = source.read(path)
    if content is None:
        raise DatasetError(f"{where}/{path}: was there a moment ago, and is gone")
    record, note = parse_record(taken.record.episode, content, f"{where}/{path}"), None
    with target.keeping() as (folder, keeper):
        location = location_of(record.plan["road"], record.simulator.map)
        opendrive, known = (store.read(f"{MAPS}/{location}.xodr") for store in (source, target))
        if opendrive is not None:
            write_map(folder, location, opendrive.decode())
            if known not in (None, opendrive):
                note = f"the map {location} is not the same in all of them; that of the first is kept"
        files: dict[str, FileEntry] = {}
        for some in _frames(record, source, where):
            written = _write(folder, dict(some), taken.shift, where)
            keeper.frame(written)
            files |= written
        keeper.record(replace(
            record, frames=taken.ids, shard=None, files=files,
            labelled_frames=tuple(moved(identity, taken.shift) for identity in record.labelled_frames)))
    return note


def _frames(record: EpisodeRecord, source: Store, where: str) -> Iterator[Iterable[tuple[str, bytes]]]:
    """Path and content of a record's files, frame by frame, each as the record says."""
    if record.shard is not None:
        with tempfile.TemporaryDirectory(prefix="simgen-merge-") as folder:
            tar = Path(folder) / "episode.tar"
            try:
                source.fetch(record.shard.path, tar)
            except FileNotFoundError:
                raise DatasetError(f"{where}/{record.shard.path}: is recorded, but not there") from None
            if entry_of(tar) != FileEntry(record.shard.sha256, record.shard.bytes):
                raise DatasetError(f"{where}/{record.shard.path}: is not what was recorded (another SHA-256)")
            with tar.open("rb") as stream:
                members = unpack(stream, record, f"{where}/{record.shard.path}")
                yield from (list(some) for _, some in groupby(members, lambda one: _identity(one[0])))
        return

    def read(path: str) -> tuple[str, bytes]:
        content = source.read(path)
        if content is None:
            raise DatasetError(f"{where}/{path}: is recorded, but not there")
        if sha256_of(content) != record.files[path].sha256:
            raise DatasetError(f"{where}/{path}: is not what was recorded (another SHA-256); the 'simgen run' command "
                               "that made the dataset records the episode again once the file is deleted")
        return path, content

    with ThreadPoolExecutor(PARALLEL, "read") as pool:
        for _, paths in groupby(in_shard_order(record.files), _identity):
            yield pool.map(read, paths)


def _write(folder: Path, contents: Mapping[str, bytes], shift: int, where: str) -> dict[str, FileEntry]:
    """Write a frame's files under the numbers they get."""
    written = {}
    for path in sorted(contents, key=lambda one: "/objects" in one):        # as in a run, the side file comes last
        before = _identity(path)
        after = moved(before, shift)
        content, parent = contents[path], path.rpartition("/")[0]
        if after != before and parent.rpartition("/")[2].startswith("objects"):
            content = _renumbered(content, before, after, f"{where}/{path}")
        place = f"{parent}/{after}{path[path.rindex('.'):]}"
        (folder / parent).mkdir(parents=True, exist_ok=True)
        written[place] = write_whole(folder / place, content)
    return written


def _renumbered(side_file: bytes, before: str, after: str, where: str) -> bytes:
    """A side file with another frame id. It is the only kind of file that says its frame's."""
    head = b'{\n "frame": "%s",\n' % before.encode()
    if not side_file.startswith(head):
        raise DatasetError(f"{where}: does not begin with its frame's id, as simgen writes it")
    return head.replace(before.encode(), after.encode()) + side_file[len(head):]


def _identity(path: str) -> str:
    """The frame of a file: "000012" of "training/image_2/000012.png"."""
    return path.rpartition("/")[2].partition(".")[0]
