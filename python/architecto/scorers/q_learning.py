"""Deep Q-learning (Mnih et al. 2015) on the texts of choices: how a network scorer learns.

A state is a partial answer, an action is a choice, and the only reward comes at the end,
when a complete answer was evaluated. The return of a choice is

    n_step = 0 (the default: the whole episode)  the reward at the end of the path;
    n_step = n                                   Q(choice n picks later), where that pick is the
        online network's best candidate and its value the target network's (double Q-learning,
        van Hasselt et al. 2016); the reward where the path ends sooner.

Several paths may share a choice; the search is deterministic, so its target is the best of their
returns. Paths to answers that are held and not evaluated take part with the posterior mean of
their answer as their reward. A dead end is worth the worst reward.

Rewards enter as normal scores of their ranks (Blom 1958): Q-values depend on the order of the
rewards and not on their scale, and a few disasters cannot hide the differences at the top.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import norm, rankdata

from architecto.scorers.batching import Batch, batches
from architecto.scorers.experience import Answer, Experience
from architecto.scorers.guide_settings import GuideSettings
from architecto.scorers.places import Places
from architecto.scorers.random import step_seed

if TYPE_CHECKING:
    from architecto.scorers.network import NetworkScorer

PASSES = 2
"""Times that one fit reads each text at most: more passes learn few texts by heart."""
BATCH_TOKENS = 2_048
"""Tokens in one gradient step."""
WARM_STEPS = 20
"""Gradient steps over which the learning rate rises to what it is set to."""
WEIGHT_DECAY = 1e-2
"""Of AdamW (Loshchilov and Hutter 2019)."""
COMPLETE_SHARE = 0.5
"""Part of the tokens spent on complete answers; the rest goes to choices on the way."""
HELD_PATHS = 64
"""Held answers whose paths take part in a fit, drawn anew each time."""
TARGET_EVERY = 4
"""Fits from one copy of the online network into the target network to the next."""


class QLearning:
    """Fits one network scorer, time after time, on everything that was found.

    settings: see GuideSettings; seed: of the order of the batches
    """

    def __init__(self, settings: GuideSettings, *, seed: int = 0) -> None:
        self.settings = settings
        self.seed = seed
        self.fits = 0
        self._steps = 0
        self._optimizer: torch.optim.AdamW | None = None
        self._target: NetworkScorer | None = None

    def fit(self, network: NetworkScorer, task: str, experience: Experience) -> dict[str, float]:
        """One fit after a trial. Gives metrics:

        loss: mean Huber loss of the gradient steps; steps: their number
        complete, partial: texts of each kind to learn from
        likelihood: log marginal likelihood of the posterior, a target
        """
        if not experience.rewards:
            return {"loss": 0.0, "steps": 0, "complete": 0, "partial": 0, "likelihood": 0.0}
        optimizer = self._prepared(network)
        complete = standardised(experience.rewards)
        rng = random.Random(step_seed(self.seed, self.fits, 0))
        partial = self._partial_targets(network, task, experience, complete, rng)
        network.places = Places(list(complete))
        metrics = self._descend(network, optimizer, task, complete, partial, rng)
        metrics["likelihood"] = network.posterior.fit(
            network.features(task, list(complete)),
            torch.tensor(list(complete.values())),
            in_scale=bool(network.places),
        )
        self.fits += 1
        if self._target is not None and self.fits % TARGET_EVERY == 0:
            self._target = _frozen(network)
        return metrics

    def state_dict(self) -> dict:
        return {
            "fits": self.fits,
            "steps": self._steps,
            "optimizer": self._optimizer and self._optimizer.state_dict(),
            "target": self._target and self._target.model.state_dict(),
        }

    def load_state_dict(self, state: dict, network: NetworkScorer) -> None:
        self.fits, self._steps = state["fits"], state["steps"]
        self._optimizer = self._target = None
        if state["optimizer"] is not None:
            self._prepared(network).load_state_dict(state["optimizer"])
        if self._target is not None:
            self._target.model.load_state_dict(state["target"])

    def _prepared(self, network: NetworkScorer) -> torch.optim.AdamW:
        """The optimizer; with it comes the target network, where one is needed."""
        if self._optimizer is None:
            self._optimizer = torch.optim.AdamW(
                network.model.parameters(),
                lr=self.settings.learning_rate,
                fused=True,
                weight_decay=WEIGHT_DECAY,
            )
            self._target = _frozen(network) if self.settings.n_step else None
        return self._optimizer

    def _partial_targets(
        self,
        network: NetworkScorer,
        task: str,
        experience: Experience,
        complete: Mapping[str, float],
        rng: random.Random,
    ) -> dict[str, float]:
        """Target of each choice on a path that takes part.

        complete: standardised reward of each evaluated answer
        """
        evaluated = [a for a in experience.answers if a.text in complete]
        held = [a for a in experience.answers if a.text not in complete]
        held = rng.sample(held, min(len(held), HELD_PATHS))
        values = dict(complete)
        if held:
            names = list({a.text: None for a in held})
            mean, _ = network.predict(task, names)
            values.update(zip(names, mean.tolist(), strict=True))
        targets: dict[str, float] = {}
        for answer in evaluated + held:
            returns = self._returns(network, task, answer, values[answer.text])
            for text, value in zip(answer.choices, returns, strict=True):
                # Q*(choice) is what the best continuation brings. The walk is deterministic, so
                # the largest return seen below a choice is a lower bound of it and no overestimate;
                # the mean would blame the choice for what random episodes picked after it.
                targets[text] = max(value, targets.get(text, value))
        worst = min(complete.values())
        for text in experience.dead_ends:
            targets.setdefault(text, worst)
        return targets

    def _returns(
        self, network: NetworkScorer, task: str, answer: Answer, reward: float
    ) -> list[float]:
        """n-step return of each pick of a path (Sutton and Barto 2018, equation 7.1).

        The return of pick t is r_{t+1} + γ r_{t+2} + … + γⁿ Q(pick t + n). Here every reward but
        the last is 0 and γ is 1, since a longer network is no worse for being longer: what is left
        is the reward, where the path ends within n picks, or else the Q-value n picks on.
        """
        n, length = self.settings.n_step, len(answer.choices)
        returns = [reward] * length
        if n == 0:
            return returns
        assert self._target is not None  # it comes with the optimizer
        for t in range(length - n):
            # Double Q-learning (van Hasselt et al. 2016, equation 4): the online network says which
            # candidate is best, the target network what it is worth. One network for both would
            # take the largest of some noisy values, and so mistake noise for worth.
            candidates = list(answer.candidates[t + n]) or [answer.choices[t + n]]
            best = int(network.score(task, candidates).argmax())
            returns[t] = float(self._target.score(task, [candidates[best]])[0])
        return returns

    def _descend(
        self,
        network: NetworkScorer,
        optimizer: torch.optim.AdamW,
        task: str,
        complete: dict[str, float],
        partial: dict[str, float],
        rng: random.Random,
    ) -> dict[str, float]:
        """Gradient steps until the tokens are spent."""
        share = COMPLETE_SHARE if partial else 1.0
        if network.places and partial:  # nothing is asked of the network about complete answers
            share = 0.0
        tokens = float(self.settings.fit_tokens)
        steps = [
            *_draw(network, task, complete, "complete", tokens * share, rng),
            *_draw(network, task, partial, "choices", tokens * (1 - share), rng),
        ]
        rng.shuffle(steps)
        losses = []
        for batch, kind, targets in steps:
            self._steps += 1
            for group in optimizer.param_groups:
                group["lr"] = self.settings.learning_rate * min(1.0, self._steps / WARM_STEPS)
            _, values = network.forward(batch, kind)
            # Huber (1964): quadratic near the target, linear from 1 on, as for an outlier.
            loss = F.huber_loss(values, targets.to(values.device))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.model.parameters(), 1.0)
            optimizer.step()
            losses.append(float(loss.detach()))
        return {
            "loss": float(np.mean(losses)),
            "steps": len(losses),
            "complete": len(complete),
            "partial": len(partial),
        }


def _draw(
    network: NetworkScorer,
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
    for _ in range(PASSES if texts else 0):
        if spent >= tokens:
            break
        order = list(range(len(texts)))
        rng.shuffle(order)
        some = []
        for i in order:
            if i not in rows:
                rows[i] = network.tokenizer.encode(task, texts[i])
            some.append(i)
            spent += len(rows[i])
            if spent >= tokens:
                break
        for batch in batches([rows[i] for i in some], BATCH_TOKENS, slack=0.3):
            values = [targets[texts[some[p]]] for p in batch.positions]
            drawn.append((batch, kind, torch.tensor(values)))
    return drawn


def _frozen(network: NetworkScorer) -> NetworkScorer:
    """The same scorer with the weights of this moment."""
    frozen = copy.copy(network)
    frozen.model = copy.deepcopy(network.model)
    return frozen


def load_optimizer() -> None:
    """Have PyTorch load what its first optimizer needs: over a second of CPU, once a process."""
    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])


def standardised(rewards: Mapping[str, float]) -> dict[str, float]:
    """Normal scores of the ranks of rewards; equal rewards get equal scores."""
    ranks = rankdata(list(rewards.values()))
    scores = norm.ppf((ranks - 0.375) / (len(ranks) + 0.25))
    return dict(zip(rewards, scores.tolist(), strict=True))
