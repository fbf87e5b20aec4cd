"""A disturbed run is the undisturbed one: some runs of `kills.py`, which does more of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from kills import TRAINING, WORDS, disturb

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc"),
]


def test_killed_and_interrupted_a_run_finds_what_it_would_have_found(python: str, tmp_path: Path):
    """With this seed the first disturbed run has each kind of disturbance, and pairs of them."""
    runs = list(disturb(python, tmp_path / "runs", TRAINING, seed=45, kills=7, interrupts=1))
    done = [kind for disturbances, _ in runs for kind in disturbances]
    assert len(done) >= 8 and set(done) == {*WORDS, "supervisor", "interrupt"}
    assert [difference for _, difference in runs] == [None] * len(runs)
