"""Several datasets as one: numbers, duplicates, conflicts, checksums, and coming back to a merge that ended early."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from simgen.cli import app
from simgen.errors import DatasetError, RequestError, StoreError
from simgen.kitti.layout import FileEntry, frame_id
from simgen.kitti.manifest import DatasetRequest, EpisodeEntry
from simgen.kitti.objects import FrameObjects
from simgen.kitti.records import EpisodeRecord, SimulatorInfo, read_records
from simgen.store import LocalStore, Recorded, open_store
from simgen.store.merging import merge
from simgen.store.numbering import Part, merge_plan, names_of
from tests.store.episodes import contents, digests, keep, request_for


def dataset(root: Path, episodes: dict[str, int], seed: int = 0, shards: bool = False, testing: bool = False) -> str:
    """A dataset of so many episodes of each scenario, two frames each."""
    store = open_store(root, root.parent / "scratch", shards)
    store.claim(request_for(episodes, seed), lambda _: None)
    names = [(scenario, index) for scenario, count in episodes.items() for index in range(count)]
    for number, (scenario, index) in enumerate(names):
        keep(store, scenario, index, first=2 * number, seed=seed, testing=testing)
    store.close()
    return str(root)


def whole(root: Path) -> None:
    """Raises AssertionError unless every file is as its record says, and says its own frame's id."""
    named = set()
    for record in read_records(root).values():
        for path, entry in record.files.items():
            content = (root / path).read_bytes()
            assert FileEntry(hashlib.sha256(content).hexdigest(), len(content)) == entry
            if "/objects/" in path:
                side = FrameObjects.from_text(content.decode())
                assert (side.frame, side.episode) == (Path(path).stem, record.episode)
                assert side.to_text().encode() == content
        named |= {Path(path).stem for path in record.files}
        assert {Path(path).stem for path in record.files} == {*record.frames}
        assert {*record.labelled_frames} <= {*record.frames}
    assert named == {path.stem for path in root.glob("t*/*/*.*")}


def test_a_merge_of_one_is_a_copy_to_the_byte(tmp_path: Path) -> None:
    one = dataset(tmp_path / "one", {"deer": 2})
    LocalStore(tmp_path / "one").write_image_sets({"train": ["000001"], "val": ["000003"], "test": [],
                                                   "trainval": ["000001", "000003"]})
    assert merge([one], LocalStore(tmp_path / "all")).copied == 2
    assert contents(tmp_path / "all") == contents(tmp_path / "one")
    assert merge([one], LocalStore(tmp_path / "all")).copied == 0
    assert contents(tmp_path / "all") == contents(tmp_path / "one")


def test_frames_that_collide_move_by_one_shift_and_say_their_new_ids(tmp_path: Path) -> None:
    one, two = dataset(tmp_path / "one", {"deer": 2}), dataset(tmp_path / "two", {"moose": 1, "elk": 1}, testing=True)
    report = merge([one, two], LocalStore(tmp_path / "all"))
    assert (report.episodes, report.frames, report.labels, report.copied) == (4, 8, 4, 4)
    whole(tmp_path / "all")
    records = read_records(tmp_path / "all")
    assert {name: record.frames for name, record in records.items()} == {
        "deer-0000": ("000000", "000001"), "deer-0001": ("000002", "000003"),
        "moose-0000": ("000004", "000005"), "elk-0000": ("000006", "000007")}
    assert records["elk-0000"].labelled_frames == ("000007",)
    told = json.loads((tmp_path / "all/dataset.json").read_text())
    assert [(source["name"], source["shift"]) for source in told["merged"]] == [("one", 0), ("two", 4)]
    assert [entry["name"] for entry in told["episodes"]] == ["deer-0000", "deer-0001", "moose-0000", "elk-0000"]
    listed = (tmp_path / "all/ImageSets/trainval.txt").read_text().split()
    assert sorted(listed) == ["000001", "000003", "000005", "000007"]


