"""One scenario out of several files and the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgen.errors import RequestError
from simgen.scenario import Scenario, ScenarioMistakes, library, load_scenario
from simgen.scenario.document import Node, Scalar, Sequence, read_text
from simgen.scenario.merge import merge
from simgen.scenario.mistakes import MistakeLog, Where

BASE = """name: base
description: The base.
road: {kind: rural, lanes: 2}
weather: HardRainNoon
ego: {speed: {uniform: [40 km/h, 60 km/h]}, color: red}
actors:
  - {role: deer, animal: roe_deer, place: {ahead: 40 m, off_road: 2 m, side: right}, do: cross}
  - {role: van, vehicle: van, place: {ahead: 60 m, lane: ego}}
tags: [one, two]
"""


def files(folder: Path, **texts: str) -> Path:
    """Files by name; the path of the last."""
    path = folder
    for name, text in texts.items():
        path = folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
    return path


def mistakes(path: Path, *overrides: str) -> list[str]:
    with pytest.raises(ScenarioMistakes) as caught:
        load_scenario(path, overrides)
    return str(caught.value).splitlines()


def fixed(scenario: Scenario, path: str) -> object:
    (outcome,) = scenario.values[path].outcomes()
    return outcome


def plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.entries.items()}


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ("{a: 1, b: 2}", "{b: 3, c: 4}", {"a": 1, "b": 3, "c": 4}),
        ("{a: {b: 1, c: 2}}", "{a: {c: 3}}", {"a": {"b": 1, "c": 3}}),
        ("{a: [1, 2]}", "{a: [3]}", {"a": [3]}),
        ("{a: {uniform: [1, 2]}}", "{a: {normal: [1, 2]}}", {"a": {"normal": [1, 2]}}),
        ("{a: {b: 1}}", "{a: {choice: [1]}}", {"a": {"choice": [1]}}),
        ("{place: {ahead: 1, left: 2}}", "{place: {ahead: 3}}", {"place": {"ahead": 3}}),
        ("{do: {cross: {speed: 1}}}", "{do: {cross: {angle: 2}}}", {"do": {"cross": {"angle": 2}}}),
        ("{a: 1, b: 2}", "{a: ~}", {"b": 2}),
        ("{weather: ClearNoon}", "{weather: {rain: 1}}", {"weather": {"preset": "ClearNoon", "rain": 1}}),
        ("{weather: {rain: 1}}", "{weather: ClearNoon}", {"weather": "ClearNoon"}),
        ("{actors: [{role: a, x: 1}, {role: b}]}", "{actors: [{role: a, y: 2}, {role: c}]}",
         {"actors": [{"role": "a", "x": 1, "y": 2}, {"role": "b"}, {"role": "c"}]}),
        ("{actors: [{role: a}, {role: b}]}", "{actors: [{role: a, remove: true}]}", {"actors": [{"role": "b"}]}),
    ],
)
def test_what_merging_does(base: str, over: str, merged: object) -> None:
    trees = [read_text(text, MistakeLog("x"), Where("x")) for text in (base, over)]
    assert trees[0] is not None and trees[1] is not None
    assert plain(merge(trees[0], trees[1])) == merged


def test_a_scenario_extends_another(tmp_path: Path) -> None:
    path = files(tmp_path, base=BASE, night="""extends: base.yaml
name: night
time_of_day: night
ego: {speed: 30 km/h}
actors:
  - {role: van, remove: true}
  - {role: deer, do: {cross: {speed: 3 m/s}}}
  - {role: fox, animal: fox, place: {ahead: 50 m, off_road: 1 m, side: left}}
