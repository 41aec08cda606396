#!/bin/sh
# Judges the share of memory that is in use, by what the kernel calls available.
set -eu
HOST_CHECKS_LIB=$(CDPATH="" cd -- "$(dirname -- "$0")/../lib" && pwd)
. "$HOST_CHECKS_LIB/checks.sh"

P_warning_percent=85
P_critical_percent=95
read_params
require_decimal warning_percent "$P_warning_percent"
require_decimal critical_percent "$P_critical_percent"
require_order "$P_warning_percent" "$P_critical_percent"
[ -r "$PROC/meminfo" ] || finish unknown "$PROC/meminfo cannot be read"

# shellcheck disable=SC2046
set -- $(awk '
    $1 == "MemTotal:" { total = $2 }
    $1 == "MemAvailable:" { available = $2; seen = 1 }
    END { if (total > 0 && seen) printf "%.0f %.0f %.1f", total * 1024, available * 1024, (total - available) * 100 / total }
' "$PROC/meminfo")
[ $# -eq 3 ] || finish unknown "$PROC/meminfo tells no MemAvailable"

finish "$(judge "$3" "$P_warning_percent" "$P_critical_percent")" "$3% of memory is in use" \
    total_bytes n "$1" available_bytes n "$2" used_percent n "$3"
