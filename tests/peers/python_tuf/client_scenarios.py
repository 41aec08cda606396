"""Our client against repositories that python-tuf wrote: `client_scenarios.py PROGRAM`.

Each function is one scenario; the first that fails ends the run.
"""

import json
import sys

from repository import Client, Repository, in_days
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Delegations, Metadata, SuccinctRoles, Targets

PROGRAM = sys.argv[1]


def start(**options):
    repository = Repository(**options)
    client = Client(PROGRAM, repository)
    assert client.init(), client.message
    return repository, client


def first_refresh_asks_in_order():
    repository, client = start()
    assert client.refresh(), client.message
    asked = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]
    assert repository.requests == asked, repository.requests
    assert client.files() == ["root.json", "snapshot.json", "targets.json", "timestamp.json"]
    assert (client.metadata / "root.json").read_bytes() == repository.published["root"][1]


def every_scheme_is_verified():
    for make in (
        CryptoSigner.generate_ed25519,
        CryptoSigner.generate_rsa,
        CryptoSigner.generate_ecdsa,
        lambda: CryptoSigner.generate_rsa(scheme="rsa-pkcs1v15-sha256"),
    ):
        repository, client = start(new_signer=make)
        assert client.refresh(), client.message


def an_unusable_root_is_never_kept():
    repository = Repository()
    root = json.loads(repository.published["root"][1])
    root["signatures"][0]["sig"] = "00" * 64
    client = Client(PROGRAM, repository)
    client.init(json.dumps(root).encode())
    assert not client.refresh() and repository.requests == []
    assert client.version("root") is None


def metadata_that_is_accepted_is_kept_step_by_step():
    repository, client = start()
    repository.signed("snapshot").version = 5
    repository.publish("timestamp")
    repository.published["snapshot"] = {}
    assert not client.refresh()
    assert client.files() == ["root.json", "timestamp.json"], client.files()


def rollbacks_are_refused():
    for role in ("timestamp", "snapshot", "targets"):
        for with_hashes in (False, True):
            repository, client = start()
            repository.with_hashes = with_hashes
            repository.publish_all()
            assert client.refresh(), client.message
            repository.signed(role).version = 0
            names = {"timestamp": ["timestamp"], "snapshot": ["snapshot", "timestamp"]}
            repository.publish(*names.get(role, ["targets", "snapshot", "timestamp"]))
            assert not client.refresh()
            assert client.version(role) == 2, role


def a_role_removed_from_the_snapshot_is_refused():
    repository, client = start()
    repository.delegate("delegated")
    repository.publish_all("delegated")
    assert client.refresh(), client.message
    del repository.signed("snapshot").meta["delegated.json"]
    repository.publish("snapshot", "timestamp")
    assert not client.refresh() and client.version("snapshot") == 2


def fast_forward_is_recovered_by_rotation():
    for roles in (["timestamp"], ["snapshot"], ["snapshot", "timestamp"]):
        repository, client = start()
        for role in roles:
            repository.signed(role).version = 98
        repository.publish("snapshot", "timestamp")
        assert client.refresh(), client.message
        for role in roles:
            repository.rotate(role)
            repository.signed(role).version = 0
        if "timestamp" not in roles:
            repository.rotate("timestamp")
        repository.publish("snapshot", "timestamp", "root")
        assert client.refresh(), client.message
        assert client.version(roles[0]) == 1


def added_keys_and_raised_thresholds_forget_nothing():
    repository, client = start()
    assert client.refresh()
    root = repository.signed("root")
    twin = CryptoSigner.generate_ecdsa()
    for number in range(3):
        twin.public_key.keyid = f"{number}" * 64
        root.add_key(twin.public_key, "snapshot")
    repository.signers["snapshot"].append(twin)
    root.roles["snapshot"].threshold = 2
    repository.publish("root", "snapshot", "timestamp")
    assert client.refresh(), client.message
    root.roles["snapshot"].threshold = 3
    repository.publish("root", "snapshot", "timestamp")
    assert not client.refresh()
    assert (client.version("root"), client.version("snapshot")) == (3, 2)


def roots_are_followed_one_by_one():
    repository, client = start()
    for _ in range(40):
        old = repository.signers["root"][0]
        repository.rotate("root")
        repository.signers["root"].insert(0, old)
        repository.publish("root")
        repository.signers["root"].pop(0)
    assert client.refresh() and client.version("root") == 41
    repository.rotate("root")
    repository.publish("root")
    assert not client.refresh() and client.version("root") == 41


def expired_metadata_is_refused_after_it_was_told_apart():
    for role, kept in (("root", 2), ("timestamp", 1), ("snapshot", 1), ("targets", 1)):
        repository, client = start()
        assert client.refresh()
        repository.signed(role).expires = in_days(-1)
        repository.publish_all("root")
        assert not client.refresh() and "expired" in client.message
        assert client.version(role) == kept, role


def a_timestamp_of_equal_version_is_not_replaced():
    repository, client = start()
    assert client.refresh()
    before = (client.metadata / "timestamp.json").read_bytes()
    repository.signed("timestamp").snapshot_meta.version = 100
    repository.publish("timestamp", bump=False)
    assert client.refresh()
    assert (client.metadata / "timestamp.json").read_bytes() == before


