"""The API for notebooks, as far as it needs no run: scorers of any kind, settings, results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import architecto
from architecto import Configuration, Result, Search, scorers
from architecto.evaluators.base import Evaluation
from architecto.runs.configuration import ConfigurationError
from architecto.scorers import ScorerError
from architecto.scorers.base import BaseScorer, checked_scores
from architecto.study.study import Study

NETWORK = "(architecture (input 1 8 8) ((flatten) (linear 64 10)))"


def shortest(task: str, choices: list[str]) -> list[int]:
    return [-len(choice) for choice in choices]


class Zeros(BaseScorer):
    def score(self, task: str, choices: list[str]) -> torch.Tensor:
        return torch.zeros(len(choices))


def test_importing_is_light(run_program, python) -> None:
    """Neither the package nor the names of its API import torch."""
    program = (
        "import sys, architecto; from architecto import Configuration, Search, resume, search; "
        "assert set(architecto.__all__) == set(dir(architecto)); "
        "sys.exit('torch' in sys.modules or 'optuna' in sys.modules)"
    )
    done = run_program(python, "-c", program)
    assert done.returncode == 0, done.stderr
    with pytest.raises(AttributeError, match="no attribute 'serach'"):
        architecto.serach  # noqa: B018


# What may be a scorer


@pytest.mark.parametrize(
    ("given", "name", "spec"),
    [
        ("uniform", "uniform", "uniform"),
        (shortest, "shortest", "<shortest>"),
        (lambda task, choices: [0] * len(choices), "lambda", "<lambda>"),
        (Zeros(), "Zeros", "<Zeros>"),
        (Zeros, "Zeros", "<Zeros>"),
        (scorers.load("bag", seed=0), "bag", "bag"),
    ],
)
def test_anything_that_scores_is_a_scorer(given, name: str, spec: str) -> None:
    scorer = scorers.make(given, seed=0)
    assert (scorer.name, scorer.spec) == (name, spec)
    assert scorers.is_object(spec) == (spec[0] == "<")
    assert len(checked_scores(scorer, "task", ["a", "bc"])) == 2


@pytest.mark.parametrize("kind", [list, tuple, np.array, torch.tensor])
def test_a_function_may_give_any_numbers(kind) -> None:
    scorer = scorers.make(lambda task, choices: kind([1.5, -2]), seed=0)
    assert checked_scores(scorer, "task", ["a", "b"]) == [1.5, -2.0]


def test_a_function_sees_all_candidates_each_time() -> None:
    """So its scores may compare them, and are not kept by text."""
    assert not scorers.make(shortest, seed=0).by_text


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda task, choices: [1.0], "got scores of shape 1, expected 2"),
        (lambda task, choices: [1.0, float("nan")], "got nan for choice 1 of 2"),
        (lambda task, choices: "high", "expected 2 numbers"),
        (lambda choices: [1.0], "score.. raised TypeError"),
    ],
)
def test_a_function_that_does_not_score(function, message: str) -> None:
    with pytest.raises(ScorerError, match=message) as raised:
        checked_scores(scorers.make(function, seed=0), "task", ["a", "b"])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("given", [3, None, [1.0], dict])
def test_what_is_no_scorer(given) -> None:
    with pytest.raises(ScorerError, match="expected a name, a BaseScorer or a function"):
        scorers.make(given, seed=0)


def test_an_object_cannot_be_loaded_elsewhere(run_architecto, tmp_path: Path) -> None:
    """`resume` of the command line says where the run can go on."""
    for attempt in (scorers.check, lambda spec: scorers.load(spec, seed=0)):
        with pytest.raises(ScorerError, match="was an object of a notebook"):
            attempt("<shortest>")
    Configuration(scorer="<shortest>").save(tmp_path)
    done = run_architecto("resume", tmp_path)
    assert done.returncode == 2 and "architecto.resume(RUN, scorer=…)" in done.stderr
    assert done.stderr.count("\n") == 1


# Settings


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            {"trails": 3},
            ValueError,
            "unknown setting 'trails' of problem networks, ",
        ),
        ({"space": "cn"}, ValueError, "unknown search space 'cn'"),
        ({"trials": 0}, ValueError, "--trials is 0"),
        ({"scorer": 5}, ScorerError, "got 5, expected a name"),
        ({"scorer": "transfomer"}, ScorerError, "got 'transfomer'"),
        ({"warm_start": "no/run"}, ConfigurationError, "no run at no/run"),
        ({"max_params": 5}, ValueError, "at most 5 parameters"),
    ],
)
def test_bad_settings_make_no_run(tmp_path: Path, settings, error, message: str) -> None:
    with pytest.raises(error, match=message):
        Search(run=f"{tmp_path}/new", **settings)
    assert not (tmp_path / "new").exists()


def test_resume_of_nothing() -> None:
    with pytest.raises(ConfigurationError, match="no run at no/run"):
        architecto.resume("no/run")


# Results


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of two trials, one failed, whose best network's weights are stored."""
    from architecto.problems.networks import architecture
    from architecto.problems.networks.module import Network
    from architecto.runs import export
    from architecto.study.weights import weights_path

    Configuration().save(tmp_path)
    with Study.create(tmp_path) as study:
        bad = study.start("(architecture (input 1 8 8) ((relu)))", facts={"episode": 1})
        study.finish(bad, Evaluation("failed", "too long", seconds=2.0), -1.0)
        good = study.start(NETWORK, facts={"episode": 2, "scorer": "bag"})
        evaluation = Evaluation(
            "complete",
            metrics={"validation_accuracy": 0.6, "test_accuracy": 0.5, "parameters": 650},
            curves={"validation_accuracy": [0.4, 0.6]},
            facts={"preprocessing": {"mean": [0.5], "deviation": [0.25]}},
            seconds=1.0,
            objective="validation_accuracy",
        )
        trial = study.finish(good, evaluation, 0.5)
    weights = weights_path(tmp_path, good)
    weights.parent.mkdir()
    module = Network(architecture.parse(NETWORK))
    torch.save(module.state_dict(), weights)
    export.write_best(tmp_path, trial, Configuration().searched)
    return tmp_path


