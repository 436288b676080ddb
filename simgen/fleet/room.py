"""How many workers a cluster has room for: pure, from what its machines offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CARLA_SLOT = "carla_slot"            # what whoever starts Ray on a machine declares: so many servers fit on it
CPU, GPU = "CPU", "GPU"


@dataclass(frozen=True, slots=True)
class Need:
    """What one worker takes of a machine: processors, graphics cards, and resources of the cluster's own naming."""

    cpus: float = 1.0
    gpus: float = 0.0
    resources: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        words = {CPU: self.cpus, GPU: self.gpus, **self.resources}
        return " and ".join(f"{amount:g} {name}" for name, amount in words.items() if amount)

    def fit_on(self, offers: Mapping[str, float]) -> int:
        """How many workers fit on a machine with these resources."""
        wants = {CPU: self.cpus, GPU: self.gpus, **self.resources}
        return int(min(offers.get(name, 0.0) / amount + 1e-6 for name, amount in wants.items() if amount > 0))


def carla_need(machines: Iterable[Mapping[str, float]], servers_per_gpu: int) -> Need:
    """Of a worker that starts a CARLA server: one ``carla_slot`` where any machine declares some, else its share of a
    graphics card. A slot takes its share of the machine's cards along, so that Ray says which of them is whose."""
    declared = [offers for offers in machines if offers.get(CARLA_SLOT)]
    if declared:
        return Need(gpus=min(_share(offers.get(GPU, 0.0), offers[CARLA_SLOT]) for offers in declared),
                    resources={CARLA_SLOT: 1.0})
    return Need(gpus=_share(1.0, servers_per_gpu))


def _share(gpus: float, servers: float) -> float:
    """Of a card for each server, as Ray counts them: at most a whole one, and of four decimals."""
    return min(1.0, int(1e4 * gpus / servers) / 1e4)


def room_for(need: Need, machines: Iterable[Mapping[str, float]]) -> int:
    """How many workers fit on all machines together."""
    return sum(need.fit_on(offers) for offers in machines)
