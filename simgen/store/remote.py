"""A dataset in an object store: the same files under the same names, and the same promises without rename or locks.

An episode is recorded into a local folder. Its files go up while it is recorded, several at a time; its record goes up
last, when everything it names is there. Whoever lists ``episodes/`` sees whole episodes only.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from simgen.errors import DatasetError, RequestError, StoreError
from simgen.kitti.growth import PlanOf
from simgen.kitti.keeping import Keeper
from simgen.kitti.layout import EPISODES, REQUEST, FileEntry, record_path
from simgen.kitti.manifest import DatasetRequest, continued
from simgen.kitti.maps import MAPS
from simgen.kitti.records import EpisodeRecord, parse_record
from simgen.kitti.splits import image_set_files
from simgen.store.bucket import PARALLEL, Bucket
from simgen.store.lease import BEAT_S, EXPIRY_S, LEASES, Lease
from simgen.store.locking import LOCK, CannotLock, locked
from simgen.store.recorded import Claims, Recorded, stored_of
from simgen.store.scratch import Scratch, default_place
from simgen.store.shards import as_recorded, pack, shard_path, with_shard
from simgen.store.sweeping import FRAMES, WHOLE, nobodys, swept_folders

log = logging.getLogger(__name__)

_AT_ONCE = 1000             # records read, files removed


class ObjectStore:
    """A dataset under a URL.

    scratch: the folder on a local disk in which episodes are recorded; default: the system's temporary folder.
    shards: each episode is one tar. beat_s, expiry_s: of the lease.
    """

    is_local = False

    def __init__(
        self, url: str, scratch: Path | None = None, shards: bool = False, beat_s: float = BEAT_S,
        expiry_s: float = EXPIRY_S,
    ) -> None:
        self._bucket = Bucket(url)
        self._place, self.shards = scratch or default_place(), shards
        self._beat_s, self._expiry_s = beat_s, expiry_s
        self._own: Scratch | None = None

    @property
    def where(self) -> str:
        return self._bucket.url

    @property
    def folder(self) -> Path | None:
        """The folder that a ``file://`` URL names; None of the URL of another store."""
        return self._bucket.folder

    @property
    def beside(self) -> Path:
        digest = hashlib.sha256(self.where.encode()).hexdigest()
        return self._place / f"simgen-run-{self.where.rpartition('/')[2]}-{digest[:8]}"

    @property
    def written_to(self) -> tuple[Path, ...]:
        return (self._place,)

    def keep_logs(self, finished: bool) -> None:
        files = [path for path in sorted(self.beside.rglob("*")) if path.is_file()]
        try:
            for path in files:
                self._bucket.put_file(str(path.relative_to(self.beside)), path)
        except (StoreError, OSError) as error:
            log.warning("the logs stay in %s: %s", self.beside, error)
            return
        if finished:
            shutil.rmtree(self.beside, ignore_errors=True)

    def refuse_foreign(self) -> None:
        try:
            names = self._bucket.names()
        except StoreError as error:
            raise RequestError(f"--out {error}") from error
        strange = [name for name in names if name not in (LEASES, LOCK, "logs")]
        if strange and REQUEST not in names:
            raise RequestError(f"--out {self.where}: there are objects, and no dataset of simgen ({strange[0]} …); "
                               "name another folder of the bucket")

    @contextmanager
    def sole_writer(self) -> Iterator[Callable[[], bool]]:
        with self._folder_locked():
            try:
                lease = Lease.take(self._bucket, self._beat_s, self._expiry_s, on_beat=self._tell_progress)
            except StoreError as error:
                raise RequestError(f"--out {error}") from error
            try:
                yield lambda: lease.lost
            finally:
                lease.release()

    @contextmanager
    def _folder_locked(self) -> Iterator[None]:
        """Of a folder named by its URL, hold the lock that whoever writes into it by its path holds."""
        with ExitStack() as held:
            if self.folder is not None:
                try:
                    held.enter_context(locked(self.folder, self.where))
                except CannotLock as error:         # so nobody writes by its path, and there is the lease
                    log.info("%s", error)
            yield

    def _tell_progress(self) -> None:
        """Let whoever looks into the store see how far the run is."""
        with suppress(FileNotFoundError):
            self._bucket.put("logs/progress.json", (self.beside / "logs" / "progress.json").read_bytes())

    def claim(self, request: DatasetRequest, plan_of: PlanOf = lambda _: None) -> None:
        wanted = continued(self.where, self.request(), request, self.episodes(), self._recorded_plan, plan_of)
        if wanted is not None:
            self.store_request(wanted)

    def store_request(self, request: DatasetRequest) -> None:
        self._bucket.put(REQUEST, request.to_text().encode())

    def request(self) -> DatasetRequest | None:
        content = self._bucket.read(REQUEST)
        try:
            return None if content is None else DatasetRequest.from_text(content.decode())
        except (DatasetError, UnicodeDecodeError) as error:
            raise DatasetError(f"{self.where}/{REQUEST}: {error}") from error

    def episodes(self) -> set[str]:
        return {name.removesuffix(".json") for name in self._bucket.names(EPISODES) if name.endswith(".json")}

    def records(self) -> Iterator[EpisodeRecord]:
        for _, record in self._parsed(sorted(self.episodes())):
            if isinstance(record, DatasetError):
                raise record
            if record is not None:
                yield record

    def whole_records(self, digests: Mapping[str, str]) -> dict[str, Recorded]:
        present, sizes = self.episodes(), dict[str, dict[str, int]]()
        records: dict[str, Recorded] = {}
        for episode, record in self._parsed([episode for episode in digests if episode in present]):
            if isinstance(record, DatasetError):
                log.warning("%s; the episode is recorded again", record)
            elif record is not None and record.plan_digest == digests[episode] and self._is_whole(record, sizes):
                records[episode] = Recorded.of(record)
        return records

    def recorded(self, episode: str, digest: str) -> Recorded | None:
        """Asks for each object by itself: the folders may hold millions, and an episode that is there is rare here."""
        record = self._record(episode)
        if not isinstance(record, EpisodeRecord) or record.plan_digest != digest:
            return None
        named = stored_of(record)
        with ThreadPoolExecutor(PARALLEL, "look") as pool:
            return Recorded.of(record) if list(pool.map(self._bucket.size, named)) == list(named.values()) else None

    def _is_whole(self, record: EpisodeRecord, sizes: dict[str, dict[str, int]]) -> bool:
        """Are all objects of a record there, at their recorded length? sizes: folders that were listed."""
        for path, size in stored_of(record).items():
            folder, _, name = path.rpartition("/")
            if folder not in sizes:
                sizes[folder] = self._bucket.sizes(folder)
            if sizes[folder].get(name) != size:
                return False
        return True

    def sweep(self, records: Mapping[str, Recorded]) -> int:
        folders = [f"{parent}/{name}" for parent in FRAMES for name in self._bucket.names(parent)]
        folders += [name for name in self._bucket.names() if name in WHOLE]
        claims, removed = Claims(records), 0
        swept = swept_folders(folders)
        # Records first: none may be seen whose files are going.
        for folder in sorted(swept, key=lambda one: one != EPISODES):
            paths = list(nobodys(folder, self._bucket.names(folder), swept[folder], claims))
            self._bucket.remove(paths)
            removed += len(paths)
        if removed:
            log.info("removed %d objects of unfinished episodes", removed)
        return removed

    def write_image_sets(self, sets: Mapping[str, Sequence[str]]) -> None:
        for path, content in image_set_files(sets).items():
            if self._bucket.read(path) != content:
                self._bucket.put(path, content)

    def read(self, path: str) -> bytes | None:
        return self._bucket.read(path)

    def fetch(self, path: str, target: Path) -> None:
        self._bucket.fetch(path, target)

    @contextmanager
    def keeping(self) -> Iterator[tuple[Path, Keeper]]:
        self._own = self._own or Scratch(self._place)
        with self._own.episode() as folder, UploadKeeper(folder, self._bucket, self.shards).working() as keeper:
            yield folder, keeper

    def close(self) -> None:
        if self._own is not None:
            self._own.close()
            self._own = None

    def _parsed(self, episodes: Sequence[str]) -> Iterator[tuple[str, EpisodeRecord | DatasetError | None]]:
        """Each episode with its record, what is wrong with it, or None if it is gone; several are read at a time."""
        with ThreadPoolExecutor(PARALLEL, "read") as pool:
            for start in range(0, len(episodes), _AT_ONCE):
                some = episodes[start:start + _AT_ONCE]
                yield from zip(some, pool.map(self._record, some), strict=True)

    def _record(self, episode: str) -> EpisodeRecord | DatasetError | None:
        path = record_path(episode)
        content = self._bucket.read(path)
        try:
            return None if content is None else parse_record(episode, content, f"{self.where}/{path}")
        except DatasetError as error:
            return error

    def _recorded_plan(self, episode: str) -> Mapping[str, object] | None:
        record = self._record(episode)
        return record.plan if isinstance(record, EpisodeRecord) else None


