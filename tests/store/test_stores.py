"""A dataset in a folder and one in an object store keep the same promises."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from simgen.errors import DatasetError, RequestError, StoreError
from simgen.kitti.layout import FileEntry
from simgen.store import ObjectStore, Store, is_url, open_store
from simgen.store.bucket import Bucket
from simgen.store.merging import merge
from simgen.store.recorded import require_one_kind
from simgen.store.shards import pack
from simgen.verify import verify_dataset
from tests.store.episodes import contents, digests, keep, request_for

pytest.importorskip("fsspec")

TWO = request_for({"deer": 2})
REFUSALS = 3
_PLACES = count()


def place_of(kind: str, request: pytest.FixtureRequest) -> str:
    if kind == "s3":
        return str(request.getfixturevalue("s3"))
    folder = request.getfixturevalue("tmp_path")
    return {"folder": f"{folder}/dataset", "file": f"file://{folder}/dataset",
            "memory": f"memory://tests/{next(_PLACES)}"}[kind]


@pytest.fixture(params=["folder", "memory", "file", "s3"])
def place(request: pytest.FixtureRequest) -> str:
    return place_of(request.param, request)


@pytest.fixture(params=["folder loose", "folder tars", "memory loose", "memory tars", "file tars", "s3 loose"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    kind, form = request.param.split()
    one = open_store(place_of(kind, request), tmp_path / "scratch", shards=form == "tars")
    yield one
    one.close()


@cache
def bucket_of(place: str) -> Bucket:
    """Ours, beside the one under test; a client takes a while to be made."""
    return Bucket(place)


def everything(place: str) -> dict[str, bytes]:
    """All objects or files of a place, by path relative to it."""
    if not is_url(place):
        return contents(Path(place))
    fs, root = bucket_of(place)._fs, bucket_of(place)._root
    return {path[len(root) + 1:]: fs.cat_file(path) for path in fs.find(root) if "/.lease/" not in path}


def test_an_episode_counts_once_it_is_recorded_and_not_before(store: Store) -> None:
    store.claim(TWO, lambda _: None)
    keep(store, "deer", 0, first=0)
    with pytest.raises(InterruptedError):
        keep(store, "deer", 1, first=2, stop_after=1)
    whole = store.whole_records(digests(TWO))
    assert list(whole) == ["deer-0000"]
    assert whole["deer-0000"].frames == ("000000", "000001")
    assert whole["deer-0000"].labelled_frames == ("000001",)
    assert whole["deer-0000"].labels == 1
    assert whole["deer-0000"].simulator == "simgen 0.1.0"
    assert [record.episode for record in store.records()] == ["deer-0000"]


def test_what_an_unfinished_episode_left_is_removed_and_nothing_else(store: Store) -> None:
    store.claim(TWO, lambda _: None)
    keep(store, "deer", 0, first=0)
    before = everything(store.where)
    with pytest.raises(InterruptedError):
        keep(store, "deer", 1, first=2, frames=3, stop_after=2)
    foreign = {"training/label_2/notes.md": b"mine", "training/velodyne_reduced/000002.bin": b"mine",
               "training/masks/000002.png": b"mine", "README.md": b"mine"}
    for path, content in {**foreign, "training/label_2/000007.txt": b"left", "shards/deer-0001.tar": b"left",
                          "episodes/deer-0009.json": b"left"}.items():
        put(store.where, path, content)
    whole = store.whole_records(digests(TWO))
    assert store.sweep(whole) >= 3
    assert everything(store.where) == before | foreign
    assert store.sweep(whole) == 0


def put(place: str, path: str, content: bytes) -> None:
    if is_url(place):
        bucket_of(place).put(path, content)
    else:
        (Path(place) / path).parent.mkdir(parents=True, exist_ok=True)
        (Path(place) / path).write_bytes(content)


def test_an_episode_that_lost_a_file_or_has_another_plan_is_recorded_again(store: Store) -> None:
    keep(store, "deer", 0, first=0)
    keep(store, "deer", 1, first=2)
    assert list(store.whole_records(digests(TWO))) == ["deer-0000", "deer-0001"]
    assert list(store.whole_records({"deer-0000": "another plan", "deer-0001": digests(TWO)["deer-0001"]})) == [
        "deer-0001"]
    lost = next(path for path in everything(store.where) if path.endswith(("deer-0001.tar", "velodyne/000003.bin")))
    put(store.where, lost, b"short")
    assert list(store.whole_records(digests(TWO))) == ["deer-0000"]
    found = {name: store.recorded(name, digest) for name, digest in digests(TWO).items()}
    assert found == {"deer-0000": store.whole_records(digests(TWO))["deer-0000"], "deer-0001": None}
    assert store.recorded("deer-0000", "another plan") is None


def test_recording_again_changes_nothing(store: Store) -> None:
    def run() -> dict[str, bytes]:
        store.refuse_foreign()
        with store.sole_writer():
            store.claim(TWO, lambda _: None)
            whole = store.whole_records(digests(TWO))
            store.sweep(whole)
            for index in range(2):
                if f"deer-{index:04d}" not in whole:
                    keep(store, "deer", index, first=2 * index)
            store.write_image_sets({"train": ["000001", "000003"]})
        return everything(store.where)

    first = run()
    assert {"dataset.json", "episodes/deer-0000.json", "maps/Town.xodr", "ImageSets/train.txt"} <= set(first)
    assert run() == first


def test_a_store_holds_the_bytes_that_a_folder_holds(s3: str, tmp_path: Path) -> None:
    for shards in (False, True):
        here, there = f"{tmp_path}/{shards}", f"{s3}/{shards}"
        for place in (here, there):
            store = open_store(place, tmp_path / "scratch", shards)
            store.claim(TWO, lambda _: None)
            keep(store, "deer", 0, first=0)
            keep(store, "deer", 1, first=2, testing=True)
            store.write_image_sets({"train": ["000001"], "test": ["000002"]})
            store.close()
        assert everything(here) == everything(there)
    assert list((tmp_path / "scratch").glob("simgen-worker-*")) == []


def test_another_request_is_refused_in_the_same_words_everywhere(place: str, tmp_path: Path) -> None:
    store = open_store(place, tmp_path / "scratch")
    store.claim(TWO, lambda _: None)
    keep(store, "deer", 0, first=0)
    with pytest.raises(RequestError, match="holds a dataset that this request does not continue: it was begun with"):
        store.claim(request_for({"deer": 2}, seed=1), lambda _: None)
    store.claim(request_for({"deer": 3}), lambda _: None)
    assert store.request() == request_for({"deer": 3})
    put(place, "dataset.json", b"{")
    with pytest.raises(DatasetError, match=r"dataset\.json: not a dataset request"):
        store.request()
    put(place, "episodes/deer-0000.json", b"\xff")
    with pytest.raises(DatasetError, match=r"episodes/deer-0000\.json: not an episode record"):
        list(store.records())


def test_a_place_of_somebody_else_is_refused(place: str) -> None:
    open_store(place).refuse_foreign()
    put(place, "thesis.tex", b"")
    with pytest.raises(RequestError, match=r"holds no dataset of simgen \(thesis|no dataset of simgen \(thesis"):
        open_store(place).refuse_foreign()
    put(place, "dataset.json", TWO.to_text().encode())
    open_store(place).refuse_foreign()


@pytest.mark.parametrize("url, words", [
    ("ftp://somewhere/run", r"ftp://somewhere/run: no such kind of store; there are s3://, gs://, az://"),
    ("s3://", "s3://: names no bucket; write s3://BUCKET/FOLDER"),
])
def test_what_is_no_store_is_said_in_a_sentence(url: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        open_store(url)


def test_a_missing_library_is_said_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == "gcsfs"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(RequestError, match=r"gs://bucket/run: a library .* pip install 'simgen\[gcs\]'"):
        open_store("gs://bucket/run")


def test_a_bucket_that_is_not_there_is_a_wrong_request(s3_server: str) -> None:
    store = open_store("s3://nobody-has-this/run")
    with pytest.raises(RequestError, match=r"--out s3://nobody-has-this/run.*there is no such bucket"):
        store.refuse_foreign()
        with store.sole_writer():
            pass


def test_without_credentials_a_sentence_says_how_to_give_them(
    s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(RequestError, match=r"^--out s3://bucket/run.*no credentials.*set AWS_PROFILE"):
        open_store("s3://bucket/run").refuse_foreign()


class Faulty:
    """Stands before a file system and lets some writes fail."""

    def __init__(self, fs: object, fails: Callable[[str], BaseException | None]) -> None:
        self._fs, self._fails = fs, fails
        self.tried: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._fs, name)

    def pipe_file(self, path: str, content: bytes, **options: object) -> None:
        self.tried.append(path)
        error = self._fails(path)
        if error is not None:
            raise error
        self._fs.pipe_file(path, content, **options)  # type: ignore[attr-defined]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simgen.store.bucket.BACK_OFF_S", (0.0, 0.0))


@pytest.mark.usefixtures("impatient")
def test_a_write_that_fails_twice_is_tried_a_third_time(tmp_path: Path) -> None:
    store = ObjectStore("memory://tests/flaky", tmp_path)
    faulty = store._bucket._fs = Faulty(
        store._bucket._fs, lambda path: OSError(503, "Slow Down") if faulty.tried.count(path) < 3 else None)
    keep(store, "deer", 0, first=0)
    assert list(store.whole_records(digests(TWO))) == ["deer-0000"]
    assert faulty.tried.count("/tests/flaky/training/velodyne/000000.bin") == 3
    assert faulty.tried[-1].endswith("episodes/deer-0000.json")


@pytest.mark.usefixtures("impatient")
def test_an_episode_whose_data_cannot_be_written_gets_no_record(tmp_path: Path) -> None:
    store = ObjectStore("memory://tests/broken", tmp_path)
    faulty = store._bucket._fs = Faulty(
        store._bucket._fs, lambda path: OSError(503, "Slow Down") if "velodyne" in path else None)
    with pytest.raises(StoreError, match=r"memory://tests/broken/training/velodyne/00000.\.bin: cannot be written "
                                         r"\(\[Errno 503\] Slow Down\), also after 3 tries"):
        keep(store, "deer", 0, first=0)
    assert not any("episodes" in path for path in faulty.tried)
    assert store.whole_records(digests(TWO)) == {}
    store.close()


@pytest.mark.usefixtures("impatient")
def test_a_crash_between_data_and_record_leaves_nothing_that_counts(s3: str, tmp_path: Path) -> None:
    store = ObjectStore(s3, tmp_path)
    real = store._bucket._fs
    store._bucket._fs = Faulty(real, lambda path: KeyboardInterrupt() if "episodes" in path else None)
    with pytest.raises(KeyboardInterrupt):
        keep(store, "deer", 0, first=0)
    store._bucket._fs = real
    assert "training/velodyne/000001.bin" in everything(s3)
    assert store.episodes() == set() and store.whole_records(digests(TWO)) == {}
    assert store.sweep({}) == 8
    assert list(everything(s3)) == ["maps/Town.xodr"]
    store.close()


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_busy_is_asked_again(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.s3.responses import S3Response

    put, refused = S3Response.put_object, list[str]()

    def busy(self: Any) -> Any:
        if len(refused) < REFUSALS:
            refused.append(self.path)
            return 503, {}, "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
        return put(self)

    monkeypatch.setattr(S3Response, "put_object", busy)
    store = open_store(s3, tmp_path)
    keep(store, "deer", 0, first=0)
    assert list(store.whole_records(digests(TWO))) == ["deer-0000"]
    assert len(refused) == REFUSALS
    store.close()


@pytest.mark.usefixtures("impatient")
def test_what_arrives_short_or_changed_is_not_believed(tmp_path: Path) -> None:
    bucket = Bucket("memory://tests/changed")
    real = bucket._fs

    class Truncating:
        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

        def pipe_file(self, path: str, content: bytes) -> None:
            real.pipe_file(path, content[:-1])

    bucket._fs = Truncating()
    with pytest.raises(StoreError, match=r"cannot be written \(4 of 5 bytes arrived\)"):
        bucket.put("a.txt", b"hello")

    class Flipping(Truncating):
        def pipe_file(self, path: str, content: bytes) -> None:
            real.pipe_file(path, b"j" + content[1:])

        def info(self, path: str) -> dict[str, object]:
            return {**real.info(path), "ETag": '"cc27ce1da0fd9e1c3bdee2df5a6a4f2c"'}

    bucket._fs = Flipping()
    with pytest.raises(StoreError, match="it arrived with another checksum"):
        bucket.put("a.txt", b"hello")

    class Encrypted(Truncating):
        """Its tags are not of the content that was sent."""

        def pipe_file(self, path: str, content: bytes) -> None:
            real.pipe_file(path, content)

        info = Flipping.info

    bucket._fs = Encrypted()
    bucket.put("a.txt", b"hello")
    assert bucket.read("a.txt") == b"hello"


def test_long_files_go_up_in_parts(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simgen.store.bucket.WHOLE_BYTES", 1 << 20)
    content = bytes(range(256)) * (7 << 12)
    (tmp_path / "long.tar").write_bytes(content)
    bucket = Bucket(s3)
    bucket.put_file("shards/long.tar", tmp_path / "long.tar")
    assert bucket.read("shards/long.tar") == content


def test_an_object_is_made_once(place: str) -> None:
    if not is_url(place):
        pytest.skip("folders have locks")
    bucket = Bucket(place)
    assert bucket.create("one.json", b"first")
    assert not bucket.create("one.json", b"second")
    assert bucket.create("one.json", b"first")              # the same one: an answer may have been lost
    assert bucket.read("one.json") == b"first"
    assert bucket.read("two.json") is None
    bucket.remove(["one.json", "two.json"])
    assert bucket.read("one.json") is None


def test_a_record_says_where_its_tar_is_and_what_is_in_it(tmp_path: Path) -> None:
    store = open_store(tmp_path / "d", tmp_path / "scratch", shards=True)
    keep(store, "deer", 0, first=0)
    told = json.loads((tmp_path / "d/episodes/deer-0000.json").read_text())
    assert told["shard"]["path"] == "shards/deer-0000.tar"
    assert "training/velodyne/000001.bin" in told["files"]
    store.close()


def test_of_a_tar_that_could_not_be_written_nothing_stays(tmp_path: Path) -> None:
    (tmp_path / "training/calib").mkdir(parents=True)
    (tmp_path / "training/calib/000000.txt").write_text("changed since")
    files = {"training/calib/000000.txt": FileEntry("0" * 64, 13)}
    with pytest.raises(DatasetError, match=r"000000\.txt: is not what was written a moment ago"):
        pack(tmp_path, files, tmp_path / "deer-0000.tar.partial")
    assert not list(tmp_path.glob("*.partial"))


def test_tars_and_loose_files_do_not_mix(tmp_path: Path) -> None:
    store = open_store(tmp_path, shards=False)
    keep(store, "deer", 0, first=0)
    whole = store.whole_records(digests(TWO))
    require_one_kind(whole, False, "out/deer")
    with pytest.raises(RequestError, match="--out out/deer: its episodes are loose files: leave --shards out, or"):
        require_one_kind(whole, True, "out/deer")


def test_tars_are_verified_with_what_is_in_them(tmp_path: Path) -> None:
    root = tmp_path / "d"
    store = open_store(root, tmp_path / "scratch", shards=True)
    store.claim(TWO, lambda _: None)
    keep(store, "deer", 0, first=0)
    keep(store, "deer", 1, first=2)
    store.close()

    def problems() -> list[tuple[str, str]]:
        report = verify_dataset(root)
        assert report.layout == "shards"
        return [(finding.rule, finding.sentence) for finding in report.findings]

    assert problems() == []
    assert verify_dataset(root).frames == 4
    record = root / "episodes/deer-0001.json"
    told = json.loads(record.read_text())
    told["files"]["training/velodyne/000003.bin"]["sha256"] = "0" * 64
    told["files"]["training/calib/000003.txt"] = told["files"].pop("training/label_2/000002.txt")
    record.write_text(json.dumps(told))
    assert problems() == [("record.checksum", sentence) for sentence in (
        "it holds 000002.label_2.txt, which episodes/deer-0001.json does not name",
        "the content of 000003.velodyne.bin has not the SHA-256 in episodes/deer-0001.json",
        "episodes/deer-0001.json names 000003.calib.txt, but it is not in the tar")]
    tar = root / "shards/deer-0000.tar"
    tar.write_bytes(tar.read_bytes()[:-1] + b"\1")
    assert problems()[0][1].startswith("the content has changed: its SHA-256 is not the one in episodes/deer-0000.json")
    tar.unlink()
    assert problems()[0] == ("record.missing_file",
                             "episodes/deer-0000.json names this file, but it does not exist")


def test_a_folder_that_cannot_be_locked_is_not_said_to_be_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr("simgen.store.locking.fcntl.flock", unknown)
    with pytest.raises(RequestError, match=r"cannot be locked .* Operation not supported"), \
            open_store(tmp_path / "run").sole_writer():
        pass


@pytest.mark.parametrize("first_by_url", [False, True])
def test_a_folder_and_its_file_url_are_one_place_with_one_writer(tmp_path: Path, first_by_url: bool) -> None:
    folder, url = str(tmp_path / "run"), f"file://{tmp_path}/run"
    first, second = (url, folder) if first_by_url else (folder, url)
    with open_store(first).sole_writer():
        open_store(second).refuse_foreign()                 # neither's lock is somebody else's file
        with pytest.raises(RequestError, match=f"--out {second}: another simgen run is writing there; wait for it"), \
                open_store(second).sole_writer():
            pass
    with open_store(second).sole_writer() as taken_over:
        assert not taken_over()
    open_store(first).refuse_foreign()


def test_a_mounted_bucket_that_knows_no_locks_is_written_by_its_url_under_the_lease_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr("simgen.store.locking.fcntl.flock", unknown)
    with open_store(f"file://{tmp_path}/run").sole_writer() as taken_over:
        assert not taken_over() and list((tmp_path / "run/.lease").iterdir())


def test_the_lock_of_a_file_url_is_neither_swept_nor_merged(tmp_path: Path) -> None:
    one, url = tmp_path / "one", f"file://{tmp_path}/one"
    store = open_store(url, tmp_path / "scratch")
    store.claim(TWO, lambda _: None)
    for index in range(2):
        keep(store, "deer", index, first=2 * index)
    with store.sole_writer():
        assert store.sweep(store.whole_records(digests(TWO))) == 0 and (one / ".lock").exists()
    store.close()
    merge([url], open_store(f"file://{tmp_path}/two", tmp_path / "scratch"))
    assert {path: content for path, content in contents(tmp_path / "two").items()
            if not path.startswith("ImageSets")} == contents(one)
    assert not list((tmp_path / "two").glob("*/**/.lock"))
