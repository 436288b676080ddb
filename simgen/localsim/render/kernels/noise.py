# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return, empty-body"
"""Chance that is the same everywhere: hashes of numbers, and a noise texture read by position."""

from simgen.localsim.render.warp_runtime import wp

_MIX_A = wp.constant(wp.uint32(374761393))
_MIX_B = wp.constant(wp.uint32(668265263))
_MIX_C = wp.constant(wp.uint32(1274126177))
_MIX_D = wp.constant(wp.uint32(2246822519))
TEXTURE_SIZE = wp.constant(512)
TEXTURE_LEVELS = wp.constant(10)


@wp.func
def hash01(a: int, b: int, c: int) -> float:
    """A number in [0, 1) from three integers (multiply-xor mixing)."""
    x = wp.uint32(a) * _MIX_A + wp.uint32(b) * _MIX_B + wp.uint32(c) * _MIX_C
    x = (x ^ (x >> wp.uint32(13))) * _MIX_C
    x = (x ^ (x >> wp.uint32(16))) * _MIX_D
    x = x ^ (x >> wp.uint32(15))
    return float(x & wp.uint32(0xFFFFFF)) / 16777216.0


@wp.func
def fract(x: float) -> float:
    return x - wp.floor(x)


@wp.func
def lerp3(a: wp.vec3, b: wp.vec3, t: float) -> wp.vec3:
    return a + (b - a) * t


@wp.func
def smooth(low: float, high: float, x: float) -> float:
    """0 below ``low``, 1 above ``high``, smooth in between."""
    t = wp.clamp((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


@wp.func
def cell_hash(x: float, y: float, salt: int) -> float:
    """A number in [0, 1) for the unit cell that (x, y) lies in."""
    return hash01(int(wp.floor(x)), int(wp.floor(y)), salt)


@wp.func
def stratified(x: int, y: int, levels: int, salt: int) -> wp.vec2:
    """Two numbers in [0, 1) for a sample of pixel (x, y): the same at every moment, so that nothing flickers.

    The pixels of each tile of 2^levels x 2^levels (levels: 2 or 3) share out Sobol's sequence in Morton order, so that
    its 2 x 2, 4 x 4 and 8 x 8 blocks are evenly spread samples each; after Keller and Heidrich (2001), "Interleaved
    sampling". Passes of a (1 2 1) filter at steps 1, 2 (and 4) average a tile exactly: on an even surface nothing of
    the pattern is left.
    """
    k = ((x ^ y) & 1) * 2 + (y & 1) + ((((x >> 1) ^ (y >> 1)) & 1) * 2 + ((y >> 1) & 1)) * 4
    if levels > 2:
        k += ((((x >> 2) ^ (y >> 2)) & 1) * 2 + ((y >> 2) & 1)) * 16
    first = (k & 1) * 32 + (k & 2) * 8 + (k & 4) * 2 + (k & 8) // 2 + (k & 16) // 8 + (k & 32) // 32
    second = ((k & 1) * 32) ^ ((k & 2) * 24) ^ ((k & 4) * 10) ^ (((k & 8) // 8) * 60) ^ (
        ((k & 16) // 16) * 34) ^ (((k & 32) // 32) * 51)
    return wp.vec2(fract(float(first) / 64.0 + hash01(salt, 1, 17)), fract(float(second) / 64.0 + hash01(salt, 2, 17)))


@wp.func
def _sine_of_turn(turn: float) -> float:
    x = 2.0 * turn - 1.0
    y = 4.0 * x * (wp.abs(x) - 1.0)
    return y + 0.225 * (y * wp.abs(y) - y)


@wp.func
def unit_circle(turn: float) -> wp.vec2:
    """Cosine and sine of a share of a turn in [0, 1), within 0.0011: enough for a direction that chance draws, and a
    tenth of the library's cost (a parabola, bent once)."""
    return wp.vec2(_sine_of_turn(fract(turn + 0.25)), _sine_of_turn(turn))


@wp.func_native("""
    union { float number; unsigned bits; } x;
    x.number = at_least_one * 1.41421356f;
    return (int)(x.bits >> 23) - 127;
""")
def _octaves(at_least_one: float) -> int:
    """The logarithm to base 2, rounded: read from the exponent, because materials ask for it ten times a pixel."""
    ...


@wp.func
def level_of(metres: float, repeats_per_metre: float) -> int:
    """The texture's level whose texels are as large as a footprint of so many metres."""
    return wp.min(_octaves(wp.max(metres * repeats_per_metre * float(TEXTURE_SIZE), 1.0)), TEXTURE_LEVELS - 1)


@wp.func
def noise2(texture: wp.array(dtype=wp.vec2), u: float, v: float, level: int) -> wp.vec2:
    """The noise texture at (u, v) repeats: (clouds of several scales, grain), both around 0.5; bilinear.

    level: 0, the finest, to ``TEXTURE_LEVELS`` - 1.
    """
    size = TEXTURE_SIZE >> level
    # levels lie one after the other: 4/3 (1 - 4^-level) of the first one's texels come before
    first = ((TEXTURE_SIZE * TEXTURE_SIZE - size * size) // 3) * 4
    x = u * float(size) - 0.5
    y = v * float(size) - 0.5
    fx = wp.floor(x)
    fy = wp.floor(y)
    a = x - fx
    b = y - fy
    mask = size - 1
    i = int(fx) & mask
    j = int(fy) & mask
    i1 = (i + 1) & mask
    j1 = (j + 1) & mask
    top = texture[first + j * size + i] * (1.0 - a) + texture[first + j * size + i1] * a
    low = texture[first + j1 * size + i] * (1.0 - a) + texture[first + j1 * size + i1] * a
    return top * (1.0 - b) + low * b


@wp.func
def clouds(texture: wp.array(dtype=wp.vec2), u: float, v: float, scale: float, footprint: float) -> float:
    """Noise of several scales at a place in metres; ``scale`` is in repeats a metre. About 0.5 ± 0.18."""
    return noise2(texture, u * scale, v * scale, level_of(footprint, scale))[0]


@wp.func
def grain(texture: wp.array(dtype=wp.vec2), u: float, v: float, scale: float, footprint: float) -> float:
    """White grain at a place in metres, one grain a texel; fades to 0.5 with distance."""
    return noise2(texture, u * scale, v * scale, level_of(footprint, scale))[1]
