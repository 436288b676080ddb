"""``simgen status`` of a dataset in an object store."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from simgen.cli import app
from simgen.errors import RequestError
from simgen.fleet.invocation import Invocation
from simgen.fleet.watch.progress import progress
from simgen.fleet.watch.report import report
from simgen.fleet.watch.status import status_of
from simgen.kitti.manifest import DatasetRequest, EpisodeEntry
from simgen.store import open_store
from simgen.store.bucket import Bucket


def test_it_says_what_is_recorded_and_by_which_command_the_rest_is(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))             # where a run keeps its logs meanwhile
    with pytest.raises(RequestError, match=f"^{s3}: holds no dataset of simgen"):
        status_of(s3)
    names = [f"deer-{number:04d}" for number in range(3)]
    bucket = Bucket(s3)
    bucket.put("dataset.json", DatasetRequest(
        0, (), (), tuple(EpisodeEntry(name, "0") for name in names)).to_text().encode())
    bucket.put("episodes/deer-0000.json", b"{}")
    bucket.put("logs/run.json", Invocation(("run", "--out", s3, "deer"), "/elsewhere").to_text().encode())
    assert list(report(status_of(s3))) == [
        f"{s3}: 1 of 3 episodes recorded (33 %)", "not recorded yet: 2 episodes (deer-0001 to deer-0002)",
        f"Continue: simgen run --out {s3} deer    (in /elsewhere)"]
    bucket.put("episodes/deer-0001.json", b"{}")
    bucket.put("episodes/deer-0002.json", b"{}")
    assert list(report(status_of(s3))) == [f"{s3}: complete, 3 episodes", f"Get it: simgen merge {s3} --out DIR"]


def test_a_run_is_seen_from_its_own_machine_and_from_others(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    bucket, store = Bucket(s3), open_store(s3)
    bucket.put("dataset.json", DatasetRequest(0, (), (), (EpisodeEntry("deer-0000", "0"),)).to_text().encode())
    with progress(store.beside, 10, 0, episodes=1, whole_episodes=True) as tell:
        from simgen.fleet.jobs import Event

        tell(Event("poll"))
        assert status_of(s3).writing
        bucket.put("logs/progress.json", (store.beside / "logs" / "progress.json").read_bytes())
        (store.beside / "logs" / "progress.json").unlink()
        seen = status_of(s3)
        assert seen.writing and seen.last_run is not None and seen.last_run.run.episodes == 1
    assert status_of(s3).last_run is not None and not status_of(s3).writing


@pytest.mark.parametrize("option", [(), ("--json",), ("--watch",)])
def test_of_a_store_that_cannot_be_read_nobody_says_that_it_is_not_complete(
    option: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    done = CliRunner().invoke(app, ["status", "s3://bucket/run", *option])
    assert isinstance(done.exception, RequestError) and done.exception.exit_code == 2
    assert "there are no credentials for this store" in str(done.exception) and done.stdout == ""
