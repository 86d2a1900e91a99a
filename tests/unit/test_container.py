"""The Containerfile follows the README: what it runs are the README's first steps, in their order."""

import re

from project import ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_a_container_is_built_by_the_first_steps_of_the_readme() -> None:
    steps = [re.sub(r"\s+#.*", "", line) for line in BLOCK.findall((ROOT / "README.md").read_text())[0].splitlines()]
    container = (ROOT / "Containerfile").read_text().splitlines()
    copied = ["COPY . /goodinit", "WORKDIR /goodinit"]  # in place of the clone
    place = container.index(copied[0])
    assert steps[1].startswith("git clone URL goodinit")
    assert container[place : place + 2] == copied
    runs = [line.removeprefix("RUN ") for line in container if line.startswith("RUN ")]
    assert runs == [steps[0], steps[2]]
    assert container[place + 2 :] == [f"RUN {steps[2]}"]
