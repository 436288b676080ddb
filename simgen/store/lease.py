"""Being the only writer where nobody can lock: a lease that is renewed while its holder lives.

A lease is an object ``.lease/<number>.json``; whoever makes the next number, which only one can, holds the place. The
holder writes it anew every few seconds. Whether a lease still lives is seen by watching it, never by comparing the
clocks of two machines: one that does not change for a minute has lost its holder, and its successor may be made.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from getpass import getuser

from simgen.errors import RequestError, StoreError
from simgen.processes import Process, Realm
from simgen.store.bucket import Bucket

log = logging.getLogger(__name__)

LEASES = ".lease"
BEAT_S, EXPIRY_S = 10.0, 60.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease.

    who: "ann@node3 (process 4242)". since: UTC, "2026-01-31 12:00:05". token: of this holder alone. beat: how often it
    was renewed. machine, process: to see on the same machine that the holder is gone: of a realm of processes, and of
    the process with its birth.
    """

    who: str
    since: str
    token: str
    machine: str
    process: str
    beat: int = 0
    released: bool = False

    @classmethod
    def this(cls) -> Holder:
        who = f"{_user()}@{socket.gethostname()} (process {os.getpid()})"
        now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        me = Process.me()
        return cls(who, now, secrets.token_hex(8), _machine(), f"{me.pid} {me.born}")

    @property
    def is_gone(self) -> bool:
        """Is it known to be gone? Where it ran elsewhere, nobody knows."""
        pid, _, born = self.process.partition(" ")
        return self.machine == _machine() and pid.isdigit() and born.isdigit() and not Process(
            int(pid), int(born)).alive

    def to_bytes(self) -> bytes:
        return (json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Holder | None:
        """The inverse of ``to_bytes``; None of what is no lease."""
        try:
            return cls(**json.loads(content))
        except (ValueError, TypeError):
            return None


class Lease:
    """Being the only writer under a URL, from ``take`` to ``release``."""

    def __init__(
        self, bucket: Bucket, number: int, holder: Holder, beat_s: float, on_beat: Callable[[], None]
    ) -> None:
        self._bucket, self._number, self._holder = bucket, number, holder
        self._beat_s, self._on_beat = beat_s, on_beat
        self._end = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True, name="lease")
        self._thread.start()

    @classmethod
    def take(
        cls, bucket: Bucket, beat_s: float = BEAT_S, expiry_s: float = EXPIRY_S,
        tell: Callable[[str], None] = log.warning, on_beat: Callable[[], None] = lambda: None,
    ) -> Lease:
        """Become the only writer. Waits for a lease whose holder may be gone, as long as that takes to see.

        on_beat: called from a thread each time the lease was renewed; may raise StoreError.

        Raises:
            RequestError: if somebody else writes there.
            StoreError: if the store fails.
        """
        holder = Holder.this()
        while True:
            number, present = _newest(bucket)
            if present is not None and not present.released and not present.is_gone:
                tell(f"{bucket.url}: {present.who} has been writing there since {present.since} UTC; waiting up to "
                     f"{expiry_s:g} s to see whether it still does")
                _watch(bucket, number, present, beat_s, expiry_s)
            if bucket.create(_path(number + 1), holder.to_bytes()):
                bucket.remove(f"{LEASES}/{name}" for name in bucket.names(LEASES) if 0 < _number(name) <= number)
                return cls(bucket, number + 1, holder, beat_s, on_beat)

    @property
    def lost(self) -> bool:
        """Has somebody else taken over? While the store does not answer nobody can, and nobody knows."""
        return self._lost.is_set()

    def release(self) -> None:
        """Let others write."""
        self._end.set()
        self._thread.join()
        if not self.lost:
            try:
                self._bucket.put(_path(self._number), replace(self._holder, released=True).to_bytes())
            except StoreError as error:
                log.warning("the lease is not given back and has to expire: %s", error)

    def _renew(self) -> None:
        while not self._end.wait(self._beat_s):
            try:
                if _newest(self._bucket)[0] != self._number:
                    self._lost.set()
                    return
                self._holder = replace(self._holder, beat=self._holder.beat + 1)
                self._bucket.put(_path(self._number), self._holder.to_bytes())
                self._on_beat()
            except StoreError as error:
                log.warning("the lease is not renewed, which is tried again: %s", error)


def _watch(bucket: Bucket, number: int, present: Holder, beat_s: float, expiry_s: float) -> None:
    """Return once a lease is given back, or has expired.

    Raises RequestError if its holder lives, or another one came.
    """
    ends = time.monotonic() + expiry_s
    while time.monotonic() < ends:
        time.sleep(min(beat_s / 2, expiry_s / 4))
        newest, now = _newest(bucket)
        if newest == number and now is not None and now.released:
            return
        if newest != number or (now is not None and now.beat != present.beat):
            holder = now or present
            raise RequestError(f"--out {bucket.url}: another simgen run is writing there, begun {holder.since} UTC by "
                               f"{holder.who}; wait for it or choose another place")


def _newest(bucket: Bucket) -> tuple[int, Holder | None]:
    """Number and holder of the newest lease; 0 if there was none. One that cannot be read has no holder."""
    number = max((_number(name) for name in bucket.names(LEASES)), default=0)
    content = bucket.read(_path(number)) if number else None
    return number, None if content is None else Holder.from_bytes(content)


def _path(number: int) -> str:
    return f"{LEASES}/{number:06d}.json"


def _number(name: str) -> int:
    """The number of a lease; 0 of what is none."""
    stem, _, ending = name.partition(".")
    return int(stem) if ending == "json" and stem.isdigit() else 0


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):             # a container's user without a name
        return f"user {os.getuid()}"


def _machine() -> str:
    """The realm of our processes."""
    try:
        realm = Realm.here()
    except OSError:
        return secrets.token_hex(8)         # like no other: nobody here can say who lives
    return f"{realm.host} {realm.boot} {realm.pids}"
