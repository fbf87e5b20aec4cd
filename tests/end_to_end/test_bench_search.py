"""`bench-search` with the real engine, agent and workers, on a table made here."""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every cell that does not begin with `none`; a 3x3 convolution adds ten to its accuracy."""
    rng = random.Random(0)
    lines = ["arch,val,test"]
    for cell in itertools.product(OPERATIONS, repeat=6):
        a, b, c, d, e, f = cell
        accuracy = 30 + 10 * cell.count("nor_conv_3x3") + rng.random()
        key = f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"
        if a != "none":
            lines.append(f"{key},{accuracy:.3f},{accuracy + 1:.3f}")
    path = tmp_path_factory.mktemp("table") / "cells.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def arguments(table: Path, folder: Path, *more: str) -> list[str | Path]:
    metrics = ["--search-metric", "val", "--report-metric", "test"]
    return ["bench-search", "--table", table, *metrics, "--runs", folder, *more]


def test_the_last_line_is_for_programs(run_architecto, table: Path, tmp_path: Path) -> None:
    """Kept runs are read again and give the same; failed trials count; standard error is silent."""
    command = arguments(
        table, tmp_path, "--seeds", "2", "--evaluations", "50", "--scorer", "random"
    )
    first = run_architecto(*command)
    assert (first.returncode, first.stderr) == (0, "")
    last = dict(pair.split("=") for pair in first.stdout.splitlines()[-1].split())
    assert (last["scorer"], last["seeds"]) == ("random", "2") and "regret@100" not in last
    assert 0 < float(last["regret@50"]) < 61
    assert float(last["optimum_median"]) == 51
    assert run_architecto(*command).stdout == first.stdout

    trials = run_architecto("best", tmp_path / "seed-0", "-n", "100").stdout
    assert "cell none" not in trials.replace("\n", " ")


def test_a_network_is_looked_up_with_its_training(run_architecto, tmp_path: Path) -> None:
    """The rows of fc-net, better with smaller rates; scores below zero are no accuracies."""
    words, rates, units = ("relu", "tanh"), ("0.0005", "0.001", "0.005", "0.01", "0.05", "0.1"), 6
    rest = [words, words, (8, 16, 32, 64), *[("0.0", "0.3", "0.6")] * 2, rates, ("cosine", "const")]
    rows = itertools.product(*rest, *[[16 * 2**n for n in range(units)]] * 2)
    lines = [f"{'|'.join(map(str, row))},{1 - 20 * float(row[5]):.3f}" for row in rows]
    table = tmp_path / "made.csv"
    table.write_text("\n".join(["arch,score", *lines]) + "\n")
    found = run_architecto(
        *("bench-search", "--space", "fc-net", "--table", table, "--search-metric", "score"),
        *("--seeds", "1", "--evaluations", "12", "--scorer", "random", "--runs", tmp_path / "runs"),
    )
    assert (found.returncode, found.stderr) == (0, "")
    best = run_architecto("best", tmp_path / "runs" / "seed-0", "-n", "12").stdout
    assert "failed" not in best and "adam" in best, best


BENCH = Path(__file__).resolve().parents[1] / "bench" / "search.py"


def test_other_searchers_stand_beside_their_own_table_alone(
    run_program, python: str, table: Path
) -> None:
    """Through make's variables, below 50 evaluations."""
    variables = {"TABLE": str(table), "SEARCH_METRIC": "val", "REPORT_METRIC": "test"}
    sizes = {"SCORER": "random", "SEEDS": "1", "EVALUATIONS": "12", "RUNS": ""}
    done = run_program(python, BENCH, env=variables | sizes)
    assert done.returncode == 0, done.stderr
    assert "random (ours)" in done.stdout and "regret@12=" in done.stdout
    assert "Gaussian process" not in done.stdout and "nan" not in done.stdout


def test_the_variables_of_the_bench_are_in_makes_help(run_program) -> None:
    said = run_program("make", "help").stdout
    for name in re.findall(r'ask\("([A-Z_]+)"', BENCH.read_text(encoding="utf-8")):
        assert re.search(rf"^ +{name} ", said, re.MULTILINE), name


def test_ctrl_c_leaves_nothing_and_the_rest_is_done_later(
    run_architecto, python: str, table: Path, tmp_path: Path
) -> None:
    command = arguments(
        table, tmp_path, "--seeds", "1", "--evaluations", "300", "--scorer", "random"
    )
    bench = subprocess.Popen(
        [python, "-m", "architecto", *map(str, command)], start_new_session=True
    )
    replay = tmp_path / "seed-0" / "replay.jsonl"
    while not replay.exists() or replay.read_bytes().count(b'"reward"') < 5:
        assert bench.poll() is None
        time.sleep(0.05)
    os.kill(bench.pid, signal.SIGINT)
    assert bench.wait(600) == 130
    assert not _alive(tmp_path)
    before = replay.read_bytes()
    done = run_architecto(
        *arguments(table, tmp_path, "--seeds", "1", "--evaluations", "40", "--scorer", "random"),
    )
    assert done.returncode == 0, done.stderr
    assert replay.read_bytes().startswith(before)


def _alive(folder: Path) -> list[str]:
    """Command lines of the processes that name the folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words:
            found.append(words)
    return found


@pytest.mark.parametrize(
    "words, message",
    [
        (["--search-metric", "loss"], "has no column 'loss'; its columns are arch, val, test"),
        (["--space", "cnn"], "space cnn names no table of results"),
        (["--scorer", "oracle"], "got 'oracle', expected uniform"),
        (["--table", "/nowhere.csv"], "cannot read the table /nowhere.csv: No such file"),
        (["--runs", "/dev/null/x"], "cannot write the runs to /dev/null/x"),
    ],
)
def test_mistakes_are_one_line(run_architecto, table: Path, tmp_path: Path, words, message) -> None:
    done = run_architecto(*arguments(table, tmp_path), *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
