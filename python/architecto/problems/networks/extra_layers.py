"""Layers that `torch.nn` lacks under one name. Each class depends on torch alone: an exported model
carries its source text."""

import torch
from torch import Tensor, nn


class SqueezeExcite(nn.Module):
    """`[n, c, h, w]` → the same, each channel scaled by what two layers make of all means."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.excite = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        means = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.excite(torch.relu(self.squeeze(means))))


class PatchEmbed(nn.Module):
    """`[n, c, h, w]` → `[n, tokens, width]`: one token for each patch, row by row."""

    def __init__(self, in_channels: int, width: int, patch: int) -> None:
        super().__init__()
        self.projection = nn.Conv2d(in_channels, width, patch, patch)

    def forward(self, x: Tensor) -> Tensor:
        return self.projection(x).flatten(2).transpose(1, 2)


class ClassToken(nn.Module):
    """`[n, tokens, width]` → `[n, tokens + 1, width]`: a learned token in front."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, width))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.token.expand(x.shape[0], 1, -1), x], dim=1)


class PositionalEmbedding(nn.Module):
    """`[n, tokens, width]` → the same, a learned vector added to each token."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.positions = nn.Parameter(0.02 * torch.randn(1, tokens, width))

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1:] != self.positions.shape[1:]:  # PyTorch would broadcast
            raise ValueError(f"expected tokens {tuple(self.positions.shape[1:])}")
        return x + self.positions


class MultiHeadAttention(nn.Module):
    """`[n, tokens, width]` → the same: every token attends to every token."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide width {width}")
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x, x, x, need_weights=False)[0]


class TransformerBlock(nn.Module):
    """`[n, tokens, width]` → the same: attention and two linear layers, normalised first."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide width {width}")
        self.block = nn.TransformerEncoderLayer(
            width, heads, hidden, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x)


class SelectToken(nn.Module):
    """`[n, tokens, width]` → `[n, width]`: the first token."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, 0]


class MeanPool(nn.Module):
    """`[n, tokens, width]` → `[n, width]`: the mean of the tokens."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=1)


class CellNetwork(nn.Module):
    """`[n, c, h, w]` → `[n, 64]`: NAS-Bench-201's cell in its published skeleton (Dong and Yang,
    ICLR 2020): stem, three stages of 5 cells, two residual blocks, mean of each channel."""

    def __init__(self, channels: int, *operations: str) -> None:
        super().__init__()
        self.stem = self._convolution(channels, 16, 3, activation=False)
        self.cells = nn.ModuleList(
            nn.ModuleList(self._operation(name, width) for name in operations)
            for width in (16, 32, 64)
            for _ in range(5)
        )
        self.reductions = nn.ModuleList(
            nn.ModuleList(
                [
                    nn.Sequential(
                        self._convolution(width, 2 * width, 3, stride=2),
                        self._convolution(2 * width, 2 * width, 3),
                    ),
                    nn.Sequential(nn.AvgPool2d(2, 2), nn.Conv2d(width, 2 * width, 1, bias=False)),
                ]
            )
            for width in (16, 32)
        )
        self.last = nn.Sequential(nn.BatchNorm2d(64), nn.ReLU())

    @staticmethod
    def _convolution(
        channels: int, out: int, kernel: int, stride: int = 1, activation: bool = True
    ) -> nn.Sequential:
        convolution = nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False)
        layers = [nn.ReLU()] if activation else []
        return nn.Sequential(*layers, convolution, nn.BatchNorm2d(out))

    def _operation(self, name: str, width: int) -> nn.Module:
        if name.startswith("nor_conv"):
            return self._convolution(width, width, int(name[9]))
        if name == "avg_pool_3x3":
            return nn.AvgPool2d(3, 1, 1, count_include_pad=False)
        return nn.Identity() if name == "skip_connect" else nn.Module()

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for number, cell in enumerate(self.cells):
            if number in (5, 10):
                block, shortcut = self.reductions[number // 5 - 1].children()
                x = block(x) + shortcut(x)
            nodes = [x]
            edges = cell.children()
            for _ in range(3):
                total = torch.zeros_like(x)
                for source, operation in zip(list(nodes), edges, strict=False):
                    if type(operation) is not nn.Module:  # a bare module stands for `none`
                        total = total + operation(source)
                nodes.append(total)
            x = nodes[-1]
        return self.last(x).mean((2, 3))
