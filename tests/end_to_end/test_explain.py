"""Explaining a real run: the scorer that is learned again is the one that picked."""

from __future__ import annotations

from pathlib import Path

from architecto.explain.decisions import Decision, decisions
from architecto.explain.explanation import candidates
from architecto.explain.history import scorer_at
from architecto.runs import configuration
from architecto.study.study import Study

SMALL = ["--space", "mlp", "--epochs", "1", "--max-params", "20000", "--trials", "3"]


def picks_of(run_dir: Path, trial: int) -> list[Decision]:
    facts = Study.open(run_dir, read_only=True).trials[trial].facts
    where = (facts["session"], facts["episode"])
    return list(decisions(run_dir, lambda *found: found == where))


def check_picks(run_dir: Path, trial: int, trials: int) -> None:
    """The best-scored candidate is the one picked, except where the pick is said to explore."""
    settings, picks = configuration.load(run_dir), picks_of(run_dir, trial)
    scorer, learned = scorer_at(run_dir, settings, picks[0])
    assert learned == trials
    for pick in picks:
        best = candidates(scorer, settings.sentence, settings.seed, pick)[0]
        assert best.picked == (not pick.explored)


def test_the_scorer_of_a_pick(run_architecto, tmp_path: Path) -> None:
    """After some trials, and in a run that began with those of another space."""
    for name, options in (("a", []), ("b", ["--warm-start", tmp_path / "a", "--space", "cnn"])):
        done = run_architecto("run", *SMALL, "--run", tmp_path / name, *options)
        assert done.returncode == 0, done.stdout + done.stderr
    check_picks(tmp_path / "a", trial=2, trials=2)
    check_picks(tmp_path / "b", trial=1, trials=3 + 1)

    shown = run_architecto("explain", tmp_path / "b", "--trial", "1")
    assert shown.returncode == 0, shown.stderr
    assert "scorer transformer as it was at the pick, after 4 trials" in " ".join(
        shown.stdout.split()
    )
    whole = run_architecto("explain", tmp_path / "b")
    assert whole.returncode == 0 and "layer after the one before it" in whole.stdout
