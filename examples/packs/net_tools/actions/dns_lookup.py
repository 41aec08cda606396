#!/usr/bin/env python3
"""Asks a name server for the records of a name, or for the name of an address."""

from net_tools import action, dns_wire, resolver


def work(params, udp=None, tcp=None):
    type_name = str(params.get("type", "A")).upper()
    name = str(action.required(params, "name"))
    if type_name not in dns_wire.TYPES:
        raise action.ParameterError(f"`type` must be one of {', '.join(dns_wire.TYPES)}, not {type_name}")
    server = params.get("server") or resolver.system_server()
    if not server:
        raise action.ParameterError("`server` is needed: this host names no resolver")
    try:
        question = dns_wire.reverse_name(name) if type_name == "PTR" and is_address(name) else name
        dns_wire.encode_name(question)
    except dns_wire.WireError as error:
        raise action.ParameterError(f"`name`: {error}") from error
    try:
        message = resolver.lookup(
            server,
            action.integer(params, "port", 53, 1, 65535),
            question,
            type_name,
            action.number(params, "timeout_seconds", 3, 0.1, 60),
            action.integer(params, "attempts", 2, 1, 10),
            udp,
            tcp,
        )
    except resolver.NoAnswer as error:
        raise action.ActionError(str(error)) from error
    return {
        "question": question,
        "type": type_name,
        "server": server,
        "rcode": message.rcode,
        "authoritative": message.authoritative,
        "records": [vars(record) for record in message.answers],
        "values": [record.data for record in message.answers if record.type == type_name],
    }


def is_address(text):
    try:
        dns_wire.reverse_name(text)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    action.run(work)
