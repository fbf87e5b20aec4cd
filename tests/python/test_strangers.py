"""What a stranger brings: a scorer, data set, evaluator, reward and executor, one new file each."""

from __future__ import annotations

import select
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from architecto import evaluators, executors, rewards
from architecto.catalogue import CatalogueError
from architecto.evaluators import Evaluation
from architecto.problems.networks import datasets
from architecto.study.study import Study
from architecto.study.trials import Trials

FILES = {
    "my_scorer.py": """
import torch
from architecto.scorers.base import BaseScorer

class ShortFirst(BaseScorer):
    def score(self, task, choices):
        return torch.tensor([-float(len(choice)) for choice in choices])
""",
    "my_data.py": """
import numpy as np
from architecto.problems.networks.datasets import BaseDataset, Splits

class Bars(BaseDataset):
    input_shape, classes, description = (1, 8, 8), 2, "bars, lying and standing"
    epochs = 4

    def read(self, folder):
        random = np.random.RandomState(0)
        images = random.uniform(0, 0.3, (200, 1, 8, 8)).astype(np.float32)
        labels = np.arange(200) % 2
        for image, label, place in zip(images, labels, random.randint(0, 8, 200)):
            image[0, *((place, slice(None)) if label else (slice(None), place))] += 0.7
        return Splits.of(images, labels)
""",
    "my_evaluator.py": """
from architecto.evaluators.base import BaseEvaluator, Evaluation, failed

class Balance(BaseEvaluator):
    objective = "balance"

    def evaluate(self, answer, *, seed, weights_path, facts={}, on_epoch=None):
        left, bar, right = answer.partition("|")
        if not bar:
            return failed("no bar between left and right")
        longer = max(len(left), len(right), 1)
        return Evaluation(
            "complete", metrics={"balance": min(len(left), len(right)) / longer, "left": len(left)}
        )
""",
    "my_reward.py": """
def left_of_four(evaluation):
    return evaluation.value / (4 - evaluation.metrics["left"])
""",
    "my_executor.py": """
import threading
from architecto import evaluators
from architecto.catalogue import CatalogueError
from architecto.evaluators.base import carried_out
from architecto.executors.base import BaseExecutor, ExecutorError, Finished, Progress

class Threads(BaseExecutor):
    def __init__(self, spec, workers=1, *, log=None):
        try:
            self.evaluator = evaluators.create(spec)
        except CatalogueError as error:
            raise ExecutorError(str(error)) from None
        self.room, self.events, self.lock = workers, [], threading.Lock()

    def free(self):
        return self.room

    def submit(self, trial, answer, *, seed, weights_path, facts={}):
        if self.room == 0:
            raise ExecutorError("every thread is busy")
        self.room -= 1

        def work():
            found = carried_out(
                self.evaluator,
                answer,
                seed=seed,
                weights_path=weights_path,
                facts=facts,
                on_epoch=lambda *epoch: self.note(Progress(trial, *epoch)),
            )
            self.note(Finished(trial, found))

        threading.Thread(target=work, daemon=True).start()

    def note(self, event):
        with self.lock:
            self.events.append(event)

    def poll(self):
        with self.lock:
            events, self.events = self.events, []
        self.room += sum(isinstance(event, Finished) for event in events)
        return events

    def close(self):
        pass
""",
    "test_mine.py": """
from architecto.evaluators.base import Evaluation
from architecto.testing import *

class TestScorer(ScorerTests):
    scorer = "my_scorer.py:ShortFirst"

class TestData(DatasetTests):
    dataset = "my_data.py:Bars"

class TestEvaluator(EvaluatorTests):
    spec, answers, bad_answers = {"name": "my_evaluator.py:Balance"}, ["ab|c", "a|b"], ["ab"]

class TestReward(RewardTests):
    reward = "my_reward.py:left_of_four"
    evaluations = [
        Evaluation("complete", metrics={"balance": 0.5, "left": n}, objective="balance")
        for n in (1, 2, 3)
    ]

class TestExecutor(ExecutorTests):
    executor, survives_death = "my_executor.py:Threads", False
""",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stranger")
    for name, source in FILES.items():
        (folder / name).write_text(source)
    return folder


def test_they_pass_the_kits(folder: Path, run_program, python: str) -> None:
    done = run_program(python, "-m", "pytest", "-q", "test_mine.py", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 skipped" in done.stdout  # threads do not survive the death of their process


class FirstCome:
    """An agent that has answers evaluated in the order in which they came, and notes rewards."""

    def __init__(self, answers: list[str]) -> None:
        self.left = list(answers)
        self.rewards: dict[str, float | None] = {}
        self.scorer = SimpleNamespace(learns=False)

    def propose(self, *, exhausted: bool) -> str | None:
        return self.left.pop(0) if self.left else None

    def observe(self, answer: str, reward: float) -> None:
        self.rewards[answer] = reward

    def give_up(self, answer: str) -> None:
        self.rewards[answer] = None

    def update(self) -> None:
        pass


def test_a_problem_without_networks_is_evaluated_judged_and_stored(
    folder: Path, tmp_path: Path
) -> None:
    """The reward cannot judge one trial: that is a line, and the trial is stored all the same."""
    answers = ["ab|c", "abc|abc", "none", "abcd|a"]
    lines: list[str] = []

    def hear(kind: str, **facts) -> None:
        if kind == "unjudged":
            lines.append(facts["reason"])

    agent = FirstCome(answers)
    spec = {"name": f"{folder}/my_evaluator.py:Balance"}
    executor = executors.create(f"{folder}/my_executor.py:Threads", spec)
    reward = rewards.create(f"{folder}/my_reward.py:left_of_four")
    with Study.create(tmp_path) as study:
        trials = Trials(
            agent,  # type: ignore[arg-type]
            study,
            executor,
            reward,
            run_dir=tmp_path,
            count=4,
            seed=0,
            on_event=hear,
        )
        while not trials.done:
            trials.poll()
            trials.hand_over()
            trials.dispatch()
            select.select(executor.filenos(), [], [], 0.01)
    executor.close()
    assert agent.rewards == {"ab|c": 0.25, "abc|abc": 1.0, "none": -1.0, "abcd|a": None}
    assert lines == ["reward left_of_four raised ZeroDivisionError: float division by zero"]
    with Study.open(tmp_path, read_only=True) as study:
        assert {t.answer: t.reward for t in study.trials} == agent.rewards
        assert [t.evaluation.value for t in study.trials] == [0.5, 1.0, None, 0.25]
        best = study.best
        assert best is not None and best.answer == "abc|abc"


def test_a_network_is_trained_on_their_data_set(folder: Path) -> None:
    evaluator = evaluators.create({"name": "training", "dataset": f"{folder}/my_data.py:Bars"})
    text = "(architecture (input 1 8 8) ((flatten) (linear 64 16) (relu) (linear 16 2)))"
    found = evaluator.evaluate(text, seed=0, weights_path=None)
    assert found.status == "complete" and len(found.curves["validation_accuracy"]) == 4
    assert found.metrics["test_accuracy"] > 0.7


Attempt = Callable[[str], object]


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda f: evaluators.create({"name": f"{f}/my_evaluator.py:Balanced"}), "got class Bal"),
        (
            lambda f: evaluators.create(
                {"name": f"{f}/my_evaluator.py:Balance", "dataset": "digits", "epochs": None}
            ),
            "got dataset, epochs, but Balance takes no arguments",
        ),
        (lambda f: rewards.create(f"{f}/my_reward.py:left"), "got class left, expected one of"),
        (lambda f: datasets.create(f"{f}/no_data.py:Bars"), "give the path of a Python file"),
        (lambda f: datasets.create(f"{f}/my_scorer.py:ShortFirst"), "expected a subclass of"),
        (
            lambda f: executors.create(f"{f}/my_executor.py:Threads", {"name": "nothing"}),
            "evaluator: got 'nothing', expected training, tabular",
        ),
    ],
)
def test_their_mistakes_are_one_line(folder: Path, attempt: Attempt, message: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        attempt(str(folder))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_offered_goes_to_those_who_take_it(folder: Path) -> None:
    offered = {"dataset": f"{folder}/my_data.py:Bars", "epochs": 3}
    evaluators.create({"name": f"{folder}/my_evaluator.py:Balance", "offered": offered})
    trained = evaluators.create({"name": "training", "offered": offered})
    assert trained.recipe.epochs == 3  # type: ignore[attr-defined]


def test_an_evaluation_keeps_its_promises(folder: Path) -> None:
    """Numbers of NumPy become Python's; what is no number fails the trial, not the answer."""
    import numpy as np

    from architecto.evaluators.base import BaseEvaluator, carried_out

    class Given(BaseEvaluator):
        objective = "x"

        def __init__(self, *arguments, **fields) -> None:
            self.evaluation = Evaluation(*arguments, **fields)

        def evaluate(self, answer, **_) -> Evaluation:
            return self.evaluation

    good = carried_out(Given("complete", metrics={"x": np.float32(0.5)}, curves={"x": (1,)}), "")
    assert (good.metrics, good.curves, type(good.value)) == ({"x": 0.5}, {"x": [1]}, float)
    for fields, message in (
        ({"metrics": {"x": float("nan")}}, "got x nan, expected a finite number"),
        ({"metrics": {"y": 1}}, "got metrics y, expected its objective x among them"),
        ({"metrics": {"x": 1}, "facts": {"f": open}}, "is not JSON serializable"),
    ):
        bad = carried_out(Given("complete", **fields), "")
        assert (bad.status, bad.judged) == ("failed", False) and message in (bad.reason or "")
