"""goodinit: does the weight initialization decide whether a deep MLP trains on badly distributed tables?"""

__version__ = "0.1.0"


class GoodinitError(Exception):
    """Something the user can mend. Its message is one line: what, where, and what to do next."""
