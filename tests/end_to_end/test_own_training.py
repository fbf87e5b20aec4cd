"""Training code of a user's own, and a recipe that is searched, as whole runs."""

import json
import re
from pathlib import Path

import pytest

OWN = Path(__file__).with_name("own_training.py")
FAST = ("--scorer", "random", "--trials", "2")


def test_training_code_of_your_own(run_architecto, run_program, python, tmp_path: Path) -> None:
    (tmp_path / "own_training.py").write_text(OWN.read_text())
    own = ("--dataset", "sklearn:breast-cancer", "--space", "tabular")
    evaluator = ("--evaluator", "own_training.py:FullBatch", "--run", "own")
    done = run_architecto("run", *own, *evaluator, *FAST, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"trial \d  validation \d\.\d{3}", done.stdout)) == 2
    model = run_program(python, tmp_path / "runs" / "own" / "best" / "model.py")
    assert model.returncode == 0 and "parameters" in model.stdout, model.stderr


def test_readme_shows_it(project: Path) -> None:
    assert OWN.read_text() in (project / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_recipe_is_searched_with_the_network(run_architecto, tmp_path: Path) -> None:
    """The file holds where the command line is silent; best/ and `best` tell the recipe."""
    file = tmp_path / "run.toml"
    file.write_text('dataset = "digits"\nspace = "mlp"\nepochs = 5\nlr = "search"\nclip = 1.0\n')
    folder = tmp_path / "r"
    more = ("--batch-size", "search", "--epochs", "1", "--run", folder)
    done = run_architecto("run", "--config", file, *more, *FAST)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = re.findall(r"linear 10 · adamw (\S+) · batch (\d+)$", done.stdout, re.MULTILINE)
    assert len(shown) == 2
    settings = json.loads((folder / "configuration.json").read_text())
    assert (settings["lr"], settings["epochs"], settings["clip"]) == ("search", 1, 1.0)
    model = (folder / "best" / "model.py").read_text()
    [(rate, batch)] = re.findall(
        r'TRAINING = "\(training \(adamw (\S+)\) \(batch (\d+)\)\)"', model
    )
    assert (rate, batch) in shown
    assert f"(training (adamw {rate} 0.02) (batch {batch}) (schedule one-cycle)" in model
    again = run_architecto("best", folder)
    assert again.returncode == 0 and "adamw" in again.stdout
    resumed = run_architecto("resume", folder, "--trials", "3")
    assert resumed.returncode == 0, resumed.stderr
