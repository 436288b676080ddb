"""How a request becomes slots, and what counts as recorded."""

from __future__ import annotations

import json
import signal
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simgen.capture.session import Endpoint
from simgen.errors import RequestError, SimulatorLost
from simgen.fleet import device, run
from simgen.fleet.driver import Job
from simgen.fleet.ledger import Ledger
from simgen.fleet.run import Summary, further_slots, note_long_ids, signals_noted, vanished
from simgen.fleet.slot import Slot
from simgen.fleet.slots import GpuWish, require_reachable, slots_for
from simgen.fleet.watch.frames import FramesOnDisk
from simgen.fleet.worker import Outcome
from simgen.kitti.growth import different_keys
from simgen.kitti.layout import FileEntry
from simgen.kitti.manifest import DatasetRequest
from simgen.kitti.records import EpisodeRecord, SimulatorInfo
from simgen.scenario import load_scenario, make_plans
from simgen.scenario.library import library
from simgen.scenario.plan import OutputPlan, SplitPlan
from simgen.store import LocalStore, Output, Recorded


def endpoints(simulators: list[str], workers: int | None) -> list[str]:
    return [str(slot.endpoint or "local") for slot in slots_for(simulators, workers)]


def test_workers_are_built_in_simulators_unless_servers_are_named() -> None:
    assert endpoints(["local"], 3) == ["local"] * 3
    assert endpoints(["a:2000", "b:2000"], None) == ["a:2000", "b:2000"]
    assert endpoints(["a:2000", "b:2000"], 1) == ["a:2000"]
    assert endpoints(["a:2000", "local"], 3) == ["a:2000", "local", "local"]
    assert endpoints(["local", "local"], None) == ["local", "local"]


def test_more_workers_than_servers_are_refused() -> None:
    with pytest.raises(RequestError, match="--workers 3: there is 1 simulator;"):
        slots_for(["a:2000"], 3)


def test_one_server_cannot_be_named_twice() -> None:
    with pytest.raises(RequestError, match="given twice"):
        slots_for(["a:2000", "a:2000"], None)


def test_on_a_cluster_a_carla_server_takes_its_share_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    carla = slots_for(["carla:/opt/carla"], 2)
    monkeypatch.setattr(run, "machines", lambda: [{"CPU": 8.0, "GPU": 2.0}])
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert run._need(carla, GpuWish(servers_per_gpu=2)) is None             # the launcher spreads them
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    need = run._need(carla, GpuWish(servers_per_gpu=2))
    assert need is not None and need.gpus == 0.5
    assert run._need(slots_for(["local"], 2), None) is None


def test_a_quality_goes_to_the_simulators_we_start_and_is_refused_for_others() -> None:
    assert {slot.quality for slot in slots_for(["local"], 2, "fast")} == {"fast"}
    assert {slot.quality for slot in slots_for(["local"], 2)} == {"standard"}
    for simulators in (["gpu1:2000"], ["local", "gpu1:2000"]):
        with pytest.raises(RequestError, match=r"--quality fast: only the built-in simulator has .*, and gpu1:2000"):
            slots_for(simulators, None, "fast")


def test_a_device_goes_to_the_simulators_we_start_and_is_refused_for_others() -> None:
    assert {slot.device for slot in slots_for(["local"], 2, device="cuda")} == {"cuda"}
    assert {slot.device for slot in slots_for(["local"], 2)} == {"cpu"}
    with pytest.raises(RequestError, match=r"--device cuda: only the built-in simulator works .*, and gpu1:2000 has"):
        slots_for(["local", "gpu1:2000"], None, device="cuda")


class Looked:
    """Stands in for the process that looks at the GPU."""

    def __init__(self, code: int, said: str, complained: str = "") -> None:
        self.returncode, self.stdout, self.stderr, self.asked = code, said, complained, list[list[str]]()

    def __call__(self, command: list[str], **options: Any) -> Looked:
        self.asked.append(command)
        return self


def test_without_a_driver_nobody_looks_for_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_DRIVERS", ("no-such-driver.so",))
    monkeypatch.setattr("simgen.fleet.device.subprocess.run", looked := Looked(1, ""))
    assert device.settled_device("auto") == ("cpu", None) == device.settled_device("cpu")
    assert looked.asked == []


@pytest.mark.parametrize(("code", "said", "complained", "settled"), [
    (0, '{"device": "cuda", "why": null}\n', "", ("cuda", None)),
    (0, 'Warp 1.19\n{"device": "cpu", "why": "the GPU is not trusted"}\n', "", ("cpu", "the GPU is not trusted")),
    (-11, "", "some line\nit crashed", ("cpu", "it crashed")), (1, "", "", ("cpu", "it said nothing"))])
