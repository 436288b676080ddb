# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""What wheels throw up behind vehicles: clouds of mist or snow dust whose density is a bell in all directions."""

from simgen.localsim.render.kernels.gbuffer import GBuffer
from simgen.localsim.render.kernels.noise import clouds, lerp3
from simgen.localsim.render.kernels.pinhole import HORIZON_M, PinholeData
from simgen.localsim.render.kernels.sky import Environment, fog_light, fog_share
from simgen.localsim.render.warp_runtime import wp


@wp.struct
class Puff:
    """One cloud. The rectangle holds all pixels it can show in."""

    centre: wp.vec3
    size: float             # the bell's deviation, m
    extinction: float       # in its middle, 1/m
    drift: float            # moves its pattern, m
    left: int
    right: int
    top: int
    bottom: int


@wp.func
def _share_below(x: float) -> float:
    """The normal distribution's integral up to x, within 0.02 (a logistic curve; Bowling et al. 2009)."""
    return 1.0 / (1.0 + wp.exp(-1.702 * x))


@wp.kernel
def add_spray(
    first: int, env: Environment, camera: PinholeData, g: GBuffer, puffs: wp.array(dtype=Puff),
    light: wp.vec3, picture: wp.array(dtype=wp.vec3),
):
    """Puffs lie far ones first. Along a ray the bell has a closed integral: its peak times a normal distribution's."""
    i = first + wp.tid()
    x = i % camera.width
    y = i // camera.width
    colour = picture[i]
    for k in range(puffs.shape[0]):
        puff = puffs[k]
        if x >= puff.left and x <= puff.right and y >= puff.top and y <= puff.bottom:
            ray = g.ray[i]
            stretch = wp.length(ray)
            view = ray / stretch
            end = HORIZON_M
            if g.ids[i][0] >= 0:
                end = g.depth[i] * stretch
            to = puff.centre - camera.position
            along = wp.dot(to, view)
            aside2 = wp.max(wp.dot(to, to) - along * along, 0.0) / (puff.size * puff.size)
            if aside2 < 9.0:
                within = _share_below((end - along) / puff.size) - _share_below(-along / puff.size)
                nearest = camera.position + view * along
                pattern = clouds(env.texture, nearest[0] + nearest[1] + puff.drift, nearest[2] * 1.3 + puff.drift * 0.3,
                                 0.12, along / camera.focal_px)
                thick = puff.extinction * puff.size * 2.5066 * wp.exp(-0.5 * aside2) * within * wp.max(
                    1.0 + 3.2 * (pattern - 0.5), 0.1)
                share = fog_share(env, camera.position[2], view[2], wp.max(along, 0.0))
                colour = lerp3(colour, lerp3(light, fog_light(env, view), share), 1.0 - wp.exp(-thick))
    picture[i] = colour
