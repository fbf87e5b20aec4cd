"""A data set that was read: its parts, shifted and scaled by the training part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from architecto.problems.networks.datasets.base import BaseDataset, Splits

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Scaled:
    """The arrays of a data set as networks see them.

    arrays: inputs and targets of the training, validation and test part
    mean, deviation: of the training part before: one a channel of images and series, one a feature,
        one a number of a table; the deviation is 1 where it is 0. Empty for tokens.
    target_mean, target_deviation: one a target of a regression; else empty
    """

    arrays: tuple[tuple[NDArray[Any], NDArray[Any]], ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    target_mean: tuple[float, ...] = ()
    target_deviation: tuple[float, ...] = ()


@dataclass(frozen=True)
class Tensors:
    """A data set that was read; kinds and shapes are those of `BaseDataset`.

    Numbers are shifted and scaled so that those of the training part have mean 0 and standard
    deviation 1: per channel of images and series, per feature, per number of a table, and per
    target of a regression. Memory may be shared with other processes: write to none of them.
    """

    info: BaseDataset
    train_inputs: Tensor
    train_targets: Tensor
    validation_inputs: Tensor
    validation_targets: Tensor
    test_inputs: Tensor
    test_targets: Tensor
    mean: tuple[float, ...]
    """Of the training part; of images, of its pixels in [0, 1], one a channel."""
    deviation: tuple[float, ...]
    """Standard deviation of the same; 1 where it is 0."""
    target_mean: tuple[float, ...] = ()
    """Of a regression's training targets."""
    target_deviation: tuple[float, ...] = ()

    @classmethod
    def of(cls, dataset: BaseDataset, scaled: Scaled) -> Tensors:
        """Shares the memory of the arrays; imports torch."""
        import torch

        train, validation, test = (
            tuple(torch.from_numpy(array) for array in part) for part in scaled.arrays
        )
        return cls(
            dataset,
            train[0],
            train[1],
            validation[0],
            validation[1],
            test[0],
            test[1],
            scaled.mean,
            scaled.deviation,
            scaled.target_mean,
            scaled.target_deviation,
        )


def scaled(dataset: BaseDataset, splits: Splits) -> Scaled:
    """The parts, shifted and scaled by the training part."""
    inputs, mean, deviation = _inputs(dataset, splits)
    targets = [getattr(splits, part)[1] for part in PARTS]
    target_mean: tuple[float, ...] = ()
    target_deviation: tuple[float, ...] = ()
    if dataset.task_kind == "regression":
        shift, scale = _statistics(targets[0], axis=0)
        targets = [((part - shift) / scale).astype("float32") for part in targets]
        target_mean, target_deviation = tuple(shift.tolist()), tuple(scale.tolist())
    return Scaled(
        tuple(zip(inputs, targets, strict=True)), mean, deviation, target_mean, target_deviation
    )


def _inputs(
    dataset: BaseDataset, splits: Splits
) -> tuple[list[NDArray[Any]], tuple[float, ...], tuple[float, ...]]:
    import numpy as np

    kind, parts = dataset.input_kind, [getattr(splits, part)[0] for part in PARTS]
    if kind == "tokens":
        return parts, (), ()
    columns = dataset.input_shape[0] if kind == "table" else None
    axis = {"image": (0, 2, 3), "series": (0, 2)}.get(kind, 0)
    known = parts[0] if columns is None else parts[0][:, :columns]
    mean, deviation = _statistics(known, axis)
    shape = (-1, *(1,) * (known.ndim - 2))
    shift, scale = (x.astype(np.float32).reshape(shape) for x in (mean, deviation))

    def brought(part: NDArray[Any]) -> NDArray[Any]:
        numbers = part if columns is None else part[:, :columns]
        numbers = (numbers - shift) / scale
        if dataset.gaps:
            numbers = np.nan_to_num(numbers, nan=0.0)
        return numbers if columns is None else np.concatenate([numbers, part[:, columns:]], axis=1)

    return [brought(part) for part in parts], tuple(mean.tolist()), tuple(deviation.tolist())


def _statistics(values: NDArray[Any], axis: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean and standard deviation of what is no gap; 0 and 1 where there is nothing, and a
    deviation of 1 where there is none."""
    import warnings

    import numpy as np

    if np.isnan(values).any():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a column of gaps alone
            mean = np.nanmean(values, axis=axis, dtype=np.float64)
            deviation = np.nanstd(values, axis=axis, dtype=np.float64)
        mean, deviation = np.nan_to_num(mean), np.nan_to_num(deviation)
    else:
        mean = values.mean(axis=axis, dtype=np.float64)
        deviation = values.std(axis=axis, dtype=np.float64)
    deviation[deviation == 0] = 1.0
    return mean, deviation
