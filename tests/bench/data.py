"""Networks found for data sets that need no server, beside scikit-learn on the same split.

    python tests/bench/data.py [--trials N] [--seeds N] [SET …]

For each set a real search with the space that fits it, and its incumbent's test metric; beside it
gradient boosting (tables), a linear model (series and texts), or a table of letter pairs (language
model), fitted to the same training part. Prints the median of the seeds.
"""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, r2_score
from sklearn.pipeline import make_pipeline

from architecto.problems.networks import datasets
from architecto.runs.result import Result

ROOT = Path(__file__).resolve().parents[2]

SETS = {
    "breast-cancer": "sklearn:breast-cancer",
    "wine": "sklearn:wine",
    "diabetes": "sklearn:diabetes",
    "ItalyPowerDemand": "aeon:ItalyPowerDemand",
    "JapaneseVowels": "aeon:JapaneseVowels",
    "words": "words",
    "documents": f"text:{ROOT / 'protocol'}",
}


def reference(data: datasets.Tensors) -> tuple[str, float]:
    """A usual model, and its test metric."""
    info = data.info
    train, goal = data.train_inputs.numpy(), data.train_targets.numpy()
    test, truth = data.test_inputs.numpy(), data.test_targets.numpy()
    if info.task_kind == "language-model":
        return "letter pairs", pairs(train, goal, test, truth, info.classes)
    if info.task_kind == "regression":
        model = HistGradientBoostingRegressor(random_state=0).fit(train, goal[:, 0])
        return "gradient boosting", float(r2_score(truth[:, 0], model.predict(test)))
    if info.input_kind in ("table", "features"):
        model = HistGradientBoostingClassifier(random_state=0).fit(train, goal)
        return "gradient boosting", float(accuracy_score(truth, model.predict(test)))
    if info.input_kind == "tokens":
        texts, unseen = (
            ["".join(chr(64 + letter) for letter in row if letter) for row in part]
            for part in (train, test)
        )
        counts = CountVectorizer(analyzer="char_wb", ngram_range=(1, 3), lowercase=False)
        linear = make_pipeline(counts, LogisticRegression(max_iter=500)).fit(texts, goal)
        return "linear, letters 1 to 3", float(accuracy_score(truth, linear.predict(unseen)))
    flat = [x.reshape(len(x), -1) for x in (train, test)]
    linear = LogisticRegression(max_iter=2000).fit(flat[0], goal)
    return "linear", float(accuracy_score(truth, linear.predict(flat[1])))


def pairs(train, goal, test, truth, words: int) -> float:
    """1 - loss / ln(words) of a table that counts which token follows which, add-one smoothed."""
    counts = np.ones((words, words))
    known = goal >= 0
    np.add.at(counts, (train[known], goal[known]), 1)
    logs = np.log(counts / counts.sum(axis=1, keepdims=True))
    known = truth >= 0
    return float(1 + logs[test[known], truth[known]].mean() / math.log(words))


def search(spec: str, trials: int, seed: int, options: list[str]) -> tuple[float, str, float]:
    """The incumbent's test metric, what it is, and the seconds of the search."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        started = time.perf_counter()
        command = [sys.executable, "-m", "architecto", "run", "--dataset", spec]
        command += ["--trials", str(trials), "--seed", str(seed), "--run", str(run), *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        metrics = Result.read(run).best.metrics
    name = next(name for name in metrics if name.startswith("test_"))
    return metrics[name], name, seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sets", nargs="*", default=list(SETS), metavar="SET")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--seeds", type=int, default=1)
    asked, options = parser.parse_known_args()
    for name in asked.sets:
        spec = SETS.get(name, name)
        found = [search(spec, asked.trials, seed, options) for seed in range(asked.seeds)]
        what, usual = reference(datasets.load(spec))
        print(
            f"{name}: {found[0][1]} {statistics.median(f[0] for f in found):.4f} "
            f"(seeds {' '.join(f'{f[0]:.4f}' for f in found)}; {asked.trials} trials in "
            f"{statistics.median(f[2] for f in found):.0f} s); {what} {usual:.4f}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
