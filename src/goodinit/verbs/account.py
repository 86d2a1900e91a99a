from pathlib import Path

from goodinit import files
from goodinit.places import Output, Param
from goodinit.report.account import describe_run, write_account


def account(
    project: Param[Path], benchmarks: Param[Path], device: Param[str], provenance: Output[Path], tex: Output[Path]
) -> None:
    """Write what the results were computed with and at what cost.

    project: the folder of the code, for its commit; benchmarks: of the costs; device: of the config.
    """
    described = describe_run(benchmarks, project, device)
    files.write_json(provenance, described)
    files.write_whole(tex, write_account(described))