def test_numbers_that_do_not_collide_stay(tmp_path: Path) -> None:
    dataset(tmp_path / "two", {"deer": 1, "moose": 1})
    for path in tmp_path.glob("two/**/*00000[01].*"):
        path.unlink()
    (tmp_path / "two/episodes/deer-0000.json").unlink()
    one = dataset(tmp_path / "one", {"elk": 1})
    merge([one, str(tmp_path / "two")], LocalStore(tmp_path / "all"))
    assert read_records(tmp_path / "all")["moose-0000"].frames == ("000002", "000003")
    whole(tmp_path / "all")


def test_an_episode_that_both_have_is_taken_once(tmp_path: Path) -> None:
    one, two = dataset(tmp_path / "one", {"deer": 1}), dataset(tmp_path / "two", {"deer": 2})
    report = merge([one, two], LocalStore(tmp_path / "all"))
    assert (report.episodes, report.duplicates) == (2, 1)
    whole(tmp_path / "all")


def test_two_episodes_of_one_name_are_refused_naming_both_and_nothing_is_written(tmp_path: Path) -> None:
    one, two = dataset(tmp_path / "one", {"deer": 5}), dataset(tmp_path / "two", {"deer": 5}, seed=1)
    with pytest.raises(RequestError, match=r"deer-0000 was recorded by different plans in .*/one and .*/two; .*"
                                           r"\(2 more like it\): one dataset cannot hold both"):
        merge([one, two], LocalStore(tmp_path / "all"))
    assert not list((tmp_path / "all").glob("*.json"))


def test_different_seeds_are_told(tmp_path: Path) -> None:
    one, two = dataset(tmp_path / "one", {"deer": 1}), dataset(tmp_path / "two", {"moose": 1}, seed=3)
    report = merge([one, two], LocalStore(tmp_path / "all"))
    assert report.notes == (f"they have different seeds: {one} 0, {two} 3",)


@pytest.mark.parametrize("shards", [False, True], ids=["loose", "shards"])
def test_a_file_that_changed_stops_the_merge_and_is_named(tmp_path: Path, shards: bool) -> None:
    one, two = dataset(tmp_path / "one", {"elk": 1}), dataset(tmp_path / "two", {"deer": 2}, shards=shards)
    file = tmp_path / ("two/shards/deer-0001.tar" if shards else "two/training/velodyne/000002.bin")
    kept = file.read_bytes()
    file.write_bytes(kept.replace(b"velodyne of", b"Velodyne of"))
    with pytest.raises(DatasetError, match=f"{file.name}: is not what was recorded"):
        merge([one, two], LocalStore(tmp_path / "all"))
    assert {*read_records(tmp_path / "all")} == {"elk-0000", "deer-0000"}        # what came before counts
    file.write_bytes(kept)
    assert merge([one, two], LocalStore(tmp_path / "all")).copied == 1           # and the same command completes it
    whole(tmp_path / "all")


@pytest.mark.parametrize("from_shards", [False, True])
@pytest.mark.parametrize("to_shards", [False, True])
def test_loose_files_and_tars_become_one_another(tmp_path: Path, from_shards: bool, to_shards: bool) -> None:
    one = dataset(tmp_path / "one", {"deer": 2}, shards=from_shards)
    straight = dataset(tmp_path / "straight", {"deer": 2}, shards=to_shards)
    target = open_store(tmp_path / "all", tmp_path / "scratch", to_shards)
    merge([one], target)
    made, wanted = (contents(Path(root)) for root in (tmp_path / "all", straight))
    assert {path: content for path, content in made.items() if not path.startswith("ImageSets")} == wanted


