#!/bin/sh
# Runs every check against a made-up procfs, a made-up df and temporary files. Writes only below TMPDIR.
set -u

PACK=$(CDPATH="" cd -- "$(dirname -- "$0")/.." && pwd)
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' HUP INT TERM

RESULTS=$WORK/results
: > "$RESULTS"

pass() {
    echo "ok   $1" | tee -a "$RESULTS"
}

fail() {
    echo "FAIL $1" | tee -a "$RESULTS"
}

# expect NAME ACTION EXIT PATTERN: runs ACTION with this function's stdin as parameters. PATTERN is matched by `case`
# against stdout and stderr together. Usually the last part of a pipe, thus in a subshell: results go to a file.
expect() {
    output=$(sh "$PACK/actions/$2.sh" 2>&1)
    code=$?
    # shellcheck disable=SC2254
    case $code:$output in
        $3:$4) pass "$1" ;;
        *)
            fail "$1"
            printf '     expected exit %s and %s\n' "$3" "$4"
            printf '     got exit %s and %s\n' "$code" "$output"
            ;;
    esac
}

HOST_CHECKS_PROC=$WORK/proc
export HOST_CHECKS_PROC
mkdir -p "$WORK/proc/net" "$WORK/proc/10" "$WORK/proc/11" "$WORK/proc/12" "$WORK/bin"

cat > "$WORK/proc/meminfo" << 'EOF'
MemTotal:        1000 kB
MemFree:           50 kB
MemAvailable:     100 kB
EOF
echo '0.50 3.00 8.40 2/100 4242' > "$WORK/proc/loadavg"
printf 'processor\t: 0\nprocessor\t: 1\n' > "$WORK/proc/cpuinfo"
cat > "$WORK/proc/net/tcp" << 'EOF'
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
   1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 2
EOF
cat > "$WORK/proc/net/tcp6" << 'EOF'
  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A
EOF
cat > "$WORK/proc/net/udp" << 'EOF'
  sl  local_address rem_address   st
   0: 00000000:0035 00000000:0000 07
EOF
echo nginx > "$WORK/proc/10/comm"
printf 'nginx: master process\000-g\000daemon off;\000' > "$WORK/proc/10/cmdline"
echo nginx > "$WORK/proc/11/comm"
printf 'nginx: worker process\000' > "$WORK/proc/11/cmdline"
echo a-long-daemon-n > "$WORK/proc/12/comm"
printf '/opt/x/a-long-daemon-name\000--config\000/etc/x.conf\000' > "$WORK/proc/12/cmdline"

cat > "$WORK/bin/df" << 'EOF'
#!/bin/sh
echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
echo "a device  100 85 10 90% /mnt/x y"
EOF
chmod 755 "$WORK/bin/df"
real_path=$PATH

# Parameters

echo "port='22'" | expect 'dotenv parameters' check_port 0 '*"status":"ok"*'
echo '{"port": 22}' | expect 'json parameters' check_port 0 '*"status":"ok"*'
echo '{"port": 22, "secrets": {"a": [1, {"b": "}"}]}, "expect": null}' |
    expect 'nested and null json values are left alone' check_port 0 '*"status":"ok"*'
expect 'no input means the defaults' check_load 0 '*"window_minutes":5*' < /dev/null
printf '%s\n' '{"path": "/no/\u00e9\ud83d\ude00\"x\\"}' |
    expect 'json escapes survive the round trip' check_file_age 0 '*"path":"/no/é😀\\\"x\\\\"*'
printf '%s\n' "path='/no/it'\\''s \$(touch $WORK/pwned) \`id\`'" |
    expect 'dotenv quotes and expansions stay text' check_file_age 0 '*/no/it'\''s $(touch *) `id`*'
printf "path='/no/two\nlines'\n" | expect 'a value may hold a newline' check_file_age 0 '*"path":"/no/two\\nlines"*'
echo '{"port": 22' | expect 'unclosed json is refused' check_port 2 'parameters: *'
echo '{"port": 22} x' | expect 'text after json is refused' check_port 2 '*after the JSON object*'
echo '{"path": "\ud83d"}' | expect 'a lone surrogate is refused' check_file_age 2 '*lone surrogate*'
echo "path='/x" | expect 'an unclosed quote is refused' check_file_age 2 '*unclosed quote*'
echo 'what is this' | expect 'text that is neither form is refused' check_port 2 '*name=value*'
echo "fail_on='sometimes'" | expect 'an unknown fail_on is refused' check_load 2 'fail_on:*'

if [ -e "$WORK/pwned" ]; then
    fail 'no parameter was executed'
else
    pass 'no parameter was executed'
fi

# Disk

