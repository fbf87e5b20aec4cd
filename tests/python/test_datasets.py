"""Data sets: facts without torch, fixed splits, files found or a line on how to get them."""

import gzip
import http.server
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from architecto.problems.networks import datasets
from architecto.problems.networks.datasets import (
    DatasetError,
    DatasetUnavailable,
    files,
    idx,
)


def test_facts() -> None:
    digits = datasets.create("digits")
    assert (digits.input_shape, digits.classes) == ((1, 8, 8), 10)
    assert digits.task == "categorize 8x8x1 images of handwritten digits into 10 categories"
    assert datasets.create("cifar10").task.startswith("categorize 32x32x3 images of ")


def test_an_unknown_name_lists_the_known_ones() -> None:
    for function in (datasets.check, datasets.create, datasets.ensure_available, datasets.load):
        with pytest.raises(DatasetError, match="got 'digit', expected digits, fashion-mnist, mni"):
            function("digit")


SHAPES = """
import numpy as np
from architecto.problems.networks.datasets import BaseDataset, Splits

class Shapes(BaseDataset):
    input_shape, classes, description = (1, 4, 4), 2, "drawn bars"
    epochs = 2

    def read(self, folder):
        images = np.zeros((20, 1, 4, 4), np.float32)
        images[::2, :, 1, :] = 1
        images[1::2, :, :, 1] = 1
        return Splits.of(images, np.arange(20) % 2)
"""


def test_a_data_set_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "my_data.py").write_text(SHAPES)
    spec = f"{tmp_path}/my_data.py:Shapes"
    shapes = datasets.create(spec)
    assert (shapes.name, shapes.epochs, shapes.batch_size) == ("shapes", 2, 32)
    assert shapes.task == "categorize 4x4x1 images of drawn bars into 2 categories"
    datasets.ensure_available(spec)
    data = datasets.load(spec)
    assert data.train_targets.bincount().tolist() == [6, 6]
    assert data.validation_targets.bincount().tolist() == data.test_targets.bincount().tolist()
    assert data.train_inputs.mean().item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("(1, 4, 4), 2", "(4, 4), 2", "shapes: input_shape is (4, 4), expected (channels, height"),
        ("(1, 4, 4), 2", "(1, 4, 4), 1", "shapes: classes is 1, expected a whole number from 2"),
        ('"drawn bars"', '"two\\nlines"', "description is 'two\\nlines', expected a few words"),
        ("return Splits.of(images,", "return (images,", "read() gave tuple, expected Splits"),
        ("np.float32)", "np.float64)", "train part: got images of ndarray of float64, expected"),
        ("(20, 1, 4, 4)", "(20, 1, 4, 5)", "got images of shape 12x1x4x5, expected nx1x4x4"),
        ("[::2, :, 1, :] = 1", "[::2, :, 1, :] = 9", "got pixels 0.0 to 9.0, expected 0 to 1"),
        ("np.arange(20) % 2", "np.arange(20) % 3", "got labels 0 to 2, expected 0 to 1"),
        ("np.arange(20) % 2", "[0] * 20", "read() raised"),
        ("return Splits", "1 / 0; return Splits", "read() raised ZeroDivisionError: division"),
    ],
)
def test_what_is_wrong_with_a_data_set_is_one_line(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    assert right in SHAPES
    (tmp_path / "my_data.py").write_text(SHAPES.replace(right, wrong))
    with pytest.raises(DatasetError) as caught:
        datasets.load(f"{tmp_path}/my_data.py:Shapes")
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_facts_need_neither_torch_nor_scikit_learn() -> None:
    code = (
        "import sys; from architecto.problems.networks import datasets; "
        "datasets.ensure_available('digits'); "
        "[datasets.create(name).task for name in datasets.names()]; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'torchvision', 'sklearn')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.fixture(scope="module")
def digits() -> datasets.Tensors:
    return datasets.load("digits")


def test_digits_are_the_real_ones(digits: datasets.Tensors) -> None:
    images = torch.cat([digits.train_inputs, digits.validation_inputs, digits.test_inputs])
    assert images.shape == (1797, 1, 8, 8) and images.dtype == torch.float32
    assert len({tuple(image.flatten().tolist()) for image in images}) == 1797
    labels = torch.cat([digits.train_targets, digits.validation_targets, digits.test_targets])
    assert labels.dtype == torch.int64
    assert labels.bincount().tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_are_split_60_20_20_in_every_class(digits: datasets.Tensors) -> None:
    sizes = [len(digits.train_targets), len(digits.validation_targets), len(digits.test_targets)]
    assert sizes == [1079, 359, 359]
    for labels, least in (
        (digits.train_targets, 104),
        (digits.validation_targets, 34),
        (digits.test_targets, 35),
    ):
        counts = labels.bincount()
        assert int(counts.min()) >= least and int(counts.max()) <= least + 6


def test_the_split_never_changes(digits: datasets.Tensors) -> None:
    again = datasets.load("digits")
    assert torch.equal(again.test_inputs, digits.test_inputs)
    assert digits.test_targets[:20].tolist() == [
        3,
        7,
        3,
        9,
        0,
        8,
        7,
        0,
        8,
        0,
        3,
        3,
        6,
        6,
        9,
        1,
        0,
        1,
        3,
        6,
    ]


def test_pixels_are_normalised_by_the_training_images(digits: datasets.Tensors) -> None:
    assert float(digits.train_inputs.mean()) == pytest.approx(0, abs=1e-5)
    assert float(digits.train_inputs.std()) == pytest.approx(1, abs=1e-3)
    assert digits.mean == pytest.approx((0.30635,), abs=1e-4)
    assert digits.deviation == pytest.approx((0.37684,), abs=1e-4)
    pixels = digits.test_inputs * digits.deviation[0] + digits.mean[0]
    assert float(pixels.min()) == pytest.approx(0, abs=1e-5)
    assert float(pixels.max()) == pytest.approx(1, abs=1e-5)


def write_idx(path: Path, values: "np.typing.NDArray[np.uint8]", packed: bool) -> None:
    head = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, dtype=">u4").tobytes()
    data = head + values.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    if packed:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(data))
    else:
        path.write_bytes(data)


