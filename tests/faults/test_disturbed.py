"""A disturbed run is the undisturbed one: some runs of `kills.py`, which does more of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from kills import TRAINING, disturb

pytestmark = [
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc"),
]


def test_killed_and_interrupted_a_run_finds_what_it_would_have_found(python: str, tmp_path: Path):
    runs = list(disturb(python, tmp_path / "runs", TRAINING, seed=7, kills=10, interrupts=2))
    assert sum(len(done) for done, _ in runs) >= 12
    assert [difference for _, difference in runs] == [None] * len(runs)
