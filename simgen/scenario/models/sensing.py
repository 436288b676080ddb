"""``sensing``: what sensors make of the world that the simulator casts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema

from simgen.scenario.document import Entry, Sequence
from simgen.scenario.readers import Plain, one_of
from simgen.scenario.section import Problem, Section, key
from simgen.scenario.values import Reading, Refs, Schema, validator

LIDARS = ("measured", "clean")
RETURNS = ("strongest", "last", "dual")
SWEEPS = ("instant", "rolling", "untwisted")
KEPT = ("clean",)
CAMERAS = ("drawn", "photographed")


class KeepReader:
    """A list of what is stored besides; a single one may stand for the list."""

    _word = one_of(KEPT)
    what = f"a list of: {', '.join(KEPT)}"

    def read(self, entry: Entry, reading: Reading) -> tuple[str, ...]:
        items = entry.items() if isinstance(entry.node, Sequence) else (entry,)
        words = {Plain(self._word).read(item, reading) for item in items}
        return tuple(word for word in KEPT if word in words)

    def schema(self, refs: Refs) -> Schema:
        word = self._word.fixed_schema()
        return {"anyOf": [word, {"type": "array", "items": word}]}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return validator(self.read)


class SensingModel(Section):
    """What sensors make of the world: their own noise, and the weather."""

    lidar: Annotated[str, Plain(one_of(LIDARS, meanings={
        "perfect": "clean", "ideal": "clean", "real": "measured", "realistic": "measured"}))] = key(
        "`measured`: as the rig's device reports it: intensity by material, range noise, returns too weak to be seen, "
        "what rain, snow, fog and spray do; each point says what it comes from (`velodyne_cause`). `clean`: every "
        "beam that meets a surface, exactly there, in any weather", "measured")
    returns: Annotated[str, Plain(one_of(RETURNS, meanings={"first": "strongest", "both": "dual"}))] = key(
        "which returns of a beam are reported, of those that the device offers", "strongest")
    sweep: Annotated[str, Plain(one_of(SWEEPS, meanings={"frozen": "instant", "rolled": "rolling"}))] = key(
        "`instant`: all beams at the frame's moment. `rolling`: each at its own, as the head turns, in the sensor's "
        "axes at that moment. `untwisted`: the same with the car's own motion taken out, as in KITTI's files; what "
        "moves stays smeared", "instant")
    keep: Annotated[tuple[str, ...], KeepReader()] = key(
        "`clean`: the sweep before noise and weather is stored as well (`velodyne_clean`)", ())
    camera: Annotated[str, Plain(one_of(CAMERAS, meanings={"rendered": "drawn", "real": "photographed"}))] = key(
        "`drawn`: pictures as the simulator draws them. `photographed`: through lens, shutter and sensor of the rig's "
        "camera, rectified, so that calibration and labels hold as they are", "drawn")

    hints: ClassVar[dict[str, str]] = {
        "noise": "write 'lidar: measured', or 'lidar: clean' for none", "weather": "it is said under 'weather'; "
        "'lidar: clean' keeps it out of sweeps"}

    def problems(self) -> Iterator[Problem]:
        if self.lidar == "clean":
            for name in ("returns", "sweep", "keep"):
                if name in self.given:
                    yield name, "is about measured sweeps, and 'lidar: clean' asks for none; remove one of them"
