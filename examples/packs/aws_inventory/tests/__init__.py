"""Makes the pack's library and actions importable, whoever runs the tests and from wherever."""

import importlib.util
import pathlib
import sys

PACK = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PACK / "lib"))


def load_action(name):
    """The module of `actions/<name>.py`."""
    spec = importlib.util.spec_from_file_location(f"actions_{name}", PACK / "actions" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
