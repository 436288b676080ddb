"""What a run asks of the place where its dataset goes, whatever kind of place that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from simgen.kitti.growth import PlanOf
from simgen.kitti.keeping import Keeper
from simgen.kitti.manifest import DatasetRequest
from simgen.kitti.records import EpisodeRecord
from simgen.store.recorded import Recorded


class Store(Protocol):
    """A place for one dataset. ``where`` names it in messages: a folder or a URL.

    is_local: its files can be opened as such. shards: new episodes become tars.
    """

    is_local: bool
    shards: bool

    @property
    def where(self) -> str: ...

    @property
    def beside(self) -> Path:
        """A local folder for what a run tells of itself, such as ``logs``: that of the dataset, if it is local."""

    @property
    def written_to(self) -> tuple[Path, ...]:
        """The local folders that need room for an episode."""

    def keep_logs(self, finished: bool) -> None:
        """Copy ``beside`` to where the dataset is, at the end of a run. Failing is told, and stops nothing.

        finished: nobody will look for it here; it stays only where it could not be copied.
        """

    def refuse_foreign(self) -> None:
        """Raises RequestError if the place is no folder, or holds something that simgen did not begin."""

    def sole_writer(self) -> AbstractContextManager[Callable[[], bool]]:
        """Be the only writer while the block lasts. It gets a function that says whether this ceased to be so.

        Raises RequestError if another run writes there, or nobody can.
        """

    def claim(self, request: DatasetRequest, plan_of: PlanOf) -> None:
        """Make it the place of this request, or find that it already is.

        Raises RequestError if it holds the data of another, DatasetError if its request cannot be read.
        """

    def store_request(self, request: DatasetRequest) -> None:
        """Write ``dataset.json``, whatever is there."""

    def request(self) -> DatasetRequest | None:
        """The request of the dataset; None where there is none. Raises DatasetError if it cannot be read."""

    def episodes(self) -> set[str]:
        """Names of the episodes that have a record."""

    def records(self) -> Iterator[EpisodeRecord]:
        """All records, by name. Raises DatasetError of one that cannot be read."""

    def whole_records(self, digests: Mapping[str, str]) -> dict[str, Recorded]:
        """Those episodes that count: recorded by the plan of this digest, every file there at its recorded length.

        digests: episode → digest of its plan; the result is in the same order.
        """

    def recorded(self, episode: str, digest: str) -> Recorded | None:
        """An episode, if it counts: recorded by the plan of this digest."""

    def sweep(self, records: Mapping[str, Recorded]) -> int:
        """Remove frame files and records that belong to no whole episode. Returns how many files went."""

    def write_image_sets(self, sets: Mapping[str, Sequence[str]]) -> None:
        """Write ``ImageSets``."""

    def read(self, path: str) -> bytes | None:
        """A file's content; None if there is none."""

    def fetch(self, path: str, target: Path) -> None:
        """A file's content into another file. Raises FileNotFoundError if there is none."""

    def keeping(self) -> AbstractContextManager[tuple[Path, Keeper]]:
        """For one episode: the folder that it is to be written to, and who keeps it then."""

    def close(self) -> None:
        """Give back what was taken for ``keeping``."""
