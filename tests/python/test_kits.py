"""Our own variants, tested by the kits of third parties; and the kits find what is broken."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import ClassVar

import pytest
from test_datasets import write_images

from architecto.evaluators.base import Evaluation
from architecto.testing import (
    DatasetTests,
    EvaluatorTests,
    ExecutorTests,
    ProblemTests,
    RewardTests,
    ScorerTests,
)


class TestUniform(ScorerTests):
    scorer = "uniform"


class TestRandom(ScorerTests):
    scorer = "random"


class TestBag(ScorerTests):
    scorer = "bag"


class TestTransformer(ScorerTests):
    scorer = "transformer"


class TestEnsemble(ScorerTests):
    scorer = "ensemble"


NETWORK = "(architecture (input 1 8 8) ((flatten) (linear 64 {0}) (relu) (linear {0} 10)))"


class TestTraining(EvaluatorTests):
    spec = {"name": "training", "epochs": 1}  # noqa: RUF012
    answers = [NETWORK.format(8), NETWORK.format(16)]  # noqa: RUF012
    bad_answers = ["(((", "(architecture (input 1 8 8) ((linear 9 10)))"]  # noqa: RUF012


class TestTabular(EvaluatorTests):
    answers = ["(architecture …)"]  # noqa: RUF012
    bad_answers = []  # noqa: RUF012 (it looks at the facts alone)
    facts = {"table_key": "|a|", "parameters": 7}  # noqa: RUF012

    @pytest.fixture(autouse=True)
    def table(self, tmp_path: Path) -> None:
        path = tmp_path / "table.csv"
        path.write_text("arch,val,test\n|a|,90.5,91\n|b|,80,95\n")
        metrics = {"search_metric": "val", "report_metric": "test"}
        self.spec = {"name": "tabular", "table": str(path), **metrics}


def trained(end: float) -> Evaluation:
    losses = [(end + (1 - end) * math.exp(-n / 20)) * math.log(10) for n in range(100)]
    return Evaluation(
        "complete",
        metrics={"validation_accuracy": 1 - end},
        curves={"training_loss": losses},
        facts={"chance_loss": math.log(10)},
        objective="validation_accuracy",
    )


class TestLossCurve(RewardTests):
    reward = "loss-curve"
    evaluations = [trained(end) for end in (1.0, 0.5, 0.0)]  # noqa: RUF012


class TestObjective(RewardTests):
    reward = "objective"
    evaluations = [trained(end) for end in (1.0, 0.5, 0.0)]  # noqa: RUF012


class TestLocal(ExecutorTests):
    executor = "local"


class TestDigits(DatasetTests):
    dataset = "digits"


class TestMnist(DatasetTests):
    """Of files that are like those of the real one."""

    dataset = "mnist"

    @pytest.fixture(autouse=True)
    def files(self, tmp_path: Path) -> None:
        write_images(tmp_path / "MNIST" / "raw", packed=False)
        self.folder = tmp_path


class TestNetworks(ProblemTests):
    problem = "networks"
    settings: ClassVar = {"space": "mlp", "max_params": 9000}
    no_answers: ClassVar = ["", "(network 1)", "(architecture (input 1 8 8) ((linear 64)))"]


BROKEN = '''
import io, itertools, os, random
import numpy as np
import torch
from architecto.evaluators.base import BaseEvaluator, Evaluation, carried_out
from architecto import evaluators
from architecto.executors.base import BaseExecutor, ExecutorError, Finished
from architecto.problems.networks.datasets import BaseDataset, Splits
from architecto.scorers.base import BaseScorer

class Counts(BaseScorer):
    """Its scores depend on what it was asked before, and it stores nothing of that."""
    def __init__(self):
        self.asked = 0
    def score(self, task, choices):
        self.asked += 1
        return torch.full((len(choices),), float(self.asked))

class Forgets(BaseScorer):
    """Its state is not what it scores by."""
    def __init__(self, seed):
        self.seed = seed
    def score(self, task, choices):
        return torch.full((len(choices),), float(self.seed))

class OfTheBatch(BaseScorer):
    def score(self, task, choices):
        return torch.arange(len(choices)).float()

class Infinite(BaseScorer):
    def score(self, task, choices):
        return torch.full((len(choices),), torch.inf)

class Evaluates(BaseEvaluator):
    """Draws without the seed, raises at what it does not take, and writes weights of failures."""
    objective = "balance"
    def evaluate(self, answer, *, seed, weights_path, facts={}, on_epoch=None):
        facts["seen"] = True
        if weights_path:
            weights_path.with_name("half").write_text("")
        if on_epoch:
            on_epoch(2, 3, 0.5)
        if answer != "good":
            raise ValueError(architecture)
        return Evaluation("complete", metrics={"balance": 2 + random.random()})

class NoObjective(BaseEvaluator):
    def evaluate(self, answer, *, seed, weights_path, facts={}, on_epoch=None):
        return Evaluation("complete", metrics={"balance": 0.5})

draws = itertools.count()
def moody(evaluation):
    evaluation.metrics["seen"] = 1
    return -0.001 * next(draws)

def unbounded(evaluation):
    return 3 * evaluation.value

class AtOnce(BaseExecutor):
    """Evaluates in submit, loses progress, and never says that it is full."""
    def __init__(self, spec, workers=1, *, log=None):
        self.evaluator, self.events = evaluators.create(spec), []
    def free(self):
        return 1
    def submit(self, trial, answer, *, seed, weights_path, facts={}):
        if answer.split()[0] in ("wait", "die"):
            return
        found = carried_out(self.evaluator, answer, seed=seed, weights_path=None, facts={})
        self.events.append(Finished(trial, found))
    def poll(self):
        events, self.events = self.events, []
        return events
    def close(self):
        del self.events

class Leaks(BaseDataset):
    """All images are in all parts, and drawn anew each time."""
    input_shape, classes, description = (1, 2, 2), 3, "noise"
    def read(self, folder):
        images = np.random.rand(20, 1, 2, 2).astype(np.float32)
        part = images, np.arange(20) % 2
        return Splits(part, part, part)
'''

BROKEN_TESTS = """
from architecto.evaluators.base import Evaluation
from architecto.testing import *
from architecto.testing import executors
executors.POLLS = 5

