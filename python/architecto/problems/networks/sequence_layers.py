"""Layers of series, tokens, tables and sequences. Each class depends on torch alone: an exported
model carries its source text."""

import torch
from torch import Tensor, nn


class TokenEmbedding(nn.Embedding):
    """`[n, tokens]` → `[n, tokens, width]`: a learned vector for each token; that of 0 stays 0."""

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__(vocabulary, width, padding_idx=0)


class TokenBag(nn.EmbeddingBag):
    """`[n, tokens]` → `[n, width]`: the mean of the learned vectors of all tokens but 0."""

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__(vocabulary, width, mode="mean", padding_idx=0)


class CategoryEmbedding(nn.Module):
    """`[n, numbers + categories]` → `[n, numbers + categories · width]`: numbers as they are, and
    behind them a learned vector for each category. Every value of every category has its own."""

    def __init__(self, numbers: int, categories: int, values: int, width: int) -> None:
        super().__init__()
        self.numbers, self.categories = numbers, categories
        self.embedding = nn.Embedding(values, width)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] != self.numbers + self.categories:
            raise ValueError(f"expected {self.numbers} numbers and {self.categories} categories")
        vectors = self.embedding(x[:, self.numbers :].long())
        return torch.cat([x[:, : self.numbers], vectors.flatten(1)], dim=1)


class GRU(nn.Module):
    """`[n, tokens, width]` → `[n, tokens, hidden · directions]`: the state behind each token."""

    def __init__(self, width: int, hidden: int, directions: int) -> None:
        super().__init__()
        if directions not in (1, 2):
            raise ValueError(f"expected 1 or 2 directions, got {directions}")
        self.gru = nn.GRU(width, hidden, batch_first=True, bidirectional=directions == 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.gru(x)[0]


class LSTM(nn.Module):
    """`[n, tokens, width]` → `[n, tokens, hidden · directions]`: the state behind each token."""

    def __init__(self, width: int, hidden: int, directions: int) -> None:
        super().__init__()
        if directions not in (1, 2):
            raise ValueError(f"expected 1 or 2 directions, got {directions}")
        self.lstm = nn.LSTM(width, hidden, batch_first=True, bidirectional=directions == 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.lstm(x)[0]


class LastToken(nn.Module):
    """`[n, tokens, width]` → `[n, width]`: the last token."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, -1]


class LastState(nn.Module):
    """`[n, tokens, width]` → `[n, width]`: the last state of each direction of a GRU or LSTM. The
    second direction, the second half of the width, ends at the first token."""

    def __init__(self, directions: int) -> None:
        super().__init__()
        if directions not in (1, 2):
            raise ValueError(f"expected 1 or 2 directions, got {directions}")
        self.directions = directions

    def forward(self, x: Tensor) -> Tensor:
        half, odd = divmod(x.shape[2], self.directions)
        if odd:
            raise ValueError(f"{self.directions} directions do not divide width {x.shape[2]}")
        return torch.cat([x[:, -1, :half], x[:, 0, half:]], dim=1)


class Swap(nn.Module):
    """`[n, a, b]` → `[n, b, a]`: a series as a sequence, or a sequence as a series."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)


class CausalAttention(nn.Module):
    """`[n, tokens, width]` → the same: every token attends to itself and those before it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide width {width}")
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        return self.attention(x, x, x, attn_mask=later, need_weights=False)[0]


class CausalTransformerBlock(nn.Module):
    """`[n, tokens, width]` → the same: attention to itself and those before it, and two linear
    layers, normalised first."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide width {width}")
        self.block = nn.TransformerEncoderLayer(
            width, heads, hidden, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )

    def forward(self, x: Tensor) -> Tensor:
        later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        return self.block(x, src_mask=later)