def test_a_merge_grows_with_its_sources_and_keeps_what_it_has(tmp_path: Path) -> None:
    one, two = dataset(tmp_path / "one", {"deer": 1}), dataset(tmp_path / "two", {"moose": 1})
    merge([one, two], LocalStore(tmp_path / "all"))
    before = contents(tmp_path / "all")
    three = dataset(tmp_path / "three", {"elk": 1})
    assert merge([three, one, two], LocalStore(tmp_path / "all")).copied == 1
    whole(tmp_path / "all")
    after = contents(tmp_path / "all")
    assert {path: after[path] for path in before if path.startswith(("training", "episodes"))} == {
        path: content for path, content in before.items() if path.startswith(("training", "episodes"))}
    assert read_records(tmp_path / "all")["elk-0000"].frames == ("000004", "000005")
    with pytest.raises(RequestError, match="was merged from three, one, two: name all of these again"):
        merge([one, two], LocalStore(tmp_path / "all"))


def test_a_source_that_was_recorded_anew_does_not_replace_what_was_merged(tmp_path: Path) -> None:
    one, two = dataset(tmp_path / "one", {"deer": 1}), dataset(tmp_path / "two", {"moose": 1})
    merge([one, two], LocalStore(tmp_path / "all"))
    before = contents(tmp_path / "all")
    shutil.rmtree(one)
    dataset(tmp_path / "one", {"deer": 1}, seed=5)
    with pytest.raises(RequestError, match="has deer-0000 by another plan than the sources have now"):
        merge([one, two], LocalStore(tmp_path / "all"))
    assert contents(tmp_path / "all") == before


def test_a_copy_that_was_continued_is_not_harmed(tmp_path: Path) -> None:
    one = dataset(tmp_path / "one", {"deer": 1})
    merge([one], LocalStore(tmp_path / "all"))
    dataset(tmp_path / "all", {"deer": 2})                  # as 'simgen run --episodes 2' into the copy would
    before = contents(tmp_path / "all")
    with pytest.raises(RequestError, match="does not continue"):
        merge([one], LocalStore(tmp_path / "all"))
    assert contents(tmp_path / "all") == before


def test_what_cannot_be_merged_is_said(tmp_path: Path) -> None:
    one, two = dataset(tmp_path / "one", {"deer": 1}), dataset(tmp_path / "two", {"moose": 1})
    (tmp_path / "empty").mkdir()
    dataset(tmp_path / "begun", {})
    shutil.copytree(one, tmp_path / "elsewhere/one")
    merge([one, two], LocalStore(tmp_path / "all"))
    for sources, out, words in [
        ([f"{tmp_path}/none"], "new", "none: there is no such folder"),
        ([f"{tmp_path}/empty"], "new", "empty: holds no dataset of simgen"),
        ([f"{tmp_path}/begun"], "new", "begun: no episode is recorded yet"),
        ([one], "one", "is, or lies in, the source"),
        ([one], "one/copy", "is, or lies in, the source"),
        ([one], f"file://{tmp_path}/one", "is, or lies in, the source"),
        ([one, two, f"{tmp_path}/elsewhere/../one"], "new", f"elsewhere/../one: is named twice, also as {one}; name"),
        ([one, f"file://{one}"], "new", f"file://{one}: is named twice, also as {one}; name each source once"),
        ([one, one], "new", "one: is named twice; name each source once"),
        ([one, f"{tmp_path}/all"], "new", "all: was itself merged, from one, two"),
        ([one], "all", "it was merged from one and two: continue those and merge them again"),
        ([one, two], "elsewhere/one", "holds a dataset that was not merged"),
    ]:
        with pytest.raises(RequestError, match=words):
            merge(sources, open_store(out if "://" in out else tmp_path / out))
    assert not (tmp_path / "new").exists()


def test_sources_of_one_name_are_told_apart_by_the_folders_above(tmp_path: Path) -> None:
    sources = [dataset(tmp_path / "monday/run1", {"deer": 1}), dataset(tmp_path / "tuesday/run1", {"moose": 1}),
               dataset(tmp_path / "night", {"elk": 1})]
    for _ in range(2):                                      # the same merge again knows its sources by the same names
        merge(sources, LocalStore(tmp_path / "all"))
    told = json.loads((tmp_path / "all/dataset.json").read_text())
    assert [source["name"] for source in told["merged"]] == ["monday-run1", "tuesday-run1", "night"]
    dataset(tmp_path / "wednesday/run1", {"bear": 1})
    assert merge([*sources, f"{tmp_path}/wednesday/run1"], LocalStore(tmp_path / "all")).copied == 1
    whole(tmp_path / "all")


