"""What the scorers that are networks share: tokenizer, networks, Q-value heads, posterior, state.

A network maps token rows to features `[B, F]`, and a linear head maps these to Q-values. There
are two of one kind: one reads choices and says which to pick, one reads complete answers,
where the Posterior over its features gives a mean and a standard deviation. They are apart
because the targets of choices come in part from that posterior: features that were trained on
its own predictions would make it sure of them.

How they are trained stands in `q_learning`; only `fit` changes weights.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from architecto.scorers import ScorerError, tokenizer
from architecto.scorers.base import LearningScorer
from architecto.scorers.batching import Batch, batches
from architecto.scorers.experience import Experience
from architecto.scorers.guide_settings import GuideSettings
from architecto.scorers.places import Places
from architecto.scorers.posterior import Posterior
from architecto.scorers.q_learning import QLearning, load_optimizer


class NetworkScorer(LearningScorer):
    """A scorer around networks `nn.Module: (ids [B, T, C], padding [B, T] or None) → [B, F]`.

    make: gives a fresh network; features: its F
    max_length: tokens of a choice at most (see architecto.scorers.tokenizer)
    seed: of the order in which fits read; settings: of the fits
    """

    def __init__(
        self,
        make: Callable[[], nn.Module],
        features: int,
        max_length: int,
        *,
        seed: int = 0,
        settings: GuideSettings | None = None,
    ) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.tokenizer = tokenizer.Tokenizer(max_length)
        self.width = features
        self.model = nn.ModuleDict(
            {
                "choices": make(),
                "choices_head": nn.Linear(features, 1),
                "complete": make(),
                "complete_head": nn.Linear(features, 1),
            }
        ).to(self.device)
        self.posterior = Posterior()
        self.places = Places()
        self.learning = QLearning(settings or GuideSettings(), seed=seed)
        self.reads_candidates = self.learning.settings.n_step > 0

    def forward(self, batch: Batch, kind: str = "choices") -> tuple[Tensor, Tensor]:
        """Features `[B, F]` and Q-values `[B]` of a batch, in float32.

        kind: of the texts, "choices" or "complete" (answers)
        """
        ids = batch.ids.to(self.device)
        padding = None if batch.padding is None else batch.padding.to(self.device)
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            features = self.model[kind](ids, padding).float()
        return features, self.model[f"{kind}_head"](features).squeeze(-1)

    def score(self, task: str, choices: list[str]) -> Tensor:
        return self._run(task, choices, "choices")[1]

    def features(self, task: str, answers: list[str]) -> Tensor:
        """`[answer, F]`, what the posterior works on: their places where all answers so far are
        alike but for these, else what the network makes of them."""
        if self.places:
            return self.places.features(answers)
        return self._run(task, answers, "complete")[0]

    def predict(self, task: str, answers: list[str]) -> tuple[Tensor, Tensor]:
        """Posterior mean and standard deviation of complete answers, each `[answer]`,
        in standardised ranks of the reward."""
        return self.posterior.predict(self.features(task, answers))

    @property
    def best(self) -> float:
        return self.posterior.best

    def fit(self, task: str, experience: Experience) -> dict[str, float]:
        """See `QLearning.fit` for the metrics."""
        return self.learning.fit(self, task, experience)

    def prepare(self) -> None:
        load_optimizer()

    def _run(self, task: str, texts: list[str], kind: str) -> tuple[Tensor, Tensor]:
        return self.run([self.tokenizer.encode(task, text) for text in texts], kind)

    @torch.no_grad()
    def run(self, rows: list[np.ndarray], kind: str = "choices") -> tuple[Tensor, Tensor]:
        """Features `[N, F]` and Q-values `[N]` of token rows, on the CPU."""
        features, values = torch.empty(len(rows), self.width), torch.empty(len(rows))
        for batch in batches(rows):
            some_features, some_values = self.forward(batch, kind)
            features[batch.positions] = some_features.cpu()
            values[batch.positions] = some_values.cpu()
        return features, values

    def state_dict(self) -> dict:
        return {
            "tokenizer": tokenizer.VERSION,
            "version": self.version,
            "model": self.model.state_dict(),
            "posterior": self.posterior.state_dict(),
            "places": self.places.texts if self.places else [],
            "learning": self.learning.state_dict(),
        }

    def load_state_dict(self, state: dict) -> None:
        for key, expected in (("tokenizer", tokenizer.VERSION), ("version", self.version)):
            if state.get(key) != expected:
                raise ScorerError(
                    f"scorer {self.name}: got weights of {key} version {state.get(key)}, expected "
                    f"{expected}: start a new run, or go on with the release that wrote them"
                )
        self.model.load_state_dict(state["model"])
        self.posterior.load_state_dict(state["posterior"])
        self.places = Places(state.get("places", []))
        self.learning.load_state_dict(state["learning"], self)


def embedding(width: int, std: float = 0.3) -> nn.EmbeddingBag:
    """The table of token ids; a token is the sum of its columns' rows: `[N, C]` → `[N, width]`."""
    table = nn.EmbeddingBag(tokenizer.VOCABULARY, width, mode="sum", padding_idx=tokenizer.PAD)
    nn.init.normal_(table.weight, std=std)
    with torch.no_grad():
        table.weight[tokenizer.PAD].zero_()
    return table


def mean_over_tokens(x: Tensor, padding: Tensor | None) -> Tensor:
    """`[B, T, W]` → `[B, W]`, padding left out."""
    if padding is None:
        return x.mean(1)
    kept = ~padding
    return x.masked_fill(padding[..., None], 0).sum(1) / kept.sum(1, keepdim=True)
