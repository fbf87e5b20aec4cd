"""The agent: picks a choice at each step, picks the architectures to evaluate, and learns.

In an episode the search walks from the root to an answer. At each step the scorer values the new
candidates, and a good one is picked; in some episodes, at a rate that decays with the number of
trials, all picks are random. An ensemble explores by Thompson sampling besides: each episode
follows the scores of one member, drawn anew (bootstrapped DQN, Osband et al. 2016).

Walking is cheap and evaluating is not: answers are held, and after some episodes the most promising
of all held ones is evaluated. Then the scorer is fitted on everything seen.

All randomness of a pick is a function of (seed, episode, step), and weights change in `update`
only, so an agent that is restored from its checkpoint picks as the one that died would have.
"""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from scipy.stats import norm

from architecto.learning.learner import Learner, LearnerSettings
from architecto.learning.replay import ReplayBuffer, Step
from architecto.scorers import ScorerError
from architecto.scorers.base import BaseScorer, checked_scores, failure
from architecto.scorers.batching import TextCache
from architecto.scorers.random import step_seed
from architecto.scorers.uniform import UniformScorer

__all__ = ["Agent", "AgentSettings", "Pick", "Step"]

log = logging.getLogger("architecto.learning.agent")


@dataclass(frozen=True)
class Pick:
    """index: of the picked choice; explored: it is not the best-scored candidate;
    scorer: name of the scorer that made the pick"""

    index: int
    explored: bool
    scorer: str


@dataclass(frozen=True)
class AgentSettings:
    """Settings of the agent; none of them matters for a scorer that does not learn."""

    warm_up: int = 8
    """Trials at the start that are picked without regard to scores."""

    episodes: int = 32
    """Episodes from one proposal to the next, so that there is something to choose from."""

    epsilon: float = 0.25
    """Rate, after the decay, of episodes whose picks are all random; 1 during the warm-up.
    They bring answers of every kind before the scorer's eyes, also where it expects nothing."""

    epsilon_decay: float = 0.9
    """Factor by which the rate above `epsilon` shrinks with each trial after the warm-up."""

    temperature: float = 0.3
    """In the other episodes picks are draws from the softmax of the Q-values divided by this,
    which is in standard deviations of the returns (Boltzmann exploration)."""

    refresh: int = 64
    """Stale scores that a step refreshes at most, the best ones."""

    pool: int = 256
    """Held architectures that compete in a proposal: all found since the last one and the most
    promising of the earlier ones."""


