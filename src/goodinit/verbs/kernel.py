"""See `kernel`."""

from pathlib import Path

from ipykernel.kernelapp import IPKernelApp

from goodinit.places import Operand


def kernel(connection: Operand[Path]) -> None:
    """Work for a notebook, as the Jupyter kernel of a connection file; the workflow's notebooks ask for it."""
    # by an option: a fork has loaded matplotlib before Jupyter can set its variable
    IPKernelApp.launch_instance(["-f", str(connection), "--matplotlib=inline"])
