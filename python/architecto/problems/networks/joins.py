"""Layers that join branches: what they make of the outputs, and the source text of that."""

from collections.abc import Sequence

import torch
from torch import Tensor


class Sum:
    """The sum of outputs of equal shape."""

    @staticmethod
    def join(outputs: Sequence[Tensor]) -> Tensor:
        """`[n, …]` each → the same shape; raises ValueError where they differ."""
        left, *others = outputs
        for right in others:
            if left.shape != right.shape:  # PyTorch would broadcast
                sizes = ("x".join(map(str, x.shape[1:])) for x in (left, right))
                raise ValueError(" and ".join(sizes) + " cannot be added")
            left = left + right
        return left

    @staticmethod
    def source(variables: Sequence[str]) -> str:
        """The same as an expression over variables."""
        return " + ".join(variables)


class Concatenation:
    """The outputs side by side along their first size."""

    @staticmethod
    def join(outputs: Sequence[Tensor]) -> Tensor:
        """`[n, c, …]` each → `[n, sum of c, …]`."""
        return torch.cat(list(outputs), dim=1)

    @staticmethod
    def source(variables: Sequence[str]) -> str:
        """The same as an expression over variables."""
        return f"torch.cat([{', '.join(variables)}], dim=1)"
