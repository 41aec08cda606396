#!/bin/sh
# Judges the used share of the filesystem that holds `path`.
set -eu
HOST_CHECKS_LIB=$(CDPATH="" cd -- "$(dirname -- "$0")/../lib" && pwd)
. "$HOST_CHECKS_LIB/checks.sh"

P_path=/
P_warning_percent=80
P_critical_percent=90
read_params
require_decimal warning_percent "$P_warning_percent"
require_decimal critical_percent "$P_critical_percent"
require_order "$P_warning_percent" "$P_critical_percent"
[ -e "$P_path" ] || finish unknown "$P_path does not exist" path s "$P_path"

table=$(LC_ALL=C df -P -k -- "$P_path") || finish unknown "df cannot read $P_path" path s "$P_path"
# Columns are counted from the percentage, because a device name may hold spaces. The share is of what users may fill:
# blocks reserved for root count as neither used nor available.
# shellcheck disable=SC2046
set -- $(printf '%s\n' "$table" | awk '
    NR == 2 {
        for (i = 4; i <= NF; i++) if ($i ~ /^[0-9]+%$/) break
        if (i > NF || $(i - 2) + $(i - 1) == 0) exit
        printf "%.0f %.0f %.0f %.1f", $(i - 3) * 1024, $(i - 2) * 1024, $(i - 1) * 1024, $(i - 2) * 100 / ($(i - 2) + $(i - 1))
    }')
[ $# -eq 4 ] || finish unknown "the filesystem of $P_path reports no size" path s "$P_path"

finish "$(judge "$4" "$P_warning_percent" "$P_critical_percent")" "$P_path is $4% full" \
    path s "$P_path" total_bytes n "$1" used_bytes n "$2" available_bytes n "$3" used_percent n "$4"
