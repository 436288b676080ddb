"""slurm.sh on a pretended SLURM: who is started where, what a signal does, what is queued again, what is left behind.

The programs of SLURM, Ray and simgen are small scripts that write down how they were called; the shell script and the
signals are real.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docker.parsing import ray_takes

SCRIPT = Path(__file__).resolve().parents[2] / "docker" / "slurm.sh"
NOTE = '#!/bin/bash\nprintf "%s\\n" "$(basename "$0") $*" >> "$PRETENDED/calls"\n'
PROGRAMS = {
    "scontrol": NOTE + """
case "$*" in
    "show hostnames"*) printf "%s\\n" n1 n2 n3 ;;
    "show job"*) echo "JobId=7 JobState=$JOB_STATE Reason=None" ;;
esac
""",
    # A step is the command itself, on the node that was asked for.
    "srun": NOTE + """
for word in "$@"; do
    case "$word" in
        --nodelist=*) export SLURMD_NODENAME=${word#*=}; shift ;;
        --*) shift ;;
        *) break ;;
    esac
done
mkdir -p "$PRETENDED/steps"
echo $$ > "$PRETENDED/steps/$SLURMD_NODENAME"
RAY_TMPDIR=$RAY_TMPDIR/$SLURMD_NODENAME exec "$@"
""",
    "scancel": NOTE + """
