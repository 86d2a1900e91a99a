"""What is read from the code's text is what running it shows."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest
from project import ROOT

from goodinit import __main__, declarations, places


def test_a_verbs_shell_line_has_each_argument_where_the_signature_puts_it() -> None:
    assert declarations.shell_line("prune") == (
        "prune --data {input.data:q} --runs {input.runs:q} --threads {threads:q} --output {output:q}"
    )
    assert declarations.shell_line("tabulate_shapes") == "tabulate-shapes --data {input.data:q} --output {output:q}"
    assert "--train-rows {params.train_rows:q} --valid-rows" in declarations.shell_line("prepare")


@pytest.mark.parametrize("verb", declarations.verbs())
def test_a_verb_is_read_as_python_reads_it(verb: str) -> None:
    function = getattr(import_module(f"goodinit.verbs.{verb}"), verb)
    read = declarations.arguments(verb)
    signature = inspect.signature(function).parameters
    assert [argument.name for argument in read] == list(signature)
    for argument in read:
        annotation = signature[argument.name].annotation
        assert annotation.__metadata__ == (argument.place,)
        assert argument.type in __main__.CONVERTERS
        assert argument.many == ("list[" in str(annotation))
        assert argument.required == ("None" not in str(annotation))


def test_every_place_is_known() -> None:
    assert set(declarations.PLACES) == {name for name in vars(places) if name[0].isupper()} - {
        "Annotated",
        "TypeVar",
        "T",
    }


def test_the_files_of_a_verb_are_what_it_imports_by_way_of_others_too() -> None:
    files = {str(path.relative_to(declarations.PACKAGE)) for path in declarations.code_of("tabulate_shapes")}
    assert files == {
        "arrays.py", "data/__init__.py", "data/shape.py", "files.py", "places.py", "verbs/__init__.py",
        "verbs/tabulate_shapes.py",
    }  # fmt: skip


def test_what_a_file_imports_is_what_python_reads() -> None:
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "workflow").rglob("*.py")]
    assert len(files) > 100
    for file in files:
        nodes = list(ast.walk(ast.parse(file.read_text())))
        names = [name.name for node in nodes if isinstance(node, ast.Import) for name in node.names]
        names += [f"{n.module}.{name.name}" for n in nodes if isinstance(n, ast.ImportFrom) for name in n.names]
        assert sorted(declarations.imported_names(file)) == sorted(names), file


def test_a_script_brings_what_it_imports(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("from goodinit.study.forum import STD\n")
    alone, more = set(declarations.code_of("draw")), set(declarations.code_of("draw", script))
    assert {str(path.relative_to(declarations.PACKAGE)) for path in more - alone} >= {"study/forum.py"}


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # no line is broken
    with pytest.raises(SystemExit):
        __main__.main(["--help"])
    shown = capsys.readouterr().out
    assert all(purpose in " ".join(shown.split()) for purpose in declarations.verbs().values())


def test_operands_stand_without_an_option_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    parsed = __main__._parse(["diagnose", "my.csv", "label"])
    assert (parsed.table, parsed.target) == (Path("my.csv"), "label")
    with pytest.raises(SystemExit):
        __main__.main(["diagnose", "my.csv"])
    assert "the following arguments are required: target" in capsys.readouterr().err


def test_an_input_that_a_study_lacks_may_be_empty() -> None:
    words = "judge --runs a b --dataset d --scaling s --control c --peaks 0.2 0.6 --shapes s --calibration c --pruning"
    outputs = "--compared a/b --claims c --others o --verdicts v"
    parsed = __main__._parse([*words.split(), *outputs.split()])
    assert parsed.pruning is None
    assert parsed.runs == [Path("a"), Path("b")]
    assert parsed.peaks == [0.2, 0.6]


def test_a_list_that_a_study_lacks_is_empty() -> None:
    words = "explore --judged a --others b --numbers --text --report --drawings --tables t u --cards --caption c"
    parsed = __main__._parse([*words.split(), "--template", "p", "--config", "{}", "--page", "r"])
    assert (parsed.numbers, parsed.text, parsed.drawings) == (None, [], [])
    assert parsed.tables == [Path("t"), Path("u")]
