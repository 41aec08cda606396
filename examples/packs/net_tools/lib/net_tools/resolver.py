"""Asking a name server: UDP first, TCP when the answer was cut.

Sockets come in as two functions, so that tests answer from memory.
"""

from __future__ import annotations

import secrets
import socket
import struct
from typing import Callable

from net_tools import dns_wire

Exchange = Callable[[str, int, bytes, float], bytes]

# Larger than any answer of a server that was offered no EDNS, and than most that come anyway.
_MAX_UDP_BYTES = 4096


class NoAnswer(Exception):
    """No usable answer came."""


def lookup(
    server: str,
    port: int,
    name: str,
    type_name: str,
    timeout_seconds: float,
    attempts: int,
    udp: Exchange | None = None,
    tcp: Exchange | None = None,
) -> dns_wire.Message:
    """Asks until a valid answer comes or `attempts` are used up."""
    last: Exception | None = None
    for _ in range(attempts):
        query_id = secrets.randbelow(0x10000)
        query = dns_wire.encode_query(query_id, name, type_name)
        try:
            message = _ask(udp or exchange_udp, server, port, query, timeout_seconds)
            dns_wire.check_answers(message, query_id, name, type_name)
            if message.truncated:
                message = _ask(tcp or exchange_tcp, server, port, query, timeout_seconds)
                dns_wire.check_answers(message, query_id, name, type_name)
            return message
        except (OSError, dns_wire.WireError) as error:
            last = error
    raise NoAnswer(f"{server} gave no answer for {name} {type_name}: {last}") from last


def _ask(exchange: Exchange, server: str, port: int, query: bytes, timeout_seconds: float) -> dns_wire.Message:
    return dns_wire.decode(exchange(server, port, query, timeout_seconds))


def exchange_udp(server: str, port: int, query: bytes, timeout_seconds: float) -> bytes:
    """One datagram out, one in. The socket is connected, so that only the server's datagrams arrive."""
    family, kind, protocol, _, address = socket.getaddrinfo(server, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as sock:
        sock.settimeout(timeout_seconds)
        sock.connect(address)
        sock.send(query)
        return sock.recv(_MAX_UDP_BYTES)


def exchange_tcp(server: str, port: int, query: bytes, timeout_seconds: float) -> bytes:
    """The same over TCP, where each message has its length in front."""
    with socket.create_connection((server, port), timeout_seconds) as sock:
        sock.sendall(struct.pack(">H", len(query)) + query)
        (length,) = struct.unpack(">H", _receive(sock, 2))
        return _receive(sock, length)


def _receive(sock: socket.socket, length: int) -> bytes:
    out = b""
    while len(out) < length:
        piece = sock.recv(length - len(out))
        if not piece:
            raise ConnectionError("the server closed the connection early")
        out += piece
    return out


def system_server(resolv_conf: str = "/etc/resolv.conf") -> str | None:
    """The first name server of this host."""
    try:
        with open(resolv_conf, encoding="utf-8") as lines:
            for line in lines:
                words = line.split()
                if len(words) > 1 and words[0] == "nameserver":
                    return words[1]
    except OSError:
        return None
    return None
