"""The default scorer: a small pre-norm transformer encoder over the tokens of `TASK | CHOICE`.

Every token attends to every other one; the place of a token in the s-expression is part of its
embedding (see architecto.scorers.tokenizer), so there are no positions along the line.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from architecto.scorers.guide_settings import GuideSettings
from architecto.scorers.network import NetworkScorer, embedding, mean_over_tokens


class Block(nn.Module):
    """Pre-norm encoder block (Xiong et al. 2020): attention, then a two-layer perceptron."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm_2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)

    def project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of the heads, each `[B, H, T, W/H]`, for `[B, T, W]`."""
        b, t, w = x.shape
        qkv = self.qkv(self.norm_1(x))  # (B, T, 3W)
        qkv = qkv.view(b, t, 3, self.heads, w // self.heads)  # (B, T, 3, H, W/H)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, H, T, W/H)
        return q, k, v

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        b, t, w = x.shape
        q, k, v = self.project(x)  # each (B, H, T, W/H)
        read = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)  # (B, H, T, W/H)
        x = x + self.out(read.transpose(1, 2).reshape(b, t, w))  # (B, T, W)
        return x + self.down(F.gelu(self.up(self.norm_2(x))))  # (B, T, W)


class Encoder(nn.Module):
    """Token rows → features: the mean and the maximum of the last layer over the tokens."""

    def __init__(self, width: int, layers: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.embedding = embedding(width)
        self.blocks = nn.ModuleList(Block(width, heads, hidden) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, ids: Tensor, padding: Tensor | None) -> Tensor:
        b, t, c = ids.shape  # (B, T, C)
        x = self.embedding(ids.view(b * t, c)).view(b, t, -1)  # (B, T, W)
        mask = None if padding is None else ~padding[:, None, None, :]  # (B, 1, 1, T), true: read
        for block in self.blocks:
            x = block(x, mask)  # (B, T, W)
        x = self.norm(x)  # (B, T, W)
        mean = mean_over_tokens(x, padding)  # (B, W)
        if padding is not None:
            x = x.masked_fill(padding[..., None], -torch.inf)
        return torch.cat([mean, x.amax(1)], dim=1)  # (B, 2W)


class TransformerScorer(NetworkScorer):
    """width: of a token's vector; layers: encoder blocks; heads: of attention; hidden: width of
    the perceptron; max_length: tokens of a choice at most; seed: of the initial weights."""

    name = "transformer"

    def __init__(
        self,
        seed: int = 0,
        width: int = 64,
        layers: int = 2,
        heads: int = 4,
        hidden: int = 128,
        max_length: int = 256,
        settings: GuideSettings | None = None,
    ) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            super().__init__(
                lambda: Encoder(width, layers, heads, hidden),
                2 * width,
                max_length,
                seed=seed,
                settings=settings,
            )
