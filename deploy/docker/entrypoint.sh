#!/bin/sh
# Starts what it is given, with the compiled loops of the image where they can be used.
#
# numba reads a cache only from a folder that it may write to, and the image is read-only: so the
# image's 2 MB are copied. Without them a start compiles again, which takes 20 s of processor time.
set -eu
if [ -n "${COMPILED_FOR:-}" ]; then
  export NUMBA_CPU_NAME="$COMPILED_FOR" NUMBA_CPU_FEATURES=
fi
if [ -d "${COMPILED:=/opt/compiled}" ] && ! [ -d "$NUMBA_CACHE_DIR" ]; then
  cp -R "$COMPILED" "$NUMBA_CACHE_DIR.new" && mv "$NUMBA_CACHE_DIR.new" "$NUMBA_CACHE_DIR" ||
    echo "compiled loops cannot be copied to $NUMBA_CACHE_DIR: this start compiles them" >&2
fi
exec "$@"
