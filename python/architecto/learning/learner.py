"""Deep Q-learning (Mnih et al. 2015) on the texts of choices.

A state is a partial architecture, an action is a choice, and the only reward comes at the end,
when a complete architecture was evaluated. The return of a choice is

    n_step = 0 (the default: the whole episode)  the reward at the end of the path;
    n_step = n                                   Q(choice n picks later), where that pick is the
        online network's best candidate and its value the target network's (double Q-learning,
        van Hasselt et al. 2016); the reward where the path ends sooner.

Several paths may share a choice; the search is deterministic, so its target is the best of their
returns. Paths to answers that are held and not evaluated take part with the posterior mean of
their architecture as their reward. A dead end is worth the worst reward.

Rewards enter as normal scores of their ranks (Blom 1958): Q-values depend on the order of the
rewards and not on their scale, and a few disasters cannot hide the differences at the top.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import norm, rankdata

from architecto.learning.replay import Answer, ReplayBuffer
from architecto.scorers.batching import Batch, batches
from architecto.scorers.network import NetworkScorer
from architecto.scorers.random import step_seed


class LearningScorer(Protocol):
    """A scorer whose members the learner trains."""

    @property
    def members(self) -> list[NetworkScorer]: ...


@dataclass(frozen=True)
class LearnerSettings:
    """Settings of the fit after each trial."""

    tokens: int = 30_000
    """Tokens read in one fit at most, by all members together: this bounds its cost (about 16 µs
    a token on one core for the transformer) whatever the length of the texts."""

    passes: int = 2
    """Times that one fit reads each text at most: more passes learn few texts by heart."""

    batch_tokens: int = 2_048
    """Tokens in one gradient step."""

    learning_rate: float = 2e-3
    """Of AdamW, after a warm-up of 20 steps."""

    weight_decay: float = 1e-2
    """Of AdamW."""

    complete_share: float = 0.5
    """Part of the tokens spent on complete architectures; the rest goes to choices on the way."""

    held_paths: int = 64
    """Held answers whose paths take part in a fit, drawn anew each time."""

    n_step: int = 0
    """Picks to the bootstrap; 0: the whole episode."""

    target_every: int = 4
    """Fits from one copy of the online network into the target network to the next."""


class Learner:
    """Trains the members of a scorer on everything that the buffer holds.

    settings: see LearnerSettings; seed: of the order of the batches
    """

    def __init__(self, settings: LearnerSettings | None = None, *, seed: int = 0) -> None:
        self.settings = settings or LearnerSettings()
        self.seed = seed
        self.fits = 0
        self._optimizers: list[torch.optim.AdamW] = []
        self._steps = 0
        self._targets: list[NetworkScorer] = []

    def fit(self, scorer: LearningScorer, task: str, buffer: ReplayBuffer) -> dict[str, float]:
        """One fit after a trial. Gives metrics:

        loss: mean Huber loss of the gradient steps; steps: their number
        complete, partial: texts of each kind to learn from
        likelihood: log marginal likelihood of the posterior, a target, mean of the members
        """
        if not buffer.rewards:
            return {"loss": 0.0, "steps": 0, "complete": 0, "partial": 0, "likelihood": 0.0}
        self._prepare(scorer)
        complete = standardised(buffer.rewards)
        metrics = []
        for k, member in enumerate(scorer.members):
            rng = random.Random(step_seed(self.seed, self.fits, k))
            partial = self._partial_targets(member, k, task, buffer, complete, rng)
            metrics.append(self._fit_member(k, member, task, complete, partial, rng))
            metrics[-1]["likelihood"] = member.posterior.fit(
                member.features(task, list(complete)), torch.tensor(list(complete.values()))
            )
        self.fits += 1
        if self.settings.n_step and self.fits % self.settings.target_every == 0:
            self._copy_targets(scorer)
        return {key: float(np.mean([m[key] for m in metrics])) for key in metrics[0]}

    def state_dict(self) -> dict:
        return {
            "fits": self.fits,
            "steps": self._steps,
            "optimizers": [o.state_dict() for o in self._optimizers],
            "targets": [t.state_dict() for t in self._targets],
        }

    def load_state_dict(self, state: dict, scorer: LearningScorer) -> None:
        self.fits, self._steps = state["fits"], state["steps"]
        self._optimizers, self._targets = [], []
        if state["optimizers"]:
            self._prepare(scorer)
            for optimizer, its in zip(self._optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(its)
            for target, its in zip(self._targets, state["targets"], strict=True):
                target.load_state_dict(its)

    def _prepare(self, scorer: LearningScorer) -> None:
        if len(self._optimizers) == len(scorer.members):
            return
        self._optimizers = [
            torch.optim.AdamW(
                m.parameters(),
                lr=self.settings.learning_rate,
                fused=True,
                weight_decay=self.settings.weight_decay,
            )
            for m in scorer.members
        ]
        if self.settings.n_step:
            self._copy_targets(scorer)

    def _copy_targets(self, scorer: LearningScorer) -> None:
        self._targets = [copy.deepcopy(m) for m in scorer.members]

    def _partial_targets(
        self,
        member: NetworkScorer,
        k: int,
        task: str,
        buffer: ReplayBuffer,
        complete: dict[str, float],
        rng: random.Random,
    ) -> dict[str, float]:
        """Target of each choice on a path that takes part."""
        evaluated = [a for a in buffer.answers if a.architecture in complete]
        held = [a for a in buffer.answers if a.architecture not in complete]
        held = rng.sample(held, min(len(held), self.settings.held_paths))
        values = dict(complete)
        if held:
            names = list({a.architecture: None for a in held})
            mean, _ = member.predict(task, names)
            values.update(zip(names, mean.tolist(), strict=True))
        targets: dict[str, float] = {}
        for answer in evaluated + held:
            returns = self._returns(answer, values[answer.architecture], k, member, task)
            for text, value in zip(answer.choices, returns, strict=True):
                targets[text] = max(value, targets.get(text, value))
        worst = min(complete.values())
        for text in buffer.dead_ends:
            targets.setdefault(text, worst)
        return targets

    def _returns(
        self, answer: Answer, reward: float, k: int, member: NetworkScorer, task: str
    ) -> list[float]:
        """n-step return of each pick of a path, without discount."""
        n, length = self.settings.n_step, len(answer.choices)
        returns = [reward] * length
        if n == 0:
            return returns
        for t in range(length - n):
            candidates = list(answer.candidates[t + n]) or [answer.choices[t + n]]
            best = int(member.score(task, candidates).argmax())
            returns[t] = float(self._targets[k].score(task, [candidates[best]])[0])
        return returns

    def _fit_member(
        self,
        k: int,
        member: NetworkScorer,
        task: str,
        complete: dict[str, float],
        partial: dict[str, float],
        rng: random.Random,
    ) -> dict[str, float]:
        """Gradient steps until the tokens are spent."""
        s = self.settings
        budget = s.tokens / len(self._optimizers)
        share = s.complete_share if partial else 1.0
        steps = [
            *self._draw(member, task, complete, "complete", budget * share, rng),
            *self._draw(member, task, partial, "choices", budget * (1 - share), rng),
        ]
        rng.shuffle(steps)
        optimizer = self._optimizers[k]
        losses = []
        warm = self._steps
        for batch, kind, targets in steps:
            warm += 1
            for group in optimizer.param_groups:
                group["lr"] = s.learning_rate * min(1.0, warm / 20)
            _, values = member.forward(batch, kind)
            loss = F.huber_loss(values, targets.to(values.device))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(member.parameters(), 1.0)
            optimizer.step()
            losses.append(float(loss.detach()))
        if k == len(self._optimizers) - 1:
            self._steps = warm
        return {
            "loss": float(np.mean(losses)),
            "steps": len(losses),
            "complete": len(complete),
            "partial": len(partial),
        }

    def _draw(
        self,
        member: NetworkScorer,
        task: str,
        targets: dict[str, float],
        kind: str,
        tokens: float,
        rng: random.Random,
    ) -> list[tuple[Batch, str, torch.Tensor]]:
        """Batches of texts drawn in shuffled passes until `tokens` are spent."""
        texts = list(targets)
        drawn: list[tuple[Batch, str, torch.Tensor]] = []
        rows: dict[int, np.ndarray] = {}
        spent = 0.0
        for _ in range(self.settings.passes if texts else 0):
            if spent >= tokens:
                break
            order = list(range(len(texts)))
            rng.shuffle(order)
            some = []
            for i in order:
                if i not in rows:
                    rows[i] = member.tokenizer.encode(task, texts[i])
                some.append(i)
                spent += len(rows[i])
                if spent >= tokens:
                    break
            for batch in batches([rows[i] for i in some], self.settings.batch_tokens, slack=0.3):
                values = [targets[texts[some[p]]] for p in batch.positions]
                drawn.append((batch, kind, torch.tensor(values)))
        return drawn


def load_optimizer() -> None:
    """Have PyTorch load what its first optimizer needs: over a second of CPU, once a process."""
    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])


def standardised(rewards: dict[str, float]) -> dict[str, float]:
    """Normal scores of the ranks of rewards; equal rewards get equal scores."""
    ranks = rankdata(list(rewards.values()))
    scores = norm.ppf((ranks - 0.375) / (len(ranks) + 0.25))
    return dict(zip(rewards, scores.tolist(), strict=True))
