"""A Ray cluster whose nodes are processes of this machine: they can be killed, all of one at once, and join anew."""

from __future__ import annotations

import os
from typing import Any

from ray.cluster_utils import Cluster

from tests.chaos.processes import descendants, kill

_MEMORY_BYTES = 80 * 2**20           # of each node's object store; only outcomes travel through it


class Nodes:
    """``count`` nodes of one CPU each; the first one is the head, whom everybody needs."""

    def __init__(self, count: int) -> None:
        self._cluster = Cluster()
        for _ in range(count):
            self.join()

    @property
    def address(self) -> str:
        """What goes into RAY_ADDRESS."""
        return str(self._cluster.address)

    @property
    def others(self) -> int:
        """How many there are beside the head."""
        return len(self._cluster.worker_nodes)

    def join(self) -> None:
        """One more node."""
        self._cluster.add_node(
            num_cpus=1, num_gpus=0, resources={"carla_slot": 1}, object_store_memory=_MEMORY_BYTES,
            include_dashboard=False, include_log_monitor=False, dashboard_agent_listen_port=0,
            temp_dir=os.environ["RAY_TMPDIR"])

    def pids(self) -> list[int]:
        """Of what we started ourselves for the nodes."""
        return sorted(pid for node in self._cluster.list_all_nodes() for pid in _own_pids(node))

    def kill_one(self, choice: float) -> str:
        """A power cut: everything of a node that is not the head dies at once. choice: 0…1, which one. Says which."""
        nodes = sorted(self._cluster.worker_nodes, key=lambda node: min(_own_pids(node)))
        node = nodes[int(choice * len(nodes))]
        own = _own_pids(node)
        everybody = [*own, *(one.pid for pid in own for one in descendants(pid))]
        kill(everybody)
        node.kill_all_processes(check_alive=False, allow_graceful=False, wait=True)     # it may forget them now
        self._cluster.worker_nodes.remove(node)
        return f"{len(everybody)} processes of raylet {min(own)}"

    def close(self) -> None:
        """End all nodes."""
        self._cluster.shutdown()


def _own_pids(node: Any) -> list[int]:
    return [started.process.pid for kind in node.all_processes.values() for started in kind]
