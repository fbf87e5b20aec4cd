"""A bag of tokens and a perceptron: no token sees another one. The small learning baseline."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from architecto.scorers.guide_settings import GuideSettings
from architecto.scorers.network import NetworkScorer, embedding, mean_over_tokens


class BagOfTokens(nn.Module):
    """Token rows → features: mean of the embeddings, then a two-layer perceptron.

    A token's embedding goes through a nonlinearity before the mean is taken; without it the bag
    could not tell which symbol stands at which place.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.embedding = embedding(width)
        self.token = nn.Linear(width, hidden)
        self.layers = nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, hidden), nn.GELU())

    def forward(self, ids: Tensor, padding: Tensor | None) -> Tensor:
        b, t, c = ids.shape  # (B, T, C)
        x = self.embedding(ids.view(b * t, c)).view(b, t, -1)  # (B, T, W)
        x = mean_over_tokens(nn.functional.gelu(self.token(x)), padding)  # (B, H)
        return self.layers(x)  # (B, H)


class BagScorer(NetworkScorer):
    """width: of a token's vector; hidden: of the perceptron; the rest as in TransformerScorer."""

    name = "bag"

    def __init__(
        self,
        seed: int = 0,
        width: int = 64,
        hidden: int = 128,
        max_length: int = 256,
        settings: GuideSettings | None = None,
    ) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            super().__init__(
                lambda: BagOfTokens(width, hidden),
                hidden,
                max_length,
                seed=seed,
                settings=settings,
            )
