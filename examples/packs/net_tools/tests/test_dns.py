"""DNS messages, and the resolver over exchanges from memory."""

import struct
import unittest

from tests import load_action

from net_tools import action, dns_wire, resolver


def answer(query, records=(), flags=0x8180, question=None):
    """An answer to `query`; each record is (type number, data). Names point at the question."""
    header = query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 300, len(data)) + data for kind, data in records)
    return header + (question or query[12:]) + body


QUERY = dns_wire.encode_query(7, "www.example.org", "A")


class EncodeTest(unittest.TestCase):
    def test_a_query_is_what_the_specification_draws(self):
        expected = b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03org\x00\x00\x01\x00\x01"
        self.assertEqual(QUERY, expected)

    def test_names(self):
        self.assertEqual(dns_wire.encode_name("."), b"\x00")
        self.assertEqual(dns_wire.encode_name("a.b."), b"\x01a\x01b\x00")
        self.assertEqual(dns_wire.encode_name("bücher.example"), b"\x0dxn--bcher-kva\x07example\x00")
        self.assertEqual(dns_wire.reverse_name("192.0.2.1"), "1.2.0.192.in-addr.arpa")

    def test_bad_names_are_refused(self):
        for name in ["a..b", ".a", "a" * 64, ".".join(["a" * 60] * 5), "\u00e9" * 70]:
            with self.subTest(name=name), self.assertRaises(dns_wire.WireError):
                dns_wire.encode_name(name)


class DecodeTest(unittest.TestCase):
    def test_record_types(self):
        name = b"\x01m\xc0\x10"
        for kind, data, expected in [
            (1, bytes([192, 0, 2, 1]), "192.0.2.1"),
            (28, bytes(15) + b"\x01", "::1"),
            (5, name, "m.example.org"),
            (15, b"\x00\x0a" + name, {"preference": 10, "exchange": "m.example.org"}),
            (16, b"\x03a=b\x02 c", "a=b c"),
            (33, struct.pack(">HHH", 1, 2, 443) + name, {"priority": 1, "weight": 2, "port": 443, "target": "m.example.org"}),
            (99, b"\xab\xcd", "abcd"),
        ]:
            with self.subTest(kind=kind):
                record = dns_wire.decode(answer(QUERY, [(kind, data)])).answers[0]
                self.assertEqual((record.name, record.ttl, record.data), ("www.example.org", 300, expected))

    def test_soa(self):
        data = b"\xc0\x10\xc0\x10" + struct.pack(">IIIII", 1, 2, 3, 4, 5)
        soa = dns_wire.decode(answer(QUERY, [(6, data)])).answers[0].data
        self.assertEqual((soa["primary"], soa["serial"], soa["minimum"]), ("example.org", 1, 5))

    def test_every_truncation_is_refused(self):
        whole = answer(QUERY, [(15, b"\x00\x0a\x01m\xc0\x10"), (1, bytes(4))])
        dns_wire.decode(whole)
        for length in range(len(whole)):
            with self.subTest(length=length), self.assertRaises(dns_wire.WireError):
                dns_wire.decode(whole[:length])

    def test_no_flipped_byte_breaks_the_parser(self):
        whole = answer(QUERY, [(15, b"\x00\x0a\x01m\xc0\x10"), (16, b"\x03a=b")])
        for at in range(len(whole)):
            for value in (0x00, 0x3F, 0x80, 0xC0, 0xFF):
                try:
                    dns_wire.decode(whole[:at] + bytes([value]) + whole[at + 1 :])
                except dns_wire.WireError:
                    pass

    def test_a_pointer_loop_is_refused(self):
        at = 12 + len(QUERY[12:]) + 12
        for pointer in (at, at + 2):
            with self.assertRaisesRegex(dns_wire.WireError, "backwards"):
                dns_wire.decode(answer(QUERY, [(5, struct.pack(">H", 0xC000 | pointer))]))

    def test_a_record_of_the_wrong_length_is_refused(self):
        for kind, data in [(1, bytes(5)), (28, bytes(4)), (5, b"\x01m\x00x"), (16, b"\x09a")]:
            with self.subTest(kind=kind), self.assertRaises(dns_wire.WireError):
                dns_wire.decode(answer(QUERY, [(kind, data)]))

    def test_a_query_is_no_answer(self):
        with self.assertRaises(dns_wire.WireError):
            dns_wire.decode(QUERY)

    def test_odd_label_bytes_are_escaped(self):
        record = dns_wire.decode(answer(QUERY, [(5, b"\x04a.\\\x07\x00")])).answers[0]
        self.assertEqual(record.data, "a\\.\\\\\\007")


class ResolverTest(unittest.TestCase):
    def lookup(self, udp, tcp=None, attempts=2):
        return resolver.lookup("192.0.2.53", 53, "www.example.org", "A", 1, attempts, udp, tcp)

    def test_an_answer_comes_back(self):
        message = self.lookup(lambda *args: answer(args[2], [(1, bytes([192, 0, 2, 1]))]))
        self.assertEqual(message.answers[0].data, "192.0.2.1")

    def test_a_cut_answer_is_asked_for_over_tcp(self):
        message = self.lookup(
            lambda *args: answer(args[2], flags=0x8380),
            lambda *args: answer(args[2], [(1, bytes([192, 0, 2, 9]))]),
        )
        self.assertEqual(message.answers[0].data, "192.0.2.9")

    def test_a_timeout_is_tried_again(self):
        calls = []

        def udp(*args):
            calls.append(args)
            if len(calls) == 1:
                raise TimeoutError("timed out")
            return answer(args[2])

        self.lookup(udp)
        self.assertEqual(len(calls), 2)

    def test_spoofed_answers_are_refused(self):
        other = dns_wire.encode_query(0, "evil.example", "A")[12:]
        for spoof in [
            lambda *args: answer(bytes([args[2][0] ^ 1]) + args[2][1:]),
            lambda *args: answer(args[2], question=other),
            lambda *args: b"garbage",
        ]:
            with self.assertRaises(resolver.NoAnswer):
                self.lookup(spoof)


class ActionTest(unittest.TestCase):
    def test_reverse_lookup_of_an_address(self):
        work = load_action("dns_lookup").work
        result = work(
            {"name": "192.0.2.1", "type": "ptr", "server": "192.0.2.53"},
            udp=lambda *args: answer(args[2], [(12, b"\x04host\x07example\x00")]),
        )
        self.assertEqual(result["question"], "1.2.0.192.in-addr.arpa")
        self.assertEqual(result["values"], ["host.example"])

    def test_nxdomain_is_a_result(self):
        work = load_action("dns_lookup").work
        result = work({"name": "no.example", "server": "192.0.2.53"}, udp=lambda *args: answer(args[2], flags=0x8183))
        self.assertEqual((result["rcode"], result["values"]), ("NXDOMAIN", []))

    def test_bad_parameters_are_refused(self):
        work = load_action("dns_lookup").work
        for params in [{}, {"name": "x", "type": "WKS"}, {"name": "x", "server": "s", "port": 0}, {"name": "a..b", "server": "s"}]:
            with self.subTest(params=params), self.assertRaises(action.ParameterError):
                work(params)


if __name__ == "__main__":
    unittest.main()
