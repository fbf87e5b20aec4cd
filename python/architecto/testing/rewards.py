"""The tests of a reward."""

from __future__ import annotations

import copy
import json

from architecto import rewards
from architecto.evaluators.base import Evaluation
from architecto.rewards.base import BaseReward


class RewardTests:
    """reward: a spec, such as ``my_rewards.py:cheap``
    evaluations: complete evaluations that it can judge, worst first where it tells them apart
    """

    reward: str
    evaluations: list[Evaluation]

    def make(self) -> BaseReward:
        return rewards.create(self.reward)

    def cases(self) -> list[Evaluation]:
        """The evaluations, for this test alone."""
        return copy.deepcopy(self.evaluations)

    def judged(self, reward: BaseReward, evaluation: Evaluation) -> float:
        value = rewards.judged(reward, evaluation)
        assert value is not None
        return value

    def test_it_is_found_by_name_without_running_it(self) -> None:
        rewards.check(self.reward)

    def test_it_is_a_number_from_minus_one_to_one(self) -> None:
        reward = self.make()
        for evaluation in self.cases():
            assert evaluation.status == "complete" and evaluation.judged
            assert -1 <= self.judged(reward, evaluation) <= 1

    def test_better_evaluations_do_not_get_less(self) -> None:
        reward = self.make()
        values = [self.judged(reward, evaluation) for evaluation in self.cases()]
        assert values == sorted(values)

    def test_it_depends_on_the_evaluation_alone(self) -> None:
        reward = self.make()
        first = [self.judged(reward, evaluation) for evaluation in self.cases()]
        again = [self.judged(reward, evaluation) for evaluation in reversed(self.cases())]
        assert again[::-1] == first
        assert [self.judged(self.make(), evaluation) for evaluation in self.cases()] == first

    def test_a_stored_evaluation_is_judged_the_same(self) -> None:
        reward = self.make()
        for evaluation in self.cases():
            stored = Evaluation.from_json(json.loads(json.dumps(evaluation.as_json())))
            assert self.judged(reward, stored) == self.judged(reward, evaluation)

    def test_it_leaves_the_evaluation_as_it_is(self) -> None:
        reward = self.make()
        for evaluation in self.cases():
            before = copy.deepcopy(evaluation)
            self.judged(reward, evaluation)
            assert evaluation == before