class Agent:
    """One agent of a run.

    scorer: see architecto.scorers
    task: sentence that names data set and classes
    seed: of every random pick and of the fits
    buffer: what was found before, and where it is kept; None: an empty one in memory
    say: called with one line when the scorer had to be replaced
    """

    def __init__(
        self,
        scorer: BaseScorer,
        *,
        task: str,
        seed: int,
        buffer: ReplayBuffer | None = None,
        settings: AgentSettings | None = None,
        learner: LearnerSettings | None = None,
        say: Callable[[str], None] = log.warning,
    ) -> None:
        torch.set_num_threads(1)
        self.task = task
        self.seed = seed
        self.settings = settings or AgentSettings()
        self.learner = Learner(learner, seed=seed)
        self.buffer = buffer or ReplayBuffer()
        self.buffer.keep_candidates = self.learner.settings.n_step > 0
        self.scorer = scorer
        self._say = say
        self._last_good: BaseScorer = UniformScorer()
        self._cache: TextCache[list[float]] = TextCache()  # a score of each member
        self._kept_stale = False  # a step had more candidates than scores that it refreshes
        self._values: dict[str, float] = {}  # stale worth of held architectures
        self._pending: dict[str, None] = {}
        self._episode = -1
        self._proposed_at = -1  # episode at the last proposal

    # Picking a choice

    def select_action(
        self,
        *,
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
        opinions = self._opinions([texts(i) for i in candidates])
        scores = _means(opinions)
        best = max(range(len(candidates)), key=lambda i: (scores[i], -candidates[i]))
        picked = best
        if self.scorer.learns and len(candidates) > 1:
            rng = random.Random(step_seed(self.seed, episode, step))
            of_episode = random.Random(step_seed(self.seed, episode))
            if of_episode.random() < self.epsilon:
                picked = rng.randrange(len(candidates))
            else:
                member = of_episode.randrange(len(opinions[0]))
                noise = [-math.log(-math.log(rng.random() or 1e-300)) for _ in candidates]
                noisy = [
                    o[member] + self.settings.temperature * g
                    for o, g in zip(opinions, noise, strict=True)
                ]
                picked = max(range(len(candidates)), key=lambda i: (noisy[i], -candidates[i]))
        return Pick(candidates[picked], picked != best, self.scorer.name)

    @property
    def epsilon(self) -> float:
        """Rate of random episodes now."""
        s = self.settings
        after = len(self.buffer.rewards) - s.warm_up
        return 1.0 if after < 0 else s.epsilon + (1 - s.epsilon) * s.epsilon_decay**after

    def scores(self, texts: list[str]) -> list[float]:
        """Q-values of texts, means of the scorer's members."""
        return _means(self._opinions(texts))

    def use_scorer(self, scorer: BaseScorer) -> None:
        """Score with another scorer from the next step on; the present one is kept in reserve."""
        self.scorer = scorer
        self._cache = TextCache()
        self._values = {}
        self.learner = Learner(self.learner.settings, seed=self.seed)

    # Answers and evaluations

    def answer(
        self,
        *,
        session: str,
        episode: int,
        step: int,
        index: int,
        architecture: str,
        path: list[Step],
    ) -> None:
        """A complete architecture was found; it is held until it is proposed."""
        self._episode = max(self._episode, episode)
        self.buffer.add_answer(architecture, episode, path)

    def dead_end(
        self, *, session: str, episode: int, step: int, index: int, path: list[Step]
    ) -> None:
        """Nothing is below the last choice of the path."""
        self._episode = max(self._episode, episode)
        if path:
            self.buffer.add_dead_end(path[-1].text, episode)

    def propose(self, *, exhausted: bool = False) -> str | None:
        """The held architecture to evaluate next, or None: collect more answers first.

        exhausted: no more answers will come, so there is nothing to wait for
        """
        held = [a for a in self.buffer.held if a not in self._pending]
        if not held:
            return None
        picked = held[0]
        if self.scorer.learns and len(self.buffer.rewards) >= self.settings.warm_up:
            if self._episode - self._proposed_at < self.settings.episodes and not exhausted:
                return None
            try:
                picked = self._most_promising(held)
            except Exception as error:
                self._replace(
                    failure(self.scorer, "predict()", error, "expected mean and deviation")
                )
        self._proposed_at = self._episode
        self._pending[picked] = None
        return picked

    def observe(self, architecture: str, reward: float) -> None:
        """An evaluation ended. reward: in [-1, 1]"""
        self._pending.pop(architecture, None)
        self._values.pop(architecture, None)
        self.buffer.add_reward(architecture, reward)

    def give_up(self, architecture: str) -> None:
        """An evaluation failed for no fault of the architecture: it is not proposed again."""
        self._pending.pop(architecture, None)
        self._values.pop(architecture, None)
        self.buffer.add_unjudged(architecture)

    def update(self) -> dict[str, float]:
        """Fit the scorer on everything seen; see Learner.fit for the metrics.

        One that raises while it is fitted is replaced, like one that raises while it scores.
        """
        if not self.scorer.learns:
            return {}
        try:
            metrics = self.learner.fit(self.scorer, self.task, self.buffer)  # type: ignore[arg-type]
        except Exception as error:
            self._replace(failure(self.scorer, "its fit", error, "expected it to learn"))
            return {}
        self._cache.stale_all()
        return metrics | {"epsilon": self.epsilon}

    # Checkpoints

    def state_dict(self) -> dict[str, Any]:
        """All that `load_state_dict` needs beside the replay buffer: tensors, numbers, strings."""
        return {
            "scorer_name": self.scorer.name,
            "scorer": self.scorer.state_dict(),
            "learner": self.learner.state_dict(),
            "rewards": len(self.buffer.rewards),
            "proposed_at": self._proposed_at,
            "pending": list(self._pending),
            "values": self._values,
            # Stale scores matter only where a step has more of them than it refreshes.
            "cache": self._cache.state_dict() if self._kept_stale else None,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on as the agent whose state and buffer these are.

        A scorer that takes the place of one without weights learns from the buffer. Raises
        ScorerError when the state holds the weights of another scorer.
        """
        if state["scorer_name"] == self.scorer.name:
            try:
                self.scorer.load_state_dict(state["scorer"])
            except Exception as error:
                expected = "expected what its state_dict() gave; has its class changed?"
                raise failure(self.scorer, "load_state_dict()", error, expected) from error
            if self.scorer.learns:
                self.learner.load_state_dict(state["learner"], self.scorer)  # type: ignore[arg-type]
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

    def _opinions(self, texts: list[str]) -> list[list[float]]:
        """What each member of the scorer says of each text, `[text][member]`; those of a replaced
        scorer's successor if it fails."""
        while True:
            try:
                opinions = self._cached(texts) if self.scorer.by_text else self._fresh(texts)
            except ScorerError as error:
                self._replace(error)
            else:
                if not isinstance(self.scorer, UniformScorer):
                    self._last_good = self.scorer
                return opinions

    def _cached(self, texts: list[str]) -> list[list[float]]:
        known = {text: self._cache.get(text) for text in texts}
        new = [text for text, opinion in known.items() if opinion is None]
        stale = {
            text: sum(opinion)
            for text, opinion in known.items()
            if opinion is not None and not self._cache.is_fresh(text)
        }
        self._kept_stale |= len(known) > self.settings.refresh
        wanted = new + sorted(stale, key=lambda text: -stale[text])[: self.settings.refresh]
        for text, opinion in zip(wanted, self._fresh(wanted), strict=True):
            self._cache.put(text, opinion)
            known[text] = opinion
        return [known[text] or [] for text in texts]

    def _fresh(self, texts: list[str]) -> list[list[float]]:
        if not texts:
            return []
        members = [checked_scores(member, self.task, texts) for member in self.scorer.members]
        return [list(opinion) for opinion in zip(*members, strict=True)]

    def _replace(self, error: ScorerError) -> None:
        """Go on with the last scorer that worked."""
        spare = self._last_good if self._last_good is not self.scorer else UniformScorer()
        self._say(f"{error}; going on with {spare.name}")
        self._last_good = UniformScorer()
        self.use_scorer(spare)

    def _most_promising(self, held: list[str]) -> str:
        """Largest expected improvement (Jones et al. 1998) over the best target so far."""
        scorer: Any = self.scorer
        new = [a for a in held if a not in self._values]
        old = sorted((a for a in held if a in self._values), key=lambda a: -self._values[a])
        pool = new + old[: max(0, self.settings.pool - len(new))]
        mean, std = scorer.predict(self.task, pool)
        best = scorer.members[0].posterior.best
        z = (mean - best) / std
        gain = std * (z * torch.from_numpy(norm.cdf(z)) + torch.from_numpy(norm.pdf(z)))
        self._values.update(zip(pool, gain.tolist(), strict=True))
        return pool[int(gain.argmax())]


def _means(opinions: list[list[float]]) -> list[float]:
    return [sum(opinion) / len(opinion) for opinion in opinions]
