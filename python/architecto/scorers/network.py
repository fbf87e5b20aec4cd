"""What the learning scorers share: tokenizer, network, Q-value head, posterior, state.

A learning scorer is a network from token rows to features `[B, F]`; a linear head turns them
into Q-values, and the Posterior gives complete architectures a mean and a standard deviation.
The learner trains `members`; only it changes weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from architecto import tokenizer
from architecto.batching import Batch, batches
from architecto.scorers import ScorerError
from architecto.scorers.base import BaseScorer
from architecto.scorers.posterior import Posterior


class NetworkScorer(BaseScorer):
    """A scorer around one network, `nn.Module: (ids [B, T, C], padding [B, T] or None) → [B, F]`.

    network: the module; features: its F
    max_length: tokens of a choice at most (see architecto.tokenizer)
    """

    learns = True

    def __init__(self, network: nn.Module, features: int, max_length: int) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.tokenizer = tokenizer.Tokenizer(max_length)
        self.width = features
        head = nn.Linear(features, 1)
        self.model = nn.ModuleDict({"network": network, "head": head}).to(self.device)
        self.posterior = Posterior()

    @property
    def members(self) -> list[NetworkScorer]:
        """The networks that the learner trains, each on its own."""
        return [self]

    def parameters(self) -> list[nn.Parameter]:
        return list(self.model.parameters())

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Features `[B, F]` and Q-values `[B]` of a batch, in float32."""
        ids = batch.ids.to(self.device)
        padding = None if batch.padding is None else batch.padding.to(self.device)
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            features = self.model["network"](ids, padding).float()
        return features, self.model["head"](features).squeeze(-1)

    def score(self, task: str, choices: list[str]) -> Tensor:
        return self._run(task, choices)[1]

    def features(self, task: str, choices: list[str]) -> Tensor:
        """`[choice, F]`, what the posterior works on."""
        return self._run(task, choices)[0]

    def predict(self, task: str, architectures: list[str]) -> tuple[Tensor, Tensor]:
        """Posterior mean and standard deviation of complete architectures, each `[architecture]`,
        in the learner's units (standardised ranks of the reward)."""
        return self.posterior.predict(self.features(task, architectures))

    @torch.no_grad()
    def _run(self, task: str, choices: list[str]) -> tuple[Tensor, Tensor]:
        rows = [self.tokenizer.encode(task, choice) for choice in choices]
        features, values = torch.empty(len(rows), self.width), torch.empty(len(rows))
        for batch in batches(rows):
            some_features, some_values = self.forward(batch)
            features[batch.positions] = some_features.cpu()
            values[batch.positions] = some_values.cpu()
        return features, values

    def state_dict(self) -> dict:
        return {
            "tokenizer": tokenizer.VERSION,
            "version": self.version,
            "model": self.model.state_dict(),
            "posterior": self.posterior.state_dict(),
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
