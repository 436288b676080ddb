"""Roads without a simulator: maps of which only the OpenDRIVE text is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from simgen.capture.maps import choose_maps
from simgen.capture.road import CarlaRoad, road_from_xodr
from simgen.errors import RequestError
from simgen.scenario.plan import EpisodePlan


class OfflineMaps:
    """Maps by name, made into roads when they are first asked for."""

    def __init__(self, texts: Mapping[str, Callable[[], str]]) -> None:
        self._texts, self._roads = dict(texts), dict[str, CarlaRoad]()

    def roads_for(self, plan: EpisodePlan) -> Iterator[CarlaRoad]:
        """The maps that may fulfil a plan's road wish, the first to try first; an OpenDRIVE file goes by its path.

        Raises RequestError if there is no such map.
        """
        if plan.road.xodr is not None:
            return iter([self.road(plan.road.xodr)])
        try:
            names = choose_maps(plan.road, list(self._texts))
        except RequestError as error:
            raise RequestError(f"{plan.name}: {error}; without a simulator, give that map's file with --map") from None
        return (self.road(name) for name in names)

    def road(self, name: str) -> CarlaRoad:
        """Raises RequestError if its text cannot be read."""
        if name not in self._roads:
            self._roads[name] = road_from_xodr(name, self._texts[name]())
        return self._roads[name]
