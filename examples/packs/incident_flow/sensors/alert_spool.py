#!/usr/bin/env python3
"""Watches the alert spool and emits `incident_flow.alert_received`, once per file."""

import json
import os
import pathlib
import signal
import sys
import threading
import time

from incident_flow import events, spool

DEFAULT_SPOOL = "/var/spool/attune/alerts"


def main():
    configs = events.trigger_configs(os.environ, "alert_received") or [{}]
    spools = sorted({pathlib.Path(config.get("spool", DEFAULT_SPOOL)) for config in configs})
    interval = min(float(config.get("interval_seconds", 5)) for config in configs)
    sink = events.EventSink(os.environ)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while not stop.is_set():
        for directory in spools:
            drain(directory, sink, time.time())
        stop.wait(interval)


def drain(directory, sink, now):
    try:
        counts = spool.drain(directory, lambda alert: sink.emit("alert_received", {"alert": alert}), now)
    except OSError as error:
        # What was not delivered stays in the spool for the next round.
        print(f"{directory}: {error}", file=sys.stderr)
        return
    if counts["delivered"] or counts["bad"]:
        print(json.dumps({"spool": str(directory), **counts}), file=sys.stderr)


if __name__ == "__main__":
    main()
