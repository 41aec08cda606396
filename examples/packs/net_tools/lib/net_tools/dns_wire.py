"""DNS messages on the wire: queries out, answers in (RFC 1035, RFC 3596, RFC 2782).

Every byte of an answer is from a stranger: reads are bounds-checked and compression pointers may only point backwards,
so a message cannot make the parser loop.
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass, field
from typing import Any

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33}
TYPE_NAMES = {number: name for name, number in TYPES.items()}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
CLASS_IN = 1

_HEADER = struct.Struct(">HHHHHH")
_RECORD = struct.Struct(">HHIH")


class WireError(ValueError):
    """The bytes are not a DNS message, or not an answer to the question asked."""


@dataclass(frozen=True)
class Record:
    """One resource record; `data` is text, or a mapping for MX, SOA and SRV."""

    name: str
    type: str
    ttl: int
    data: Any


@dataclass(frozen=True)
class Message:
    """The parts of an answer that a caller needs."""

    id: int
    rcode: str
    truncated: bool
    authoritative: bool
    question: tuple[str, int]
    answers: list[Record] = field(default_factory=list)


def encode_name(name: str) -> bytes:
    """A domain name as length-prefixed labels; names beyond ASCII go through IDNA."""
    out = bytearray()
    stripped = name.rstrip(".")
    for label in stripped.split(".") if stripped else []:
        try:
            raw = label.encode("ascii") if label.isascii() else label.encode("idna")
        except UnicodeError as error:
            raise WireError(f"`{label}` is not a DNS label") from error
        if not 1 <= len(raw) <= 63:
            raise WireError(f"label `{label}` is not 1 to 63 bytes long")
        out.append(len(raw))
        out += raw
    out.append(0)
    if len(out) > 255:
        raise WireError("the name is longer than 255 bytes")
    return bytes(out)


def encode_query(query_id: int, name: str, type_name: str) -> bytes:
    """A query that asks for recursion."""
    if type_name not in TYPES:
        raise WireError(f"record type `{type_name}` is not known")
    header = _HEADER.pack(query_id, 0x0100, 1, 0, 0, 0)
    return header + encode_name(name) + struct.pack(">HH", TYPES[type_name], CLASS_IN)


def decode(message: bytes) -> Message:
    """Parses an answer; the authority and additional sections are not read."""
    if len(message) < _HEADER.size:
        raise WireError("the message is shorter than its header")
    query_id, flags, questions, answers, _, _ = _HEADER.unpack_from(message)
    if not flags & 0x8000:
        raise WireError("the message is a query, not an answer")
    if questions != 1:
        raise WireError(f"the message carries {questions} questions")
    name, offset = _read_name(message, _HEADER.size)
    (type_number, _class) = struct.unpack(">HH", _slice(message, offset, 4))
    offset += 4
    records = []
    truncated = bool(flags & 0x0200)
    for _ in range(0 if truncated else answers):
        record, offset = _read_record(message, offset)
        records.append(record)
    rcode = flags & 0x000F
    return Message(
        id=query_id,
        rcode=RCODES.get(rcode, f"RCODE{rcode}"),
        truncated=truncated,
        authoritative=bool(flags & 0x0400),
        question=(name, type_number),
        answers=records,
    )


def check_answers(message: Message, query_id: int, name: str, type_name: str) -> None:
    """Refuses an answer to some other question, which is what a spoofed packet looks like."""
    asked = encode_name(name).lower()
    if message.id != query_id:
        raise WireError("the answer carries another query id")
    if encode_name(message.question[0]).lower() != asked or message.question[1] != TYPES[type_name]:
        raise WireError("the answer is to another question")


def reverse_name(address: str) -> str:
    """The name under which the PTR record of an address is found."""
    return ipaddress.ip_address(address).reverse_pointer


def _slice(message: bytes, offset: int, length: int) -> bytes:
    if offset + length > len(message):
        raise WireError("the message ends in the middle of a field")
    return message[offset : offset + length]


def _read_name(message: bytes, offset: int) -> tuple[str, int]:
    labels: list[str] = []
    total = 0
    after = None
    limit = offset
    while True:
        length = _slice(message, offset, 1)[0]
        if length & 0xC0 == 0xC0:
            (pointer,) = struct.unpack(">H", _slice(message, offset, 2))
            target = pointer & 0x3FFF
            if after is None:
                after = offset + 2
            if target >= limit:
                raise WireError("a compression pointer does not point backwards")
            offset = limit = target
            continue
        if length & 0xC0:
            raise WireError("a label has an unknown type")
        offset += 1
        if length == 0:
            break
        total += length + 1
        if total > 254:
            raise WireError("a name is longer than 255 bytes")
        labels.append(_escape(_slice(message, offset, length)))
        offset += length
    return ".".join(labels) or ".", offset if after is None else after


def _escape(label: bytes) -> str:
    """A label as text, with the escapes of RFC 4343 for what would not read back."""
    return "".join(
        "\\" + chr(byte) if byte in b".\\" else chr(byte) if 33 <= byte <= 126 else f"\\{byte:03d}" for byte in label
    )


def _read_record(message: bytes, offset: int) -> tuple[Record, int]:
    name, offset = _read_name(message, offset)
    number, _class, ttl, length = _RECORD.unpack(_slice(message, offset, _RECORD.size))
    offset += _RECORD.size
    _slice(message, offset, length)
    type_name = TYPE_NAMES.get(number, f"TYPE{number}")
    end = offset + length
    data, used = _read_data(message, type_name, offset, length)
    if used != end:
        raise WireError(f"a {type_name} record is not as long as it says")
    # RFC 2181 section 8: a TTL with its top bit set counts as zero.
    return Record(name, type_name, ttl if ttl < 0x80000000 else 0, data), end


def _read_data(message: bytes, type_name: str, offset: int, length: int) -> tuple[Any, int]:
    end = offset + length
    if type_name in ("A", "AAAA"):
        if length != (4 if type_name == "A" else 16):
            raise WireError(f"an {type_name} record holds {length} bytes")
        return str(ipaddress.ip_address(message[offset:end])), end
    if type_name in ("NS", "CNAME", "PTR"):
        return _read_name(message, offset)
    if type_name == "MX":
        (preference,) = struct.unpack(">H", _slice(message, offset, 2))
        exchange, used = _read_name(message, offset + 2)
        return {"preference": preference, "exchange": exchange}, used
    if type_name == "SRV":
        priority, weight, port = struct.unpack(">HHH", _slice(message, offset, 6))
        target, used = _read_name(message, offset + 6)
        return {"priority": priority, "weight": weight, "port": port, "target": target}, used
    if type_name == "SOA":
        primary, used = _read_name(message, offset)
        mailbox, used = _read_name(message, used)
        serial, refresh, retry, expire, minimum = struct.unpack(">IIIII", _slice(message, used, 20))
        timers = {"serial": serial, "refresh": refresh, "retry": retry, "expire": expire, "minimum": minimum}
        return {"primary": primary, "mailbox": mailbox, **timers}, used + 20
    if type_name == "TXT":
        return _read_text(message, offset, end), end
    return message[offset:end].hex(), end


def _read_text(message: bytes, offset: int, end: int) -> str:
    parts = []
    while offset < end:
        length = message[offset]
        if offset + 1 + length > end:
            raise WireError("a TXT string is longer than its record")
        parts.append(message[offset + 1 : offset + 1 + length])
        offset += 1 + length
    return b"".join(parts).decode("utf-8", "backslashreplace")
