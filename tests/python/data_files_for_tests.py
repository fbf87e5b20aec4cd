"""Files of data as a user has them: arrays, tables, folders of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from architecto.problems.networks import datasets
from architecto.problems.networks.datasets import DatasetError


def line(spec: str, **options: Any) -> str:
    """The error of a spec, which is one line."""
    with pytest.raises(DatasetError) as caught:
        datasets.create(spec, options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def arrays(path: Path, **given: Any) -> str:
    np.savez(path / "my.npz", **given)
    return f"npz:{path}/my.npz"


RANDOM = np.random.RandomState(0)
LABELS = np.arange(60) % 3


def table(rows: int = 100) -> pd.DataFrame:
    random = np.random.RandomState(1)
    frame = pd.DataFrame(
        {
            "who": [f"person {row}" for row in range(rows)],
            "age": random.randint(20, 80, rows).astype(float),
            "city": random.choice(["Basel", "Bern", "Thun"], rows),
            "since": pd.date_range("2020-01-01", periods=rows).astype(str),
            "same": 1,
        }
    )
    frame["price"] = frame.age * 2.5 + 10 * (frame.city == "Bern")
    frame["dear"] = np.where(frame.price > 125, "yes", "no")
    frame.loc[5, "age"] = np.nan
    frame.loc[7, "city"] = None
    return frame


def csv(path: Path, frame: pd.DataFrame, **more: Any) -> str:
    frame.to_csv(path / "my.csv", index=False, **more)
    return f"csv:{path}/my.csv"


def draw(file: Path, colour: Any, mode: str = "L", size: tuple[int, int] = (6, 4)) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(file)


def pictures(root: Path, count: int = 10, **how: Any) -> str:
    for row in range(count):
        draw(root / "dark" / f"{row}.png", 10 + row, **how)
        draw(root / "light" / "deep" / f"{row}.PNG", 200 + row, **how)
    return f"folder:{root}"
