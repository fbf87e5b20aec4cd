"""Shapes, told apart by kind and not by their number of sizes. Nothing here imports torch.

| kind | sizes | tensor of a batch of n |
|---|---|---|
| image | channels, height, width | float `[n, channels, height, width]` |
| features | features | float `[n, features]` |
| series | channels, length | float `[n, channels, length]` |
| tokens | tokens, words | whole numbers from 0 to words - 1, `[n, tokens]` |
| table | numbers, categories, values | float `[n, numbers + categories]`, a category a whole \
number from 0 to values - 1 |
| sequence | tokens, width | float `[n, tokens, width]`; inside networks only |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

INPUTS = {
    "image": ("C", "H", "W"),
    "features": ("F",),
    "series": ("C", "L"),
    "tokens": ("T", "V"),
    "table": ("N", "K", "V"),
}
"""The kinds of inputs, and what grammar.md calls their sizes."""
_WORDS = {
    "image": "images of {1}x{2} pixels and {0} channels",
    "features": "rows of {0} numbers",
    "series": "series of {1} steps and {0} channels",
    "tokens": "texts of {0} tokens, {1} different ones",
    "table": "rows of {0} numbers and {1} categories",
}


def expected(parts: list[Any]) -> str:
    """What should stand for an input that begins like this: the form of its kind, or all forms."""
    kind = parts[0] if parts and isinstance(parts[0], str) else "image"
    forms = {
        name: f"(input {' '.join(sizes if name == 'image' else (name, *sizes))})"
        for name, sizes in INPUTS.items()
    }
    return forms.get(kind) or "one of " + ", ".join(forms.values())


def _one(found: re.Match[str]) -> str:
    """`1 category` of `1 categories`."""
    return f"1 {found[1]}{'y' if found[2] == 'ies' else ''}"


@dataclass(frozen=True)
class Shape:
    """The shape of one input, or of what comes out of a layer, without the batch."""

    kind: str
    sizes: tuple[int, ...]

    @classmethod
    def of_text(cls, parts: list[Any]) -> Shape | None:
        """The shape that stands behind `input` in the text; None if it is none."""
        match parts:
            case [str(kind), *sizes] if kind in INPUTS and kind != "image":
                pass
            case sizes:
                kind = "image"
        if len(sizes) != len(INPUTS[kind]):
            return None
        least = (0, 1, 1) if kind == "table" else (1,) * len(sizes)  # categories alone
        whole = all(isinstance(n, int) and n >= m for n, m in zip(sizes, least, strict=True))
        return cls(kind, tuple(sizes)) if whole else None

    @property
    def text(self) -> str:
        """As it stands behind `input`: `1 8 8`, `series 1 24`."""
        return " ".join(map(str, self.sizes if self.kind == "image" else (self.kind, *self.sizes)))

    @property
    def option(self) -> str:
        """As `--input` takes it: `1,8,8`, `series:1,24`."""
        sizes = ",".join(map(str, self.sizes))
        return sizes if self.kind == "image" else f"{self.kind}:{sizes}"

    @property
    def in_words(self) -> str:
        """Inputs of this shape, in the plural: `rows of 8 numbers and 3 categories`."""
        return re.sub(r"\b1 (\w+?)(ies|s)\b", _one, _WORDS[self.kind].format(*self.sizes))

    @property
    def tensor_sizes(self) -> tuple[int, ...]:
        """Sizes of the tensor of one input."""
        match self.kind, self.sizes:
            case "tokens", (tokens, _):
                return (tokens,)
            case "table", (numbers, categories, _):
                return (numbers + categories,)
        return self.sizes

    def example(self, count: int) -> Tensor:
        """So many blank inputs; imports torch."""
        import torch

        dtype = torch.int64 if self.kind == "tokens" else torch.float32
        return torch.zeros(count, *self.tensor_sizes, dtype=dtype)

    def __str__(self) -> str:
        sizes = "x".join(map(str, self.sizes))
        return sizes if self.kind in ("image", "features", "sequence") else f"{self.kind} {sizes}"
