"""Accuracies looked up in a table, and what is made of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from architecto import rewards
from architecto.evaluators import create
from architecto.evaluators.base import Evaluation
from architecto.evaluators.tabular import TableError, TabularEvaluator, read
from architecto.runs.bench_search import SeedResult, regrets, summary_line
from architecto.study.study import TrialResult

PERCENT = "arch,val,test\n|a|,90.5,91\n|b|,80,95\n|c|,10,12.5\n"
FRACTIONS = "arch,val,test\n|a|,0.905,0.91\n|b|,0.8,0.95\n"


def table(folder: Path, text: str = PERCENT) -> Path:
    path = folder / "table.csv"
    path.write_text(text)
    return path


def evaluator(path: Path):
    spec = {"name": "tabular", "table": str(path), "search_metric": "val", "report_metric": "test"}
    return create(spec)


def test_search_metric_is_validation_and_report_metric_is_test(tmp_path: Path) -> None:
    for text in (PERCENT, FRACTIONS):
        found = evaluator(table(tmp_path, text)).evaluate(
            "(architecture …)", seed=0, weights_path=None, facts={"table_key": "|a|"}
        )
        assert found.status == "complete"
        assert found.metrics == pytest.approx({"validation_accuracy": 0.905, "test_accuracy": 0.91})
        found = dataclasses.replace(found, objective=TabularEvaluator.objective)
        reward = rewards.judged(rewards.create(TabularEvaluator.reward), found)
        assert reward == pytest.approx(0.81)


def test_below_zero_they_are_scores_between_the_worst_and_the_best(tmp_path: Path) -> None:
    judge = evaluator(table(tmp_path, "arch,val,test\n|a|,-1.5,-2\n|b|,2.5,130\n|c|,0.5,1\n"))
    facts = {"table_key": "|c|"}
    found = judge.evaluate("(network …)", seed=0, weights_path=None, facts=facts)
    assert judge.objective == "validation_score"
    assert found.metrics == pytest.approx({"validation_score": 0.5, "test_score": 0.625})
    assert judge.table.best == 130


def test_an_architecture_that_the_table_lacks_is_a_failed_trial(tmp_path: Path) -> None:
    judge = evaluator(table(tmp_path))
    facts = {"table_key": "|z|", "parameters": 7}
    found = judge.evaluate("(architecture …)", seed=0, weights_path=None, facts=facts)
    assert (found.status, found.reason) == ("failed", "table.csv has no row of |z|")
    without = judge.evaluate("(architecture …)", seed=0, weights_path=None)
    assert without.status == "failed"


@pytest.mark.parametrize(
    "text, message",
    [
        ("arch,val\n|a|,90\n", "no column 'test'; its columns are arch, val"),
        ("", "its columns are none: the file is empty"),
        ("arch,val,test\n", "has no rows"),
        ("arch,val,test\n|a|,90\n", "line 2, test: got None, expected an accuracy"),
        ("arch,val,test\n|a|,90,nan\n", "line 2, test: got 'nan'"),
        ("arch,val,test\n|a|,90,101\n", "line 2, test: got '101'"),
        ("arch,val,test\n|a|,90,1\n|a|,90,1\n", r"line 3: a second row of \|a\|"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_in_one_line(tmp_path: Path, text, message) -> None:
    with pytest.raises(TableError, match=message) as error:
        read(table(tmp_path, text), "val", "test")
    assert "\n" not in str(error.value)


def test_no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="No such file"):
        read(tmp_path / "none.csv", "val", "test")
    (tmp_path / "image.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TableError, match="not a CSV file in UTF-8"):
        read(tmp_path / "image.csv", "val", "test")


def trial(number: int, key: str) -> TrialResult:
    facts = {"table_key": key}
    return TrialResult(number, "(architecture …)", Evaluation("complete"), facts=facts)


def test_regret_is_that_of_the_incumbent_by_the_search_metric(tmp_path: Path) -> None:
    """|b| has the best test accuracy, but the search sees |a| ahead of it."""
    rows = read(table(tmp_path), "val", "test")
    trials = [trial(n, key) for n, key in enumerate(["|z|", "|c|", "|b|", "|a|"])]
    assert regrets(trials, rows) == [82.5, 82.5, 0.0, 4.0]


def test_the_last_line() -> None:
    """A seed that never finds the optimum counts as one evaluation more than there were."""
    fast = SeedResult([2.0] * 49 + [0.0] * 51, cpu_s=30.0, wall_s=40.0)
    slow = SeedResult([2.0] * 99 + [1.0], cpu_s=50.0, wall_s=60.0)
    assert summary_line("bag", [fast, slow], 100) == (
        "scorer=bag seeds=2 regret@50=1.0000 regret@100=0.5000 "
        "optimum_median=75.5 cpu_s_per_evaluation=0.400"
    )
