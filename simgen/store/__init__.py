"""Where a dataset goes: a folder, or an object store by its URL, with the same promises.

``open_store`` gives the place; ``Output`` says in a few picklable words which it is. See README.md in this folder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from simgen.errors import RequestError, StoreError
from simgen.store.bucket import is_url
from simgen.store.local import LocalStore
from simgen.store.recorded import Recorded
from simgen.store.remote import ObjectStore
from simgen.store.scratch import Scratch, default_place
from simgen.store.stores import Store

__all__ = ["LocalStore", "ObjectStore", "Output", "Recorded", "Store", "is_url", "open_store"]


@dataclass(frozen=True, slots=True)
class Output:
    """Where a run's dataset goes, as its workers are told.

    where: a folder or a URL. scratch: folder on a local disk for episodes on their way; None: the system's temporary
    one. shards: each episode is one tar.
    """

    where: str
    scratch: Path | None = None
    shards: bool = False

    def absolute(self) -> Output:
        """The same for processes with another working folder."""
        scratch = None if self.scratch is None else self.scratch.resolve()
        where = self.where if is_url(self.where) else str(Path(self.where).resolve())
        return replace(self, where=where, scratch=scratch)

    def require_scratch(self) -> None:
        """Raises RequestError if episodes go by a scratch folder and it cannot be made."""
        if self.shards or is_url(self.where):
            try:
                Scratch(self.scratch or default_place()).close()
            except StoreError as error:
                raise RequestError(str(error)) from None

    def open(self) -> Store:
        """Raises RequestError if this simgen cannot reach stores of this kind."""
        return open_store(self.where, self.scratch, self.shards)


def open_store(where: str | Path, scratch: Path | None = None, shards: bool = False) -> Store:
    """The dataset in a folder, or under a URL such as ``s3://bucket/run``; it need not exist yet.

    Raises:
        RequestError: if this simgen cannot reach stores of this kind.
    """
    return ObjectStore(str(where), scratch, shards) if is_url(where) else LocalStore(Path(where), scratch, shards)
