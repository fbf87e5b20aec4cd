"""folder:PATH: images of a user's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data_files_for_tests import draw, line, pictures
from PIL import Image

from architecto.problems.networks import datasets

pytestmark = pytest.mark.usefixtures("data_folder")


def test_folders_of_images(tmp_path: Path) -> None:
    data = datasets.load(pictures(tmp_path / "my"))
    info = data.info
    assert (info.input_shape, info.class_names) == ((1, 4, 6), ("dark", "light"))
    assert info.task == "categorize 4x6x1 images of my into 2 categories"
    assert [len(t) for t in (data.train_targets, data.validation_targets, data.test_targets)] == [
        12,
        4,
        4,
    ]
    pixels = data.train_inputs * data.deviation[0] + data.mean[0]
    light = pixels[data.train_targets == 1]
    assert float(light.min()) >= 200 / 255 - 1e-5 and float(light.max()) <= 210 / 255


def test_images_are_brought_to_a_size_and_keep_their_colour(tmp_path: Path) -> None:
    spec = pictures(tmp_path)
    draw(tmp_path / "dark" / "more.jpg", (200, 0, 0), "RGB", (9, 5))
    assert "images are of different sizes, 6x4 (0.png), 9x5 (more.jpg): give --image-size N" in (
        line(spec)
    )
    assert datasets.create(spec, {"image_size": 8}).input_shape == (3, 8, 8)


def test_parts_that_stand_above_the_classes(tmp_path: Path) -> None:
    for part, count in (("train", 12), ("val", 2), ("test", 3)):
        pictures(tmp_path / part, count)

    def rows() -> list[int]:
        data = datasets.load(f"folder:{tmp_path}")
        return [len(t) for t in (data.train_targets, data.validation_targets, data.test_targets)]

    assert rows() == [24, 4, 6]
    (tmp_path / "val").rename(tmp_path / "train.val")
    assert rows() == [18, 6, 6]
    (tmp_path / "test").rename(tmp_path / "valid")
    assert rows() == [18, 6, 6]


def test_16_bits_are_grey(tmp_path: Path) -> None:
    for row in range(10):
        for name, value in (("a", 0), ("b", 65535)):
            (tmp_path / name).mkdir(exist_ok=True)
            values = np.full((4, 4), value, np.uint16)
            Image.fromarray(values).save(tmp_path / name / f"{row}.png")
    data = datasets.load(f"folder:{tmp_path}")
    assert data.info.input_shape == (1, 4, 4) and data.mean == pytest.approx((0.5,))


def test_bad_images_are_one_line(tmp_path: Path) -> None:
    assert "no such folder" in line(f"folder:{tmp_path}/none")
    assert "has no folders, expected one for each class" in line(f"folder:{tmp_path}")
    spec = pictures(tmp_path)
    broken = tmp_path / "dark" / "3.png"
    whole = broken.read_bytes()
    broken.write_bytes(b"no image")
    assert f"cannot read {broken} (it is no image)" in line(spec)
    broken.write_bytes(whole[:-30])
    assert f"cannot read {broken} (" in line(spec)
    broken.write_bytes(whole)
    (tmp_path / "void").mkdir()
    assert f"{tmp_path / 'void'} has no image" in line(spec)
    for file in (tmp_path / "dark").iterdir():
        file.unlink()
    draw(tmp_path / "void" / "0.png", 0)
    assert f"{tmp_path / 'dark'} has no image" in line(spec)


def test_one_class_is_none(tmp_path: Path) -> None:
    draw(tmp_path / "only" / "0.png", 0)
    assert "there is one class, only" in line(f"folder:{tmp_path}")
