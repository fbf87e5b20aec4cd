"""Several engines on one agent."""

import json
from collections import defaultdict
from pathlib import Path


def test_engines_side_by_side_have_episodes_of_their_own(run_architecto, tmp_path: Path) -> None:
    """Three engines, two workers: no episode number is used twice, every trial is another."""
    options = ["--engines", "3", "--workers", "2", "--scorer", "random", "--epochs", "1"]
    done = run_architecto("run", "--trials", "6", "--run", tmp_path / "run", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    episodes: dict[str, set[int]] = defaultdict(set)
    for line in (tmp_path / "run" / "trace.jsonl").read_text(encoding="utf-8").splitlines():
        header = json.loads(line)["header"]
        if header["type"] == "choose":
            episodes[header["session"]].add(header["episode"])
    assert sorted(episodes) == ["engine-0", "engine-1", "engine-2"]
    together = set.union(*episodes.values())
    assert len(together) == sum(map(len, episodes.values()))
    best = run_architecto("best", tmp_path / "run", "-n", "6")
    assert best.returncode == 0, best.stderr
