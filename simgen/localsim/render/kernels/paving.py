# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a loop changes starts as float(...)
"""What roads and pavements are made of: asphalt with its repairs and ironwork, paint, slabs, kerb stones.

Patterns are laid in metres on the road's own uv and fade to their mean where a pixel is wider than they are, so that
nothing shimmers far away. What a lane is, is told by its triangles' parameter: see ``ground.lane_kind``.
"""

from simgen.localsim.render.kernels.ground import (
    BESIDE_KERB_LEFT,
    BESIDE_KERB_RIGHT,
    URBAN,
    between,
    grain_slope,
    lane_kind,
    lane_place,
    pixel_on_ground,
    wheel_tracks,
)
from simgen.localsim.render.kernels.noise import cell_hash, clouds, fract, grain, lerp3, level_of, noise2, smooth
from simgen.localsim.render.kernels.surface import Spot, Surface, matt, stripe, tilted
from simgen.localsim.render.warp_runtime import wp

PATCH_EVERY_M = wp.constant(13.0)
MANHOLE_EVERY_M = wp.constant(34.0)
MANHOLE_M = wp.constant(0.31)           # radius of the lid
DRAIN_EVERY_M = wp.constant(22.0)
DRAIN_HALF_M = wp.constant(0.24)        # along the kerb; across it is 0.15
GUTTER_M = wp.constant(0.30)
MOSAIC_M = wp.constant(0.42)            # strip of small stones along both edges of a pavement


@wp.func
def _patches(along: float, t: float, width: float, row: float, rare: float, far: float, stretch: float) -> wp.vec2:
    """(share of fresh asphalt, share of bitumen seam): parts of the lane that were dug up and closed again."""
    place = along / PATCH_EVERY_M + 0.37 * row
    chance = cell_hash(place, row, 5)
    cover = float(0.0)
    seam = float(0.0)
    if chance > rare:
        long = (0.05 + 0.20 * cell_hash(place, row, 6)) * PATCH_EVERY_M
        wide = width * wp.where(chance > 0.92, 0.47, 0.16 + 0.16 * cell_hash(place, row, 8))
        side = (cell_hash(place, row, 7) - 0.5) * (width - 2.0 * wide) * 0.94
        x = wp.abs((fract(place) - 0.5) * PATCH_EVERY_M) - long
        y = wp.abs(t - side) - wide
        out = wp.max(x, y)
        cover = between(out + 50.0, 50.0, wp.where(x > y, 0.4 * stretch, far))
        seam = wp.where(x > y, stripe(out, 0.028, stretch), stripe(out, 0.028, far))
        seam = seam * wp.where(wp.min(x, y) > 0.03, 0.0, 1.0)
    return wp.vec2(cover, seam)


@wp.func
def _sealed_cracks(
    texture: wp.array(dtype=wp.vec2), along: float, t: float, width: float, row: float, far: float, stretch: float
) -> float:
    """Cracks across the lane and along its joint, poured out with bitumen: dark lines of 3 cm that wander."""
    found = float(0.0)
    place = along / 11.0 + 0.61 * row
    if cell_hash(place, row, 31) > 0.45:
        off = (fract(place) - 0.25 - 0.5 * cell_hash(place, row, 32)) * 11.0
        if wp.abs(off) < 0.9:
            bend = clouds(texture, wp.floor(place) * 3.7 + row, t, 0.21, 0.02) - 0.5
            found = stripe(off + 2.2 * bend, 0.017, stretch) * smooth(0.35, 0.5, clouds(texture, t, place, 0.13, 0.05))
    edge = 0.5 * width - 0.34 - t
    if wp.abs(edge) < 0.3 and cell_hash(along / 37.0, row, 33) > 0.6:
        bend = clouds(texture, along, row * 5.0, 0.09, 0.02) - 0.5
        found = wp.max(found, stripe(edge + 0.45 * bend, 0.013, far))
    return found


