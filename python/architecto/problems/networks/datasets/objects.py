"""Data of a notebook, written once to a file that every process of a run can read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto.problems.networks.datasets.base import DatasetError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def from_object(given: object, folder: Path) -> str:
    """The spec of a data set whose file is written into `folder`, without pickle.

    given: arrays or tensors `(X, y)`; a `torch.utils.data.Dataset` (or any sequence) of pairs
        (input, target), or a pair of such, for training and test; a pandas table, whose target is
        a setting; or a spec, which is given back

    Raises `DatasetError` with one line where it is none of these.
    """
    if isinstance(given, str):
        return given
    if _is_frame(given):
        path = folder / "data.csv"
        _made(folder)
        given.to_csv(path, index=False)  # type: ignore[attr-defined]
        return f"csv:{path}"
    arrays = _arrays(given)
    import numpy as np

    path = folder / "data.npz"
    _made(folder)
    np.savez(path, allow_pickle=False, **arrays)
    return f"npz:{path}"


def _arrays(given: object) -> Mapping[str, NDArray[Any]]:
    if isinstance(given, tuple | list) and len(given) == 2:
        if all(_is_dataset(part) for part in given):
            train, test = (_read(part) for part in given)
            return {"X": train[0], "y": train[1], "X_test": test[0], "y_test": test[1]}
        return {"X": _array("X", given[0]), "y": _array("y", given[1])}
    if _is_dataset(given):
        inputs, targets = _read(given)
        return {"X": inputs, "y": targets}
    raise DatasetError(
        f"dataset: got {type(given).__name__}, expected a spec, (X, y), a pandas table, a torch "
        "Dataset, or a pair of them for training and test"
    )


def _is_dataset(value: object) -> bool:
    """Is it a torch Dataset, or like one: rows by number, each a pair?"""
    if isinstance(value, str) or hasattr(value, "dtype") or _is_frame(value):
        return False
    return hasattr(value, "__getitem__") and hasattr(value, "__len__") and _is_pair(value)


def _is_pair(value: Any) -> bool:
    try:
        row = value[0]
    except Exception:
        return True  # of no rows, or one that fails: reading it tells
    return isinstance(row, tuple) and len(row) == 2


def _is_frame(value: object) -> bool:
    return hasattr(value, "columns") and hasattr(value, "to_csv")


def _array(name: str, value: Any) -> NDArray[Any]:
    """A NumPy array of numbers or strings."""
    import numpy as np

    if _is_frame(value):
        odd = [str(column) for column in value.columns if value[column].dtype.kind not in "biuf"]
        if odd:
            raise DatasetError(
                f"dataset: column {odd[0]!r} of {name} has no numbers; give the whole table as "
                "dataset and the name of its column as target"
            )
        value = value.to_numpy()
    if hasattr(value, "detach"):  # a tensor
        value = value.detach().cpu()
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise DatasetError(f"dataset: {name} is no array: {error}") from None
    if array.dtype.kind in "OT" and array.ndim == 1 and all(isinstance(x, str) for x in array):
        array = array.astype(np.str_)
    if array.dtype.kind not in "biufU" or array.ndim == 0:
        raise DatasetError(f"dataset: {name} is {array.dtype}, expected an array of numbers")
    return array


def _read(dataset: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """All rows of a data set of pairs; images of Pillow become bytes `[channels, height, width]`,
    with which torch's own images agree in order."""
    import numpy as np

    if len(dataset) == 0:
        raise DatasetError("dataset: it has no rows")
    inputs, targets = [], []
    for row in range(len(dataset)):
        try:
            one, target = dataset[row]
            inputs.append(_pixels(one) if hasattr(one, "getbands") else _array("an input", one))
            targets.append(_target(target))
        except DatasetError:
            raise
        except Exception as error:
            text = " ".join(str(error).split())
            raise DatasetError(f"dataset: row {row + 1}: {type(error).__name__}: {text}") from None
        if inputs[-1].shape != inputs[0].shape:
            raise DatasetError(
                f"dataset: row {row + 1} is of shape {inputs[-1].shape}, the rows before are "
                f"{inputs[0].shape}"
            )
    return np.stack(inputs), np.stack(targets)


def _target(value: Any) -> NDArray[Any]:
    import numpy as np

    return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)


def _pixels(image: Any) -> NDArray[Any]:
    import numpy as np

    values = np.asarray(image if image.mode in ("L", "RGB") else image.convert("RGB"))
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"dataset: cannot write to {folder}: {error.strerror}") from None
