"""Files inside the page: compressed, in letters, unpacked by the browser when they are wanted."""

import base64
import io
import zlib
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
KINDS = {
    ".csv": "text/csv",
    ".js": "text/javascript",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".svg": "image/svg+xml",
}


class Attachment(NamedTuple):
    """A file that comes along: its name, media type, and its content, deflated (RFC 1950), in base64."""

    name: str
    kind: str
    content: str


class Drawing(NamedTuple):
    """An SVG that comes along. alt: its title, in words; width, height: in points."""

    file: Attachment
    alt: str
    width: float
    height: float


def attach(name: str, content: bytes) -> Attachment:
    """A file's content under a name, whose ending says what it is."""
    packed = base64.b64encode(zlib.compress(content)).decode()
    return Attachment(name, KINDS[Path(name).suffix], packed)


def attach_drawing(path: Path) -> Drawing:
    """A figure as `save_figure` wrote it: its title comes first."""
    content = path.read_bytes()
    parsed = ElementTree.iterparse(io.BytesIO(content), events=("start", "end"))
    root = next(element for _, element in parsed)
    title = next(element for event, element in parsed if event == "end" and element.tag == f"{SVG}title")
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    return Drawing(attach(path.name, content), title.text or "", width, height)
