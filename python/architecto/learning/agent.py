"""The agent: picks a choice at each step, picks the answers to evaluate, and learns.

In an episode the search walks from the root to an answer. At each step the scorer values the new
candidates, and a good one is picked; how, stands in `exploration`.

Walking is cheap and evaluating is not: answers are held, and after some episodes the most promising
of all held ones is evaluated. Then the scorer is fitted on everything seen. How it values and how
it learns is the scorer's own affair (see `LearningScorer`).

All randomness of a pick is a function of (seed, episode, step), and scores change in `update` only,
so an agent that is restored from its checkpoint picks as the one that died would have.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from architecto.learning.exploration import epsilon_after, expected_improvement, explore
from architecto.learning.metrics import rank_correlation
from architecto.learning.replay import ReplayBuffer, Step
from architecto.scorers import ScorerError
from architecto.scorers.base import (
    BaseScorer,
    LearningScorer,
    checked_prediction,
    checked_scores,
    failure,
)
from architecto.scorers.batching import TextCache
from architecto.scorers.guide_settings import GuideSettings
from architecto.scorers.uniform import UniformScorer

log = logging.getLogger("architecto.learning.agent")

REFRESH = 64
"""Stale scores that a step refreshes at most, the best ones."""
POOL = 256
"""Held answers that compete in a proposal: all found since the last one and the most
promising of the earlier ones."""


@dataclass(frozen=True)
class Pick:
    """index: of the picked choice; explored: it is not the best-scored candidate;
    scorer: name of the scorer that made the pick"""

    index: int
    explored: bool
    scorer: str


class Agent:
    """One agent of a run.

    scorer: see architecto.scorers
    task: sentence of the run, under which the scorer is fitted; None: that of the first engine
    seed: of every random pick
    buffer: what was found before, and where it is kept; None: an empty one in memory
    settings: of its exploring, see GuideSettings; those of its learning are the scorer's
    say: called with one line when the scorer had to be replaced
    record: called with the figures of each fit, see `metrics`
    clock: gives seconds; refresh, pool: see REFRESH and POOL
    """

    def __init__(
        self,
        scorer: BaseScorer,
        *,
        task: str | None,
        seed: int,
        buffer: ReplayBuffer | None = None,
        settings: GuideSettings | None = None,
        say: Callable[[str], None] = log.warning,
        record: Callable[[dict[str, Any]], None] = lambda line: None,
        clock: Callable[[], float] = time.perf_counter,
        refresh: int = REFRESH,
        pool: int = POOL,
    ) -> None:
        torch.set_num_threads(1)
        self.task, self.seed = task, seed
        self.settings = settings or GuideSettings()
        self.buffer = buffer or ReplayBuffer()
        self.fits = 0
        """Fits so far, of this scorer and those before it."""
        self._refresh, self._pool = refresh, pool
        self._say, self._record, self._clock = say, record, clock
        self._last_good: BaseScorer = UniformScorer()
        self._kept_stale = False  # a step had more candidates than scores that it refreshes
        self._pending: dict[str, None] = {}
        self._predicted: dict[str, float] = {}  # means at the proposals that the scorer chose
        self._episode = -1
        self._proposed_at = -1  # episode at the last proposal
        self.use_scorer(scorer)

    # Picking a choice

    def select_action(
        self,
        *,
        task: str,
        session: str,
        episode: int,
        step: int,
        candidates: list[int],
        texts: Callable[[int], str],
    ) -> Pick:
        """Pick one of the candidates.

        candidates: indices of choices, at least one; texts: from an index to the choice's text
        """
        if not candidates:
            raise ValueError("candidates: got none, expected at least one")
        self._episode = max(self._episode, episode)
        self.scorer.begin_step(self.seed, episode, step)
        opinions = self._opinions(task, [texts(i) for i in candidates])
        scores = _means(opinions)
        best = picked = max(range(len(candidates)), key=lambda i: (scores[i], -candidates[i]))
        if self.scorer.learns and len(candidates) > 1:
            picked = explore(
                opinions,
                candidates,
                at=(self.seed, episode, step),
                epsilon=self.epsilon,
                temperature=self.settings.temperature,
            )
        return Pick(candidates[picked], picked != best, self.scorer.name)

    @property
    def epsilon(self) -> float:
        """Rate of random episodes now."""
        s, trials = self.settings, len(self.buffer.rewards)
        return epsilon_after(trials, warm_up=s.warm_up, least=s.epsilon, decay=s.epsilon_decay)

    def scores(self, task: str, texts: list[str]) -> list[float]:
        """Q-values of texts under a task, means of the scorer's members."""
        return _means(self._opinions(task, texts))

    def use_scorer(self, scorer: BaseScorer) -> None:
        """Score with another scorer from the next step on; the present one is kept in reserve."""
        self.scorer = scorer
        self._learner = scorer if isinstance(scorer, LearningScorer) else None
        self.buffer.keep_candidates = bool(self._learner and self._learner.reads_candidates)
        self._cache: TextCache[list[float]] = TextCache()  # a score of each member
        self._values: dict[str, float] = {}  # stale worth of held answers

    # Answers and evaluations

    def answer(
        self,
        *,
        session: str,
        episode: int,
        step: int,
        index: int,
        answer: str,
        path: list[Step],
    ) -> None:
        """A complete answer was found; it is held until it is proposed."""
        self._episode = max(self._episode, episode)
        self.buffer.add_answer(answer, episode, path)

    def dead_end(
        self, *, session: str, episode: int, step: int, index: int, path: list[Step]
    ) -> None:
        """Nothing is below the last choice of the path."""
        self._episode = max(self._episode, episode)
        if path:
            self.buffer.add_dead_end(path[-1].text, episode)

    def propose(self, *, exhausted: bool = False) -> str | None:
        """The held answer to evaluate next, or None: collect more answers first.

        exhausted: no more answers will come, so there is nothing to wait for
        """
        held = [a for a in self.buffer.held if a not in self._pending]
        if not held:
            return None
        picked = held[0]
        if self._learner and len(self.buffer.rewards) >= self.settings.warm_up:
            if self._episode - self._proposed_at < self.settings.episodes and not exhausted:
                return None
            try:
                picked = self._most_promising(self._learner, held)
            except ScorerError as error:
                self._replace(error)
        self._proposed_at = self._episode
        self._pending[picked] = None
        return picked

    def observe(self, answer: str, reward: float) -> None:
        """An evaluation ended. reward: in [-1, 1]"""
        self._pending.pop(answer, None)
        self._values.pop(answer, None)
        self.buffer.add_reward(answer, reward)

    def give_up(self, answer: str) -> None:
        """An evaluation failed for no fault of the answer: it is not proposed again."""
        self._pending.pop(answer, None)
        self._values.pop(answer, None)
        self.buffer.add_unjudged(answer)

    def update(self) -> dict[str, float]:
        """Fit the scorer on everything seen; gives its metrics, and records them.

        One that raises while it is fitted is replaced, like one that raises while it scores.
        """
        if self._learner is None:
            return {}
        began = self._clock()
        try:
            metrics = self._learner.fit(self.task or "", self.buffer.experience)
            metrics = {name: float(value) for name, value in metrics.items()}
        except Exception as error:
            self._replace(failure(self.scorer, "its fit", error, "expected it to learn"))
            return {}
        self._cache.stale_all()
        self.fits += 1
        figures = self._figures(self._clock() - began)
        self._record(figures | metrics | figures)  # the first has the order, the last the say
        return metrics

    def _figures(self, seconds: float) -> dict[str, Any]:
        """What `metrics` says of a fit beside the scorer's own figures."""
        rewards = self.buffer.rewards
        compared = [
            (mean, rewards[found])
            for found, mean in self._predicted.items()
            if found in rewards and found not in self._pending
        ]
        return {
            "fit": self.fits,
            "trials": len(rewards),
            "episode": self._episode,
            "scorer": self.scorer.name,
            "seconds": seconds,
            "epsilon": self.epsilon,
            "correlation": rank_correlation(compared),
            "compared": len(compared),
        }

    # Checkpoints

    def state_dict(self) -> dict[str, Any]:
        """All that `load_state_dict` needs beside the replay buffer: tensors, numbers, strings."""
        return {
            "scorer_name": self.scorer.name,
            "scorer": self.scorer.state_dict(),
            "task": self.task,
            "fits": self.fits,
            "rewards": len(self.buffer.rewards),
            "proposed_at": self._proposed_at,
            "pending": list(self._pending),
            "predicted": self._predicted,
            "values": self._values,
            # Stale scores matter only where a step has more of them than it refreshes.
            "cache": self._cache.state_dict() if self._kept_stale else None,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on as the agent whose state and buffer these are.

        A scorer that takes the place of one without weights learns from the buffer. Raises
        ScorerError when the state holds the weights of another scorer.
        """
        self.task = self.task if self.task is not None else state["task"]
        self.fits, self._predicted = state["fits"], dict(state["predicted"])
        if state["scorer_name"] == self.scorer.name:
            try:
                self.scorer.load_state_dict(state["scorer"])
            except Exception as error:
                expected = "expected what its state_dict() gave; has its class changed?"
                raise failure(self.scorer, "load_state_dict()", error, expected) from error
        elif state["scorer"]:
            raise ScorerError(
                f"got a checkpoint of scorer {state['scorer_name']}, expected {self.scorer.name}: "
                "resume with the scorer that the run was started with"
            )
        else:
            self.update()
        self._proposed_at = state["proposed_at"]
        self._pending = dict.fromkeys(state["pending"])
        self._values = dict(state["values"])
        if state["cache"] is not None:
            self._cache.load_state_dict(state["cache"])
            self._kept_stale = True
        self._episode = self.buffer.last_episode

    def _opinions(self, task: str, texts: list[str]) -> list[list[float]]:
        """What each member of the scorer says of each text, `[text][member]`; those of a replaced
        scorer's successor if it fails."""
        while True:
            try:
                by_text = self.scorer.by_text
                opinions = self._cached(task, texts) if by_text else self._fresh(task, texts)
            except ScorerError as error:
                self._replace(error)
            else:
                if not isinstance(self.scorer, UniformScorer):
                    self._last_good = self.scorer
                return opinions

    def _cached(self, task: str, texts: list[str]) -> list[list[float]]:
        known = {text: self._cache.get(task, text) for text in texts}
        new = [text for text, opinion in known.items() if opinion is None]
        stale = {
            text: sum(opinion)
            for text, opinion in known.items()
            if opinion is not None and not self._cache.is_fresh(task, text)
        }
        self._kept_stale |= len(known) > self._refresh
        wanted = new + sorted(stale, key=lambda text: -stale[text])[: self._refresh]
        for text, opinion in zip(wanted, self._fresh(task, wanted), strict=True):
            self._cache.put(task, text, opinion)
            known[text] = opinion
        return [known[text] or [] for text in texts]

    def _fresh(self, task: str, texts: list[str]) -> list[list[float]]:
        if not texts:
            return []
        members = [checked_scores(member, task, texts) for member in self.scorer.members]
        return [list(opinion) for opinion in zip(*members, strict=True)]

    def _replace(self, error: ScorerError) -> None:
        """Go on with the last scorer that worked."""
        spare = self._last_good if self._last_good is not self.scorer else UniformScorer()
        self._say(f"{error}; going on with {spare.name}")
        self._last_good = UniformScorer()
        self.use_scorer(spare)

    def _most_promising(self, scorer: LearningScorer, held: list[str]) -> str:
        """The one of the largest expected improvement; the mean predicted for it is kept."""
        new = [a for a in held if a not in self._values]
        old = sorted((a for a in held if a in self._values), key=lambda a: -self._values[a])
        pool = new + old[: max(0, self._pool - len(new))]
        mean, deviation, best = checked_prediction(scorer, self.task or "", pool)
        gain = expected_improvement(mean, deviation, best)
        self._values.update(zip(pool, gain.tolist(), strict=True))
        first = int(gain.argmax())
        self._predicted[pool[first]] = float(mean[first])
        return pool[first]


def _means(opinions: list[list[float]]) -> list[float]:
    return [sum(opinion) / len(opinion) for opinion in opinions]
