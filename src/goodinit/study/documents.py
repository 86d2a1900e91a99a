"""Config files as their authors meant them: each key once, nothing that holds itself, no code."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from goodinit import GoodinitError

MOST_VALUES = 20_000  # of a config, each counted as often as it is mentioned
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
WITHIN_ITSELF = object()
CODE = "__use_yte__"  # Snakemake runs code in a file with this key


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """That refuses a key which a mapping has twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """See yaml.SafeLoader."""
        keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for place, key in enumerate(keys):
            if key.value in [other.value for other in keys[:place]]:
                raise _TwiceError(f"line {key.start_mark.line + 1}: {key.value}: stands there twice; leave one out")
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


class _TwiceError(ValueError):
    """A key that a mapping has twice."""


def read_document(path: Path) -> dict[str, Any]:
    """The content of a config file, JSON or YAML as Snakemake reads it. Raises GoodinitError."""
    try:
        text = path.read_text(encoding="utf-8")
        content = _read(text)
        mistake = _find_mistake(content)
    except _TwiceError as error:
        mistake = str(error)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        mistake = f"is no YAML ({' '.join(str(error).split())}); correct it, or see config/config.yaml for its form"
    if mistake:
        raise GoodinitError(f"{path}: {mistake}")
    return dict(content)


def _read(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_collect)
    except _TwiceError:
        raise
    except ValueError:
        return yaml.load(text, _Loader)


def _collect(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise _TwiceError(f"{key}: stands there twice; leave one out")
    return dict(pairs)


def _find_mistake(content: Any) -> str:
    """Why some content is no config; empty where it is one, perhaps with keys and values that are wrong."""
    if content is None:
        return "is empty; write a key into it, such as `seeds: 10`, or leave it out"
    if not isinstance(content, dict):
        return f"is no mapping but a {type(content).__name__}; write keys with values, such as `seeds: 10`"
    if CODE in content:
        return f"{CODE}: runs code, which no config of goodinit needs; take it out"
    return find_unreadable(content)


def find_unreadable(content: Any) -> str:
    """The first key or value that cannot be meant, with what to do about it; empty where there is none."""
    for number, (keys, value) in enumerate(_walk(content, (), ())):
        place = ".".join(map(repr if CONTROL.search("".join(map(str, keys))) else str, keys))
        if number > MOST_VALUES:
            return f"has more than {MOST_VALUES:,} values; leave some out"
        if value is WITHIN_ITSELF:
            return f"{place}: holds itself; write out what it is to hold"
        if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
            odd = next(key for key in value if not isinstance(key, str))
            return f"{'.'.join(map(str, (*keys, odd)))}: the key is no text; put it into quotes"
        if any(CONTROL.search(text) for text in (*keys[-1:], value) if isinstance(text, str)):
            return f"{place}: holds a line break or another control character: {value!r}; leave it out"
    return ""


def _walk(value: Any, keys: tuple[Any, ...], around: tuple[int, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Each value with the keys on the way to it; around: the lists and mappings in which it stands."""
    yield keys, WITHIN_ITSELF if id(value) in around else value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if id(value) not in around:
        for key, one in inner:
            yield from _walk(one, (*keys, key), (*around, id(value)))
