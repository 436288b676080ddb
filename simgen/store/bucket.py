"""Objects under a URL: read, put, listed and removed by their path, with sentences for what goes wrong.

Stores are reached through fsspec. What is put is tried three times, and counts once the store has it at the right
length, with the right checksum where the store tells one.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from simgen.errors import RequestError, StoreError

log = logging.getLogger(__name__)
T = TypeVar("T")

SCHEMES = {"s3": "s3", "gs": "gcs", "gcs": "gcs", "az": "az", "abfs": "az", "file": "", "memory": ""}     # → extra
TRIES, BACK_OFF_S = 3, (0.5, 2.0)
PARALLEL = 8                        # requests at a time of one process
WHOLE_BYTES = 64 * 2**20            # longer files go up in parts

_FINAL = (FileNotFoundError, PermissionError, FileExistsError, IsADirectoryError, NotADirectoryError)
_NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "DefaultCredentialsError",
                   "ClientAuthenticationError", "TokenRetrievalError", "UnauthorizedSSOTokenError"}
_CREDENTIALS = {
    "s3": "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_ENDPOINT_URL_S3 for other stores than "
          "Amazon's), on every machine that records",
    "gcs": "run 'gcloud auth application-default login', or set GOOGLE_APPLICATION_CREDENTIALS, on every machine that "
           "records",
    "az": "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or AZURE_STORAGE_CONNECTION_STRING, on every "
          "machine that records",
}


def is_url(place: str | Path) -> bool:
    """Is it the URL of a store, rather than a folder?"""
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", str(place)) is not None


class Bucket:
    """The objects under a URL such as ``s3://bucket/run``; paths are relative to it.

    Raises:
        RequestError: if this simgen cannot reach stores of this kind.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.scheme = url.partition("://")[0].lower()
        if self.scheme not in SCHEMES:
            raise RequestError(f"{url}: no such kind of store; there are "
                               + ", ".join(f"{one}://" for one in SCHEMES if one not in ("gcs", "abfs")))
        if not url.partition("://")[2].strip("/"):
            raise RequestError(f"{url}: names no bucket; write {self.scheme}://BUCKET/FOLDER")
        try:
            import fsspec

            # Listings are never remembered: others write here too.
            self._fs, self._root = fsspec.url_to_fs(self.url, use_listings_cache=False, skip_instance_cache=True)
        except ImportError:
            extra = SCHEMES[self.scheme]
            raise RequestError(f"{url}: a library for stores of this kind is not installed: "
                               f"pip install 'simgen[{extra}]'") from None
        except Exception as error:              # each library has its own way of finding no credentials
            raise RequestError(self._sentence(url, "opened", error)) from error
        self._root = self._root.rstrip("/")
        self._has_md5 = True

    @property
    def folder(self) -> Path | None:
        """The folder that a ``file://`` URL names; None of the URL of another store."""
        return Path(self._root) if self.scheme == "file" else None

    def read(self, path: str) -> bytes | None:
        """An object's content; None if there is none."""
        try:
            return bytes(self._tried(path, "read", lambda: self._fs.cat_file(self._at(path))))
        except FileNotFoundError:
            return None

    def fetch(self, path: str, target: Path) -> None:
        """An object's content into a file.

        Raises:
            FileNotFoundError: if there is none.
        """
        self._tried(path, "read", lambda: self._fs.get_file(self._at(path), str(target)))

    def create(self, path: str, content: bytes) -> bool:
        """Make an object, unless there is one of this name: then nothing happens, and the answer is False."""
        def make() -> None:
            if self.scheme == "file":                       # where fsspec looks first and writes then
                Path(self._at(path)).parent.mkdir(parents=True, exist_ok=True)
                with Path(self._at(path)).open("xb") as stream:
                    stream.write(content)
            else:
                self._fs.pipe_file(self._at(path), content, mode="create")

        try:
            self._tried(path, "written", make)
        except FileExistsError:
            return self.read(path) == content               # ours, if only the answer of an earlier try was lost
        return True

    def put(self, path: str, content: bytes) -> None:
        """Write an object, and see that it arrived."""
        self._put(path, len(content), lambda: content, lambda: self._pipe(path, content))

    def put_file(self, path: str, file: Path) -> None:
        """Write a file as an object, and see that it arrived. Long ones go up in parts, several at a time."""
        size = file.stat().st_size
        if size <= WHOLE_BYTES:
            self.put(path, file.read_bytes())
        else:
            self._put(path, size, None, lambda: self._put_parts(path, file))

    def names(self, folder: str = "") -> list[str]:
        """Names of the objects and folders right in a folder, sorted; none if there is no such folder."""
        try:
            found = self._tried(folder, "listed", lambda: self._fs.ls(self._at(folder), detail=False))
        except FileNotFoundError:
            return []
        paths = {str(name).rstrip("/") for name in found} - {self._at(folder)}
        return sorted(path.rpartition("/")[2] for path in paths)

    def size(self, path: str) -> int | None:
        """Length of an object; None if there is none."""
        try:
            return int(self._tried(path, "read", lambda: self._fs.info(self._at(path)))["size"] or 0)
        except FileNotFoundError:
            return None

    def sizes(self, folder: str) -> dict[str, int]:
        """Length of each object right in a folder, by name."""
        try:
            found = self._tried(folder, "listed", lambda: self._fs.ls(self._at(folder), detail=True))
        except FileNotFoundError:
            return {}
        return {str(one["name"]).rpartition("/")[2]: int(one["size"] or 0) for one in found if one["type"] == "file"}

    def remove(self, paths: Iterable[str]) -> None:
        """Remove objects, several at a time, those that are gone already as well."""
        with ThreadPoolExecutor(PARALLEL, "remove") as pool:
            for _ in pool.map(self._remove, paths):
                pass

    def _remove(self, path: str) -> None:
        try:
            self._tried(path, "removed", lambda: self._fs.rm_file(self._at(path)))
        except FileNotFoundError:
            return

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _pipe(self, path: str, content: bytes) -> None:
        if self.scheme == "file":
            Path(self._at(path)).parent.mkdir(parents=True, exist_ok=True)
        self._fs.pipe_file(self._at(path), content)

    def _put_parts(self, path: str, file: Path) -> None:
        if self.scheme == "file":
            Path(self._at(path)).parent.mkdir(parents=True, exist_ok=True)
        self._fs.put_file(str(file), self._at(path))

    def _put(self, path: str, size: int, content: Callable[[], bytes] | None, write: Callable[[], None]) -> None:
        def write_and_look() -> None:
            write()
            there = self._fs.info(self._at(path))
            if there["size"] != size:
                raise OSError(f"{there['size']} of {size} bytes arrived")
            told = _md5(there) if self._has_md5 and content is not None else None
            if content is None or told is None or told == hashlib.md5(content(), usedforsecurity=False).digest():
                return
            if self._fs.cat_file(self._at(path)) != content():
                raise OSError("it arrived with another checksum")
            self._has_md5 = False           # of encrypted objects, the tag is something else than it is of others

        self._tried(path, "written", write_and_look)

    def _tried(self, path: str, done: str, do: Callable[[], T]) -> T:
        """What ``do`` returns, after up to three tries. FileNotFoundError and FileExistsError are answers.

        Raises:
            StoreError: if it cannot be done.
        """
        for left in reversed(range(TRIES)):
            try:
                return do()
            except Exception as error:          # each library has its own
                if (isinstance(error, (FileExistsError, FileNotFoundError)) and done != "written") or (
                        isinstance(error, FileExistsError)):
                    raise
                final = isinstance(error, _FINAL) or type(error).__name__ in _NO_CREDENTIALS
                if final or not left:
                    where = f"{self.url}/{path}" if path else self.url
                    raise StoreError(self._sentence(where, done, error)) from error
                pause_s = BACK_OFF_S[TRIES - 1 - left]
                log.info("%s/%s was not %s, again in %g s: %s", self.url, path, done, pause_s, _said(error))
                time.sleep(pause_s)
        raise AssertionError("the last try returns or raises")

    def _sentence(self, where: str, done: str, error: Exception) -> str:
        kind = SCHEMES[self.scheme]
        if type(error).__name__ in _NO_CREDENTIALS:
            return f"{where}: there are no credentials for this store: {_CREDENTIALS.get(kind, 'see its manual')}"
        if isinstance(error, PermissionError):
            return (f"{where}: cannot be {done}: the store refuses these credentials ({_said(error)}); they need the "
                    "right to list, read, write and delete there")
        if isinstance(error, FileNotFoundError):
            return f"{where}: cannot be {done}: there is no such bucket; make it first, or look at the name"
        return f"{where}: cannot be {done} ({_said(error)}), also after {TRIES} tries; the store may be away or full"


def _said(error: Exception) -> str:
    """The first line of an error's own words."""
    words = str(error).strip().splitlines()
    return words[0] if words else type(error).__name__


def _md5(told: dict[str, Any]) -> bytes | None:
    """The MD5 that a store tells of an object; None if it tells none."""
    tag = str(told.get("ETag", "")).strip('"')
    if re.fullmatch("[0-9a-f]{32}", tag):                   # of objects in parts it is something else, with a dash
        return bytes.fromhex(tag)
    if told.get("md5Hash"):
        return base64.b64decode(told["md5Hash"])
    settings = told.get("content_settings") or {}
    content_md5 = settings.get("content_md5") if isinstance(settings, dict) else None
    return bytes(content_md5) if content_md5 else None
