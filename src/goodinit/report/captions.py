"""The figures' captions: one text for Snakemake's HTML report and for the PDF."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from goodinit.report import tex

CAPTION = re.compile(r'{% (?:el)?if figure == "([a-z-]+)" %}\n(.*?\n)(?={% )', re.DOTALL)


def read_captions(path: Path) -> dict[str, str]:
    """The caption of each figure in the template that the HTML report chooses from: reStructuredText, after Jinja."""
    return dict(CAPTION.findall(path.read_text()))


def typeset(source: str, config: Mapping[str, Any]) -> str:
    """A caption as TeX: Jinja with `snakemake.config` filled in, then :math:`…`, ``code`` and plain text."""
    text = jinja2.Template(source).render(snakemake={"config": config}).strip()
    parts = re.split(r"(:math:`[^`]+`|``[^`]+``)", text)
    return "".join(_inline(part) for part in parts)


def _inline(part: str) -> str:
    if part.startswith(":math:"):
        return f"${part[7:-1]}$"
    return tex.code(part[2:-2]) if part.startswith("``") else tex.escape(part)
