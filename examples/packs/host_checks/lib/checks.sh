# What the checks share: reading parameters, judging a measurement, printing the result.
# Sourced by every action; makes no measurement itself.
#
# An action sets HOST_CHECKS_LIB, its defaults in P_<name>, then calls `read_params`.

# Where procfs is mounted; the tests point it at a made-up tree.
PROC=${HOST_CHECKS_PROC:-/proc}

P_fail_on=never

usage() {
    printf '%s\n' "$1" >&2
    exit 2
}

read_params() {
    assignments=$(LC_ALL=C awk -f "$HOST_CHECKS_LIB/params.awk") || exit 2
    eval "$assignments"
    case $P_fail_on in
        never | warning | critical) ;;
        *) usage "fail_on: \`$P_fail_on\` is none of never, warning, critical" ;;
    esac
}

# require_decimal NAME VALUE: a number of zero or more.
require_decimal() {
    case $2 in
        '' | . | *[!0-9.]* | *.*.*) usage "$1: \`$2\` is not a number of zero or more" ;;
    esac
}

# require_integer NAME VALUE: at most 15 digits, which every shell and awk can count exactly.
require_integer() {
    case $2 in
        '' | *[!0-9]*) usage "$1: \`$2\` is not a whole number" ;;
        ????????????????*) usage "$1: \`$2\` is too large" ;;
    esac
}

# at_least A B: whether A >= B, for decimals.
at_least() {
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 >= b + 0) }'
}

# judge VALUE WARNING CRITICAL: prints the verdict for a value of which more is worse.
judge() {
    if at_least "$1" "$3"; then
        echo critical
    elif at_least "$1" "$2"; then
        echo warning
    else
        echo ok
    fi
}

# require_order LOW HIGH: a warning threshold above the critical one would never be reached.
require_order() {
    at_least "$2" "$1" || usage "warning threshold $1 is above critical threshold $2"
}

# json_string TEXT: TEXT as a JSON string, quotes included.
json_string() {
    printf '%s' "$1" | LC_ALL=C awk '
        BEGIN { for (i = 1; i < 32; i++) control = control sprintf("%c", i) }
        NR > 1 { out = out "\\n" }
        {
            for (i = 1; i <= length($0); i++) {
                c = substr($0, i, 1)
                at = index(control, c)
                if (c == "\"" || c == "\\") out = out "\\" c
                else if (at > 0) out = out sprintf("\\u%04x", at)
                else out = out c
            }
        }
        END { printf "\"%s\"", out }'
}

# finish STATUS MESSAGE [NAME KIND VALUE]...: prints the result and exits.
# KIND is `s` for a string and `n` for text that is JSON already.
finish() {
    status=$1
    printf '{"status":"%s","message":%s' "$status" "$(json_string "$2")"
    shift 2
    while [ $# -ge 3 ]; do
        case $2 in
            s) printf ',"%s":%s' "$1" "$(json_string "$3")" ;;
            *) printf ',"%s":%s' "$1" "$3" ;;
        esac
        shift 3
    done
    printf '}\n'
    case $P_fail_on:$status in
        warning:warning | warning:critical | warning:unknown | critical:critical | critical:unknown) exit 1 ;;
    esac
    exit 0
}
