"""EC2 listings."""

import json
import os
import subprocess
import sys
import unittest
from datetime import datetime, timezone

from tests import PACK, load_action
from tests.stubbed import Stubbed

from aws_inventory import account, action

RUNNING = [{"Name": "instance-state-name", "Values": ["running"]}]


def instance(number, **extra):
    return {
        "InstanceId": f"i-{number}",
        "InstanceType": "t3.micro",
        "State": {"Name": "running", "Code": 16},
        "Placement": {"AvailabilityZone": "eu-central-1a"},
        "LaunchTime": datetime(2025, 1, 2, tzinfo=timezone.utc),
        "Tags": [{"Key": "Name", "Value": f"web{number}"}],
        **extra,
    }


class InstancesTest(unittest.TestCase):
    def test_every_page_is_read(self):
        with Stubbed("ec2") as aws:
            aws.answer(
                "describe_instances",
                {"Reservations": [{"OwnerId": "42", "Instances": [instance(3), instance(1)]}], "NextToken": "more"},
                {"Filters": RUNNING},
            )
            aws.answer(
                "describe_instances",
                {"Reservations": [{"OwnerId": "42", "Instances": [instance(2, InstanceType="m7g.large")]}]},
                {"Filters": RUNNING, "NextToken": "more"},
            )
            result = load_action("list_instances").work({}, aws.client_for)
        self.assertEqual([found["id"] for found in result["instances"]], ["i-1", "i-2", "i-3"])
        self.assertEqual(result["by_type"], {"t3.micro": 2, "m7g.large": 1})
        self.assertEqual(result["instances"][0]["launched_at"], "2025-01-02T00:00:00+00:00")
        json.dumps(result)

    def test_states_and_tags_become_filters(self):
        expected = [
            {"Name": "tag:env", "Values": ["prod", "stage"]},
            {"Name": "tag:tier", "Values": ["1"]},
        ]
        with Stubbed("ec2") as aws:
            aws.answer("describe_instances", {"Reservations": []}, {"Filters": expected})
            params = {"states": [], "tags": {"tier": 1, "env": ["prod", "stage"]}}
            self.assertEqual(load_action("list_instances").work(params, aws.client_for)["count"], 0)

    def test_a_refusal_is_told_in_one_line(self):
        with Stubbed("ec2") as aws:
            aws.refuse("describe_instances", "UnauthorizedOperation")
            with self.assertRaisesRegex(action.ActionError, "^DescribeInstances: UnauthorizedOperation: said so$"):
                load_action("list_instances").work({}, aws.client_for)

    def test_bad_parameters_are_refused(self):
        work = load_action("list_instances").work
        for params in [{"states": ["asleep"]}, {"states": "running"}, {"tags": ["env"]}]:
            with self.subTest(params=params), self.assertRaises(action.ParameterError):
                work(params)


class VolumesTest(unittest.TestCase):
    PAGE = {
        "Volumes": [
            {"VolumeId": "vol-2", "Size": 10, "Encrypted": True, "Attachments": [{"InstanceId": "i-1"}]},
            {"VolumeId": "vol-1", "Size": 500, "Encrypted": False, "Attachments": []},
        ]
    }

    def work(self, params):
        with Stubbed("ec2") as aws:
            aws.answer("describe_volumes", self.PAGE)
            return load_action("list_volumes").work(params, aws.client_for)

    def test_findings(self):
        result = self.work({})
        self.assertEqual([volume["findings"] for volume in result["volumes"]], [["unattached", "unencrypted"], []])
        self.assertEqual((result["total_gib"], result["unattached_gib"]), (510, 500))

    def test_only_findings(self):
        self.assertEqual([volume["id"] for volume in self.work({"only_findings": True})["volumes"]], ["vol-1"])


class SecurityGroupsTest(unittest.TestCase):
    def work(self, permissions, **params):
        group = {"GroupId": "sg-1", "GroupName": "web", "VpcId": "vpc-1", "IpPermissions": permissions}
        with Stubbed("ec2") as aws:
            aws.answer("describe_security_groups", {"SecurityGroups": [group]})
            return load_action("list_open_security_groups").work(params, aws.client_for)

    def test_only_the_world_counts(self):
        result = self.work(
            [
                {
                    "IpProtocol": "tcp",
                    "FromPort": 443,
                    "ToPort": 443,
                    "IpRanges": [{"CidrIp": "0.0.0.0/0"}, {"CidrIp": "10.0.0.0/8"}],
                    "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
                }
            ]
        )
        self.assertEqual([rule["source"] for rule in result["rules"]], ["0.0.0.0/0", "::/0"])
        self.assertEqual(result["rules"][0]["sensitive"], [])

    def test_a_range_reaches_the_ports_inside_it(self):
        world = [{"CidrIp": "0.0.0.0/0"}]
        result = self.work([{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 23, "IpRanges": world}], only_sensitive=True)
        self.assertEqual(result["rules"][0]["sensitive"], ["ssh", "telnet"])

    def test_all_protocols_reach_everything(self):
        rule = self.work([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])["rules"][0]
        self.assertEqual((rule["protocol"], rule["first_port"], rule["last_port"]), ("all", 0, 65535))
        self.assertIn("rdp", rule["sensitive"])

    def test_icmp_types_are_not_ports(self):
        permissions = [{"IpProtocol": "icmp", "FromPort": -1, "ToPort": 100, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        self.assertEqual(self.work(permissions)["rules"][0]["sensitive"], [])


class AccountTest(unittest.TestCase):
    def test_half_a_credential_is_refused(self):
        with self.assertRaises(action.ParameterError):
            account.client_factory({"access_key_id": "x"})

    def test_the_endpoint_and_region_are_used(self):
        params = {"access_key_id": "a", "secret_access_key": "b", "region": "eu-west-3", "endpoint_url": "http://aws.example:4566"}
        client = account.client_factory(params)("ec2")
        self.assertEqual((client.meta.endpoint_url, client.meta.region_name), ("http://aws.example:4566", "eu-west-3"))

    def test_a_script_without_a_reachable_service_fails_in_one_line(self):
        params = {
            "access_key_id": "a",
            "secret_access_key": "b",
            "endpoint_url": "http://127.0.0.1:9",
            "attempts": 1,
            "timeout_seconds": 1,
        }
        done = subprocess.run(
            [sys.executable, str(PACK / "actions" / "list_instances.py")],
            input=json.dumps(params),
            env={**os.environ, "PYTHONPATH": str(PACK / "lib")},
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


if __name__ == "__main__":
    unittest.main()