def test_with_a_driver_a_process_of_its_own_looks_at_the_gpu(
    monkeypatch: pytest.MonkeyPatch, code: int, said: str, complained: str, settled: tuple[str, str | None],
) -> None:
    monkeypatch.setattr(device, "_driver_is_there", lambda: True)
    monkeypatch.setattr("simgen.fleet.device.subprocess.run", looked := Looked(code, said, complained))
    assert device.settled_device("auto") == settled
    assert looked.asked[0][1:] == ["-m", "simgen.localsim.which_device", "--device", "auto"]


def test_a_gpu_that_was_asked_for_and_is_not_there_is_a_wrong_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")      # here or anywhere
    with pytest.raises(RequestError, match=r"^--device cuda: there is no NVIDIA GPU"):
        device.settled_device("cuda")


def test_a_dataset_that_was_begun_on_a_processor_goes_on_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "settled_device", lambda asked: ("cuda", None))
    store = LocalStore(tmp_path)
    assert run._settled(None, store) == "cuda"
    (tmp_path / "episodes").mkdir()
    (tmp_path / "episodes/deer-0000.json").touch()
    (tmp_path / "dataset.json").write_text(DatasetRequest(7, (), (), (), quality="fast").to_text())
    assert run._settled(None, store) == "cpu"
    assert run._settled("auto", store) == "cuda"        # who asks is told that it differs


def test_a_server_that_does_not_listen_is_named_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))            # bound but not listening: connections are refused
        port = taken.getsockname()[1]
        with pytest.raises(SimulatorLost, match=f"127.0.0.1:{port}: nothing answers there"):
            require_reachable([Slot(0, Endpoint("127.0.0.1", port))])


def test_signals_are_counted_while_somebody_notes_them() -> None:
    with signals_noted() as asked:
        assert asked.count() == 0 and not asked.is_set()
        signal.raise_signal(signal.SIGINT)
        assert asked.count() == 1 and asked.is_set()
        signal.raise_signal(signal.SIGTERM)
        assert asked.count() == 2


def test_who_gets_frame_ids_of_seven_digits_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    note_long_ids(1_000_000)
    assert capsys.readouterr().err == ""
    note_long_ids(1_000_001)
    assert capsys.readouterr().err.startswith("note: of the 1000001 frames those from 1000000 on have ids of seven")


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RequestError, match="not empty and holds no dataset"):
        LocalStore(tmp_path).refuse_foreign()
    with pytest.raises(RequestError, match="this is a file"):
        LocalStore(tmp_path / "thesis.tex").refuse_foreign()
    LocalStore(tmp_path / "new").refuse_foreign()


def test_two_runs_cannot_write_to_one_folder(tmp_path: Path) -> None:
    one, other = LocalStore(tmp_path), LocalStore(tmp_path)
    with one.sole_writer(), pytest.raises(RequestError, match="another simgen run"), other.sole_writer():
        pass
    with other.sole_writer():
        pass


def recorded(episode: str, path: str) -> Recorded:
    """An episode of one file."""
    frames = (path.rpartition("/")[2].partition(".")[0],)
    return Recorded.of(EpisodeRecord(episode, "", {}, {}, frames, (), {}, {path: FileEntry("", 0)},
                                     SimulatorInfo("simgen", "", ""), ""))


def test_only_files_of_unfinished_episodes_are_swept_away(tmp_path: Path) -> None:
    kept, lost, partial, notes = (
        tmp_path / "training/label_2" / name
        for name in ("000000.txt", "000001.txt", "000002.txt.partial", "notes.md")
    )
    kept.parent.mkdir(parents=True)
    for path in (kept, lost, partial, notes):
        path.touch()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "worker-0.log").touch()
    assert LocalStore(tmp_path).sweep({"s-0000": recorded("s-0000", "training/label_2/000000.txt")}) == 2
    assert sorted(path.name for path in kept.parent.iterdir()) == ["000000.txt", "notes.md"]
    assert (tmp_path / "logs" / "worker-0.log").exists()


