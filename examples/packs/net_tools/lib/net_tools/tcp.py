"""Opening a TCP connection to see whether it opens."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Outcome:
    """`state` is open, refused, timeout or error."""

    state: str
    seconds: float
    banner: str
    error: str


def check(
    host: str,
    port: int,
    timeout_seconds: float,
    banner_bytes: int = 0,
    connect: Callable[..., socket.socket] = socket.create_connection,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Connects once; with `banner_bytes`, also reads what the service says first."""
    started = clock()
    try:
        sock = connect((host, port), timeout_seconds)
    except ConnectionRefusedError as error:
        return Outcome("refused", clock() - started, "", str(error))
    except socket.timeout:
        return Outcome("timeout", clock() - started, "", f"no answer within {timeout_seconds} s")
    except OSError as error:
        return Outcome("error", clock() - started, "", str(error))
    seconds = clock() - started
    with sock:
        return Outcome("open", seconds, _banner(sock, banner_bytes), "")


def _banner(sock: socket.socket, banner_bytes: int) -> str:
    if banner_bytes == 0:
        return ""
    try:
        return sock.recv(banner_bytes).decode("utf-8", "backslashreplace").strip()
    except OSError:
        # A service that waits for the client to speak first is still open.
        return ""
