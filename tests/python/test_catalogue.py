"""Variants by name: what every catalogue refuses, in one line and without running code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from architecto.catalogue import Catalogue, CatalogueError

FRUIT = Catalogue(
    kind="fruit",
    group="architecto.fruits_for_tests",
    base="fractions:Fraction",
    registered={"half": "fractions:Fraction"},
)
HERBS = Catalogue("herb", "architecto.herbs", "fractions:Fraction", {}, functions=True)

Write = Callable[[str], str]


@pytest.fixture
def file(tmp_path: Path) -> Write:
    def write(source: str) -> str:
        (tmp_path / "mine.py").write_text(source)
        return f"{tmp_path / 'mine.py'}:Mine"

    return write


MINE = """
from fractions import Fraction
class Mine(Fraction):
    def __new__(cls, numerator=1, seed=0):
        made = super().__new__(cls, numerator, 3)
        made.seed = seed
        return made
    def __init__(self, numerator=1, seed=0):
        pass
"""


def test_a_class_in_a_file_gets_what_it_takes_of_what_is_offered(file: Write) -> None:
    made = FRUIT.create(file(MINE), {"numerator": 2}, offered={"seed": 7, "colour": "red"})
    assert (made * 3, made.seed) == (2, 7)


def test_arguments_that_it_does_not_take_are_named(file: Write) -> None:
    with pytest.raises(CatalogueError) as caught:
        FRUIT.create(file(MINE), {"colour": "red", "numerator": 2, "weight": 3})
    assert str(caught.value).endswith("got colour, weight, but Mine takes numerator, seed")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import sys; sys.exit(3)\nclass Mine: pass", "its module failed to load: SystemExit: 3"),
        ("1 / 0\nclass Mine: pass", "failed to load: ZeroDivisionError: division by zero"),
        ("class Mine: pass\ndel Mine", "got class Mine, but it is not there"),
        ("class Mine: pass", "got type Mine, expected a subclass of fractions.Fraction"),
        ("def Mine(): pass", "got class Mine, expected one of"),
        ("\0", "mine.py"),
        (MINE.replace("pass", "raise ValueError('a\\nb')"), "Mine() failed: ValueError: a b"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(file: Write, source: str, message: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        FRUIT.create(file(source))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_checking_runs_nothing(file: Write) -> None:
    FRUIT.check(file("1 / 0\nclass Mine: pass"))
    FRUIT.check(file("1 / 0\nfrom elsewhere import *"))
    HERBS.check(file("1 / 0\ndef Mine(): pass"))


def test_a_package_that_fails_around_a_module_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "bad_package_for_tests"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('not today')")
    (package / "inner.py").write_text("class Mine: pass")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(CatalogueError, match="its package failed to load: RuntimeError: not today"):
        FRUIT.check("bad_package_for_tests.inner:Mine")


def test_a_function_where_functions_are_taken(file: Write) -> None:
    assert HERBS.load(file("def Mine(x): return x + 1"))(2) == 3
    with pytest.raises(CatalogueError, match=r"expected a subclass of .* or a function"):
        HERBS.load(file("Mine = 3"))


def test_names_and_absolute_paths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    assert FRUIT.names() == ["half"]
    assert FRUIT.absolute("a/b.py:C") == f"{tmp_path}/a/b.py:C"
    assert FRUIT.absolute("~/b.py:C") == "/home/me/b.py:C"
    for spec in ("half", "package.module:C"):
        assert FRUIT.absolute(spec) == spec