""")
    scenario = load_scenario(path)
    assert scenario.name == "night" and scenario.description == "The base."
    assert scenario.files == (path, tmp_path / "base.yaml")
    assert [actor.role for actor in scenario.model.actors] == ["deer", "fox"]
    assert fixed(scenario, "ego.color") == "red" and fixed(scenario, "actors.deer.do.cross.speed") == 3.0
    assert fixed(scenario, "weather.preset") == "HardRainNoon"


def test_included_parts_come_before_the_file_and_after_what_it_extends(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "wet.yaml").write_text("weather: {rain: 8 mm/h, wind: 3}\nego: {color: blue}\n")
    path = files(
        tmp_path, base=BASE, mine="name: mine\nextends: base.yaml\ninclude: parts/wet.yaml\nweather: {wind: 9}\n")
    scenario = load_scenario(path)
    assert fixed(scenario, "weather.rain") == 8.0 and fixed(scenario, "weather.wind") == 9.0
    assert fixed(scenario, "ego.color") == "blue" and fixed(scenario, "weather.preset") == "HardRainNoon"


def test_a_mistake_is_told_of_the_file_it_is_in(tmp_path: Path) -> None:
    base = BASE.replace("60 m, lane", "60 mm/h, lane")
    path = files(tmp_path, base=base, top="name: top\nextends: base.yaml\nlights: dim\n")
    assert mistakes(path) == [
        f"{path}:3:9: lights: expected one of auto, on, off, got 'dim'",
        f"{tmp_path / 'base.yaml'}:8:46: actors.van.place.ahead: '60 mm/h' is a rainfall; "
        "expected a length such as '30 m'",
    ]


def test_files_that_build_on_each_other_are_refused(tmp_path: Path) -> None:
    path = files(tmp_path, a="extends: b.yaml\n", b="include: [a.yaml]\n")
    assert mistakes(path) == [
        f"{tmp_path / 'a.yaml'}:1:10: extends: goes in a circle: b.yaml → a.yaml → b.yaml; "
        "a file cannot build on itself"]


def test_many_includes_of_includes_end(tmp_path: Path) -> None:
    texts = {f"p{number}": f"include: [p{number - 1}.yaml, p{number - 1}.yaml]\n" if number else "lights: on\n"
             for number in range(12)}
    assert "is file number 101" in mistakes(files(tmp_path, **texts))[0]


def test_paths_of_maps_start_from_the_file_they_are_written_in(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "my.xodr").write_text("<OpenDRIVE><road/></OpenDRIVE>")
    (tmp_path / "deep" / "base.yaml").write_text("map: my.xodr\nego: {speed: 1}\n")
    scenario = load_scenario(files(tmp_path, top="name: top\nextends: deep/base.yaml\n"))
    assert scenario.opendrive["my.xodr"].path == tmp_path / "deep" / "my.xodr"


@pytest.mark.parametrize(
    ("override", "path", "outcome"),
    [
        ("ego.speed=72 km/h", "ego.speed", 20.0),
        ("actors.deer.do.cross.speed=3 m/s", "actors.deer.do.cross.speed", 3.0),
        ("actors[1].place.ahead=70 m", "actors.van.place.ahead", 70.0),
        ("weather.rain=3 mm/h", "weather.rain", 3.0),
        ("capture.frames=7", "capture.frames", 7),
        ("weather=CloudyNoon", "weather.preset", "CloudyNoon"),
    ],
)
def test_the_command_line_has_the_last_word(tmp_path: Path, override: str, path: str, outcome: object) -> None:
    assert fixed(load_scenario(files(tmp_path, base=BASE), [override]), path) == outcome


def test_the_command_line_can_take_out_what_the_file_says(tmp_path: Path) -> None:
    scenario = load_scenario(files(tmp_path, base=BASE), ["ego.color=~", "actors.van.do={follow_road: {speed: 9}}"])
    assert scenario.model.ego.color is None and fixed(scenario, "actors.van.do.follow_road.speed") == 9.0


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("ego.speed", "--set ego.speed: expected key.path=value, such as --set ego.speed='50 km/h'"),
        ("ego.speed=fast", "--set ego.speed: expected a speed such as '50 km/h', got 'fast'"),
        ("ego.sped=5", "--set ego.sped: ego: unknown key 'sped' (did you mean 'speed'?)"),
        ("actors.dear.color=red", "--set actors.dear.color: no actor has the role 'dear' (did you mean 'deer'?)"),
        ("actors[7].color=red", "--set actors[7].color: actors has no entry [7]; the last is [1]"),
        ("ego.color.hue=3", "--set ego.color.hue: ego.color is 'red' here and has no key 'hue'"),
        ("ego..speed=5", "--set ego..speed: 'ego..speed' is no key path; write one such as ego.speed or "
                         "actors.deer.place.ahead"),
        ("tags.one=5", "--set tags.one: tags is a list; name an entry of it, such as tags[0]"),
        ("ego.speed={uniform: [1", "--set ego.speed: the file ends before a '{' or '[' is closed"),
    ],
)
def test_mistakes_of_the_command_line_are_named_after_it(tmp_path: Path, override: str, sentence: str) -> None:
    assert mistakes(files(tmp_path, base=BASE), override) == [sentence]


def test_scenarios_of_the_library_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    deer = library.library()["animals/deer_crossing"]
    for word in ("deer_crossing", "animals/deer_crossing", "animals/deer_crossing.yaml", str(deer)):
        assert library.find_scenario(word) == deer
    assert deer in library.find_scenarios("animals") and library.find_scenarios("deer_crossing") == [deer]
    with pytest.raises(RequestError, match=r"deer_crosing: no such file, .* \(did you mean 'deer_crossing'\?\)"):
        library.find_scenario("deer_crosing")
    assert library.find_scenario("nothing.yaml") == Path("nothing.yaml")


def test_folders_give_their_scenarios_but_not_their_parts(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "wet.yaml").write_text("weather: {rain: 8 mm/h}\n")
    path = files(tmp_path, base=BASE)
    assert library.find_scenarios(tmp_path) == [path]
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match="holds no scenario file"):
        library.find_scenarios(tmp_path / "empty")
