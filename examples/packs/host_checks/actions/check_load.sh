#!/bin/sh
# Judges the load average per processor.
set -eu
HOST_CHECKS_LIB=$(CDPATH="" cd -- "$(dirname -- "$0")/../lib" && pwd)
. "$HOST_CHECKS_LIB/checks.sh"

P_window_minutes=5
P_warning_per_cpu=1.0
P_critical_per_cpu=2.0
read_params
require_decimal warning_per_cpu "$P_warning_per_cpu"
require_decimal critical_per_cpu "$P_critical_per_cpu"
require_order "$P_warning_per_cpu" "$P_critical_per_cpu"
[ -r "$PROC/loadavg" ] || finish unknown "$PROC/loadavg cannot be read"

read -r load1 load5 load15 _ < "$PROC/loadavg"
case $P_window_minutes in
    1) load=$load1 ;;
    5) load=$load5 ;;
    15) load=$load15 ;;
    *) usage "window_minutes: \`$P_window_minutes\` is none of 1, 5, 15" ;;
esac
cpus=$(grep -c '^processor' "$PROC/cpuinfo" 2> /dev/null) || cpus=$(getconf _NPROCESSORS_ONLN) || cpus=1
per_cpu=$(awk -v load="$load" -v cpus="$cpus" 'BEGIN { printf "%.2f", load / cpus }')

finish "$(judge "$per_cpu" "$P_warning_per_cpu" "$P_critical_per_cpu")" \
    "load over $P_window_minutes min is $load on $cpus processors" \
    window_minutes n "$P_window_minutes" load n "$load" cpus n "$cpus" load_per_cpu n "$per_cpu"
