"""Figures for Prometheus: what is counted, and that a Ray node exports it."""

from __future__ import annotations

import importlib.util
import json
import re
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from simgen.fleet.slot import Slot
from simgen.fleet.watch import metrics
from simgen.fleet.watch import progress as watching
from simgen.fleet.watch.metrics import RunMetrics, WorkerMetrics
from simgen.fleet.watch.progress import progress
from simgen.fleet.watch.state import RunState
from tests.fleet.watch.made_up import done, failed, job, joined, lost, recycled, start

A = Slot(0)
ROOT = Path(__file__).resolve().parents[3]


class Noted:
    """In the place of Ray's metrics: what was said to each, by name and label."""

    values: dict[str, list[float]]

    def __init__(self, name: str, text: str, *_: Any, **__: Any) -> None:
        assert name.startswith("simgen_") and text
        self._name = name

    def set_default_tags(self, tags: dict[str, str]) -> Noted:
        assert tags in ({"dataset": "deer"}, {"slot": "3"})
        return self

    def inc(self, value: float = 1.0, tags: dict[str, str] | None = None) -> None:
        key = " ".join([self._name, *(tags or {}).values()])
        Noted.values.setdefault(key, []).append(value)

    def set(self, value: float, tags: dict[str, str] | None = None) -> None:
        Noted.values[" ".join([self._name, *(tags or {}).values()])] = [value]

    observe = inc


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[float]]:
    Noted.values = {}
    for name in ("Counter", "Gauge", "Histogram"):
        monkeypatch.setattr(metrics, name, Noted)
    return Noted.values


def test_what_happens_is_counted_by_outcome_and_cause(noted: dict[str, list[float]]) -> None:
    counts = RunMetrics("deer")
    for event in (joined(A), start(job(0), A), done(job(0), A, 5.0), lost(job(1), A), lost(job(1), A, "content"),
                  failed(job(1), A), recycled(A), done(job(2), A, 0.0, frames=0)):
        counts.take(event)
    assert noted == {
        "simgen_episodes recorded": [1.0, 1.0], "simgen_episodes failed": [1.0], "simgen_frames": [10],
        "simgen_retries simulator": [1.0], "simgen_retries content": [1.0], "simgen_recycles": [1.0],
        "simgen_episode_seconds": [5.0], "simgen_frame_seconds": [0.5]}


def test_where_a_run_stands_is_shown_until_its_end(noted: dict[str, list[float]]) -> None:
    state = RunState(40, 0, 4, 0, 0.0)
    state.take(joined(A), 0.0)
    state.take(start(job(0), Slot(1)), 0.0)
    counts = RunMetrics("deer")
    counts.show(state.view(1.0))
    assert noted["simgen_slots recording"] == noted["simgen_slots starting"] == [1]
    assert noted["simgen_slots restarting"] == [0] and noted["simgen_episodes_left"] == [4]
    assert noted["simgen_seconds_left"] == [-1.0]
    counts.end(state.view(2.0))
    assert noted["simgen_slots recording"] == [0] and noted["simgen_seconds_left"] == [0.0]


def test_a_worker_counts_what_it_stores(noted: dict[str, list[float]]) -> None:
    worker = WorkerMetrics(3)
    worker.recorded(1000, 0.25, 2**30)
    worker.recorded(500, 0.5, None)
    assert noted == {"simgen_stored_bytes": [1000, 500], "simgen_tick_seconds": [0.25, 0.5],
                     "simgen_simulator_rss_bytes": [2**30]}


def test_readme_and_dashboard_speak_of_the_figures_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    names = set()

    def named(ending: str) -> Any:
        class Named(Noted):
            def __init__(self, name: str, *_: Any, **__: Any) -> None:
                names.add(f"ray_{name}{ending}")
        return Named

    for kind, ending in (("Counter", "_total"), ("Gauge", ""), ("Histogram", "")):
        monkeypatch.setattr(metrics, kind, named(ending))
    RunMetrics("deer")
    WorkerMetrics(3)
    told = re.findall(r"ray_simgen_[a-z_]+", (ROOT / "simgen" / "fleet" / "README.md").read_text(encoding="utf-8"))
    assert set(told) == names
    dashboard = json.loads((ROOT / "docker" / "grafana.json").read_text(encoding="utf-8"))
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    assert {name.removesuffix("_bucket") for name in re.findall(r"ray_simgen_[a-z_]+", asked)} == names


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("prometheus_client") is None,
                    reason="Ray's agent needs ray[default] to export metrics")
def test_a_ray_node_exports_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    for name, value in (("RAY_AUTH_MODE", "disabled"), ("RAY_metrics_report_interval_ms", "1000")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(watching, "RECORD_EVERY_S", 0.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with progress(tmp_path / "deer", 20, 0, episodes=2) as tell:
        ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False,
                 object_store_memory=100 * 2**20, _metrics_export_port=port)
        try:
            for event in (joined(A), start(job(0), A), lost(job(0), A), start(job(0), A), done(job(0), A)):
                tell(event)
            assert exported(port, "ray_simgen_frames_total") == 10.0
            assert exported(port, 'state="ready"') == 1.0
        finally:
            ray.shutdown()


def exported(port: int, wanted: str) -> float:
    """The value of the first line with these words; waits for it."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
                lines = page.read().decode().splitlines()
        except (urllib.error.URLError, OSError):
            lines = []
        for line in lines:
            if wanted in line and not line.startswith("#") and 'dataset="deer"' in line:
                return float(line.split()[-1])
        time.sleep(1.0)
    raise AssertionError(f"{wanted} is not exported after 90 s")
