"""Conditions and blocks as paths spell them."""

from goodinit.runs.condition import Condition, family, seeds_in, spell_blocks


def test_a_condition_parses_what_it_spells() -> None:
    condition = Condition("lahman", "standardize", "lsuv", 0.2, "dropout-0.1")
    assert str(condition) == "lahman/standardize/lsuv/peak-0.2/dropout-0.1"
    assert Condition.parse(str(condition)) == condition
    assert Condition.of(condition._asdict() | {"peak": "0.2", "seeds": "0-9"}) == condition
    assert str(Condition("a", "b", "c", 1e-5)) == "a/b/c/peak-1e-05/none"


def test_other_splits_are_of_one_family() -> None:
    assert [family(name) for name in ("lahman", "lahman-split-1", "table-split-12")] == ["lahman", "lahman", "table"]


def test_blocks_are_full_and_hold_all_seeds() -> None:
    assert list(spell_blocks(100, 12, 10)) == ["100-109", "110-119"]
    assert seeds_in("110-119") == list(range(110, 120))
