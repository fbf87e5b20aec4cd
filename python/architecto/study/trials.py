"""The trials of a run: which answers are evaluated, and when the agent hears of the result.

An evaluation ends at a moment that nobody can foresee, so its result is stored at once and handed
to the agent only at fixed points of the conversation: when an engine begins an episode. With one
worker and one engine the agent then learns the same things in the same order in every run with the
same seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto import rewards
from architecto.executors.base import BaseExecutor, Finished
from architecto.rewards.base import BaseReward, RewardError
from architecto.study.weights import weights_path

if TYPE_CHECKING:
    from architecto.evaluators.base import Evaluation
    from architecto.learning.agent import Agent
    from architecto.study.study import Study, TrialResult


class Trials:
    """Up to ``count`` trials of a study: an agent chooses, an executor runs, a reward judges them.

    ``on_event(kind, **facts)`` is told ``trial_started``, ``progress``, ``trial_finished`` and
    ``unjudged`` (``reason``: why there is no reward; nothing is learned from such a trial).
    """

    def __init__(
        self,
        agent: Agent,
        study: Study,
        executor: BaseExecutor,
        reward: BaseReward,
        *,
        run_dir: Path,
        count: int,
        seed: int,
        on_event: Callable[..., None] = lambda kind, **facts: None,
    ) -> None:
        self.agent, self.study, self.executor = agent, study, executor
        self.reward, self.count, self.seed = reward, count, seed
        self.exhausted = False
        """An engine has seen the whole space: no new answer will come."""
        self._drained = False  # the space is exhausted and every answer was evaluated
        self._run_dir = run_dir
        self._on_event = on_event
        self._capacity = executor.free()
        self._facts: dict[str, dict[str, Any]] = {}  # of answers that are not evaluated yet
        self._out: dict[int, str] = {}  # trial -> answer, being evaluated
        self._stored: list[TrialResult] = []  # finished, not handed to the agent yet
        self.heard: set[int] = set()
        """Trials that the agent has heard the end of."""

    @property
    def done(self) -> bool:
        """Nothing is left to evaluate, and the agent has heard of everything."""
        if self._out or self._stored:
            return False
        return self._remaining() <= 0 or self._drained

    @property
    def out(self) -> dict[str, dict[str, Any]]:
        """The answers that are being evaluated or not handed over yet, with their facts."""
        stored = {result.answer: result.facts for result in self._stored}
        return stored | {a: self._facts.get(a, {}) for a in self._out.values()}

    @property
    def running(self) -> list[int]:
        """The trials that are being evaluated now."""
        return list(self._out)

    def begin_again(self, heard: Iterable[int], out: dict[str, dict[str, Any]]) -> None:
        """Go on from where the process before this one died: the end of which trials the agent had
        heard, and which evaluations were out."""
        self.heard = set(heard) & {result.number for result in self.study.trials}
        for answer, facts in out.items():
            self._facts[answer] = facts
            self._begin(answer)

    def take_up_unheard(self) -> int:
        """Store the finished trials that the agent has not heard of, for it to learn from; gives
        their number. For a run that is not repeatable, or where files are damaged."""
        known = self.heard | {result.number for result in self._stored}
        unheard = [result for result in self.study.trials if result.number not in known]
        self._stored += unheard
        return len(unheard)

    def answered(self, answer: str, facts: dict[str, Any]) -> str:
        """Take up an answer that the agent already holds: ``queued`` or ``held``."""
        self.note(answer, facts)
        return "queued" if answer in self.dispatch() else "held"

    def note(self, answer: str, facts: dict[str, Any]) -> None:
        """Keep what is known of an answer until it is evaluated."""
        self._facts[answer] = facts

    def dispatch(self) -> list[str]:
        """Begin as many evaluations as workers are free; give their answers."""
        begun: list[str] = []
        while len(self._out) + len(self._stored) < self._capacity and self._remaining() > 0:
            answer = self.agent.propose(exhausted=self.exhausted)
            if answer is None:
                self._drained = self.exhausted
                break
            if answer not in self._out.values():
                self._begin(answer)
                begun.append(answer)
        return begun

    def _begin(self, answer: str) -> None:
        result = self.study.known(answer)
        if result is not None:  # evaluated, but the agent died before it heard of that
            self._stored.append(result)
            return
        facts = self._facts.get(answer, {})
        trial = self.study.start(answer, facts=facts)
        path = weights_path(self._run_dir, trial)
        path.parent.mkdir(exist_ok=True)
        self.executor.submit(trial, answer, seed=self.seed, weights_path=path, facts=facts)
        self._out[trial] = answer
        self._on_event("trial_started", trial=trial, answer=answer)

    def poll(self) -> None:
        """Store the results that have come in; never waits."""
        for event in self.executor.poll():
            if isinstance(event, Finished):
                self._facts.pop(self._out.pop(event.trial), None)
                reward = self._judged(event.evaluation)
                result = self.study.finish(event.trial, event.evaluation, reward)
                self._stored.append(result)
                self._on_event("trial_finished", result=result)
            else:
                self._on_event("progress", progress=event)

    def _judged(self, evaluation: Evaluation) -> float | None:
        try:
            return rewards.judged(self.reward, evaluation)
        except RewardError as error:
            self._on_event("unjudged", reason=str(error))
            return None

    def hand_over(self) -> list[TrialResult]:
        """Hand the stored results to the agent, which learns from them; give those results."""
        results, self._stored = self._stored, []
        for result in results:
            self.heard.add(result.number)
            if result.reward is not None:
                self.agent.observe(result.answer, result.reward)
                self.agent.update()
            else:
                self.agent.give_up(result.answer)
        return results

    def busy(self) -> bool:
        """Must a new episode wait for an evaluation?"""
        if not self._out:
            return False
        return len(self._out) >= self._capacity or self._remaining() <= 0 or self.exhausted

    def _remaining(self) -> int:
        finished = self.heard | {result.number for result in self._stored}
        return self.count - len(finished) - len(self._out)
