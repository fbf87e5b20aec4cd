"""How sure a network can be: a Gaussian process over its features.

The features of the evaluated texts and their targets give, in closed form, a mean and a standard
deviation for any other text (Rasmussen and Williams 2006, algorithm 2.1; over the features of a
network: deep kernel learning, Wilson et al. 2016). With a few hundred evaluations that costs
milliseconds, and unlike the network's own head it knows where nothing was tried yet.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_LENGTHSCALES = (1.0, 2.0, 4.0)  # in median distances
_NOISES = (0.01, 0.03, 0.1, 0.3)  # variance of a target that is noise; the signal's is 1 − noise
_AT_MOST = 1024  # evaluations used, the latest ones: the cost is cubic in their number


class Posterior:
    """Mean and standard deviation of the value of texts, from features. Float64 throughout.

    Before `fit` it knows nothing: mean 0, standard deviation 1.
    """

    def __init__(self) -> None:
        self._features: Tensor | None = None  # (N, F)
        self._targets = torch.zeros(0, dtype=torch.float64)  # (N,)
        self._in_scale = False

    def fit(self, features: Tensor, targets: Tensor, *, in_scale: bool = False) -> float:
        """Condition on evaluated texts; gives the log marginal likelihood a target.

        features: `[N, F]`; targets: `[N]`, about standardised
        in_scale: features count as they are, else all alike
        Length scale and noise are those of a small grid that make the targets likeliest.
        """
        self._features = features[-_AT_MOST:].double()
        self._targets = targets[-_AT_MOST:].double()
        self._in_scale = in_scale
        self._center = self._features.mean(0)
        spread = self._features.std(0, correction=0)
        if in_scale:
            spread = torch.ones_like(spread)
        self._spread = spread.clamp(min=max(0.1 * float(spread.mean()), 1e-9))
        scaled = self._scaled(self._features)
        self._offset = self._targets.mean()
        y = self._targets - self._offset
        n = len(y)
        self._variance = max(float(y.var(correction=0)), 1e-6)
        distances = torch.cdist(scaled, scaled)  # (N, N)
        off_diagonal = distances[distances > 1e-9]
        median = float(off_diagonal.median()) if len(off_diagonal) else 1.0
        best = -math.inf
        for scale in _LENGTHSCALES:
            kernel = _kernel(distances, scale * median)
            for noise in _NOISES:
                covariance = self._variance * ((1 - noise) * kernel + noise * torch.eye(n))
                factor = torch.linalg.cholesky(covariance)
                weights = torch.cholesky_solve(y[:, None], factor)[:, 0]
                likelihood = -0.5 * float(y @ weights) - float(factor.diagonal().log().sum())
                if likelihood > best:
                    best = likelihood
                    self._length, self._signal = scale * median, self._variance * (1 - noise)
                    self._factor, self._weights = factor, weights
        return best / n - 0.5 * math.log(2 * math.pi)

    @property
    def best(self) -> float:
        """Largest target so far; 0 before the first fit."""
        return float(self._targets.max()) if len(self._targets) else 0.0

    def predict(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation (of the value, without noise), each `[M]`, for `[M, F]`."""
        if self._features is None:
            count = len(features)
            return torch.zeros(count).double(), torch.ones(count).double()
        scaled = self._scaled(features.double())
        distances = torch.cdist(scaled, self._scaled(self._features))  # (M, N)
        cross = self._signal * _kernel(distances, self._length)
        mean = self._offset + cross @ self._weights
        solved = torch.linalg.solve_triangular(self._factor, cross.T, upper=False)  # (N, M)
        variance = self._signal - solved.square().sum(0)
        return mean, variance.clamp(min=1e-12).sqrt()

    def _scaled(self, features: Tensor) -> Tensor:
        """Every feature counts alike: centred and scaled as among the evaluated texts, except
        that one that hardly varies there is not blown up."""
        return (features - self._center) / self._spread

    def state_dict(self) -> dict:
        return {
            "features": self._features,
            "targets": self._targets,
            "in_scale": self._in_scale,
        }

    def load_state_dict(self, state: dict) -> None:
        self._features = None
        if state["features"] is not None:
            in_scale = state.get("in_scale", False)  # not in the checkpoints of before
            self.fit(state["features"], state["targets"], in_scale=in_scale)


def _kernel(distances: Tensor, length: float) -> Tensor:
    """Matérn 5/2 (Rasmussen and Williams 2006, equation 4.17)."""
    r = math.sqrt(5) * distances / length
    return (1 + r + r.square() / 3) * torch.exp(-r)