@wp.func
def _lid(x: float, y: float, footprint: float) -> wp.vec3:
    """A manhole at the origin: shares of its iron lid and of the mortar round it, and how light the lid's relief is."""
    radius = wp.sqrt(x * x + y * y)
    lid = between(radius, MANHOLE_M, footprint)
    mortar = between(radius, MANHOLE_M + 0.09, footprint) - lid
    fine = wp.min(1.0, 0.012 / (footprint + 0.001))
    studs = smooth(0.1, 0.5, wp.sin(x * 118.0) * wp.sin(y * 118.0)) * between(radius, MANHOLE_M - 0.05, 0.004)
    rim = stripe(radius - MANHOLE_M + 0.025, 0.006, footprint)
    return wp.vec3(lid, mortar, 0.75 + fine * (0.9 * studs - 0.5 * rim))


@wp.func
def asphalt(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """uv: metres along and across the road; parameter: ``ground.lane_kind`` and its neighbours, 0 where lanes cross
    (uv is then the world's)."""
    p = s.position
    far = pixel_on_ground(s)
    fine = noise2(texture, p[0] * 0.9, p[1] * 0.9, level_of(far, 0.9))
    coarse = grain(texture, p[0], p[1], 0.17, far)
    broad = clouds(texture, p[0], p[1], 0.045, far)
    k = (0.76 + 0.62 * (fine[1] - 0.5) + 0.26 * (coarse - 0.5) + 0.50 * (broad - 0.5) + 0.30 * (fine[0] - 0.5))
    # split stones: now and then one is much lighter than the binder around it
    k += 0.55 * smooth(0.90, 0.97, fine[1]) * wp.min(1.0, 0.004 / (far + 0.001))
    colour = wp.vec3(0.086, 0.085, 0.083)
    rough = float(0.82)
    if s.parameter > 0.0:
        along = s.uv[0]
        lane = lane_place(s.uv[1], s.parameter)
        width = lane[0]
        t = lane[1]
        row = lane[2]
        kind = lane_kind(s.parameter)
        streak = clouds(texture, along * 0.15 + 3.0, s.uv[1], 0.07, far)
        track = wheel_tracks(s.uv[1], s.parameter)
        k += 0.45 * (streak - 0.5)
        k *= 1.0 - track * (0.15 + 0.25 * (streak - 0.5))
        middle = t / 0.35
        k *= 1.0 - 0.15 * wp.exp(-middle * middle) * (0.3 + 1.2 * (1.0 - streak))     # oil
        if far < 0.35:
            mid = far * 1.6
            fresh = _patches(along, t, width, row, wp.where((kind & URBAN) != 0, 0.62, 0.84), mid, s.stretch)
            k = k * (1.0 - 0.30 * fresh[0]) * (1.0 - 0.50 * fresh[1])
            if mid < 0.16:
                k *= 1.0 - 0.62 * _sealed_cracks(texture, along, t, width, row, mid, s.stretch)
        if (kind & URBAN) != 0 and far < 0.25:
            mid = far * 1.2
            place = along / MANHOLE_EVERY_M + 0.43 * row
            chance = cell_hash(place, row, 41)
            if chance > 0.35 and width > 2.0:
                x = (fract(place) - 0.2 - 0.6 * cell_hash(place, row, 42)) * MANHOLE_EVERY_M
                y = t - (cell_hash(place, row, 43) - 0.5) * (width - 1.3)
                if wp.abs(x) < 0.6 and wp.abs(y) < 0.6:
                    lid = _lid(x, y, mid)
                    k = k * (1.0 + 0.45 * lid[1]) * (1.0 - lid[0]) + 0.62 * lid[2] * lid[0]
                    rough -= 0.32 * lid[0]
            beside = float(1.0e3)
            if (kind & BESIDE_KERB_LEFT) != 0:
                beside = 0.5 * width - t
            if (kind & BESIDE_KERB_RIGHT) != 0:
                beside = wp.min(beside, 0.5 * width + t)
            if beside < 0.7:
                # two rows of setts where the water runs, grimy at the kerb
                gutter = between(beside, GUTTER_M, mid)
                u = along / 0.21 + 0.5 * wp.floor(beside / 0.15)
                joint = wp.max(stripe((fract(u + 0.5) - 0.5) * 0.21, 0.007, s.stretch),
                               stripe(beside - 0.15, 0.007, mid))
                stone = 1.75 + 0.7 * (cell_hash(u, beside / 0.15, 44) - 0.5) * wp.min(1.0, 0.1 / (mid + 0.02))
                k = k * (1.0 - gutter) + (0.25 * k + stone * (1.0 - 0.55 * joint)) * gutter
                k *= 1.0 - 0.30 * wp.exp(-beside / 0.09)
                place = along / DRAIN_EVERY_M
                x = (fract(place) - 0.5) * DRAIN_EVERY_M
                grate = between(x, DRAIN_HALF_M, 0.5 * s.stretch) * between(beside - 0.17, 0.15, mid)
                slot = smooth(-0.2, 0.2, wp.sin(x * 105.0)) * between(beside - 0.17, 0.11, mid)
                slot = 0.45 + (slot - 0.45) * wp.min(1.0, 0.018 / (s.stretch + 0.002))
                k = k * (1.0 - grate) + (0.85 - 0.72 * slot) * grate
    # cracks: the zero line of a noise; thinner than a pixel they fade
    if far < 0.05:
        where = smooth(0.50, 0.60, broad)
        if where > 0.0:
            line = wp.abs(clouds(texture, p[0], p[1], 0.07, far) - 0.5
                          + (clouds(texture, p[0], p[1], 0.31, far) - 0.5) * 0.25)
            fade = wp.min(1.0, 0.012 / (far + 0.004)) * (1.0 - smooth(0.03, 0.05, far))
            k *= 1.0 - 0.6 * where * wp.max(0.0, 1.0 - line / (0.006 + far * 0.15)) * fade
    # The loose stones of a road flatten its reflection: a broad sheen towards a low sun.
    r = matt(colour * wp.max(k, 0.10), s.normal, rough)
    if s.footprint < 0.03:
        strength = 0.30 * (1.0 - smooth(0.008, 0.03, s.footprint))
        r.normal = tilted(s.normal, grain_slope(texture, p[0], p[1], 0.9, far, fine[1]) * strength)
    return r


@wp.func
def marking(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Road paint, worn by wheels: where it is gone the asphalt shows."""
    p = s.position
    far = pixel_on_ground(s)
    fine = noise2(texture, p[0] * 0.9, p[1] * 0.9, level_of(far, 0.9))
    wear = (clouds(texture, p[0], p[1], 0.5, far) - 0.5) * 1.5 + (grain(texture, p[0], p[1], 0.45, far) - 0.5) * 0.5
    kept = wp.clamp(0.84 + 1.1 * wear + 0.5 * (fine[1] - 0.5), 0.10, 0.96)
    broad = clouds(texture, p[0], p[1], 0.2, far)
    paint = wp.vec3(0.60, 0.60, 0.57) * (0.90 + 0.3 * (broad - 0.5) + 0.10 * (fine[1] - 0.5))
    # old paint cracks into scales
    if far < 0.03:
        line = wp.abs(clouds(texture, p[0] + 3.0, p[1], 0.55, far) - 0.5)
        kept *= 1.0 - 0.75 * wp.max(0.0, 1.0 - line / (0.010 + far * 0.5)) * (1.0 - smooth(0.01, 0.03, far))
    road = wp.vec3(0.075, 0.074, 0.072) * (0.8 + 0.5 * fine[1])
    r = matt(lerp3(road, paint, kept), s.normal, 0.62)
    r.shine = 0.045
    return r


@wp.func
def slabs(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Pavement of 0.5 m slabs laid along uv in running bond, each a little different, between two strips of small
    stones. parameter: as a lane's; 0 has no strips."""
    p = s.position
    far = pixel_on_ground(s)
    edge = float(1.0e3)
    across = s.uv[1]
    if s.parameter > 0.0:
        lane = lane_place(s.uv[1], s.parameter)
        edge = 0.5 * lane[0] - wp.abs(lane[1])
        across = lane[1]
    rough = noise2(texture, p[0] * 1.3, p[1] * 1.3, level_of(far, 1.3))
    broad = clouds(texture, p[0], p[1], 0.1, far)
    k = 0.90 + 0.42 * (broad - 0.5) + 0.24 * (rough[1] - 0.5) + 0.2 * (rough[0] - 0.5)
    colour = wp.vec3(0.27, 0.262, 0.25)
    if edge < MOSAIC_M:
        u = s.uv[0] / 0.105
        v = edge / 0.105
        u += 0.5 * (wp.floor(v) - 2.0 * wp.floor(0.5 * wp.floor(v)))
        fade = wp.min(1.0, 0.012 / (far + 0.002))
        dx = fract(u) - 0.5
        dy = fract(v) - 0.5
        gap = smooth(0.40 - 4.0 * far, 0.50, wp.max(wp.abs(dx), wp.abs(dy))) * fade
        k *= 0.74 + 0.45 * (cell_hash(u, v, 13) - 0.5) * wp.min(1.0, 0.06 / (far + 0.01)) - 0.42 * gap
        colour = wp.vec3(0.265, 0.262, 0.262)
    else:
        v = across / 0.5
        u = s.uv[0] / 0.5 + 0.5 * (wp.floor(v) - 2.0 * wp.floor(0.5 * wp.floor(v)))
        fade = wp.min(1.0, 0.02 / (far + 0.002))
        rim = wp.max(wp.abs(fract(u) - 0.5), wp.abs(fract(v) - 0.5))
        joint = smooth(0.482 - far, 0.494, rim) * fade
        chance = cell_hash(u, v, 3)
        k += 0.24 * (chance - 0.5) * wp.min(1.0, 0.3 / (far + 0.05))
        # one in thirty was replaced by a new, lighter one; chewing gum and stains on the others
        k *= 1.0 + 0.16 * wp.where(chance > 0.967, 1.0, 0.0) * fade
        if far < 0.02:
            gum = clouds(texture, p[0] + 7.0, p[1], 0.9, 0.004)
            k *= 1.0 - 0.30 * smooth(0.80, 0.84, gum) * (1.0 - smooth(0.01, 0.02, far))
        k *= 1.0 - 0.5 * joint
    r = matt(colour * wp.max(k, 0.15), s.normal, 0.85)
    if s.footprint < 0.02:
        r.normal = tilted(s.normal, grain_slope(texture, p[0], p[1], 1.3, far, rough[1]) * 0.12)
    return r


@wp.func
def kerb(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Kerb stones of 1 m, dirty at the foot, their edges worn light and rubbed black by tyres here and there."""
    p = s.position
    far = pixel_on_ground(s)
    joint = smooth(0.488 - 0.5 * far, 0.496, wp.abs(fract(s.uv[0]) - 0.5)) * wp.min(1.0, 0.02 / (far + 0.01))
    rough = noise2(texture, (p[0] + p[2]) * 1.1, p[1] * 1.1, level_of(far, 1.1))
    k = (0.86 + 0.5 * (clouds(texture, p[0] + p[2], p[1] + p[2], 0.2, far) - 0.5) + 0.35 * (rough[1] - 0.5)
         + 0.25 * (rough[0] - 0.5) + 0.16 * (cell_hash(s.uv[0] + 0.5, 0.0, 8) - 0.5))
    face = 1.0 - smooth(0.10, 0.14, s.uv[1])
    k *= 1.0 - face * (0.20 + 0.25 * smooth(0.5, 0.7, clouds(texture, s.uv[0], 3.0, 0.05, far)))
    k *= 1.0 - 0.35 * face * smooth(0.06, 0.0, s.uv[1])
    return matt(wp.vec3(0.33, 0.325, 0.31) * (wp.max(k, 0.15) * (1.0 - 0.45 * joint)), s.normal, 0.85)