def unknown_fields_are_covered_by_the_signature():
    repository, client = start()
    root = repository.signed("root")
    root.unrecognized_fields["custom"] = {"a": [1, None, "é"]}
    for key in root.keys.values():
        key.unrecognized_fields["keyid_hash_algorithms"] = ["md5"]
    repository.publish("root")
    assert client.refresh(), client.message
    assert client.version("root") == 2


def delegations_are_searched_in_order():
    repository, client = start()
    for name, delegator, options in (
        ("A", "targets", {}),
        ("B", "targets", {}),
        ("C", "A", {"terminating": True}),
        ("D", "A", {}),
        ("E", "C", {}),
    ):
        repository.delegate(name, delegator=delegator, **options)
    repository.publish_all("A", "B", "C", "D", "E")
    assert not client.download("missing")
    assert repository.requests[4:] == ["1.A.json", "1.C.json", "1.E.json"], repository.requests
    assert client.version("B") is None and client.version("E") == 1


def a_role_is_verified_against_who_delegates_to_it_now():
    repository, client = start()
    repository.delegate("left", ["left/*"])
    repository.delegate("right", ["right/*"])
    repository.delegate("shared", ["*/*"], delegator="left")
    signers = list(repository.signers["shared"])
    repository.delegate("shared", ["*/*"], delegator="right")
    repository.signers["shared"] = signers
    repository.add_artifact("left/a", b"left", "shared")
    repository.add_artifact("right/a", b"right", "shared")
    repository.publish_all("left", "right", "shared")
    assert client.download("left/a"), client.message
    assert not client.download("left/a", "right/a")
    assert client.downloaded() == [b"left"]


def hostile_role_names_escape_neither_url_nor_directory():
    for name in ("?", "#", "/delegated", "../delegated", "a b", "%2e"):
        repository, client = start()
        repository.delegate(name)
        repository.publish_all(name)
        assert not client.download("missing")
        assert client.version(name) == 1, (name, client.files(), client.message)
        assert len(client.files()) == 5 and len(list(client.metadata.parent.iterdir())) == 2


def expired_delegated_metadata_is_not_kept():
    repository, client = start()
    repository.delegate("delegated")
    repository.signed("delegated").expires = in_days(-1)
    repository.add_artifact("a", b"a", "delegated")
    repository.publish_all("delegated")
    assert client.refresh() and not client.download("a")
    assert client.downloaded() == [] and client.version("delegated") is None


def targets_are_fetched_once_and_again_when_they_change():
    for consistent in (True, False):
        repository, client = start(consistent=consistent)
        repository.add_artifact("dir/a b?.txt", b"one", algorithms=["sha256", "sha512"])
        repository.add_artifact("other", b"sha512 alone", algorithms=["sha512"])
        repository.publish_all()
        assert client.download("dir/a b?.txt", "other"), client.message
        assert client.downloaded() == [b"one", b"sha512 alone"]
        assert client.download("dir/a b?.txt", "other")
        assert not [name for name in repository.requests if not name.endswith(".json")]
        repository.add_artifact("dir/a b?.txt", b"two")
        repository.publish_all()
        assert client.download("dir/a b?.txt") and client.downloaded() == [b"sha512 alone", b"two"]
        repository.artifacts["dir/a b?.txt"] = b"bad"
        repository.artifacts["other"] = b"bad"
        repository.signed("targets").targets["other"].hashes["sha512"] = "00" * 64
        repository.publish_all()
        assert not client.download("other") and client.downloaded() == [b"sha512 alone", b"two"]


def a_target_with_an_unknown_hash_is_refused():
    for known in ({}, {"sha256": digest("a")}):
        repository, client = start()
        repository.add_artifact("a", b"a")
        repository.signed("targets").targets["a"].hashes = {"whirl": "00", **known}
        repository.publish_all()
        assert not client.download("a") and client.downloaded() == []


def hashed_bins_are_fetched_one_at_a_time():
    repository, client = start()
    names = [f"bin-{number:x}" for number in range(16)]
    for number, name in enumerate(names):
        repository.delegate(name, path_hash_prefixes=[f"{number:x}"])
    for name in names:
        repository.signed(name).targets.update({})
    repository.add_artifact("packs/a.json", b"a", "bin-" + digest("packs/a.json")[0])
    repository.publish_all(*names)
    assert client.download("packs/a.json"), client.message
    assert len([name for name in repository.requests if ".bin-" in name]) == 1


def succinct_bins_are_found_without_a_list():
    repository, client = start()
    signer = CryptoSigner.generate_ed25519()
    roles = SuccinctRoles([], 1, 5, "part")
    repository.signed("targets").delegations = Delegations({}, succinct_roles=roles)
    repository.signed("targets").add_key(signer.public_key)
    names = list(roles.get_roles())
    for name in names:
        repository.roles[name] = Metadata(Targets(expires=in_days(30)))
        repository.signers[name] = [signer]
    repository.add_artifact("packs/a.json", b"a", roles.get_role_for_target("packs/a.json"))
    repository.publish_all(*names)
    assert client.download("packs/a.json"), client.message
    assert len([name for name in repository.requests if ".part-" in name]) == 1


def digest(text):
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


SCENARIOS = [value for name, value in list(globals().items()) if callable(value) and value.__module__ == "__main__"]
for scenario in SCENARIOS:
    if scenario in (start, digest):
        continue
    scenario()
    print("ok", scenario.__name__, flush=True)
