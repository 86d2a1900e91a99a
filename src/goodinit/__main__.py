"""The command line, `goodinit VERB …`: one verb per step of the workflow, its options those of its signature; and
`goodinit diagnose my.csv label`, of a table of your own."""

import argparse
import contextlib
import gc
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from goodinit import GoodinitError, declarations, forkserver

CONVERTERS: dict[str, Callable[[str], Any]] = {
    "Path": Path, "str": str, "int": int, "float": float, "dict[str, Any]": json.loads
}  # fmt: skip


def main(words: list[str]) -> int:
    """Run the verb that the command line names; its exit code. A mistake of the user's is said in one line."""
    gc.set_threshold(50_000)  # looks for garbage after every 700 new objects cost a small job 7 %
    if workflow := os.environ.get("GOODINIT_WORKFLOW"):  # unset where the verb is run by hand
        threading.Thread(target=_end_with, args=(int(workflow),), daemon=True).start()
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
    code = forkserver.call(sys.argv[1:])
    sys.exit(main(sys.argv[1:]) if code is None else code)


def _end_with(workflow: int) -> None:
    """End this job when the process of its workflow is gone (killed, say): it would go on writing for nobody."""
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(workflow, 0)
            time.sleep(1)
    print("goodinit: the workflow that started this job is gone; start it again", file=sys.stderr, flush=True)
    os._exit(1)


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="goodinit", description=__doc__, allow_abbrev=False)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for verb, purpose in declarations.verbs().items():
        command = verbs.add_parser(
            declarations.command_name(verb), help=purpose, description=purpose, allow_abbrev=False
        )
        command.set_defaults(verb=verb)
        for argument in declarations.arguments(verb):
            _add(command, argument)
    return parser.parse_args(words)


def _add(command: argparse.ArgumentParser, argument: declarations.Argument) -> None:
    convert = CONVERTERS[argument.type]
    if argument.place == "operand":
        command.add_argument(argument.name, type=convert)
        return
    some, none = ("+", "*") if argument.many else (None, "?")
    nargs = some if argument.required else none
    command.add_argument(argument.option, type=convert, nargs=nargs, required=argument.required)


if __name__ == "__main__":
    run()
