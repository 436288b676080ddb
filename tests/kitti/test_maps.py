"""The maps that a dataset carries along."""

from __future__ import annotations

from pathlib import Path

from simgen.kitti.maps import location_of, write_map


def test_a_map_is_called_as_the_simulator_does_and_a_file_of_one_s_own_by_its_content() -> None:
    assert location_of({"xodr": None, "kind": "town"}, "Carla/Maps/Town03") == "Town03"
    assert location_of({"xodr": "roads/bend.xodr", "xodr_sha256": "0123456789ab"}, "OpenDriveMap") == "bend-01234567"


def test_a_map_is_stored_once(tmp_path: Path) -> None:
    write_map(tmp_path, "Town03", "<OpenDRIVE/>")
    write_map(tmp_path, "Town03", "something else")
    stored = {path.name: path.read_text() for path in (tmp_path / "maps").iterdir()}
    assert stored == {"Town03.xodr": "<OpenDRIVE/>"}