@pytest.mark.parametrize("places, names", [
    (["out/a", "out/b"], ["a", "b"]),
    (["out/a", "s3/bucket/out/a", "c"], ["out-a", "bucket-out-a", "c"]),
    (["x/day/run", "y/day/run", "night/run"], ["x-day-run", "y-day-run", "night-run"]),
    (["disk/monday-run", "a/monday/run", "b/tuesday/run"], ["disk-monday-run", "a-monday-run", "tuesday-run"]),
])
def test_names_are_the_shortest_tails_that_differ(places: list[str], names: list[str]) -> None:
    assert names_of([tuple(place.split("/")) for place in places]) == names


def test_what_an_unfinished_source_lacks_is_told(tmp_path: Path) -> None:
    one, two = dataset(tmp_path / "one", {"deer": 4}), dataset(tmp_path / "two", {"moose": 1})
    for index in (1, 3):
        (tmp_path / f"one/episodes/deer-{index:04d}.json").unlink()
    note = f"{one}: 2 of 4 episodes are recorded; the rest is missing here"
    assert merge([one], LocalStore(tmp_path / "copy")).notes == (note,)
    assert merge([one, two], LocalStore(tmp_path / "all")).notes == (note,)


def test_a_merge_that_is_refused_leaves_no_folder_behind(tmp_path: Path) -> None:
    one, two = dataset(tmp_path / "one", {"deer": 1}), dataset(tmp_path / "two", {"deer": 1}, seed=1)
    (tmp_path / "empty").mkdir()
    for out in (str(tmp_path / "new"), f"file://{tmp_path}/new", str(tmp_path / "empty")):
        with pytest.raises(RequestError, match="one dataset cannot hold both"):
            merge([one, two], open_store(out))
    assert not (tmp_path / "new").exists() and not list((tmp_path / "empty").iterdir())


def test_a_source_in_a_store_that_fails_is_a_wrong_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> bytes:
        raise StoreError("memory://nowhere/run/dataset.json: cannot be read (no route), also after 3 tries")

    monkeypatch.setattr("simgen.store.bucket.Bucket.read", away)
    with pytest.raises(RequestError, match=r"^memory://nowhere/run/dataset\.json: cannot be read"):
        merge(["memory://nowhere/run"], LocalStore(tmp_path / "all"))
    assert not (tmp_path / "all").exists()


@pytest.mark.parametrize("shards", [False, True], ids=["loose", "shards"])
def test_what_was_merged_can_be_copied_as_one(tmp_path: Path, shards: bool) -> None:
    one, two = dataset(tmp_path / "one", {"deer": 1}), dataset(tmp_path / "two", {"moose": 1})
    merge([one, two], LocalStore(tmp_path / "all", tmp_path / "scratch", shards))
    for copied in (2, 0):
        assert merge([str(tmp_path / "all")], LocalStore(tmp_path / "copy")).copied == copied
    whole(tmp_path / "copy")
    assert (tmp_path / "copy/dataset.json").read_bytes() == (tmp_path / "all/dataset.json").read_bytes()


def said_by(*words: object) -> list[str]:
    done = CliRunner().invoke(app, ["merge", *map(str, words)])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


@pytest.mark.parametrize("words, sentence", [
    (["--out", "new", "--shards", "--scratch", "one/dataset.json"], "--scratch one/dataset.json: cannot be written"),
    (["--out", "memory://tests/new"], "--out memory://tests/new: this would be gone when the command ends"),
])
def test_a_place_that_is_of_no_use_is_refused_before_anything_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], sentence: str
) -> None:
    dataset(tmp_path / "one", {"deer": 1})
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["merge", "one", *words])
    assert isinstance(done.exception, RequestError) and str(done.exception).startswith(sentence)
    assert not Path("new").exists()


