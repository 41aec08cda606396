"""Makes the pack's library, actions and sensors importable, whoever runs the tests and from wherever."""

import importlib.util
import pathlib
import sys

PACK = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PACK / "lib"))


def load_action(name):
    """The module of `actions/<name>.py`."""
    return _load("actions", name)


def load_sensor(name):
    """The module of `sensors/<name>.py`."""
    return _load("sensors", name)


def _load(folder, name):
    spec = importlib.util.spec_from_file_location(f"{folder}_{name}", PACK / folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
