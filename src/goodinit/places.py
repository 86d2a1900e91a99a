"""Where in its rule a verb's argument stands: `def prune(data: Input[Path], threads: Threads, output: Output[Path])`.

The verb's command line and its rule's shell line are made from these (`goodinit.declarations`). A verb that people type
and no rule runs has operands: arguments without an option, in their order.
"""

from typing import Annotated, TypeVar

T = TypeVar("T")

Input = Annotated[T, "input"]
Output = Annotated[T, "output"]
Param = Annotated[T, "params"]
Wildcard = Annotated[T, "wildcards"]
Operand = Annotated[T, "operand"]
Threads = Annotated[int, "threads"]
Resource = Annotated[int, "resources"]