class UploadKeeper:
    """Keeps an episode in a store: its files go up as frames are written, or all in one tar at the end."""

    def __init__(self, folder: Path, bucket: Bucket, shards: bool) -> None:
        self._folder, self._bucket, self._shards = folder, bucket, shards
        self._pool = ThreadPoolExecutor(PARALLEL, "upload")
        self._uploads: list[Future[None]] = []

    @contextmanager
    def working(self) -> Iterator[UploadKeeper]:
        """Uploads that have not begun at the end of the block are dropped: nobody waits for the episode any more."""
        try:
            yield self
        finally:
            self._pool.shutdown(cancel_futures=True)

    def frame(self, files: Mapping[str, FileEntry]) -> None:
        for upload in self._uploads:
            if upload.done():
                upload.result()                 # one that failed ends the episode now, not once it is recorded
        self._uploads = [upload for upload in self._uploads if not upload.done()]
        if not self._shards:
            self._uploads += [self._pool.submit(self._upload, path, entry) for path, entry in files.items()]

    def record(self, record: EpisodeRecord) -> None:
        maps = [self._pool.submit(self._upload_map, path) for path in (self._folder / MAPS).glob("*.xodr")]
        if self._shards:
            place = self._folder / "episode.tar"
            tar = pack(self._folder, record.files, place)
            record = with_shard(record, tar)
            self._bucket.put_file(shard_path(record.episode), place)
        for upload in [*self._uploads, *maps]:
            upload.result()
        self._bucket.put(record_path(record.episode), record.to_text().encode())

    def _upload(self, path: str, entry: FileEntry) -> None:
        file = self._folder / path
        self._bucket.put(path, as_recorded(file, entry))
        file.unlink()

    def _upload_map(self, file: Path) -> None:
        path, content = f"{MAPS}/{file.name}", file.read_bytes()
        if not self._bucket.create(path, content) and self._bucket.read(path) is None:
            raise StoreError(f"{self._bucket.url}/{path}: is there and cannot be read")