def test_a_result(folder: Path) -> None:
    result = Result.read(folder)
    assert [t["status"] for t in result.trials] == ["failed", "complete"]
    assert result.trials[0]["reason"] == "too long"
    assert result.trials[1] == {
        "trial": 1,
        "status": "complete",
        "reason": None,
        "validation_accuracy": 0.6,
        "test_accuracy": 0.5,
        "reward": 0.5,
        "parameters": 650,
        "seconds": 1.0,
        "epochs": 2,
        "episode": 2,
        "scorer": "bag",
        "architecture": NETWORK,
    }
    assert str(result).endswith("best: trial 1, validation 60.00 %, flatten · linear 10")


def test_the_best_network_has_its_weights(folder: Path) -> None:
    best = Result.read(folder).best
    assert best is not None and best.trial == 1
    module = best.module()
    assert not module.training
    stored = torch.load(folder / "best" / "weights.pt", weights_only=True)
    assert all(torch.equal(stored[name], tensor) for name, tensor in module.state_dict().items())
    assert "import architecto" not in best.source and "nn.Module" in best.source
    assert "\nMEAN = [0.5]\nSTD = [0.25]\n" in best.source


def test_weights_that_belong_to_another_network(folder: Path) -> None:
    """The run went on: an old result says so, and does not mix source and weights."""
    best = Result.read(folder).best
    assert best is not None
    (folder / "best" / "model.py").write_text("another")
    with pytest.raises(FileNotFoundError, match="trial 1 stored nothing"):
        best.module()


def test_a_result_without_a_complete_trial(tmp_path: Path) -> None:
    Configuration().save(tmp_path)
    Study.create(tmp_path).close()
    result = Result.read(tmp_path)
    assert (result.trials, result.best) == ([], None)
    assert str(result).endswith("none complete")
