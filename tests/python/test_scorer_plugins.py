"""Scorers of installed packages: the entry point group `architecto.scorers`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from architecto import scorers
from architecto.scorers import ScorerError
from architecto.scorers.base import checked_scores

MODULE = """
import torch
from architecto.scorers.base import BaseScorer

class ShortFirst(BaseScorer):
    def __init__(self, seed):
        self.seed = seed
    def score(self, task, choices):
        return torch.tensor([-float(len(c)) for c in choices])

class Broken(BaseScorer):
    def __init__(self):
        raise RuntimeError("no weights\\nat all")
    def score(self, task, choices):
        return torch.zeros(len(choices))

class NoScorer:
    pass
"""

ENTRY_POINTS = """
[architecto.scorers]
short-first = plugged_scorers:ShortFirst
broken = plugged_scorers:Broken
no-scorer = plugged_scorers:NoScorer
no-class = plugged_scorers:Missing
no-module = never_installed_module:Scorer
random = plugged_scorers:ShortFirst
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch) -> Path:
    """An installed package, as pip leaves it."""
    (tmp_path / "plugged_scorers.py").write_text(MODULE)
    facts = tmp_path / "plugged_scorers-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged-scorers\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_scorer_of_a_package(package) -> None:
    """It has the entry point's name in the list, gets the seed, and loads again by its spec."""
    assert "short-first" in scorers.names()
    scorers.check("short-first")
    scorer = scorers.load("short-first", seed=7)
    assert (scorer.name, scorer.spec, scorer.seed) == ("ShortFirst", "short-first", 7)  # type: ignore[attr-defined]
    assert checked_scores(scorer, "task", ["ab", "abcd"]) == [-2.0, -4.0]


def test_a_package_does_not_replace_ours(package) -> None:
    assert scorers.load("random", seed=0).name == "random"
    assert scorers.names().count("random") == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("broken", r"Broken\(\) failed: RuntimeError: no weights at all"),
        ("no-scorer", "got type NoScorer, expected a subclass of"),
        ("no-class", "got class Missing"),
        ("no-module", "never_installed_module"),
    ],
)
def test_mistakes_are_one_line(package, name: str, message: str) -> None:
    with pytest.raises(ScorerError, match=message) as raised:
        scorers.load(name, seed=0)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["no-class", "no-module"])
def test_they_are_found_before_anything_is_loaded(package, name: str) -> None:
    with pytest.raises(ScorerError, match=f"scorer {name}"):
        scorers.check(name)


def test_the_command_line_lists_them(package, run_architecto, tmp_path: Path) -> None:
    path = os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])
    done = run_architecto(
        "run", "--scorer", "shrt-first", "--run", tmp_path / "r", env={"PYTHONPATH": path}
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "got 'shrt-first', expected uniform, " in done.stderr and "short-first" in done.stderr
