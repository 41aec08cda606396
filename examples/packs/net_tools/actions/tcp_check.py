#!/usr/bin/env python3
"""Opens a TCP connection and reports what came of it."""

import socket

from net_tools import action, tcp


def work(params, connect=socket.create_connection):
    host = str(action.required(params, "host"))
    action.required(params, "port")
    port = action.integer(params, "port", 0, 1, 65535)
    timeout = action.number(params, "timeout_seconds", 5, 0.1, 300)
    banner_bytes = action.integer(params, "banner_bytes", 0, 0, 4096)
    outcome = tcp.check(host, port, timeout, banner_bytes, connect)
    return {
        "host": host,
        "port": port,
        "open": outcome.state == "open",
        "state": outcome.state,
        "milliseconds": round(outcome.seconds * 1000, 1),
        "banner": outcome.banner,
        "error": outcome.error,
    }


if __name__ == "__main__":
    action.run(work)
