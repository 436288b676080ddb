"""The colours of pictures without light."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.render.camera import Pinhole, pinhole_data
from simgen.localsim.render.device import Device
from simgen.localsim.render.kernels import plain
from simgen.localsim.render.raycast import Hits, Rays
from simgen.localsim.render.warp_runtime import wp

SKY = (0.42, 0.56, 0.78)
# Linear, about what a sunlit surface of the material shows in the lit pictures.
_COLOUR: dict[Material, tuple[float, float, float]] = {
    Material.ASPHALT: (0.13, 0.13, 0.135), Material.ROAD_MARKING: (0.72, 0.72, 0.70),
    Material.SIDEWALK: (0.33, 0.32, 0.31), Material.CURB: (0.40, 0.39, 0.37), Material.GRASS: (0.15, 0.22, 0.06),
    Material.DIRT: (0.24, 0.18, 0.12), Material.PLASTER: (0.62, 0.55, 0.43), Material.BRICK: (0.38, 0.17, 0.12),
    Material.CONCRETE: (0.42, 0.41, 0.39), Material.ROOF: (0.30, 0.14, 0.10), Material.WINDOW: (0.10, 0.14, 0.19),
    Material.FRAME: (0.70, 0.69, 0.66), Material.DOOR: (0.22, 0.14, 0.08), Material.SHOP: (0.30, 0.26, 0.22),
    Material.BARK: (0.17, 0.13, 0.10), Material.LEAF: (0.12, 0.22, 0.05), Material.NEEDLE: (0.06, 0.13, 0.05),
    Material.HEDGE: (0.09, 0.17, 0.04), Material.METAL: (0.26, 0.27, 0.28), Material.WOOD: (0.30, 0.20, 0.12),
    Material.SIGN: (0.75, 0.70, 0.66), Material.LAMP_HEAD: (0.80, 0.78, 0.70), Material.CAR_GLASS: (0.05, 0.07, 0.09),
    Material.TYRE: (0.03, 0.03, 0.03), Material.RIM: (0.40, 0.41, 0.42), Material.HEADLAMP: (0.80, 0.80, 0.78),
    Material.TAILLAMP: (0.50, 0.04, 0.03), Material.PLATE: (0.75, 0.75, 0.72),
    Material.BLACK_TRIM: (0.03, 0.03, 0.03), Material.HAIR: (0.06, 0.045, 0.03), Material.SHOE: (0.06, 0.05, 0.045),
    Material.HORN: (0.25, 0.21, 0.16), Material.EYE: (0.02, 0.02, 0.02), Material.WATER: (0.06, 0.12, 0.15),
    Material.FENCE: (0.34, 0.27, 0.19), Material.POLE: (0.30, 0.31, 0.32),
    Material.SIGNAL_HEAD: (0.04, 0.05, 0.045), Material.SIGNAL_LAMP: (0.45, 0.25, 0.10),
}
_ELSE = (0.5, 0.5, 0.5)     # of what wears its instance's colours


def palette() -> NDArray[np.float32]:
    """(M, 3): a row a material."""
    return np.array([_COLOUR.get(material, _ELSE) for material in Material], dtype=np.float32)


def plain_picture(device: Device, pinhole: Pinhole, scene: Any, rays: Rays, hits: Hits) -> NDArray[np.uint8]:
    """(H, W, 3): what a camera's primary rays met, without weather, light or shadow."""
    pixels = pinhole.width * pinhole.height
    rgb = device.empty(3 * pixels, wp.uint8)
    device.launch(plain.paint_plain, pixels, [
        scene, pinhole_data(pinhole), device.upload(palette(), wp.vec3), wp.vec3(*SKY), rays.direction, hits.ids,
        hits.normal, rgb])
    return device.download(rgb).reshape(pinhole.height, pinhole.width, 3)
