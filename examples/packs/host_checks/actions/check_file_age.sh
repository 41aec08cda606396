#!/bin/sh
# Judges how long ago a file was last written: a backup that stopped, a log that fell silent.
set -eu
HOST_CHECKS_LIB=$(CDPATH="" cd -- "$(dirname -- "$0")/../lib" && pwd)
. "$HOST_CHECKS_LIB/checks.sh"

P_path=
P_warning_seconds=3600
P_critical_seconds=86400
P_on_missing=critical
read_params
[ -n "$P_path" ] || usage "path is needed"
require_integer warning_seconds "$P_warning_seconds"
require_integer critical_seconds "$P_critical_seconds"
require_order "$P_warning_seconds" "$P_critical_seconds"
case $P_on_missing in
    ok | warning | critical) ;;
    *) usage "on_missing: \`$P_on_missing\` is none of ok, warning, critical" ;;
esac

[ -e "$P_path" ] || finish "$P_on_missing" "$P_path does not exist" path s "$P_path" exists n false
# GNU and busybox spell it -c, the BSDs -f.
modified=$(stat -c %Y -- "$P_path" 2> /dev/null || stat -f %m -- "$P_path" 2> /dev/null) ||
    finish unknown "$P_path cannot be read" path s "$P_path" exists n true
age=$(($(date +%s) - modified))
# A file from the future is as fresh as can be, whatever the clock says.
if [ "$age" -lt 0 ]; then age=0; fi

finish "$(judge "$age" "$P_warning_seconds" "$P_critical_seconds")" "$P_path was written $age s ago" \
    path s "$P_path" exists n true age_seconds n "$age"
