"""The command line, `goodinit VERB …`: one verb per step of the workflow, its options those of its signature."""

import argparse
import gc
import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from goodinit import GoodinitError, declarations

CONVERTERS: dict[str, Callable[[str], Any]] = {
    "Path": Path, "str": str, "int": int, "float": float, "dict[str, Any]": json.loads
}  # fmt: skip


def main(words: list[str]) -> int:
    """Run the verb that the command line names; its exit code. A mistake of the user's is said in one line."""
    options = vars(_parse(words))
    verb = options.pop("verb")
    try:
        getattr(import_module(f"goodinit.verbs.{verb}"), verb)(**options)
    except GoodinitError as error:
        print(f"goodinit {declarations.command_name(verb)}: {error}", file=sys.stderr)
        return 1
    return 0


def run() -> None:
    """The console script `goodinit`."""
    gc.set_threshold(50_000)  # looks for garbage after every 700 new objects cost a small job 7 %
    sys.exit(main(sys.argv[1:]))


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="goodinit", description=__doc__, allow_abbrev=False)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for verb, purpose in declarations.verbs().items():
        command = verbs.add_parser(
            declarations.command_name(verb), help=purpose, description=purpose, allow_abbrev=False
        )
        command.set_defaults(verb=verb)
        for argument in declarations.arguments(verb):
            command.add_argument(
                argument.option,
                type=CONVERTERS[argument.type],
                nargs="+" if argument.many else None if argument.required else "?",
                required=argument.required,
            )
    return parser.parse_args(words)


if __name__ == "__main__":
    run()
