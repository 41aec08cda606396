"""A TUF repository written by python-tuf, served over loopback, and a client under test that reads it."""

import datetime
import http.server
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib import parse

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

TOP_LEVEL = ["root", "timestamp", "snapshot", "targets"]


def in_days(days):
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    return now + datetime.timedelta(days=days)


class Repository:
    """Metadata by role, every version that was published, and the requests that were made."""

    def __init__(self, new_signer=CryptoSigner.generate_ed25519, consistent=True):
        self.new_signer = new_signer
        self.roles = {
            "root": Metadata(Root(expires=in_days(30), consistent_snapshot=consistent)),
            "timestamp": Metadata(Timestamp(expires=in_days(30))),
            "snapshot": Metadata(Snapshot(expires=in_days(30))),
            "targets": Metadata(Targets(expires=in_days(30))),
        }
        self.signers = {role: [] for role in self.roles}
        self.published = {}
        self.artifacts = {}
        self.with_hashes = False
        self.requests = []
        for role in TOP_LEVEL:
            self.add_key(role)
        self.publish("targets", "snapshot", "timestamp", "root")

    def signed(self, role):
        return self.roles[role].signed

    def add_key(self, role, signer=None, delegator=None):
        signer = signer or self.new_signer()
        self.signers.setdefault(role, []).append(signer)
        self.signed(delegator or "root").add_key(signer.public_key, role)
        return signer

    def rotate(self, role):
        self.signed("root").roles[role].keyids.clear()
        self.signers[role].clear()
        self.add_key(role)

    def delegate(self, name, paths=("*",), delegator="targets", terminating=False, **scope):
        signed = self.signed(delegator)
        if signed.delegations is None:
            signed.delegations = Delegations({}, roles={})
        scope = scope or {"paths": list(paths)}
        signed.delegations.roles[name] = DelegatedRole(name, [], 1, terminating, **scope)
        self.roles.setdefault(name, Metadata(Targets(expires=in_days(30))))
        return self.add_key(name, delegator=delegator)

    def add_artifact(self, path, data, role="targets", algorithms=("sha256",)):
        self.signed(role).targets[path] = TargetFile.from_data(path, data, list(algorithms))
        self.artifacts[path] = data

    def publish(self, *names, bump=True):
        """Signs the roles in this order; each is entered into the role above it."""
        for name in names:
            metadata = self.roles[name]
            if bump and name in self.published:
                metadata.signed.version += 1
            metadata.signatures.clear()
            for signer in self.signers[name]:
                metadata.sign(signer, append=True)
            data = metadata.to_bytes(JSONSerializer())
            versions = self.published.setdefault(name, {})
            # The last one published comes last, whatever its version.
            versions.pop(metadata.signed.version, None)
            versions[metadata.signed.version] = data
            described = MetaFile.from_data(metadata.signed.version, data, ["sha256"])
            if not self.with_hashes:
                described = MetaFile(metadata.signed.version)
            if name == "snapshot":
                self.signed("timestamp").snapshot_meta = described
            elif name not in ("root", "timestamp"):
                self.signed("snapshot").meta[f"{name}.json"] = described

    def publish_all(self, *names):
        self.publish(*names, "targets", "snapshot", "timestamp")

    def answer(self, path):
        """The file at `path`, or none."""
        kind, _, name = path.lstrip("/").partition("/")
        consistent = self.signed("root").consistent_snapshot
        self.requests.append(name)
        if kind == "metadata":
            name = name.removesuffix(".json")
            if name == "timestamp" or (not consistent and not name.endswith(".root")):
                versions = self.published.get(parse.unquote(name))
                return versions and list(versions.values())[-1]
            version, _, role = name.partition(".")
            return self.published.get(parse.unquote(role), {}).get(int(version))
        directory, slash, base = parse.unquote(name).rpartition("/")
        if consistent:
            _, _, base = base.partition(".")
        return self.artifacts.get(directory + slash + base)


class Client:
    """The program under test, with a server of the repository before it."""

    def __init__(self, program, repository):
        self.program, self.repository = program, repository
        self.directory = tempfile.TemporaryDirectory()
        self.metadata = Path(self.directory.name) / "metadata"
        self.targets = Path(self.directory.name) / "targets"

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                data = repository.answer(self.path)
                self.send_response(404 if data is None else 200)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def run(self, *arguments):
        command = [self.program, "--metadata-dir", str(self.metadata), *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        self.message = done.stderr
        assert done.returncode in (0, 1), (command, done)
        return done.returncode == 0

    def init(self, root=None):
        path = Path(self.directory.name) / "initial.json"
        path.write_bytes(root or self.repository.published["root"][1])
        return self.run("init", str(path))

    def refresh(self):
        self.repository.requests.clear()
        return self.run("--metadata-url", f"{self.url}/metadata", "refresh")

    def download(self, *names):
        self.repository.requests.clear()
        named = [word for name in names for word in ("--target-name", name)]
        where = ["--target-base-url", f"{self.url}/targets", "--target-dir", str(self.targets)]
        return self.run("--metadata-url", f"{self.url}/metadata", *named, *where, "download")

    def version(self, role):
        path = self.metadata / f"{parse.quote(role, '')}.json"
        return Metadata.from_file(str(path)).signed.version if path.exists() else None

    def files(self):
        return sorted(path.name for path in self.metadata.iterdir())

    def downloaded(self):
        if not self.targets.exists():
            return []
        return sorted(path.read_bytes() for path in self.targets.iterdir())