def test_the_test_set_is_swept_and_counted_in_its_own_folders(tmp_path: Path) -> None:
    plan = replace(
        make_plans([load_scenario(library()["animals/deer_crossing"])], 1, 0)[0],
        output=OutputPlan(split=SplitPlan(train=0, val=0, test=1)))
    job = Job(plan, 5)
    assert job.testing and not Job(replace(plan, output=OutputPlan()), 5).testing
    assert dict(Ledger([plan]).sets) == {plan.name: "test"}
    for folder in ("testing/image_2", "testing_labels/objects", "testing_labels/depth_2", "training/semantic"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "testing_labels/objects/000005.json").touch()
    (tmp_path / "training/semantic/000005.png").touch()
    (tmp_path / "testing_labels/depth_2/000005.png").touch()
    (tmp_path / "testing/image_2/000005.png").touch()
    assert FramesOnDisk(tmp_path)(job, 0) == 1
    assert LocalStore(tmp_path).sweep({plan.name: recorded(plan.name, "testing/image_2/000005.png")}) == 3
    assert [path.name for path in tmp_path.rglob("*.*")] == ["000005.png"]


def test_a_dataset_of_several_simulators_is_not_silent_about_it(tmp_path: Path) -> None:
    def lines(*simulators: str) -> str:
        return "\n".join(Summary(
            str(tmp_path), 2, 40, 100, 2, 60.0, (), "000010", simulators, tmp_path / "logs").lines())

    assert "different simulators: CARLA 0.9.16, simgen 0.1.0" in lines("CARLA 0.9.16", "simgen 0.1.0")
    assert "different simulators" not in lines("simgen 0.1.0")
    assert lines("simgen 0.1.0").splitlines()[-1].startswith(f"Look: simgen show {tmp_path} 000010")


def test_a_summary_does_not_propose_to_show_tars(tmp_path: Path) -> None:
    done = Summary(str(tmp_path), 2, 40, 100, 2, 60.0, (), "000010", ("simgen 0.1.0",), tmp_path / "logs", shards=True)
    last = list(done.lines())[-1]
    assert "simgen show" not in last and last.endswith(f"simgen merge {tmp_path} --out LOOSE")


def test_a_summary_names_what_failed_and_where_more_is_known(tmp_path: Path) -> None:
    failed = tuple(Outcome(f"s-{number:04d}", 0, 0, 0.0, "content", "no crosswalk") for number in range(30))
    one = Summary(str(tmp_path), 2, 40, 100, 2, 60.0, failed, "000010", ("simgen 0.1.0",), tmp_path / "logs")
    lines = list(one.lines())
    assert lines[1] == "  failed: s-0000: no crosswalk" and sum("failed: s-" in line for line in lines) == 20
    assert lines[-3:-1] == ["  … and 10 more: simgen status tells of them",
                            f"  what is known of each: {tmp_path}/logs/failures"]
    assert lines[-1].startswith("Run the same command again to try just these 30, or: simgen retry ")


def test_a_plan_that_was_recorded_differs_from_another_only_where_it_does() -> None:
    """Records are JSON, in which tuples are lists."""
    recorded = make_plans([load_scenario(library()["animals/deer_crossing"])], 1, 0)[0]
    before = json.loads(json.dumps(recorded.to_json()))
    split = replace(recorded, output=OutputPlan(split=SplitPlan(train=1, val=1, test=0)))
    assert different_keys(before, Ledger([recorded]).plan_json(recorded.name) or {}) == []
    assert different_keys(before, Ledger([split]).plan_json(recorded.name) or {}) == ["output.split"]
    assert Ledger([recorded]).plan_json("nobody-0000") is None


def test_a_value_that_no_simulator_would_start_with_is_refused_before_any_is_started(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMGEN_PORTABLE", "yes")
    with pytest.raises(RequestError, match="SIMGEN_PORTABLE is 'yes': set it to 1"):
        device.settled_device("cpu")


def test_what_was_told_as_recorded_and_is_not_there_has_failed() -> None:
    failed = [Outcome("s-0001", 0, 0, 0.0, "content", "no crosswalk")]
    (lost,) = vanished(["s-0000", "s-0001", "s-0002"], {"s-0000"}, failed)
    assert (lost.episode, lost.cause) == ("s-0002", "storage") and "not all there" in lost.message


def test_on_a_cluster_all_workers_start_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    more = further_slots([Slot(0), Slot(1)], None)
    assert more is not None and more(7) == Slot(7)
    with pytest.raises(RequestError, match="all start the same"):
        further_slots([Slot(0), Slot(1, quality="labels")], None)
    assert further_slots([Slot(0), Slot(1, quality="labels")], 2) is None


def test_a_scratch_folder_that_cannot_be_is_refused_before_anything_is_rendered(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    scratch = tmp_path / "file"
    for out in (Output(str(tmp_path / "out"), scratch, shards=True), Output("s3://bucket/run", scratch)):
        with pytest.raises(RequestError, match=r"--scratch .*file: cannot be written"):
            out.require_scratch()
    Output(str(tmp_path / "out"), tmp_path / "file").require_scratch()      # nothing goes by it
