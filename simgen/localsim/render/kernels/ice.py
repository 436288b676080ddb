# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""Ice on roads: dull patches that mirror a little, hoar between them; and what such a night leaves on meadows."""

from simgen.localsim.mesh import Material
from simgen.localsim.render.kernels import ground
from simgen.localsim.render.kernels.noise import clouds, grain, lerp3, smooth
from simgen.localsim.render.kernels.surface import Conditions, Spot, Surface
from simgen.localsim.render.warp_runtime import wp


@wp.func
def iced(s: Spot, r: Surface, c: Conditions) -> Surface:
    """A paved surface of which ``c.ice`` is under ice: that share of the noise lies above ``c.ice_level``."""
    m = s.material
    if m == Material.ASPHALT or m == Material.ROAD_MARKING or m == Material.SIDEWALK or m == Material.CURB:
        p = s.position
        far = wp.sqrt(s.footprint * s.stretch) * 0.6
        patch = clouds(c.texture, p[0] + 2.0, p[1] + 17.0, 0.07, far)
        if m == Material.ASPHALT and s.parameter > 0.0:
            # melt water ran along the road before it froze; wheels polish their tracks
            patch = clouds(c.texture, s.uv[0] * 0.35 + 2.0, s.uv[1] + 17.0, 0.09, far)
            patch += 0.08 * (ground.wheel_tracks(s.uv[1], s.parameter) - 0.4)
        patch += 0.05 * (clouds(c.texture, p[0], p[1], 0.7, far) - 0.5)
        frozen = smooth(c.ice_level - 0.05, c.ice_level + 0.05, patch) * smooth(0.9, 0.99, s.normal[2])
        rim = wp.max(0.0, 1.0 - wp.abs(patch - c.ice_level) / 0.05) * (1.0 - frozen) * smooth(0.0, 0.05, c.ice)
        # hoar lies on what is not glazed, thickest at the rims
        hoary = (0.22 * wp.min(2.0 * c.ice, 1.0) + 0.35 * rim) * (1.0 - frozen)
        frost = hoary * (0.5 + 1.2 * (grain(c.texture, p[0], p[1], 0.9, far) - 0.25))
        cracks = 0.06 * (clouds(c.texture, p[0], p[1] + 3.0, 0.5, far) - 0.5)
        r.albedo = lerp3(r.albedo, wp.vec3(0.42, 0.44, 0.46), wp.clamp(frost, 0.0, 0.5))
        r.albedo = r.albedo * (1.0 - 0.52 * frozen) + wp.vec3(0.010, 0.012, 0.014) * frozen
        r.roughness = r.roughness + (wp.clamp(0.30 + 3.0 * cracks, 0.22, 0.42) - r.roughness) * frozen
        r.shine = r.shine + (0.021 - r.shine) * frozen          # ice: n = 1.31, ((n - 1)/(n + 1))²
        r.mirror = wp.max(r.mirror, 0.55 * frozen)
        r.normal = wp.normalize(lerp3(r.normal, s.normal, 0.85 * frozen))
    elif m == Material.GRASS or m == Material.LEAF or m == Material.NEEDLE:
        p = s.position
        hoar = 0.55 * wp.min(2.0 * c.ice, 1.0) * smooth(-0.2, 0.9, wp.abs(s.normal[2]))
        if m == Material.LEAF and s.local[2] > 0.75:
            # roads freeze when the leaves have withered
            r.albedo = lerp3(r.albedo, wp.vec3(0.135, 0.095, 0.055) * (0.5 + s.uv[0]), 0.85 * wp.min(2.0 * c.ice, 1.0))
        hoar = hoar * (0.6 + 0.8 * (grain(c.texture, p[0] + p[2], p[1], 0.7, s.footprint) - 0.3))
        r.albedo = lerp3(r.albedo, wp.vec3(0.52, 0.54, 0.56), wp.clamp(hoar, 0.0, 0.8))
        r.through = r.through * (1.0 - 0.5 * hoar)
    return r
