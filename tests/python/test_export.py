"""Writing the incumbent."""

import dataclasses
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits
from test_costs import NETWORKS
from validity import inputs

from architecto.evaluators.base import Evaluation
from architecto.problems.networks import datasets
from architecto.problems.networks.architecture import parse
from architecto.problems.networks.module import Network
from architecto.runs.configuration import Configuration
from architecto.runs.export import write_best
from architecto.study.study import TrialResult
from architecto.study.weights import discard_weights, weights_path

EVALUATION = Evaluation("complete", metrics={"score": 0.9})

PROBLEM = Configuration().searched


def trial(run_dir: Path, number: int, hidden: int) -> TrialResult:
    """A trial whose weights have been stored."""
    text = (
        f"(architecture (input 1 8 8) ((flatten) (linear 64 {hidden}) (relu) (linear {hidden} 10)))"
    )
    weights_path(run_dir, number).parent.mkdir(exist_ok=True)
    torch.save(Network(parse(text)).state_dict(), weights_path(run_dir, number))
    return TrialResult(number, text, EVALUATION)


def test_the_written_program_loads_its_weights(tmp_path: Path) -> None:
    model = write_best(tmp_path, trial(tmp_path, 3, hidden=5), PROBLEM)
    assert model == tmp_path / "best" / "model.py"
    command = [sys.executable, str(model)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout
    assert "  (linear 64 5)\n" in shown
    assert shown.endswith("385 parameters\n")


def test_the_written_program_normalises_as_the_training_did(tmp_path: Path) -> None:
    data = datasets.load("digits")
    found = trial(tmp_path, 3, hidden=5)
    found = dataclasses.replace(
        found,
        evaluation=dataclasses.replace(
            EVALUATION,
            facts={"preprocessing": {"mean": list(data.mean), "deviation": list(data.deviation)}},
        ),
    )
    module = runpy.run_path(str(write_best(tmp_path, found, PROBLEM)))
    pixels = torch.from_numpy(load_digits().images[:, None]).float() / 16
    normalised = module["normalise"](pixels)
    assert any(torch.allclose(image, data.train_inputs[0], atol=1e-6) for image in normalised)
    scores = module["load"]()(normalised)
    assert scores.shape == (len(pixels), 10)


@pytest.mark.parametrize("text", NETWORKS)
def test_networks_of_every_kind_of_input_are_exported(text: str, tmp_path: Path) -> None:
    """The written program depends on torch alone, loads its weights, and gives equal outputs."""
    text = f"(architecture {text})"
    network = Network(parse(text)).eval()
    weights = weights_path(tmp_path, 0)
    weights.parent.mkdir()
    torch.save(network.state_dict(), weights)
    model = write_best(tmp_path, TrialResult(0, text, EVALUATION), PROBLEM)
    given = inputs(network.architecture.input, 3)
    torch.save(given, tmp_path / "given.pt")
    program = (
        "import sys, torch; from model import load; torch.set_grad_enabled(False); "
        "torch.save(load()(torch.load('../given.pt')), '../outputs.pt'); "
        "sys.exit(any(name.startswith('architecto') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=model.parent)
    with torch.no_grad():
        assert torch.equal(torch.load(tmp_path / "outputs.pt"), network(given))


def test_a_new_incumbent_replaces_both_files(tmp_path: Path) -> None:
    write_best(tmp_path, trial(tmp_path, 0, hidden=5), PROBLEM)
    model = write_best(tmp_path, trial(tmp_path, 1, hidden=7), PROBLEM)
    assert "nn.Linear(64, 7)" in model.read_text()
    weights = torch.load(tmp_path / "best" / "weights.pt", weights_only=True)
    assert weights["linear1.weight"].shape == (7, 64)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best", "weights"]


def test_what_an_interrupted_write_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".best-old").mkdir()
    (tmp_path / ".best-old" / "model.py").write_text("half")
    (tmp_path / ".best-old" / "notes.txt").write_text("mine")
    write_best(tmp_path, trial(tmp_path, 0, hidden=5), PROBLEM)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best", "weights"]
    assert (tmp_path / "best" / "notes.txt").read_text() == "mine"


def test_what_somebody_has_put_there_stays(tmp_path: Path) -> None:
    write_best(tmp_path, trial(tmp_path, 0, hidden=5), PROBLEM)
    (tmp_path / "best" / "notes.txt").write_text("mine")
    (tmp_path / "best.old").mkdir()
    (tmp_path / "best.old" / "model.py").write_text("a backup")
    (tmp_path / "weights" / "mine.pt").write_text("mine")
    write_best(tmp_path, trial(tmp_path, 1, hidden=7), PROBLEM)
    discard_weights(tmp_path, keep=set())
    assert (tmp_path / "best" / "notes.txt").read_text() == "mine"
    assert (tmp_path / "best.old" / "model.py").read_text() == "a backup"
    assert [path.name for path in (tmp_path / "weights").iterdir()] == ["mine.pt"]


def test_what_is_no_folder_of_ours_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "model.py").write_text("mine")
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    (run_dir / "best").symlink_to(other)
    with pytest.raises(FileExistsError, match="best is no folder: move it away"):
        write_best(run_dir, trial(run_dir, 0, hidden=5), PROBLEM)
    assert (other / "model.py").read_text() == "mine"


def test_missing_weights_leave_the_old_incumbent(tmp_path: Path) -> None:
    write_best(tmp_path, trial(tmp_path, 0, hidden=5), PROBLEM)
    gone = trial(tmp_path, 1, hidden=7)
    weights_path(tmp_path, 1).unlink()
    with pytest.raises(FileNotFoundError):
        write_best(tmp_path, gone, PROBLEM)
    assert "nn.Linear(64, 5)" in (tmp_path / "best" / "model.py").read_text()


def test_weights_that_are_not_needed_are_deleted(tmp_path: Path) -> None:
    for number in range(3):
        trial(tmp_path, number, hidden=5)
    (tmp_path / "weights" / "4.pt.partial").touch()
    discard_weights(tmp_path, keep={1})
    assert [path.name for path in (tmp_path / "weights").iterdir()] == ["1.pt"]
    discard_weights(tmp_path / "nothing", keep=set())
