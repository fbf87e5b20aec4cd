"""The tests of an evaluator."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from architecto import evaluators, rewards
from architecto.evaluators.base import BaseEvaluator, Evaluation, carried_out


class EvaluatorTests:
    """spec: as in `architecto.evaluators`, such as ``{"name": "my_evaluators.py:Mine"}``
    answers: texts that it takes, one or more
    bad_answers: texts for which it gives a failed evaluation
    facts: what the engine says of an answer, where the evaluator needs it
    repeatable: is the evaluation a function of answer and seed?
    """

    spec: dict[str, Any]
    answers: list[str]
    bad_answers: list[str] = ["", "((("]  # noqa: RUF012 (nobody changes it)
    facts: dict[str, Any] = {}  # noqa: RUF012
    repeatable = True

    def make(self) -> BaseEvaluator:
        """The evaluator, made as a worker makes it."""
        return evaluators.create(json.loads(json.dumps(self.spec)))

    def evaluate(self, evaluator: BaseEvaluator, answer: str, **more: Any) -> Evaluation:
        """As an executor evaluates, weights thrown away."""
        facts = copy.deepcopy(self.facts)
        arguments = {"seed": 0, "weights_path": None, "facts": facts, **more}
        return carried_out(evaluator, answer, **arguments)

    def test_it_is_found_by_name_without_running_it(self) -> None:
        evaluators.check(str(self.spec["name"]))

    def test_an_answer_gives_a_complete_evaluation(self) -> None:
        evaluator = self.make()
        for answer in self.answers:
            evaluation = self.evaluate(evaluator, answer)
            assert (evaluation.status, evaluation.reason) == ("complete", None)
            assert evaluation.judged and evaluation.value is not None
            assert evaluation.seconds >= 0

    def test_an_evaluation_is_stored_and_read_as_it_was(self) -> None:
        evaluation = self.evaluate(self.make(), self.answers[0])
        assert Evaluation.from_json(json.loads(json.dumps(evaluation.as_json()))) == evaluation

    def test_a_bad_answer_is_a_failed_evaluation_and_no_exception(self) -> None:
        evaluator = self.make()
        for answer in self.bad_answers:
            facts = copy.deepcopy(self.facts)
            evaluation = evaluator.evaluate(answer, seed=0, weights_path=None, facts=facts)
            assert evaluation.status == "failed" and evaluation.reason
            assert "\n" not in evaluation.reason
        assert self.evaluate(evaluator, self.answers[0]).status == "complete"

    def test_the_same_seed_gives_the_same_evaluation(self) -> None:
        if not self.repeatable:
            pytest.skip("it says that it is not repeatable")
        first, second = (self.evaluate(self.make(), self.answers[0], seed=5) for _ in range(2))
        assert (first.metrics, first.curves) == (second.metrics, second.curves)

    def test_one_evaluation_leaves_the_next_alone(self) -> None:
        if not self.repeatable:
            pytest.skip("it says that it is not repeatable")
        evaluator = self.make()
        first = [self.evaluate(evaluator, answer).metrics for answer in self.answers]
        assert [self.evaluate(evaluator, answer).metrics for answer in self.answers] == first

    def test_the_facts_stay_as_they_are(self) -> None:
        facts = copy.deepcopy(self.facts)
        self.evaluate(self.make(), self.answers[0], facts=facts)
        assert facts == self.facts

    def test_progress_is_told_in_order(self) -> None:
        told: list[tuple[int, int, float]] = []
        evaluation = self.evaluate(
            self.make(), self.answers[0], on_epoch=lambda *epoch: told.append(epoch)
        )
        assert [epoch for epoch, _, _ in told] == list(range(1, len(told) + 1))
        assert all(epochs == len(told) for _, epochs, _ in told)
        if evaluation.curve:
            assert [value for _, _, value in told] == evaluation.curve

    def test_weights_stand_whole_where_they_belong(self, tmp_path: Path) -> None:
        """One that has no weights writes none; a failed evaluation leaves none."""
        evaluator = self.make()
        for place, answer in (("good", self.answers[0]), ("bad", (self.bad_answers or [""])[0])):
            folder = tmp_path / place
            folder.mkdir()
            evaluation = self.evaluate(evaluator, answer, weights_path=folder / "0.pt")
            files = [path.name for path in folder.iterdir()]
            assert files in ([], ["0.pt"] if evaluation.status == "complete" else [])

    def test_its_reward_judges_what_it_gives(self) -> None:
        evaluator = self.make()
        reward = rewards.create(evaluator.reward)
        for answer in self.answers:
            assert rewards.judged(reward, self.evaluate(evaluator, answer)) is not None
