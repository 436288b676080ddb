"""A dataset in a folder, on a local disk or a file server."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from simgen.errors import DatasetError, RequestError
from simgen.kitti.growth import PlanOf
from simgen.kitti.keeping import DiskKeeper, Keeper
from simgen.kitti.layout import EPISODES, REQUEST, write_whole
from simgen.kitti.manifest import DatasetRequest, claim_folder, read_request
from simgen.kitti.records import EpisodeRecord, read_record
from simgen.kitti.splits import write_image_sets
from simgen.store.lease import LEASES
from simgen.store.locking import LOCK, locked
from simgen.store.recorded import Claims, Recorded, stored_of
from simgen.store.scratch import Scratch, default_place
from simgen.store.shards import ShardKeeper
from simgen.store.sweeping import FRAMES, WHOLE, nobodys, swept_folders

log = logging.getLogger(__name__)


class LocalStore:
    """A dataset in a folder. Episodes are written where they stay, or packed into tars on the way.

    scratch: where episodes lie before they are packed; default: the system's temporary folder.
    """

    is_local = True

    def __init__(self, root: Path, scratch: Path | None = None, shards: bool = False) -> None:
        self.root, self._place, self.shards = root, scratch or default_place(), shards
        self._own: Scratch | None = None

    @property
    def where(self) -> str:
        return str(self.root)

    @property
    def beside(self) -> Path:
        return self.root

    @property
    def written_to(self) -> tuple[Path, ...]:
        return (self._place, self.root) if self.shards else (self.root,)

    def keep_logs(self, finished: bool) -> None:
        """They are there."""

    def refuse_foreign(self) -> None:
        if self.root.exists() and not self.root.is_dir():
            raise RequestError(f"--out {self.root}: this is a file; name a folder")
        if not (self.root / REQUEST).exists() and self.root.is_dir():
            strange = sorted(path.name for path in self.root.iterdir() if path.name not in (LOCK, LEASES, "logs"))
            if strange:
                raise RequestError(
                    f"--out {self.root}: the folder is not empty and holds no dataset of simgen ({strange[0]} …); "
                    "name a new or an empty folder"
                )

    @contextmanager
    def sole_writer(self) -> Iterator[Callable[[], bool]]:
        with locked(self.root, self.where):
            yield lambda: False

    def claim(self, request: DatasetRequest, plan_of: PlanOf = lambda _: None) -> None:
        claim_folder(self.root, request, plan_of)

    def store_request(self, request: DatasetRequest) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        write_whole(self.root / REQUEST, request.to_text().encode(), durable=True)

    def request(self) -> DatasetRequest | None:
        return read_request(self.root)

    def episodes(self) -> set[str]:
        return {path.stem for path in (self.root / EPISODES).glob("*.json")}

    def records(self) -> Iterator[EpisodeRecord]:
        for episode in sorted(self.episodes()):
            record = read_record(self.root, episode)
            if record is not None:
                yield record

    def whole_records(self, digests: Mapping[str, str]) -> dict[str, Recorded]:
        records: dict[str, Recorded] = {}
        for episode, digest in digests.items():
            try:
                record = read_record(self.root, episode)
            except DatasetError as error:
                log.warning("%s; the episode is recorded again", error)
                continue
            if record is not None and record.plan_digest == digest and self._is_whole(record):
                records[episode] = Recorded.of(record)
        return records

    def recorded(self, episode: str, digest: str) -> Recorded | None:
        return self.whole_records({episode: digest}).get(episode)

    def _is_whole(self, record: EpisodeRecord) -> bool:
        """Are all files of a record there, at their recorded length? (``simgen verify`` compares checksums.)"""
        try:
            return all((self.root / path).stat().st_size == size for path, size in stored_of(record).items())
        except FileNotFoundError:
            return False

    def sweep(self, records: Mapping[str, Recorded]) -> int:
        folders = [f"{parent}/{path.name}" for parent in FRAMES for path in (self.root / parent).glob("*")
                   if path.is_dir()]
        folders += [folder for folder in WHOLE if (self.root / folder).is_dir()]
        claims, removed = Claims(records), 0
        for folder, ending in swept_folders(folders).items():
            names = (path.name for path in (self.root / folder).iterdir())
            for path in nobodys(folder, names, ending, claims):
                # A worker whose driver was killed may be at its last file still.
                (self.root / path).unlink(missing_ok=True)
                removed += 1
        if removed:
            log.info("removed %d files of unfinished episodes", removed)
        return removed

    def write_image_sets(self, sets: Mapping[str, Sequence[str]]) -> None:
        write_image_sets(self.root, sets)

    def read(self, path: str) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DatasetError(f"{self.root / path}: cannot be read: {error.strerror or error}") from error

    def fetch(self, path: str, target: Path) -> None:
        shutil.copyfile(self.root / path, target)

    @contextmanager
    def keeping(self) -> Iterator[tuple[Path, Keeper]]:
        if not self.shards:
            yield self.root, DiskKeeper(self.root)
            return
        self._own = self._own or Scratch(self._place)
        with self._own.episode() as folder:
            yield folder, ShardKeeper(folder, self.root)

    def close(self) -> None:
        if self._own is not None:
            self._own.close()
            self._own = None
