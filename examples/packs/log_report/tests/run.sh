#!/bin/sh
# Runs the action as a worker does: with the variables of the runtime's definition.
set -eu
log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf 'INFO started\nERROR no disk\nsomething\nerror again\n' > "$log"
counted=$(printf "path='%s'\n" "$log" | perl actions/count_severities.pl)
expected='{"debug": 0, "info": 1, "warning": 0, "error": 2, "critical": 0, "other": 1}'
if [ "$counted" != "$expected" ]; then
  echo "expected $expected, found $counted" >&2
  exit 1
fi
if printf '' | perl actions/count_severities.pl 2>/dev/null; then
  echo 'a missing parameter was accepted' >&2
  exit 1
fi
