"""Subnet planning."""

import ipaddress
import json
import os
import subprocess
import sys
import unittest

from tests import PACK, load_action

from net_tools import action, cidr


def net(text):
    return ipaddress.ip_network(text)


class PrefixTest(unittest.TestCase):
    def test_prefix_for_hosts(self):
        for hosts, version, prefix in [
            (1, 4, 32),
            (2, 4, 31),
            (3, 4, 29),
            (6, 4, 29),
            (7, 4, 28),
            (254, 4, 24),
            (255, 4, 23),
            (1, 6, 128),
            (2**64, 6, 64),
        ]:
            with self.subTest(hosts=hosts, version=version):
                self.assertEqual(cidr.prefix_for_hosts(hosts, version), prefix)

    def test_the_prefix_is_the_longest_that_suffices(self):
        for hosts in range(3, 600):
            prefix = cidr.prefix_for_hosts(hosts, 4)
            self.assertGreaterEqual(cidr.usable_hosts(net(f"0.0.0.0/{prefix}")), hosts)
            self.assertLess(2 ** (32 - prefix - 1) - 2, hosts)

    def test_impossible_sizes_are_refused(self):
        for hosts in (0, -1, 2**33):
            with self.assertRaises(cidr.PlanError):
                cidr.prefix_for_hosts(hosts, 4)


class PlanTest(unittest.TestCase):
    def test_subtract_leaves_the_rest(self):
        rest = cidr.subtract(net("10.0.0.0/24"), [net("10.0.0.64/26"), net("192.168.0.0/16")])
        self.assertEqual(rest, [net("10.0.0.0/26"), net("10.0.0.128/25")])

    def test_a_block_that_is_taken_whole_has_nothing_left(self):
        self.assertEqual(cidr.subtract(net("10.0.0.0/24"), [net("10.0.0.0/8")]), [])

    def test_subnets_do_not_overlap_and_nothing_is_lost(self):
        block, taken = net("10.0.0.0/22"), [net("10.0.1.0/25")]
        wanted = [cidr.Wanted(f"n{i}", prefix) for i, prefix in enumerate([27, 24, 28, 25, 30, 26])]
        result = cidr.plan(block, taken, wanted)
        parts = [*taken, *result.assigned.values(), *result.free]
        self.assertEqual(sum(part.num_addresses for part in parts), block.num_addresses)
        self.assertEqual(list(ipaddress.collapse_addresses(parts)), [block])

    def test_an_exact_fit_succeeds(self):
        wanted = [cidr.Wanted("a", 26), cidr.Wanted("b", 25), cidr.Wanted("c", 26)]
        self.assertEqual(cidr.plan(net("10.0.0.0/24"), [], wanted).free, [])

    def test_one_address_too_many_is_refused_by_name(self):
        wanted = [cidr.Wanted("a", 25), cidr.Wanted("b", 25), cidr.Wanted("one_more", 32)]
        with self.assertRaisesRegex(cidr.PlanError, "one_more"):
            cidr.plan(net("10.0.0.0/24"), [], wanted)

    def test_equal_names_are_refused(self):
        with self.assertRaises(cidr.PlanError):
            cidr.plan(net("10.0.0.0/24"), [], [cidr.Wanted("a", 26), cidr.Wanted("a", 26)])

    def test_mixed_versions_are_refused(self):
        with self.assertRaises(cidr.PlanError):
            cidr.plan(net("10.0.0.0/24"), [net("fd00::/8")], [])


class ActionTest(unittest.TestCase):
    def test_the_script_speaks_json(self):
        params = {"block": "10.0.0.0/24", "subnets": [{"name": "web", "hosts": 50}, {"name": "p2p", "prefix_length": 31}]}
        done = subprocess.run(
            [sys.executable, str(PACK / "actions" / "cidr_plan.py")],
            input=json.dumps(params),
            env={**os.environ, "PYTHONPATH": str(PACK / "lib")},
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual(result["subnets"]["web"]["network"], "10.0.0.0/26")
        self.assertEqual(result["subnets"]["p2p"]["usable_hosts"], 2)
        self.assertEqual(result["free_addresses"], 256 - 64 - 2)

    def test_bad_parameters_are_refused(self):
        work = load_action("cidr_plan").work
        for params in [
            {},
            {"block": "10.0.0.1/24", "subnets": [{"name": "a", "hosts": 1}]},
            {"block": "10.0.0.0/24", "subnets": [{"name": "a"}]},
            {"block": "10.0.0.0/24", "subnets": [{"name": "a", "hosts": 1, "prefix_length": 30}]},
            {"block": "10.0.0.0/24", "subnets": [{"name": "a", "prefix_length": 33}]},
            {"block": "10.0.0.0/24", "subnets": ["a"]},
        ]:
            with self.subTest(params=params), self.assertRaises(action.ParameterError):
                work(params)


if __name__ == "__main__":
    unittest.main()
