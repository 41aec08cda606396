"""S3 and IAM listings."""

import json
import unittest
from datetime import datetime, timedelta, timezone

from tests import load_action
from tests.stubbed import Stubbed

from aws_inventory import action

NOW = datetime(2025, 6, 1, tzinfo=timezone.utc)
BLOCKED = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
AES = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}


def bucket(aws, name, location="eu-central-1", encryption=AES, block=BLOCKED):
    """Queues the four answers about one bucket; None for a setting it does not have."""
    where = {"Bucket": name}
    aws.answer("get_bucket_location", {"LocationConstraint": location} if location else {}, where)
    if encryption:
        aws.answer("get_bucket_encryption", {"ServerSideEncryptionConfiguration": encryption}, where)
    else:
        aws.refuse("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError", where)
    if block:
        aws.answer("get_public_access_block", {"PublicAccessBlockConfiguration": block}, where)
    else:
        aws.refuse("get_public_access_block", "NoSuchPublicAccessBlockConfiguration", where)
    aws.answer("get_bucket_versioning", {"Status": "Enabled"}, where)


class BucketsTest(unittest.TestCase):
    def work(self, prepare, names, **params):
        with Stubbed("s3") as aws:
            aws.answer("list_buckets", {"Buckets": [{"Name": name, "CreationDate": NOW} for name in names]})
            prepare(aws)
            return load_action("list_buckets").work(params, aws.client_for)

    def test_a_well_kept_bucket(self):
        result = self.work(lambda aws: bucket(aws, "good"), ["good"])
        found = result["buckets"][0]
        self.assertEqual((found["encryption"], found["versioning"], found["findings"]), ("AES256", "Enabled", []))
        json.dumps(result)

    def test_what_is_not_set_is_a_finding(self):
        result = self.work(lambda aws: bucket(aws, "bare", None, None, None), ["bare"])
        self.assertEqual(result["buckets"][0]["findings"], ["no default encryption", "public access is not fully blocked"])
        self.assertEqual((result["buckets"][0]["region"], result["with_findings"]), ("us-east-1", ["bare"]))

    def test_a_block_that_is_half_on_is_a_finding(self):
        half = {**BLOCKED, "RestrictPublicBuckets": False}
        result = self.work(lambda aws: bucket(aws, "half", "EU", AES, half), ["half"])
        self.assertEqual(result["buckets"][0]["findings"], ["public access is not fully blocked"])
        self.assertEqual(result["buckets"][0]["region"], "eu-west-1")

    def test_a_prefix_spares_the_other_buckets_their_questions(self):
        result = self.work(lambda aws: bucket(aws, "logs-a"), ["data-a", "logs-a"], prefix="logs-")
        self.assertEqual(result["count"], 1)

    def test_a_refusal_is_not_taken_for_an_absent_setting(self):
        def prepare(aws):
            aws.answer("get_bucket_location", {})
            aws.refuse("get_bucket_encryption", "AccessDenied")

        with self.assertRaisesRegex(action.ActionError, "AccessDenied"):
            self.work(prepare, ["secret"])

    def test_pages_of_buckets_are_joined(self):
        with Stubbed("s3") as aws:
            if not aws.client.can_paginate("list_buckets"):
                self.skipTest("this botocore lists buckets in one answer")
            aws.answer("list_buckets", {"Buckets": [{"Name": "a"}], "ContinuationToken": "t"}, {})
            bucket(aws, "a")
            aws.answer("list_buckets", {"Buckets": [{"Name": "b"}]}, {"ContinuationToken": "t"})
            bucket(aws, "b")
            self.assertEqual(load_action("list_buckets").work({}, aws.client_for)["count"], 2)


def user(name):
    return {
        "Path": "/",
        "UserName": name,
        "UserId": f"AIDA{name.upper():0<12}",
        "Arn": f"arn:aws:iam::42:user/{name}",
        "CreateDate": NOW - timedelta(days=400),
    }


def key(number, age_days, status="Active"):
    return {"AccessKeyId": f"AKIA{number:012}", "Status": status, "CreateDate": NOW - timedelta(days=age_days)}


def details(aws, name, keys=(), devices=(), groups=()):
    """Queues the answers about one user; each key is (metadata, last used or None)."""
    who = {"UserName": name}
    aws.answer("list_access_keys", {"AccessKeyMetadata": [item for item, _ in keys]}, who)
    for item, used in keys:
        # A key that was never used has no LastUsedDate, and N/A for the rest.
        last = {"Region": "N/A", "ServiceName": "N/A"}
        if used:
            last = {"Region": "eu-central-1", "ServiceName": "s3", "LastUsedDate": used}
        answer = {"UserName": name, "AccessKeyLastUsed": last}
        aws.answer("get_access_key_last_used", answer, {"AccessKeyId": item["AccessKeyId"]})
    mfa = [{"UserName": name, "SerialNumber": serial, "EnableDate": NOW} for serial in devices]
    aws.answer("list_mfa_devices", {"MFADevices": mfa}, who)
    listed = [
        {"Path": "/", "GroupName": group, "GroupId": "AGPA000000000000", "Arn": f"arn:aws:iam::42:group/{group}", "CreateDate": NOW}
        for group in groups
    ]
    aws.answer("list_groups_for_user", {"Groups": listed}, who)


class UsersTest(unittest.TestCase):
    def work(self, aws, **params):
        return load_action("list_iam_users").work(params, aws.client_for, now=NOW)

    def test_every_page_is_read(self):
        with Stubbed("iam") as aws:
            aws.answer("list_users", {"Users": [user("ann")], "IsTruncated": True, "Marker": "m"}, {"PathPrefix": "/"})
            details(aws, "ann", devices=["arn:aws:iam::42:mfa/ann"], groups=["admins"])
            aws.answer("list_users", {"Users": [user("bob")], "IsTruncated": False}, {"PathPrefix": "/", "Marker": "m"})
            details(aws, "bob")
            result = self.work(aws)
        self.assertEqual([found["name"] for found in result["users"]], ["ann", "bob"])
        self.assertEqual(result["users"][0]["groups"], ["admins"])
        self.assertEqual(result["with_findings"], ["bob"])
        json.dumps(result)

    def test_keys_are_judged_at_their_limit(self):
        keys = [(key(1, 90), NOW), (key(2, 91), NOW), (key(3, 10), None), (key(4, 900, "Inactive"), None)]
        with Stubbed("iam") as aws:
            aws.answer("list_users", {"Users": [user("svc")], "IsTruncated": False})
            details(aws, "svc", keys, devices=["arn:aws:iam::42:mfa/svc"])
            found = self.work(aws)["users"][0]
        self.assertEqual(found["findings"], ["key AKIA000000000002 is 91 days old", "key AKIA000000000003 was never used"])
        self.assertIsNone(found["access_keys"][2]["last_used_at"])

    def test_bad_parameters_are_refused(self):
        work = load_action("list_iam_users").work
        for params in [{"path_prefix": "ops"}, {"max_key_age_days": 0}]:
            with self.subTest(params=params), self.assertRaises(action.ParameterError):
                work(params)


if __name__ == "__main__":
    unittest.main()
