"""Room for pictures of one size. Every picture writes all it reads, so nothing stays from the one before."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

from simgen.localsim.render.device import Device
from simgen.localsim.render.kernels import compose, gbuffer, lamps
from simgen.localsim.render.raycast import Hits, Rays
from simgen.localsim.render.warp_runtime import wp

_GLARE_LEVELS = 5


class Grid:
    """A picture's pixels, or one in four of them: their surfaces, the rays that leave these, and what rays bring.

    What not every quality needs is made when first asked for: a picture's arrays are a fifth of a worker's memory.
    """

    def __init__(self, device: Device, width: int, height: int) -> None:
        self._zeros, self._device, self.size = device.zeros, device, (width, height)
        zeros = self._zeros
        self.count = count = width * height
        self.g = gbuffer.GBuffer()
        self.g.position, self.g.facet, self.g.normal = (zeros(count, wp.vec3) for _ in range(3))
        self.g.albedo, self.g.glow, self.g.through = zeros(count, wp.vec3), zeros(count, wp.vec3), zeros(count, float)
        self.g.gloss, self.g.pane = zeros(count, wp.vec4), zeros(count, wp.uint8)
        self.rays = Rays.allocate(device, width, height, picture=True, coherent=True)
        self.scattered = replace(self.rays, coherent=False)     # the same room, for rays that part
        tile = int(lamps.TILE)
        self.tiles_across = -(-width // tile)
        self.tiles = self.tiles_across * -(-height // tile)
        per_tile = (self.tiles, int(lamps.TILE_LAMPS))
        self.lit_by = zeros(per_tile, wp.int32)
        self.halo_of = zeros(per_tile, wp.int32)

    @cached_property
    def hits(self) -> Hits:
        """Of rays into mirrors."""
        return Hits.allocate(self._device, self.count)

    @cached_property
    def visible(self) -> Any:
        """Of one ray each: does it reach its end?"""
        return self._zeros(self.count, float)

    @cached_property
    def shadow(self) -> Any:
        """``visible`` while it is smoothed."""
        return self._zeros(self.count, float)

    @cached_property
    def noisy(self) -> Any:
        """How far one lamp's shadow may be wrong for all."""
        return self._zeros(self.count, float)

    @cached_property
    def lamps(self) -> tuple[Any, Any, Any]:
        """Irradiance, reflection, share seen."""
        return self._zeros(self.count, wp.vec3), self._zeros(self.count, wp.vec3), self._zeros(self.count, float)

    @cached_property
    def ambient(self) -> Any:
        return self._zeros(self.count, wp.vec3)

    @cached_property
    def spare(self) -> Any:
        """Room for a pass that cannot write where it reads."""
        return self._zeros(self.count, wp.vec3)

    @cached_property
    def mirrored(self) -> Any:
        return self._zeros(self.count, wp.vec4)

    @cached_property
    def mirrored_spare(self) -> Any:
        return self._zeros(self.count, wp.vec4)

    def surfaces(self) -> list[Any]:
        """What tells whether two pixels lie on one surface."""
        return [self.g.depth, self.g.normal, self.g.facet, self.g.position]


class CoarseGrid(Grid):
    """One pixel of each 2 x 2."""

    def __init__(self, device: Device, width: int, height: int) -> None:
        super().__init__(device, (width + 1) // 2, (height + 1) // 2)
        self.g.ids, self.g.depth, self.g.ray = (self._zeros(self.count, kind) for kind in (wp.vec2i, float, wp.vec3))


class Buffers(Grid):
    """All of a picture's pixels. Its ``g.ids``, ``g.depth`` and ``g.ray`` are those of the primary rays."""

    def __init__(self, device: Device, width: int, height: int) -> None:
        super().__init__(device, width, height)
        count, zeros = self.count, self._zeros
        self.light = compose.LightBuffer()
        self.light.sun, self.calm = zeros(count, float), zeros(count, float)
        self.light.lamps, self.light.lamp_gloss, self.light.lamps_seen = self.lamps
        self.picture = zeros(count, wp.vec3)
        self.edge = zeros(count, wp.uint8)
        self.glare: list[tuple[int, int, Any]] = []
        for _ in range(_GLARE_LEVELS):
            width, height = (width + 1) // 2, (height + 1) // 2
            self.glare.append((width, height, zeros(width * height, wp.vec3)))

    @cached_property
    def coarse(self) -> CoarseGrid:
        return CoarseGrid(self._device, *self.size)
