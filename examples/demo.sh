#!/usr/bin/env bash
# The whole way of a pack, from its source to a host without a network:
# a signed registry, a bundle, an installation, and what it cost.
#
#   examples/demo.sh [DIRECTORY]     works in DIRECTORY, which must not exist; else in a temporary one
#   DEMO_PROFILE=dev                 with the programs of another profile than release
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(dirname "$here")

if [ $# -gt 0 ]; then
  work=$1
  if [ -e "$work" ]; then
    echo "demo: \`$work\` exists already; name a directory that does not" >&2
    exit 2
  fi
  mkdir -p "$work"
  work=$(cd "$work" && pwd)
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi

if [ -t 1 ]; then bold=$'\e[1m'; plain=$'\e[0m'; else bold='' plain=''; fi
stages=()

# stage NAME COMMAND...: shows the command, runs it, remembers how long it took.
stage() {
  local name=$1 began ended
  shift
  printf '\n%s== %s%s\n$' "$bold" "$name" "$plain"
  printf ' %s' "${@//$work\//}"
  printf '\n'
  began=$(date +%s%N)
  "$@"
  ended=$(date +%s%N)
  stages+=("$(printf '%-22s %8d ms' "$name" $(((ended - began) / 1000000)))")
}

# A namespace of its own has no network at all, not even a loopback that is up.
if unshare -rn true 2>/dev/null; then
  offline=(unshare -rn)
  proof='in a network namespace without any network'
else
  offline=()
  proof='with the network still there: this kernel allows no network namespace to this user'
fi

cd "$project"
profile=${DEMO_PROFILE:-release}
stage 'build the programs' cargo build --profile "$profile" --locked \
  -p attune-build -p attune-install -p attune-serve
folder=$profile
if [ "$profile" = dev ]; then folder=debug; fi
bin=${CARGO_TARGET_DIR:-$project/target}/$folder

stage 'make a registry' "$bin/attune-build" init "$work/registry" --name demo
stage 'add the packs' "$bin/attune-build" add "$work/registry" "$here"/packs/*
stage 'make a bundle' "$bin/attune-build" bundle "$work/registry" \
  aws_inventory incident_flow ticketing -o "$work/bundle.tar.zst"

printf '\nThe next steps run %s.\n' "$proof"
stage 'install the bundle' "${offline[@]}" "$bin/attune-install" "$work/bundle.tar.zst" \
  --trust "$work/registry/metadata/1.root.json" --root "$work/opt/attune"
stage 'install it again' "${offline[@]}" "$bin/attune-install" "$work/bundle.tar.zst" \
  --root "$work/opt/attune"
stage 'use an environment' "${offline[@]}" "$work/opt/attune/packenvs/weather/python/bin/python3" \
  -c 'import requests, yaml; print("requests", requests.__version__, "and PyYAML", yaml.__version__)'
stage 'list what is there' "${offline[@]}" "$bin/attune-install" list --root "$work/opt/attune"

printf '\n%sHow long it took%s\n' "$bold" "$plain"
printf '%s\n' "${stages[@]}"
