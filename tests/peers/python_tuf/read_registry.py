"""python-tuf reads a registry: `read_registry.py URL ROOT TARGET...`; prints what it found and what it took.

Every target is looked up, downloaded and verified, with hashed bins on the way.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from tuf.ngclient import Updater, UpdaterConfig

url, root, *names = sys.argv[1:]
with tempfile.TemporaryDirectory() as directory:
    before = time.process_time()
    updater = Updater(
        metadata_dir=directory,
        metadata_base_url=f"{url}/metadata/",
        target_dir=directory,
        target_base_url=f"{url}/",
        config=UpdaterConfig(prefix_targets_with_hash=True),
        bootstrap=Path(root).read_bytes(),
    )
    updater.refresh()
    lengths = {}
    for name in names:
        info = updater.get_targetinfo(name)
        assert info is not None, f"{name} was not found"
        lengths[name] = Path(updater.download_target(info)).stat().st_size
    took = time.process_time() - before
    roles = sorted(path.name for path in Path(directory).glob("*.json") if "." not in path.stem)
    print(json.dumps({"lengths": lengths, "cpuSeconds": took, "roles": roles}))
