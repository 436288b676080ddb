"""Tars for training at scale: every frame once, whole, in its set, and the same bytes every time."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from simgen.errors import RequestError
from simgen.export import export_dataset
from simgen.kitti.records import read_records
from tests.export.recording import write_dataset


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two episodes of eight frames; the first trains, the second validates."""
    root = write_dataset(tmp_path_factory.mktemp("recorded"), episodes=2, pictures=True).root
    (root / "ImageSets").mkdir(exist_ok=True)
    ids = read_records(root)
    (root / "ImageSets/val.txt").write_text("\n".join(sorted(ids.values(), key=lambda one: one.frames)[1].frames))
    return root


def members(tar: Path) -> list[tuple[str, bytes]]:
    with tarfile.open(tar) as opened:
        found = []
        for member in opened:
            stream = opened.extractfile(member)
            assert stream is not None
            assert (member.mtime, member.uid, member.gid, member.mode, member.uname) == (0, 0, 0, 0o644, "")
            found.append((member.name, stream.read()))
    return found


def test_every_file_of_every_frame_is_in_the_tar_of_its_set(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = export_dataset(root, "webdataset", out)
    assert sorted(path.name for path in out.glob("*")) == ["export.json", "train", "train.json", "val", "val.json"]
    assert (report.episodes, report.frames) == (2, 16)
    stored = {path for record in read_records(root).values() for path in record.files}
    found = {f"training/{kind}/{name.split('.')[0]}.{name.split('.')[2]}": content
             for split in ("train", "val") for name, content in members(out / split / "000000.tar")
             for kind in [name.split(".")[1]]}
    assert found == {path: (root / path).read_bytes() for path in stored}
    assert [name.split(".")[0] for name, _ in members(out / "train/000000.tar")] == sorted(
        name.split(".")[0] for name, _ in members(out / "train/000000.tar"))


def test_tars_are_closed_before_they_grow_too_long_and_their_list_says_what_they_are(
    root: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    one = sum(path.stat().st_size // 512 * 512 + 1024 for path in root.glob("training/*/000000.*"))
    export_dataset(root, "wds", out, shard_bytes=3 * one)
    told = json.loads((out / "train.json").read_text())
    assert told["name"] == "train" and told["wids_version"] == 1
    assert [shard["url"] for shard in told["shardlist"]] == [
        f"train/{number:06d}.tar" for number in range(len(told["shardlist"]))]
    assert sum(shard["nsamples"] for shard in told["shardlist"]) == 8
    assert 2 <= len(told["shardlist"]) <= 4
    for shard in told["shardlist"]:
        content = (out / shard["url"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (shard["filesize"], shard["sha256"])
        assert len({name.split(".")[0] for name, _ in members(out / shard["url"])}) == shard["nsamples"]
    export_dataset(root, "webdataset", out, shard_bytes=1)          # a frame each; what is not needed any more goes
    assert len(list(out.glob("train/*.tar"))) == 8
    export_dataset(root, "webdataset", out)
    assert [path.name for path in out.glob("train/*")] == ["000000.tar"]


def test_the_same_dataset_gives_the_same_tars(root: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        export_dataset(root, "webdataset", tmp_path / name)
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_the_library_of_that_name_reads_them(root: Path, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset", reason="needs webdataset: pip install 'simgen[test]'")
    export_dataset(root, "webdataset", tmp_path / "out", shard_bytes=1)
    urls = sorted(str(path) for path in (tmp_path / "out/train").glob("*.tar"))
    samples = list(webdataset.WebDataset(urls, shardshuffle=False))
    assert [sample["__key__"] for sample in samples] == [f"{number:06d}" for number in range(8)]
    for sample in samples:
        key = sample["__key__"]
        assert sample["image_2.png"] == (root / f"training/image_2/{key}.png").read_bytes()
        assert sample["velodyne.bin"] == (root / f"training/velodyne/{key}.bin").read_bytes()


def test_other_formats_have_no_shards(root: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="--shard-size: tracking has no shards; leave it out, or use --to webdata"):
        export_dataset(root, "tracking", tmp_path / "out", shard_bytes=1)
