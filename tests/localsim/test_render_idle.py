"""What the renderer must not do while nobody asks it for a picture."""

from __future__ import annotations

import subprocess
import sys

from tests.whole.product import ROOT

PROGRAM = """
import gc, threading, time
import numpy as np
from simgen.localsim.render.embree import Device, InstanceScene, TriangleScene

rng = np.random.default_rng(0)
positions = rng.random((100_000, 3)).astype(np.float32)
triangles = rng.integers(0, len(positions), (100_000, 3)).astype(np.int32)

def build():
    device = Device()
    mesh = TriangleScene(device, positions, triangles)
    return InstanceScene(device, [(mesh, np.eye(4))])

first = build()
second = []
worker = threading.Thread(target=lambda: second.append(build()))     # as a server does when another map is loaded
worker.start()
worker.join()
del first
gc.collect()
before = time.process_time()
time.sleep(1.0)
print(time.process_time() - before)
"""


def test_a_second_scene_leaves_no_thread_spinning() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, text=True, capture_output=True, timeout=120, check=True
    )
    # It used to be one second of processor time in each second of sleep.
    assert float(done.stdout) < 0.3
