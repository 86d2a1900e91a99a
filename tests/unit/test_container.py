"""The Containerfile follows the README: what it runs are the README's first steps, in their order."""

from documents import commands
from project import ROOT


def test_a_container_is_built_by_the_first_steps_of_the_readme() -> None:
    install, clone, make = list(commands("README.md"))[:3]
    container = (ROOT / "Containerfile").read_text().splitlines()
    copied = ["COPY . /goodinit", "WORKDIR /goodinit"]  # in place of the clone
    place = container.index(copied[0])
    assert clone.startswith("git clone URL goodinit")
    assert container[place : place + 2] == copied
    runs = [line.removeprefix("RUN ") for line in container if line.startswith("RUN ")]
    assert runs == [install, make]
    assert container[place + 2 :] == [f"RUN {make}"]
