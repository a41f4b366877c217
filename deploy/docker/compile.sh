#!/bin/sh
# Compiles every loop into a folder, and fails unless a second start finds all of them there.
set -eu
export COMPILED="$1" NUMBA_CACHE_DIR="$1" NUMBA_DEBUG_CACHE=1
here=$(dirname "$0")
import_all='import ann_shards.service, candidate_gen.service, feed_assembly.service, ranker.service, social_graph.service'

start() { "$here/entrypoint.sh" python -c "$import_all"; }

rm -rf "$1"
mkdir -p "$1"
written=$(start | grep -c 'data saved to') || true
again=$(start)
found=$(printf '%s\n' "$again" | grep -c 'data loaded from') || true
if [ "$written" = 0 ] || [ "$found" != "$written" ] || printf '%s\n' "$again" | grep -q 'data saved to'; then
  echo "$written loops were compiled, a second start found $found of them" >&2
  exit 1
fi
chmod -R a+rX "$1"
echo "$written loops compiled into $1"
