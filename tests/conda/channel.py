"""A conda channel of the packages that are installed here, and the commands of conda that Snakemake and the README ask
for.

What a package holds are links to the installed files, since torch alone is a gigabyte, and its commands. `python` is
this interpreter; `tectonic` is empty: nothing is typeset.

As a script: python channel.py CHANNEL COMMAND…, the stand-in for conda.
"""

import asyncio
import io
import json
import os
import platform
import re
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

import rattler
import rattler.exceptions
import yaml
from packaging.requirements import Requirement
from rattler.index import index_fs

CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base", "snakemake": "snakemake-minimal"}
SITE = Path(f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages")
PYTHON = platform.python_version()
COMMAND = """#!/bin/sh
exec python -c 'import sys; from {module} import {attr} as main; sys.argv[0] = "{name}"; sys.exit(main())' "$@"
"""


def name_of(package: str) -> str:
    """Of a pip package, in conda."""
    name = re.sub("[-_.]+", "-", package).lower()
    return CONDA_NAMES.get(name, name)


def make_channel(folder: Path, packages: Iterable[str]) -> None:
    """Write python, tectonic and installed pip packages to a folder as a channel."""
    folder.joinpath("noarch").mkdir(parents=True)
    configuration = f"home = {sys.base_prefix}/bin\ninclude-system-site-packages = false\nversion = {PYTHON}\n"
    interpreter = str(Path(sys.executable).resolve())
    _write_package(folder, "python", PYTHON, [], {"bin/python": interpreter}, {"pyvenv.cfg": configuration})
    _write_package(folder, "tectonic", "0.15.0", [], {}, {})
    for package in packages:
        depends = [f"python {PYTHON}", *sorted(set(_depends(package, [])))]
        _write_package(folder, name_of(package), _version(package), depends, _links(package), _commands(package))
    asyncio.run(index_fs(folder, write_zst=False, write_shards=False))


def _version(package: str) -> str:
    return metadata.version(package).partition("+")[0]


def _depends(package: str, extras: list[str]) -> Iterator[str]:
    """What a package with extras needs on this machine, as conda spells it; conda has no extras."""
    for requirement in map(Requirement, metadata.requires(package) or []):
        if not requirement.marker or any(requirement.marker.evaluate({"extra": extra}) for extra in ["", *extras]):
            yield f"{name_of(requirement.name)} {requirement.specifier}".strip()
            if requirement.extras:
                yield from _depends(requirement.name, sorted(requirement.extras))


def _links(package: str) -> dict[str, str]:
    """By path in the environment, the installed path of each module and folder of a package."""
    distribution, links = metadata.distribution(package), {}
    for file in distribution.files or []:
        top = file.parts[0]
        if top not in ("..", "__pycache__"):
            links[str(SITE / top)] = str(distribution.locate_file(top))
    return links


def _commands(package: str) -> dict[str, str]:
    """By path in the environment, what runs each of its commands there."""
    return {
        f"bin/{script.name}": COMMAND.format(module=script.module, attr=script.attr, name=script.name)
        for script in metadata.distribution(package).entry_points.select(group="console_scripts")
    }


def _write_package(
    channel: Path, name: str, version: str, depends: list[str], links: Mapping[str, str], texts: Mapping[str, str]
) -> None:
    """A package of links and text files, by path in the environment."""
    index = {"name": name, "version": version, "build": "0", "build_number": 0, "depends": depends}
    index |= {"subdir": "noarch", "noarch": "generic"}
    kinds = [*((path, "softlink") for path in links), *((path, "hardlink") for path in texts)]
    paths = {"paths_version": 1, "paths": [{"_path": path, "path_type": kind} for path, kind in kinds]}
    contents = {"info/index.json": json.dumps(index), "info/paths.json": json.dumps(paths), **texts}
    with tarfile.open(channel / f"noarch/{name}-{version}-0.tar.bz2", "w:bz2") as archive:
        for path, text in contents.items():
            entry = tarfile.TarInfo(path)
            entry.mode, entry.size = 0o755, len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
        for path, target in links.items():
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)


async def create(channel: Path, file: Path, prefix: Path) -> None:
    """The environment of a file, whose channels the local one stands in for: solved and installed."""
    specs = yaml.safe_load(file.read_text())["dependencies"]
    records = await rattler.solve([channel.as_uri()], specs)
    await rattler.install(records, prefix, cache_dir=channel.with_name("packages"), show_progress=False)


def _create(channel: Path, file: Path, prefix: Path) -> None:
    try:
        asyncio.run(create(channel, file, prefix))
    except rattler.exceptions.SolverError as error:
        sys.exit(f"conda: {file}: {' '.join(str(error).split())}")


def answer(channel: Path, words: list[str]) -> None:
    """What conda does on a command of Snakemake's."""
    match words:
        case ["--version"]:
            print("conda 24.11.0")
        case ["info", "--json"]:
            print(json.dumps({"conda_prefix": str(channel.parent), "platform": str(rattler.Subdir.current())}))
        case ["config", "--get", "channel_priority", "--json"]:
            print(json.dumps({"get": {"channel_priority": "strict"}}))
        case ["env", "create", "-f", file]:
            _create(channel, Path(file), channel.parent / "envs" / yaml.safe_load(Path(file).read_text())["name"])
        case ["env", "create", *options]:
            file, prefix = (options[options.index(option) + 1] for option in ("--file", "--prefix"))
            _create(channel, Path(file), Path(prefix))
        case ["clean", *_]:  # of archives, which the channel keeps
            pass
        case _:
            sys.exit(f"unexpected: conda {' '.join(words)}")


if __name__ == "__main__":
    answer(Path(sys.argv[1]), sys.argv[2:])
    sys.stdout.flush()
    os._exit(0)  # one in fifteen times threads of py-rattler, still at work, abort an orderly end