case "$*" in
    *--batch*) kill -TERM "$(cat "$PRETENDED/batch")" ;;
    *--signal=28*) cat "$PRETENDED"/steps/* | xargs kill -28 ;;
esac
""",
    "ray": NOTE + """
if [[ $1 = health-check ]]; then
    [[ -z "$RAY_DIES" ]]; exit
fi
echo "$RAY_AUTH_MODE $RAY_AUTH_TOKEN" >> "$PRETENDED/tokens"
[[ -z "$RAY_DIES" ]] || exit 1
trap 'echo "left $SLURMD_NODENAME" >> "$PRETENDED/calls"; exit 0' TERM
echo "joined $SLURMD_NODENAME" >> "$PRETENDED/calls"
sleep 60 &
wait
kill $!
""",
    "simgen": NOTE + """
echo "$RAY_ADDRESS $RAY_AUTH_MODE" > "$PRETENDED/driver"
trap 'echo "simgen was asked to end" >> "$PRETENDED/calls"; exit 130' TERM
echo "driver is ready" >> "$PRETENDED/calls"
until [[ $(grep -c ^joined "$PRETENDED/calls") -eq 3 ]]; do sleep 0.1; done
[[ -n "$SIMGEN_EXIT" ]] && exit "$SIMGEN_EXIT"
sleep 60 &
wait
""",
    "apptainer": NOTE + """
while [[ $1 != *.sif ]]; do shift; done
shift 2                      # the image, and its entry point
exec "$@"
""",
}


class Job:
    """One pretended job: its script runs, and what was called is in ``calls``."""

    def __init__(self, folder: Path, *words: str, **environment: str) -> None:
        self.folder = folder
        programs = folder / "bin"
        programs.mkdir()
        for name, text in PROGRAMS.items():
            (programs / name).write_text(text, encoding="utf-8")
            (programs / name).chmod(0o755)
        known = {
            "PATH": f"{programs}:/usr/bin:/bin", "PRETENDED": str(folder), "SLURM_JOB_ID": "7", "JOB_STATE": "RUNNING",
            "SLURM_JOB_NODELIST": "n[1-3]", "SLURMD_NODENAME": "n1", "SLURM_CPUS_ON_NODE": "16", "RAY_DIES": "",
            "SLURM_SUBMIT_DIR": str(folder), "SIMGEN_EXIT": "", "SIMGEN_HEAD": "10.0.0.1", "SIMGEN_TMPDIR": str(folder),
        }
        with (folder / "said").open("w") as said:
            self.process = subprocess.Popen(["bash", SCRIPT, *words], env=known | environment, cwd=folder, stderr=said)
        (folder / "batch").write_text(str(self.process.pid), encoding="utf-8")

    def calls(self, beginning: str) -> list[str]:
        path = self.folder / "calls"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [line for line in lines if line.startswith(beginning)]

    def wait_for(self, beginning: str, number: int = 1) -> None:
        deadline = time.monotonic() + 60
        while len(self.calls(beginning)) < number:
            assert time.monotonic() < deadline and self.process.poll() is None, self.said()
            time.sleep(0.05)

    def end(self) -> str:
        """What it said; its status is in ``process.returncode``."""
        self.process.wait(timeout=60)
        return self.said()

    def said(self) -> str:
        return (self.folder / "said").read_text(encoding="utf-8")


@pytest.fixture
def submit(tmp_path: Path) -> Callable[..., Job]:
    return lambda *words, **environment: Job(tmp_path, *words, **environment)


WORDS = ("scenarios/weather", "--episodes", "40", "--out", "/shared/a folder")


def test_a_ray_node_on_each_node_and_the_driver_with_the_words_that_were_given(submit: Callable[..., Job]) -> None:
    job = submit(*WORDS, SIMGEN_EXIT="0")
    said = job.end()
    assert job.process.returncode == 0, said
    assert job.calls("simgen") == ["simgen run scenarios/weather --episodes 40 --out /shared/a folder"]
    assert (job.folder / "driver").read_text() == "10.0.0.1:6407 token\n"
    starts = job.calls("ray start")
    assert [("--head" in line, "--address 10.0.0.1:6407" in line) for line in starts].count((True, False)) == 1
    assert [("--head" in line, "--address 10.0.0.1:6407" in line) for line in starts].count((False, True)) == 2
    assert {path.name for path in (job.folder / "steps").iterdir()} == {"n1", "n2", "n3"}
    assert job.calls("scontrol requeue") == []


def test_ray_knows_every_option_and_asks_for_one_secret(submit: Callable[..., Job]) -> None:
    job = submit(*WORDS, SIMGEN_EXIT="0", SLURM_GPUS_ON_NODE="4", SIMGEN_SERVERS_PER_GPU="2")
    assert job.end() and job.process.returncode == 0
    for line in job.calls("ray start"):
        before, after = line.removeprefix("ray ").split(' --resources ')
        resources, rest = after.split("} ")
        ray_takes([*before.split(), "--resources", resources + "}", *rest.split()])
        assert json.loads(resources + "}") == {"carla_slot": 8}
        assert "--num-gpus 4" in before and "--num-cpus 16" in before
    tokens = set((job.folder / "tokens").read_text().splitlines())
    assert len(tokens) == 1 and len(tokens.pop().removeprefix("token ")) == 64


@pytest.mark.parametrize("status", [1, 2, 3])
def test_the_driver_s_exit_status_is_the_job_s_and_is_not_tried_again(submit: Callable[..., Job], status: int) -> None:
    job = submit(*WORDS, SIMGEN_EXIT=str(status))
    assert f"simgen ended with {status}" in job.end()
    assert job.process.returncode == status
    assert job.calls("scontrol requeue") == []


def test_when_time_is_up_the_driver_leaves_in_order_before_ray_does_and_the_job_is_queued_again(
    submit: Callable[..., Job],
) -> None:
    job = submit(*WORDS)
    job.wait_for("driver is ready")
    job.process.send_signal(signal.SIGTERM)
    assert "queued again, to continue" in job.end()
    order = [line for line in job.calls("") if line.startswith(("simgen was", "left", "scontrol requeue"))]
    assert order[0] == "simgen was asked to end" and order[-1] == "scontrol requeue 7"
    assert sorted(order[1:-1]) == ["left n1", "left n2", "left n3"]


def test_a_signal_that_only_the_nodes_get_reaches_the_driver(submit: Callable[..., Job]) -> None:
    """As when a job is preempted with a grace time."""
    job = submit(*WORDS)
    job.wait_for("driver is ready")
    job.wait_for("joined", 3)
    node = int((job.folder / "steps" / "n2").read_text())
    subprocess.run(["kill", "-TERM", str(node)], check=True)
    job.end()
    assert "simgen was asked to end" in job.calls("simgen")
    assert job.calls("scontrol requeue") == ["scontrol requeue 7"]


def test_signal_upon_signal_does_not_hurry_the_driver(submit: Callable[..., Job]) -> None:
    job = submit(*WORDS)
    job.wait_for("driver is ready")
    for _ in range(3):
        job.process.send_signal(signal.SIGTERM)
        time.sleep(0.05)
    assert "simgen ended with 130" in job.end()
    assert job.calls("scontrol requeue") == ["scontrol requeue 7"]


def test_a_job_that_was_cancelled_is_not_queued_again(submit: Callable[..., Job]) -> None:
    job = submit(*WORDS, JOB_STATE="CANCELLED")
    job.wait_for("driver is ready")
    job.process.send_signal(signal.SIGTERM)
    assert "not queued again" in job.end()
    assert job.calls("scontrol requeue") == []


def test_nothing_of_ray_is_left_on_a_node_s_disk(submit: Callable[..., Job]) -> None:
    job = submit(*WORDS, SIMGEN_EXIT="0")
    job.end()
    assert list((job.folder / "simgen-job-7").iterdir()) == []


def test_a_head_that_does_not_start_ends_the_job_with_a_sentence(submit: Callable[..., Job]) -> None:
    job = submit(*WORDS, RAY_DIES="yes")
    assert "Ray's head ended on n1: see above" in job.end()
    assert job.process.returncode == 3
    assert job.calls("simgen") == []


def test_an_image_is_entered_for_every_program(submit: Callable[..., Job]) -> None:
    job = submit(*WORDS, SIMGEN_EXIT="0", SIMGEN_IMAGE="/shared/simgen.sif", SLURM_GPUS_ON_NODE="1",
                 SIMGEN_BIND="/shared,/scratch")
    job.end()
    assert job.process.returncode == 0
    entered = job.calls("apptainer exec --nv --bind /shared,/scratch --pwd")
    assert len(entered) == len(job.calls("apptainer")) >= 5
    assert all("/shared/simgen.sif simgen-entrypoint" in line for line in entered)


@pytest.mark.parametrize(("words", "environment", "sentence"), [
    ((), {}, "nothing is asked: sbatch docker/slurm.sh"),
    (WORDS, {"SLURM_JOB_ID": ""}, "slurm.sh: submit it: sbatch docker/slurm.sh"),
])
def test_a_wrong_call_is_one_sentence(submit: Callable[..., Job], words: tuple[str, ...], environment: dict[str, str],
                                      sentence: str) -> None:
    job = submit(*words, **environment)
    assert sentence in job.end()
    assert job.process.returncode == 2
    assert job.calls("") == []
