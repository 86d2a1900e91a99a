"""Where a result comes from: hashes of code and settings, versions of what computed it."""

import hashlib
import json
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from goodinit import __version__
from goodinit.files import sha256


def describe_origin(settings: Mapping[str, object], data: Path) -> dict[str, str]:
    """Attributes for a result computed now with `settings` from the file `data`: hashes of the settings, of the data
    and of the goodinit modules loaded, and the versions that matter."""
    modules = sorted(name for name in sys.modules if name.startswith("goodinit.") and name != "goodinit.__main__")
    code = [Path(str(sys.modules[name].__file__)) for name in modules]
    return {
        "config_sha256": hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest(),
        "code_sha256": sha256(*code),
        "data_sha256": sha256(data),
        "goodinit_version": __version__,
        "python_version": platform.python_version(),
        **{f"{package}_version": version(package) for package in ("torch", "numpy", "numba", "h5netcdf")},
    }
