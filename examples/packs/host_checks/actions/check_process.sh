#!/bin/sh
# Counts the processes whose name is `name`, or whose command line holds `contains`; with both, both must hold.
set -eu
HOST_CHECKS_LIB=$(CDPATH="" cd -- "$(dirname -- "$0")/../lib" && pwd)
. "$HOST_CHECKS_LIB/checks.sh"

P_name=
P_contains=
P_min_count=1
P_max_count=
read_params
[ -n "$P_name$P_contains" ] || usage "one of name and contains is needed"
require_integer min_count "$P_min_count"
if [ -n "$P_max_count" ]; then
    require_integer max_count "$P_max_count"
    [ "$P_max_count" -ge "$P_min_count" ] || usage "max_count $P_max_count is below min_count $P_min_count"
fi

# The kernel cuts `comm` at 15 characters, so a longer name is looked up in the first argument too.
matches() {
    comm=
    { IFS= read -r comm < "$1/comm"; } 2> /dev/null || return 1
    words=$(tr '\000' '\n' < "$1/cmdline" 2> /dev/null) || words=
    if [ -n "$P_name" ] && [ "$comm" != "$P_name" ]; then
        program=${words%%"
"*}
        [ "${program##*/}" = "$P_name" ] || return 1
    fi
    [ -n "$P_contains" ] || return 0
    case $(printf '%s' "$words" | tr '\n' ' ') in
        *"$P_contains"*) return 0 ;;
        *) return 1 ;;
    esac
}

count=0
pids=
for dir in "$PROC"/[0-9]*; do
    pid=${dir##*/}
    # This check and its own subshells are not what anybody looks for.
    [ "$pid" != "$$" ] || continue
    if matches "$dir"; then
        count=$((count + 1))
        pids=$pids${pids:+,}$pid
    fi
done

status=ok
if [ "$count" -lt "$P_min_count" ]; then
    status=critical
elif [ -n "$P_max_count" ] && [ "$count" -gt "$P_max_count" ]; then
    status=warning
fi
finish "$status" "$count matching processes" count n "$count" pids n "[$pids]"
