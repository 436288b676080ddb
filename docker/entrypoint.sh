#!/bin/bash
# What every container of simgen begins with: a home, a cache and file handles enough, whoever its user is and however
# read-only its image; then the command, which is simgen's unless it is Ray, Python, a shell or a path:
#
#   docker run simgen run deer_in_blizzard --out /data/deer
#   docker run simgen ray start --head --block
set -euo pipefail

own=${TMPDIR:-/tmp}/simgen-image-$(id -u)

usable() {
    mkdir -p "$1" 2> /dev/null && [[ -w "$1" ]] && [[ -x "$1" ]]
}

need_own() {
    # A folder that somebody else made there is not ours to trust.
    (umask 077 && usable "$own") && [[ -O "$own" ]] && return
    echo "simgen: $own cannot be used, and $1 cannot either: mount a writable /tmp (--tmpfs /tmp), or set TMPDIR" >&2
    exit 2
}

# Ray and matplotlib write into the home. A user whom the image does not know has "/".
if [[ -z "${HOME:-}" ]] || [[ "$HOME" = / ]] || ! usable "$HOME"; then
    need_own "the home ${HOME:-(none)}"
    export HOME=$own/home
    mkdir -p "$HOME"
fi
export USER=${USER:-$(id -un 2> /dev/null || id -u)}
export LOGNAME=${LOGNAME:-$USER}

# In a read-only image (apptainer, readOnlyRootFilesystem) what was compiled with it is linked from a folder beside it,
# which several containers of a host may share.
if [[ -n "${SIMGEN_CACHE:-}" ]] && ! usable "$SIMGEN_CACHE/warp"; then
    need_own "SIMGEN_CACHE=$SIMGEN_CACHE"
    shipped=$SIMGEN_CACHE
    export SIMGEN_CACHE=$own/cache
    if [[ -d "$shipped" ]]; then
        SIMGEN_CACHE+=-$(cd "$shipped" && find . | LC_ALL=C sort | cksum | cut -d ' ' -f 1)
        if [[ ! -d "$SIMGEN_CACHE" ]]; then
            links=$(mktemp -d "$own/links.XXXXXX")
            cp -rs "$shipped/." "$links"
            mv -nT "$links" "$SIMGEN_CACHE"
            rm -rf "$links"                       # another container was faster
        fi
    fi
    mkdir -p "$SIMGEN_CACHE"
fi

# Ray holds a handle for every worker and connection; 1024 are few.
ulimit -n "$(ulimit -Hn)"

# Not just any program: `view` and `export` are words of simgen's, and programs elsewhere.
case ${1:-} in
    simgen | simgen-* | ray | python | python3 | bash | sh | */*) exec "$@" ;;
    *) exec simgen "$@" ;;
esac