def write_images(folder: Path, packed: bool) -> None:
    """6,000 random training and 20 test images of 28x28 pixels, 10 classes in turn."""
    random = np.random.default_rng(0)
    for part, count in (("train", 6000), ("t10k", 20)):
        images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        write_idx(folder / f"{part}-images-idx3-ubyte", images, packed)
        write_idx(folder / f"{part}-labels-idx1-ubyte", labels, packed)


@pytest.mark.parametrize("packed", [True, False])
def test_idx_files_in_the_data_folder_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    write_images(tmp_path / "MNIST" / "raw", packed)
    monkeypatch.setenv("ARCHITECTO_DATA", str(tmp_path))
    datasets.ensure_available("mnist")
    data = datasets.load("mnist")
    assert data.train_inputs.shape == (1000, 1, 28, 28)
    assert data.validation_targets.bincount().tolist() == [500] * 10
    assert data.test_targets.tolist() == list(range(10)) * 2


def offline(monkeypatch: pytest.MonkeyPatch, url: str, debian_folder: Path | None) -> None:
    source = replace(idx.FashionMnist.source, url=url, debian_folder=debian_folder)
    monkeypatch.setattr(idx.FashionMnist, "source", source)


NOBODY = "http://127.0.0.1:9/"
"""Port 9 (discard): nobody listens there."""


def test_debians_files_are_found_without_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(tmp_path / "debian", packed=True)
    offline(monkeypatch, NOBODY, tmp_path / "debian")
    assert len(datasets.load("fashion-mnist", root=tmp_path / "own").test_targets) == 20


def test_without_files_and_network_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline(monkeypatch, NOBODY, tmp_path / "debian")
    with pytest.raises(DatasetUnavailable) as caught:
        datasets.ensure_available("fashion-mnist", root=tmp_path)
    message = str(caught.value)
    assert "data set fashion-mnist is not on this machine and its download failed" in message
    assert "Connection refused" in message
    assert "run `apt-get install dataset-fashion-mnist`, or put its files in " in message
    assert message.endswith(str(tmp_path / "FashionMNIST" / "raw")) and "\n" not in message


def test_damaged_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "FashionMNIST" / "raw"
    write_images(folder, packed=True)
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(b"<html>")
    offline(monkeypatch, NOBODY, None)
    with pytest.raises(DatasetUnavailable, match=r"are damaged .* delete them and try again"):
        datasets.load("fashion-mnist", root=tmp_path)


class Answer(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(200 if self.path == "/there" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_server_that_answers_is_reachable(server: str) -> None:
    assert files._unreachable(f"{server}/there") is None
    assert "404" in (files._unreachable(f"{server}/elsewhere") or "")


def test_a_silent_server_does_not_hold_the_search_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PROBE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert files._unreachable(url) in ("no answer within 0.2 s", "timed out")
