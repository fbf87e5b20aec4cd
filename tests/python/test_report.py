"""The table of the best trials."""

import io

import pytest
from rich.console import Console

from architecto.evaluators.base import Evaluation, failed
from architecto.runs.configuration import Configuration
from architecto.runs.report import BestTable
from architecto.study.study import TrialResult

TEXT = (
    "(architecture (input 1 8 8) ((conv2d 1 {0} 3 1 1) (relu) (max-pool2d 2 2 0) (flatten) "
    "(linear {1} 10)))"
)


def trial(number: int, accuracy: float, channels: int = 4) -> TrialResult:
    evaluation = Evaluation(
        "complete",
        metrics={
            "validation_accuracy": accuracy,
            "test_accuracy": 0.96944,
            "parameters": 12_345,
        },
        objective="validation_accuracy",
    )
    return TrialResult(number, TEXT.format(channels, channels * 16), evaluation, 0.975)


def shown(trials: list[TrialResult], width: int = 160, n: int = 5) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(BestTable(trials, Configuration().searched, n))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_best_first_with_accuracies_in_percent() -> None:
    trials = [trial(0, 0.95), TrialResult(1, "(x)", failed("a reason")), trial(2, 0.98611, 8)]
    *_, first, second = [line for line in shown(trials) if line.strip()]
    assert first.split()[:8] == ["2", "98.61", "%", "96.94", "%", "12,345", "0.975", "conv"]
    assert second.split()[0] == "0"


def test_at_most_n_rows() -> None:
    lines = shown([trial(number, number / 10) for number in range(8)], n=3)
    assert [line.split()[0] for line in lines[-3:]] == ["7", "6", "5"]


@pytest.mark.parametrize("width", [80, 100, 120])
def test_it_fits_the_terminal_and_shows_whole_architectures(width: int) -> None:
    lines = shown([trial(0, 0.9)], width)
    assert all(len(line) <= width for line in lines)
    column = lines[1].index("architecture")
    text = " ".join(" ".join(line[column:].strip() for line in lines[3:]).split())
    assert text == "conv 3x3 4 · relu · max-pool 2 · flatten · linear 10"


@pytest.mark.parametrize(
    ("width", "figures"),
    [
        (24, "0 90.00 %"),
        (40, "0 90.00 % 96.94 % 12,345"),
        (60, "0 90.00 % 96.94 % 12,345 0.975"),
    ],
)
def test_in_narrow_terminals_the_architecture_stands_below(width: int, figures: str) -> None:
    lines = shown([trial(0, 0.9)], width)
    assert all(len(line) <= width for line in lines)
    assert " ".join(lines[2].split()) == figures
    text = " ".join(" ".join(lines[3:]).split())
    assert text == "conv 3x3 4 · relu · max-pool 2 · flatten · linear 10"


def test_plain_text_when_it_is_no_terminal() -> None:
    assert "\x1b" not in "".join(shown([trial(0, 0.9)]))


def test_no_trials_give_an_empty_table() -> None:
    assert shown([])[0].split() == ["trial", "reward", "architecture"]
    assert len([line for line in shown([]) if line.strip()]) == 2


def test_an_evaluator_that_knows_nothing_of_networks_shows_its_own_metrics() -> None:
    def balanced(number: int, balance: float) -> TrialResult:
        metrics = {"balance": balance, "list_length": number}
        evaluation = Evaluation("complete", metrics=metrics, objective="balance")
        return TrialResult(number, "((1) (2 3))", evaluation, 2 * balance - 1)

    trials = [balanced(1, 0.7), balanced(1200, 0.123456)]
    for lines in (shown(trials), shown(trials, 60)):
        words = [line.split() for line in lines if line.strip()]
        assert ["1", "0.7", "1", "0.400"] in [row[:4] for row in words]
        assert ["1200", "0.1235", "1,200", "-0.753"] in [row[:4] for row in words]
    assert shown(trials, 60)[0].split() == ["trial", "balance", "list", "length", "reward"]


def test_markup_in_an_architecture_is_shown_as_it_is() -> None:
    evaluation = trial(0, 0.9).evaluation
    assert "[bold]" in "".join(shown([TrialResult(0, "[bold]x", evaluation)]))