PATH=$WORK/bin:$real_path
echo "path='/'" | expect 'disk: warning, with spaces in the device name' check_disk 0 \
    '{"status":"warning"*"total_bytes":102400,"used_bytes":87040,"available_bytes":10240,"used_percent":89.5}'
echo "critical_percent='89'" | expect 'disk: critical' check_disk 0 '{"status":"critical"*'
echo "warning_percent='95' critical_percent='99'" | expect 'disk: two values on one line are refused' check_disk 2 '*not a number*'
printf "warning_percent='95'\ncritical_percent='99'\n" | expect 'disk: ok' check_disk 0 '{"status":"ok"*'
printf "warning_percent='95'\ncritical_percent='90'\n" |
    expect 'disk: thresholds in the wrong order are refused' check_disk 2 '*above critical*'
PATH=$real_path
echo '{}' | expect 'disk: the real df' check_disk 0 '*"used_percent":*'
echo "path='/no/such'" | expect 'disk: a missing path is unknown' check_disk 0 '{"status":"unknown"*'

# Memory and load

expect 'memory: warning' check_memory 0 '{"status":"warning"*"used_percent":90.0}' < /dev/null
echo '{"critical_percent": 90}' | expect 'memory: the threshold itself counts' check_memory 0 '{"status":"critical"*'
echo '{"window_minutes": 1}' | expect 'load: ok' check_load 0 '{"status":"ok"*"load_per_cpu":0.25}'
expect 'load: warning' check_load 0 '{"status":"warning"*"cpus":2,"load_per_cpu":1.50}' < /dev/null
echo '{"window_minutes": 15, "fail_on": "critical"}' | expect 'load: critical fails on demand' check_load 1 '{"status":"critical"*'
echo '{"window_minutes": 7}' | expect 'load: an unknown window is refused' check_load 2 'window_minutes:*'

# Ports

echo '{"port": 22}' | expect 'port: both families are counted' check_port 0 '*"found":"open","listeners":2}'
echo '{"port": 8080}' | expect 'port: a connection is not a listener' check_port 0 '{"status":"critical"*"found":"closed"*'
echo '{"port": 8080, "expect": "closed"}' | expect 'port: closed as expected' check_port 0 '{"status":"ok"*'
echo '{"port": 53, "protocol": "udp"}' | expect 'port: udp' check_port 0 '{"status":"ok"*'
echo '{"port": 65536}' | expect 'port: out of range is refused' check_port 2 'port:*'
echo '{"port": "22; id"}' | expect 'port: not a number is refused' check_port 2 'port:*'
echo '{}' | expect 'port: a missing port is refused' check_port 2 'port:*'

# Processes

echo '{"name": "nginx"}' | expect 'process: by name' check_process 0 '{"status":"ok"*"count":2,"pids":\[10,11]}'
echo '{"name": "nginx", "contains": "worker"}' | expect 'process: name and text' check_process 0 '*"pids":\[11]}'
echo '{"name": "a-long-daemon-name"}' | expect 'process: a name longer than the kernel keeps' check_process 0 '*"pids":\[12]}'
echo '{"contains": "--config /etc/x.conf"}' | expect 'process: text across arguments' check_process 0 '*"count":1*'
echo '{"name": "nginx", "max_count": 1}' | expect 'process: too many' check_process 0 '{"status":"warning"*'
echo '{"name": "absent"}' | expect 'process: none' check_process 0 '{"status":"critical"*"pids":\[]}'
echo '{"name": "absent", "fail_on": "warning"}' | expect 'process: none fails on demand' check_process 1 '*'
echo '{}' | expect 'process: nothing to look for is refused' check_process 2 '*name and contains*'

# File age

touch "$WORK/fresh"
touch -t 202001010000 "$WORK/old"
echo "path='$WORK/fresh'" | expect 'file age: fresh' check_file_age 0 '{"status":"ok"*"exists":true*'
echo "path='$WORK/old'" | expect 'file age: old' check_file_age 0 '{"status":"critical"*'
printf "path='%s'\ncritical_seconds='99999999999'\n" "$WORK/old" | expect 'file age: warning' check_file_age 0 '{"status":"warning"*'
echo "path='$WORK/none'" | expect 'file age: missing' check_file_age 0 '{"status":"critical"*"exists":false}'
printf "path='%s'\non_missing='ok'\n" "$WORK/none" | expect 'file age: missing and that is fine' check_file_age 0 '{"status":"ok"*'
echo '{}' | expect 'file age: no path is refused' check_file_age 2 '*path is needed*'

passed=$(grep -c '^ok' "$RESULTS")
failed=$(grep -c '^FAIL' "$RESULTS")
echo
echo "Total Tests: $((passed + failed))"
echo "Passed: $passed"
echo "Failed: $failed"
echo "Skipped: 0"
[ "$failed" -eq 0 ]
