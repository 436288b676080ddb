"""An OpenDRIVE file is looked into before any simulator is started for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgen.errors import ScenarioError
from simgen.scenario import load_scenario


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<OpenDRIVE><road/>", "is not XML"),
        (b"<osm/>", "is not an OpenDRIVE file: its root is <osm>"),
        (b"<OpenDRIVE/>", "holds no <road>"),
        ("<OpenDRIVE><road name='Straße'/></OpenDRIVE>".encode("latin-1"), "is not UTF-8 text; save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_road_network_is_one_sentence(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "mine.xodr").write_bytes(content)
    scenario = tmp_path / "s.yaml"
    scenario.write_text("name: s\nmap: mine.xodr\nego: {speed: 5 m/s}\n")
    with pytest.raises(ScenarioError, match=r"s\.yaml:2:6: map: mine\.xodr " + sentence):
        load_scenario(scenario)
