"""Several frames: found by name, as a grid, as a strip, as a video."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from simgen.errors import DatasetError, RequestError
from simgen.report import video
from simgen.report.episodes import frames_named, spread, telling_frame
from simgen.report.grid import draw_grid
from simgen.report.stills import CAPTION_PX
from simgen.report.strip import draw_strip
from simgen.report.video import read_facts, save_video, write_video


def test_words_name_frames_and_episodes_in_their_order_and_each_frame_once(film: Path) -> None:
    assert frames_named(film, ["000004", "toy-0000", "000001"]) == ("000004", "000000", "000001", "000002")


@pytest.mark.parametrize("word, words", [
    ("toy-0002", "has no episode 'toy-0002'; the nearest of its 2: toy-000"),
    ("000017", "has no frame '000017'; it has 6 frames, 000000 to 000005; the nearest is 000005"),
])
def test_a_word_that_names_nothing_is_refused_with_what_is_near(film: Path, word: str, words: str) -> None:
    with pytest.raises(RequestError) as error:
        frames_named(film, [word])
    assert words in str(error.value)


def test_a_plain_dataset_has_no_episodes(plain_toy: Path) -> None:
    with pytest.raises(RequestError, match="has no frame 'toy-0000'"):
        frames_named(plain_toy, ["toy-0000"])
    with pytest.raises(RequestError, match="has no episodes"):
        draw_strip(plain_toy, "toy-0000")


def test_a_frame_of_the_test_set_can_be_named_and_drawn(film: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(film, tmp_path / "film"))
    for path in sorted((root / "training").glob("*/000005.*")):
        answers = path.parent.name in ("label_2", "objects", "velodyne_label")
        folder = root / ("testing_labels" if answers else "testing") / path.parent.name
        folder.mkdir(parents=True)
        path.rename(folder / path.name)
    assert frames_named(root, ["000005"]) == ("000005",)
    assert np.array_equal(draw_grid(root, ["000005"]), draw_grid(film, ["000005"]))


def test_a_folder_that_is_not_there_is_said_to_be_missing_and_one_inside_a_dataset_names_it(film: Path) -> None:
    for ask in (lambda root: frames_named(root, ["000000"]), lambda root: draw_strip(root, "toy-0000"), telling_frame):
        with pytest.raises(RequestError, match=r"nowhere: there is no such folder"):
            ask(film / "nowhere")
    with pytest.raises(RequestError) as error:
        frames_named(film / "training" / "label_2", ["000000"])
    assert str(error.value).endswith(f"the dataset is {film.resolve()}")


def test_the_tracking_layout_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "training" / "label_02").mkdir(parents=True)
    with pytest.raises(RequestError, match="it is in KITTI's tracking layout"):
        telling_frame(tmp_path)


def test_a_record_that_is_no_text_is_named(film: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(film, tmp_path / "film"))
    (root / "episodes" / "toy-0000.json").write_bytes(b"{\xff")
    with pytest.raises(DatasetError, match=r"toy-0000\.json: not an episode record: not UTF-8 text: byte 0xff"):
        telling_frame(root)


def test_frames_are_spread_evenly_with_the_first_and_the_last() -> None:
    assert spread("abcdefghi", 3) == ("a", "e", "i")
    assert spread("abc", 5) == ("a", "b", "c")
    assert spread("abc", 1) == ("a",)


def test_the_telling_frame_is_the_first_that_labels_the_event(film: Path, tmp_path: Path) -> None:
    assert telling_frame(film) == "000003"
    root = Path(shutil.copytree(film, tmp_path / "film"))
    side = root / "training" / "objects" / "000003.json"
    value = json.loads(side.read_text())
    value["rows"] = [{**row, "role": "other"} if row["role"] == "deer" else row for row in value["rows"]]
    side.write_text(json.dumps(value))
    assert telling_frame(root) == "000004"


def test_without_an_event_the_telling_frame_has_the_most_labels(plain_toy: Path, tmp_path: Path) -> None:
    assert telling_frame(plain_toy) == "000000"             # as many in both
    root = Path(shutil.copytree(plain_toy, tmp_path / "dataset"))
    labels = root / "training" / "label_2" / "000000.txt"
    labels.write_text("".join(labels.read_text().splitlines(keepends=True)[1:]))
    assert telling_frame(root) == "000001"


def test_a_grid_has_a_captioned_picture_for_each_frame(film: Path) -> None:
    grid = draw_grid(film, ["000000", "000001", "000002"], columns=2)
    width = (1860 - 8) // 2
    height = CAPTION_PX + round(375 * width / 1242)
    assert grid.shape == (2 * height + 8, 2 * width + 8, 3)
    assert (grid[height + 20 :, width + 8 :] == grid[-1, -1]).all()          # the fourth place is empty
    words = grid[:CAPTION_PX, :300].max(axis=2)
    assert (words > 180).sum() > 100


def test_a_grid_of_too_many_frames_is_refused(film: Path) -> None:
    with pytest.raises(RequestError, match="1 to 60 frames, not 61"):
        draw_grid(film, ["000000"] * 61)


def test_a_strip_has_a_row_for_each_moment(film: Path) -> None:
    two, three = draw_strip(film, "toy-0000", 2), draw_strip(film, "toy-0000", 6)
    assert (three.shape[0] + 8) * 2 == (two.shape[0] + 8) * 3
    assert two.shape[1] == three.shape[1] > 1120
    row = (three.shape[0] + 8) // 3
    assert np.array_equal(two[-row + 8 :], three[-row + 8 :])               # the last moment is the last
    assert not np.array_equal(three[: row - 8], three[row : 2 * row - 8])


@pytest.mark.parametrize("name", ["film.mp4", "film.avi"])
def test_a_video_plays_back_with_its_frames_size_and_rate(film: Path, tmp_path: Path, name: str) -> None:
    facts = save_video(film, "toy-0001", tmp_path / name)
    assert (facts.frames, facts.width) == (3, 1242)
    assert facts.rate_hz == pytest.approx(10.0)
    assert read_facts(tmp_path / name) == facts
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_video_shows_the_pictures_that_went_in(tmp_path: Path) -> None:
    greys = [40, 90, 140, 190]
    write_video(tmp_path / "greys.mp4", (np.full((91, 161, 3), grey, np.uint8) for grey in greys), 12.5)
    played = cv2.VideoCapture(str(tmp_path / "greys.mp4"))
    for grey in greys:
        there, picture = played.read()
        assert there and picture.shape == (90, 160, 3)                      # odd edges lose a row
        assert picture.mean() == pytest.approx(grey, abs=3)
    assert played.get(cv2.CAP_PROP_FPS) == pytest.approx(12.5, abs=0.01)


def test_a_video_that_cannot_be_written_leaves_what_is_there(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "film.mp4"
    target.write_bytes(b"an older one")
    monkeypatch.setitem(video.CODECS, ".mp4", "none")
    with pytest.raises(RequestError, match=r"opens no none encoder there; .*\.avi"):
        save_video(film, "toy-0000", target)
    assert target.read_bytes() == b"an older one"
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("name, words", [("film.mov", "MP4 or AVI"), ("nowhere/film.mp4", "there is no folder")])
def test_a_path_without_a_video_is_refused(film: Path, tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        save_video(film, "toy-0000", tmp_path / name)


def test_an_episode_whose_time_stands_still_has_no_rate(film: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(film, tmp_path / "film"))
    side = root / "training" / "objects" / "000002.json"
    side.write_text(side.read_text().replace('"time_s": 0.2', '"time_s": 0.0'))
    with pytest.raises(DatasetError, match="frame 000002 is not later than frame 000000"):
        save_video(root, "toy-0000", tmp_path / "film.mp4")


def test_a_strip_holds_pictures_of_two_sizes(film: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(film, tmp_path / "film"))
    path = root / "training" / "image_2" / "000001.png"
    cv2.imwrite(str(path), cv2.resize(cv2.imread(str(path)), (1242, 500)))
    heights = [draw_strip(film, "toy-0000", 1).shape[0], draw_grid(root, ["000001"]).shape[0]]
    strip = draw_strip(root, "toy-0000", 3)
    assert strip.shape[0] > 3 * heights[0] and strip.shape[1] > draw_strip(film, "toy-0000", 3).shape[1]
