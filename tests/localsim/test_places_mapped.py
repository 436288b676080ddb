"""Arrays that are mapped from a file instead of read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from simgen.localsim.places import mapped

SEVERAL = {
    "a": np.arange(12, dtype=np.float32).reshape(4, 3), "mesh//b": np.array([], dtype=np.int32),
    "names": np.array(["oak", "birch:bare"]), "one": np.float64(2.5) * np.ones(()),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "arrays.npz"
    with path.open("wb") as stream:
        mapped.save(stream, SEVERAL)
    return path


def test_arrays_come_back_as_they_were_written_and_cannot_be_changed(file: Path) -> None:
    back = mapped.load(file)
    assert list(back) == list(SEVERAL)
    for name, array in SEVERAL.items():
        assert back[name].dtype == array.dtype and back[name].shape == array.shape
        np.testing.assert_array_equal(back[name], array)
    with pytest.raises(ValueError, match="read-only"):
        back["a"][0, 0] = 1.0


def test_numpy_reads_the_same_file(file: Path) -> None:
    with np.load(file, allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["a"], SEVERAL["a"])
        assert stored["names"].tolist() == ["oak", "birch:bare"]


def test_every_array_begins_at_a_multiple_of_64_bytes_and_16_more_can_be_read(file: Path) -> None:
    for array in mapped.load(file).values():
        whole = array.base
        assert isinstance(whole, np.ndarray)
        assert array.ctypes.data % 64 == 0
        assert array.ctypes.data + array.nbytes + 16 <= whole.ctypes.data + whole.nbytes


@settings(max_examples=20, deadline=None)
@given(array=arrays_of.arrays(np.float32, st.tuples(st.integers(0, 40), st.integers(1, 4)),
                              elements=st.floats(width=32, allow_nan=False)))
def test_any_array_survives(array: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "x.npz"
    with path.open("wb") as stream:
        mapped.save(stream, {"x": array})
    np.testing.assert_array_equal(mapped.load(path)["x"], array)


def test_an_array_that_rests_is_read_from_the_file_again(tmp_path: Path) -> None:
    large = np.arange(100_000, dtype=np.int32)
    path = tmp_path / "large.npz"
    with path.open("wb") as stream:
        mapped.save(stream, {"large": large, "small": SEVERAL["a"]})
    back = mapped.load(path)
    for array in (back["large"], back["large"][5:], SEVERAL["a"]):
        mapped.rest(array)
    np.testing.assert_array_equal(back["large"], large)
    np.testing.assert_array_equal(back["small"], SEVERAL["a"])


def test_a_file_that_was_cut_or_compressed_is_refused(file: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.npz"
    short.write_bytes(file.read_bytes()[:-30])
    with pytest.raises((ValueError, zipfile.BadZipFile)):
        mapped.load(short)
    np.savez_compressed(tmp_path / "dense.npz", a=SEVERAL["a"])
    with pytest.raises(ValueError, match="compressed"):
        mapped.load(tmp_path / "dense.npz")


def test_a_file_with_a_changed_byte_is_refused(file: Path, tmp_path: Path) -> None:
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        last = archive.infolist()[-1]
        content[content.index(archive.read(last)) + last.file_size - 1] ^= 0x40
    (tmp_path / "changed.npz").write_bytes(content)
    with pytest.raises(ValueError, match="is damaged"):
        mapped.load(tmp_path / "changed.npz")
