#!/bin/bash
# Fill $SIMGEN_CACHE while an image is built: kernels, a place and bodies of a blizzard by day and of rain at night, the
# dearest kinds of frame. It is also the image's test: what cannot record and verify here is not built.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" RAY_TMPDIR="$work"

record() {
    simgen run deer_in_blizzard moose_at_night --episodes 1 --workers 1 --device cpu \
        --set capture.frames=2 --out "$work/out"
}
record || record || record          # Ray gives up a start that takes 30 s, as on a machine that builds several images
simgen verify "$work/out"

# Locks of this build; and whoever runs the image may add to what is kept.
rm -f "${SIMGEN_CACHE:?}"/warp/*.lock
chmod -R a+rwX "$SIMGEN_CACHE"
du -sh "$SIMGEN_CACHE"