def test_the_last_line_of_a_merge_names_commands_that_take_what_it_made(tmp_path: Path) -> None:
    one, two, out = dataset(tmp_path / "one", {"deer": 1}), dataset(tmp_path / "two", {"deer": 2}), tmp_path / "all"
    lines = said_by(one, two, "--out", out, "--shards")
    assert lines == [
        "note: 1 episode was in more than one source, the same in each; it was taken once",
        f"{out}: 2 episodes, 4 frames, 2 labels (2 episodes copied now)",
        f"Check: simgen verify {out}    Loose files of it: simgen merge {out} --out LOOSE"]
    loose = tmp_path / "loose"
    assert said_by(out, "--out", loose)[-1] == f"Look: simgen show {loose} 000001    Check: simgen verify {loose}"
    url = f"file://{tmp_path}/store"
    assert said_by(one, two, "--out", url)[-1] == (
        f"Get it: simgen merge {url} --out DIR    How it stands: simgen status {url}")
    assert said_by(url, "--out", tmp_path / "got")[-2].endswith("(2 episodes copied now)")


def test_a_run_does_not_continue_what_was_merged(tmp_path: Path) -> None:
    one, two = dataset(tmp_path / "one", {"deer": 1}), dataset(tmp_path / "two", {"moose": 1})
    merge([one, two], LocalStore(tmp_path / "all"))
    with pytest.raises(RequestError, match="it was merged from one and two: continue"):
        LocalStore(tmp_path / "all").claim(request_for({"deer": 2}), lambda _: None)


def part(name: str, firsts: list[int]) -> Part:
    """A dataset of episodes of three frames from these numbers on."""
    records = {}
    for place, first in enumerate(firsts):
        episode, ids = f"{name}-{place:04d}", tuple(frame_id(first + number) for number in range(3))
        records[episode] = Recorded.of(EpisodeRecord(
            episode, "", {}, {}, ids, ids, {}, {f"training/label_2/{one}.txt": FileEntry("", 0) for one in ids},
            SimulatorInfo("simgen", "0", ""), ""))
    return Part(name, name, DatasetRequest(0, (), (), tuple(EpisodeEntry(one, "") for one in records)), records)


@given(st.lists(st.lists(st.integers(0, 12).map(lambda number: 4 * number), unique=True, min_size=1), min_size=1,
                max_size=5))
def test_no_two_frames_of_a_merge_have_one_number_and_order_stays(firsts: list[list[int]]) -> None:
    parts = [part(f"p{number}", sorted(some)) for number, some in enumerate(firsts)]
    plan = merge_plan(parts)
    ids = [identity for taken in plan.episodes for identity in taken.ids]
    assert len(ids) == len({*ids}) == 3 * sum(map(len, firsts))
    for number in range(len(parts)):
        own = [int(identity) for taken in plan.episodes if taken.part == number for identity in taken.ids]
        assert own == sorted(own)
    assert plan.episodes[0].shift == 0
    # The merge that went before keeps its numbers when another source joins, wherever it is named.
    before = {taken.record.episode: taken.ids for taken in plan.episodes}
    if len(parts) > 1:
        joined = merge_plan([part("new", [0, 8]), *parts], plan.request)
        after = {taken.record.episode: taken.ids for taken in joined.episodes}
        assert {name: after[name] for name in before} == before


def test_a_store_is_merged_with_a_folder(s3: str, tmp_path: Path) -> None:
    store = open_store(s3, tmp_path / "scratch")
    store.claim(request_for({"deer": 2}), lambda _: None)
    keep(store, "deer", 0, first=0)
    keep(store, "deer", 1, first=2)
    two = dataset(tmp_path / "two", {"moose": 1})
    for target in (LocalStore(tmp_path / "all"), open_store(f"{s3.rpartition('/')[0]}/all", tmp_path / "scratch")):
        assert merge([s3, two], target).episodes == 3
        assert list(target.whole_records(digests(request_for({"deer": 2, "moose": 1})))) == [
            "deer-0000", "deer-0001", "moose-0000"]
    whole(tmp_path / "all")
