#!/usr/bin/env python3
"""Probes services over HTTP and emits `service_down` and `service_recovered` when they change their state."""

import http.client
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

from incident_flow import events, health


def probe(url, open_url=urllib.request.urlopen):
    """(healthy, what was seen)"""
    try:
        with open_url(url, timeout=10) as response:
            return 200 <= response.status < 400, f"status {response.status}"
    except urllib.error.HTTPError as error:
        error.close()
        return False, f"status {error.code}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        return False, str(getattr(error, "reason", error))


def step(watches, pending, sink, now, look=probe):
    """One round: probes every service, then delivers what changed. Undelivered events stay in `pending`."""
    for url, watch in watches.items():
        healthy, detail = look(url)
        event = watch.observe(healthy, now, detail)
        if event:
            pending.append(event)
    while pending:
        sink.emit(*pending[0])
        pending.pop(0)


def main():
    configs = [config for config in events.trigger_configs(os.environ, "service_down") if config.get("url")]
    watches = {
        config["url"]: health.Watch(str(config.get("service", config["url"])), int(config.get("threshold", 3)))
        for config in configs
    }
    interval = min((float(config.get("interval_seconds", 30)) for config in configs), default=30.0)
    sink = events.EventSink(os.environ)
    pending = []
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while not stop.is_set():
        try:
            step(watches, pending, sink, time.time())
        except OSError as error:
            print(f"{len(pending)} events wait: {error}", file=sys.stderr)
        stop.wait(interval)


if __name__ == "__main__":
    main()
