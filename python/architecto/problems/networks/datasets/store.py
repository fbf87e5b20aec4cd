"""Arrays that are prepared once and then mapped into the memory of every process that reads them.

A folder `prepared/KEY` below the data folder holds them as .npy files beside `facts.json`; the key
says from what they were made. Folders that nobody used for a month are removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from architecto.problems.networks.datasets.base import BaseDataset, DatasetUnavailable
from architecto.problems.networks.datasets.tensors import PARTS, Scaled, scaled

DAYS = 30
"""How long prepared arrays are kept that nobody reads."""

_ARRAYS = tuple(f"{part}_{what}.npy" for part in PARTS for what in ("inputs", "targets"))


def key(files: Iterable[Path], *more: Any) -> str:
    """A name for what is made from files as they are now, by path, size and time of change, and by
    the code of this package.

    `more` is of JSON and says how it is made. Raises OSError if a file is missing.
    """
    states = [(str(file), *_state(file)) for file in files]
    ours = [_state(file) for file in sorted(Path(__file__).parent.glob("*.py"))]
    told = json.dumps([ours, states, more], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def facts(folder: Path, name: str) -> dict[str, Any] | None:
    """The facts stored with prepared arrays; None where there are none."""
    place = folder / "prepared" / name
    try:
        found: dict[str, Any] = json.loads((place / "facts.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    with contextlib.suppress(OSError):
        os.utime(place)  # it is in use
    return found


def prepared(
    folder: Path, name: str, prepare: Callable[[], tuple[Scaled, Mapping[str, Any]]]
) -> dict[str, Any]:
    """The stored facts, after `prepare` made arrays and facts where there are none yet. Where they
    cannot be written, this process keeps them, and every other one reads for itself.
    """
    known = facts(folder, name)
    if known is not None or name in _unwritten:
        return known or {}
    found, more = prepare()
    try:
        _write(folder / "prepared", name, found, more)
    except OSError:
        _unwritten[name] = found
    return facts(folder, name) or dict(more)


_unwritten: dict[str, Scaled] = {}


def scaled_arrays(dataset: BaseDataset, folder: Path) -> Scaled:
    """The arrays of a data set whose files are there: kept ones, or read now. Raises
    `DatasetError`."""
    name = dataset.key(folder)
    if name is None:
        return scaled(dataset, dataset.read_checked(folder))
    prepared(folder, name, lambda: (scaled(dataset, dataset.read_checked(folder)), {}))
    return arrays(folder, name)


def arrays(folder: Path, name: str) -> Scaled:
    """The arrays, mapped into memory: processes that read the same share it.

    They are mapped so that writing to them changes this process's own copy alone.
    """
    import numpy as np

    if name in _unwritten:
        return _unwritten[name]
    place, known = folder / "prepared" / name, facts(folder, name)
    try:
        loaded = [np.load(place / file, mmap_mode="c", allow_pickle=False) for file in _ARRAYS]
    except (OSError, ValueError) as error:
        raise DatasetUnavailable(
            f"prepared data in {place} is damaged ({error}); delete that folder and try again"
        ) from None
    plain = [np.asarray(array) for array in loaded]
    return Scaled(
        tuple(zip(plain[::2], plain[1::2], strict=True)),
        *(tuple((known or {})["scale"][name]) for name in _SCALE),
    )


_SCALE = ("mean", "deviation", "target_mean", "target_deviation")


def _write(place: Path, name: str, found: Scaled, more: Mapping[str, Any]) -> None:
    import numpy as np

    place.mkdir(parents=True, exist_ok=True)
    _forget(place)
    partial = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=place))
    try:
        flat = [array for part in found.arrays for array in part]
        for file, array in zip(_ARRAYS, flat, strict=True):
            np.save(partial / file, np.ascontiguousarray(array), allow_pickle=False)
        scale = {field: getattr(found, field) for field in _SCALE}
        text = json.dumps({**more, "scale": scale}, ensure_ascii=False)
        (partial / "facts.json").write_text(text, encoding="utf-8")
        with contextlib.suppress(OSError):  # another process was faster: its arrays are the same
            partial.rename(place / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _forget(place: Path) -> None:
    """Remove what nobody used for long."""
    for old in place.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > DAYS * 86400:
                shutil.rmtree(old)


def _state(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_size, found.st_mtime_ns