class TestCounts(ScorerTests):
    scorer = "broken.py:Counts"
class TestForgets(ScorerTests):
    scorer = "broken.py:Forgets"
class TestOfTheBatch(ScorerTests):
    scorer = "broken.py:OfTheBatch"
class TestInfinite(ScorerTests):
    scorer = "broken.py:Infinite"
class TestEvaluates(EvaluatorTests):
    spec, answers = {"name": "broken.py:Evaluates"}, ["good"]
class TestNoObjective(EvaluatorTests):
    spec, answers, bad_answers = {"name": "broken.py:NoObjective"}, ["good"], []
CASES = [Evaluation("complete", metrics={"x": x}, objective="x") for x in (0.1, 0.9)]
class TestMoody(RewardTests):
    reward, evaluations = "broken.py:moody", CASES
class TestUnbounded(RewardTests):
    reward, evaluations = "broken.py:unbounded", CASES
class TestAtOnce(ExecutorTests):
    executor = "broken.py:AtOnce"
class TestLeaks(DatasetTests):
    dataset = "broken.py:Leaks"
"""


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory, run_program, python: str) -> set[str]:
    """Class and test of everything that the kits find in the broken variants."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "broken.py").write_text(BROKEN)
    (folder / "test_broken.py").write_text(BROKEN_TESTS)
    done = run_program(python, "-m", "pytest", "-q", "-rf", "test_broken.py", cwd=folder)
    assert done.returncode == 1, done.stdout + done.stderr
    return set(re.findall(r"^FAILED test_broken.py::Test(\w+::test_\w+)", done.stdout, re.M))


@pytest.mark.parametrize(
    ("variant", "tests"),
    [
        ("Counts", "scoring_changes_nothing a_score_by_text_depends_on_nothing_else"),
        ("Forgets", "what_it_stores_makes_another_one_the_same"),
        ("OfTheBatch", "a_score_by_text_depends_on_nothing_else"),
        ("Infinite", "every_choice_gets_a_finite_number"),
        (
            "Evaluates",
            "a_bad_answer_is_a_failed_evaluation_and_no_exception progress_is_told_in_order "
            "the_same_seed_gives_the_same_evaluation one_evaluation_leaves_the_next_alone "
            "the_facts_stay_as_they_are weights_stand_whole_where_they_belong "
            "its_reward_judges_what_it_gives",
        ),
        ("NoObjective", "an_answer_gives_a_complete_evaluation"),
        (
            "Moody",
            "better_evaluations_do_not_get_less it_depends_on_the_evaluation_alone "
            "a_stored_evaluation_is_judged_the_same it_leaves_the_evaluation_as_it_is",
        ),
        ("Unbounded", "it_is_a_number_from_minus_one_to_one"),
        (
            "AtOnce",
            "an_evaluation_comes_as_the_evaluator_gave_it "
            "progress_comes_in_order_before_the_end no_more_than_there_is_room_for "
            "nothing_blocks_while_an_evaluation_is_under_way weights_are_here_when_it_is_over "
            "the_death_of_a_process_is_not_the_answers_fault "
            "an_evaluator_that_cannot_be_used_is_one_line "
            "closing_ends_what_is_under_way_and_may_come_twice",
        ),
        (
            "Leaks",
            "its_facts_need_no_torch every_class_is_in_every_part "
            "the_parts_have_hardly_an_image_in_common it_is_the_same_at_every_call",
        ),
    ],
)
def test_a_kit_finds_what_is_broken(failures: set[str], variant: str, tests: str) -> None:
    found = {name.partition("::test_")[2] for name in failures if name.startswith(f"{variant}::")}
    assert set(tests.split()) <= found


def test_and_does_not_complain_of_what_is_not(failures: set[str]) -> None:
    assert not any(name.endswith("found_by_name_without_running_it") for name in failures)
    assert "Counts::test_every_choice_gets_a_finite_number" not in failures
