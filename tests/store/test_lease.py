"""One writer at a time where nobody can lock."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from simgen.errors import RequestError, StoreError
from simgen.store import ObjectStore
from simgen.store.bucket import Bucket
from simgen.store.lease import LEASES, Holder, Lease

pytest.importorskip("fsspec")

BEAT_S, EXPIRY_S = 0.05, 1.0
_PLACES = count()


@pytest.fixture
def bucket() -> Bucket:
    return Bucket(f"memory://leases/{next(_PLACES)}")


def take(bucket: Bucket, said: list[str] | None = None) -> Lease:
    return Lease.take(bucket, BEAT_S, EXPIRY_S, tell=(said if said is not None else []).append)


def elsewhere(**more: object) -> Holder:
    """A holder on another machine, of which nobody here knows whether it lives."""
    return replace(Holder.this(), who="ann@node3 (process 42)", since="2026-01-31 12:00:05", machine="another",
                   **more)  # type: ignore[arg-type]


def newest(bucket: Bucket) -> dict[str, object]:
    return dict(json.loads(bucket.read(f"{LEASES}/{bucket.names(LEASES)[-1]}") or b"{}"))


def test_a_lease_is_free_again_once_it_is_released(bucket: Bucket) -> None:
    said: list[str] = []
    for number in (1, 2, 3):
        lease = take(bucket, said)
        assert bucket.names(LEASES) == [f"{number:06d}.json"]
        assert newest(bucket)["released"] is False
        lease.release()
        assert newest(bucket)["released"] is True
    assert said == []


def test_who_writes_and_since_when_is_told_to_whoever_comes_second(bucket: Bucket) -> None:
    lease, said = take(bucket), list[str]()
    with pytest.raises(RequestError, match=rf"^--out {bucket.url}: another simgen run is writing there, begun "
                                           r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC by .*@.* \(process \d+\); wait for it"):
        take(bucket, said)
    assert len(said) == 1 and "waiting up to 1 s to see whether it still does" in said[0]
    lease.release()
    assert not lease.lost


def test_a_holder_that_died_on_this_machine_is_followed_at_once(bucket: Bucket) -> None:
    dead = replace(Holder.this(), process="999999999 1")
    bucket.create(f"{LEASES}/000007.json", dead.to_bytes())
    said: list[str] = []
    take(bucket, said).release()
    assert bucket.names(LEASES) == ["000008.json"] and said == []


def test_a_lease_that_nobody_renews_is_taken_over(bucket: Bucket) -> None:
    bucket.create(f"{LEASES}/000001.json", elsewhere().to_bytes())
    said: list[str] = []
    take(bucket, said).release()
    assert "ann@node3 (process 42) has been writing there since 2026-01-31 12:00:05 UTC" in said[0]
    assert bucket.names(LEASES) == ["000002.json"]


def test_a_lease_that_is_released_while_somebody_waits_is_taken(bucket: Bucket) -> None:
    bucket.create(f"{LEASES}/000001.json", elsewhere().to_bytes())
    release = threading.Timer(0.2, bucket.put, (f"{LEASES}/000001.json", elsewhere(released=True).to_bytes()))
    release.start()
    take(bucket).release()
    release.join()
    assert bucket.names(LEASES) == ["000002.json"]


def test_of_many_who_come_at_once_one_writes(bucket: Bucket) -> None:
    bucket.create(f"{LEASES}/000001.json", elsewhere().to_bytes())
    held: list[Lease] = []
    refused: list[str] = []

    def come() -> None:
        try:
            held.append(take(bucket))
        except RequestError as error:
            refused.append(str(error))

    runs = [threading.Thread(target=come) for _ in range(5)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(held) == 1 and len(refused) == 4
    held[0].release()


def test_a_holder_learns_that_another_took_over(bucket: Bucket) -> None:
    lease = take(bucket)
    bucket.create(f"{LEASES}/000002.json", elsewhere().to_bytes())      # after a pause that was longer than the expiry
    deadline = time.monotonic() + 60
    while not lease.lost:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    lease.release()
    assert newest(bucket)["who"] == "ann@node3 (process 42)" and newest(bucket)["released"] is False


def test_a_store_that_does_not_answer_for_a_while_costs_no_lease(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease, asked = take(bucket), []

    def silent(_: str) -> list[str]:
        asked.append(time.monotonic())
        raise StoreError("no answer")

    with monkeypatch.context() as outage:
        outage.setattr(bucket, "names", silent)
        deadline = time.monotonic() + 60
        while not asked or asked[-1] - asked[0] < 2 * EXPIRY_S:
            assert time.monotonic() < deadline and not lease.lost
            time.sleep(0.02)
    beat = newest(bucket)["beat"]
    while newest(bucket)["beat"] == beat:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not lease.lost
    lease.release()


def test_what_is_no_lease_stops_nobody(bucket: Bucket) -> None:
    bucket.create(f"{LEASES}/000003.json", b"{")
    bucket.create(f"{LEASES}/notes.txt", b"")
    take(bucket).release()
    assert bucket.names(LEASES)[-2:] == ["000004.json", "notes.txt"]


def test_a_run_shows_its_progress_in_the_store_while_it_lasts(tmp_path: Path) -> None:
    store = ObjectStore(f"memory://leases/{next(_PLACES)}", tmp_path, beat_s=BEAT_S, expiry_s=EXPIRY_S)
    (store.beside / "logs").mkdir(parents=True)
    with store.sole_writer() as taken_over:
        (store.beside / "logs/progress.json").write_text("{}")
        (store.beside / "logs/driver.jsonl").write_text("")
        deadline = time.monotonic() + 60
        while store.read("logs/progress.json") is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert not taken_over()
    store.keep_logs(finished=False)
    assert store.read("logs/driver.jsonl") == b"" and store.beside.exists()
    store.keep_logs(finished=True)
    assert store.read("logs/progress.json") == b"{}" and not store.beside.exists()
