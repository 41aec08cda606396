#!/bin/sh
# Tells whether something on this host listens on a port, from the socket tables of procfs.
# Opens no connection, so it is quiet in the logs of the service it looks for.
set -eu
HOST_CHECKS_LIB=$(CDPATH="" cd -- "$(dirname -- "$0")/../lib" && pwd)
. "$HOST_CHECKS_LIB/checks.sh"

P_port=
P_protocol=tcp
P_expect=open
read_params
require_integer port "$P_port"
{ [ "$P_port" -ge 1 ] && [ "$P_port" -le 65535 ]; } || usage "port: $P_port is not between 1 and 65535"
# 0A is LISTEN; a bound, unconnected UDP socket shows as 07.
case $P_protocol in
    tcp) state=0A ;;
    udp) state=07 ;;
    *) usage "protocol: \`$P_protocol\` is none of tcp, udp" ;;
esac
case $P_expect in
    open | closed) ;;
    *) usage "expect: \`$P_expect\` is none of open, closed" ;;
esac

set --
for table in "$PROC/net/$P_protocol" "$PROC/net/${P_protocol}6"; do
    if [ -r "$table" ]; then set -- "$@" "$table"; fi
done
[ $# -gt 0 ] || finish unknown "$PROC/net/$P_protocol cannot be read" port n "$P_port"

hex=$(printf '%04X' "$P_port")
listeners=$(awk -v port="$hex" -v state="$state" '
    $4 == state && split($2, local, ":") == 2 && local[2] == port { count++ }
    END { print count + 0 }' "$@")
if [ "$listeners" -gt 0 ]; then found=open; else found=closed; fi
if [ "$found" = "$P_expect" ]; then status=ok; else status=critical; fi

finish "$status" "$P_protocol port $P_port is $found" \
    port n "$P_port" protocol s "$P_protocol" found s "$found" listeners n "$listeners"
