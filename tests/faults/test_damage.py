"""Files of a run are damaged or gone: it goes on from what is whole, and says what is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kills import outcome
from running_search import RunningSearch

pytestmark = pytest.mark.slow
SMALL = ("--trials", "3", "--epochs", "1")
MORE = ("--trials", "4")


@pytest.fixture(scope="module")
def whole(python: str, tmp_path_factory) -> Path:
    """The directory of a finished run, only to be copied."""
    folder = tmp_path_factory.mktemp("whole")
    search = RunningSearch(python, folder, "run", "--run", "test", *SMALL)
    try:
        assert search.wait() == 0, search.text()
    finally:
        search.end()
    return search.run_dir


@pytest.fixture
def go_on(python: str, whole: Path, tmp_path: Path) -> Iterator[Callable[..., RunningSearch]]:
    """A function that resumes a copy of the run after something was done to it."""
    started: list[RunningSearch] = []

    def resume(damage: Callable[[Path], object] = lambda run_dir: None) -> RunningSearch:
        folder = tmp_path / f"copy-{len(started)}"
        shutil.copytree(whole, folder / "runs" / "test")
        damage(folder / "runs" / "test")
        started.append(RunningSearch(python, folder, "resume", "test", *MORE))
        return started[-1]

    yield resume
    for search in started:
        search.end()


def zeros(file: Path, size: int = 512) -> None:
    """Zero bytes in the middle."""
    data = file.read_bytes()
    at = len(data) // 2
    file.write_bytes(data[:at] + bytes(size) + data[at + size :])


def checkpoints(run_dir: Path) -> list[Path]:
    return sorted((run_dir / "checkpoint").glob("*.pt"))


def test_without_any_checkpoint_it_learns_the_same_again(go_on):
    """A flipped bit in the one, an empty other; then with the last one damaged alone."""

    def both(run_dir: Path) -> None:
        older, latest = checkpoints(run_dir)
        data = bytearray(latest.read_bytes())
        data[len(data) // 2] ^= 4
        latest.write_bytes(data)
        older.write_bytes(b"")

    def last(run_dir: Path) -> None:
        latest = checkpoints(run_dir)[-1]
        latest.write_bytes(latest.read_bytes()[:1000])

    undamaged, damaged, half = go_on(), go_on(both), go_on(last)
    for search in (undamaged, damaged, half):
        assert search.wait() == 0, search.text()
    found = outcome(undamaged.run_dir)
    assert len(found[0]) == 4
    assert outcome(damaged.run_dir) == found
    assert outcome(half.run_dir) == found
    assert damaged.text().count(".pt is damaged: ") == 2
    assert "no checkpoint can be read: learning again from runs/test/trace.jsonl" in damaged.text()
    assert half.text().count(".pt is damaged: its checksum is wrong") == 1
    assert "learning again" not in half.text()


def test_a_damaged_buffer_trace_and_journal_are_used_as_far_as_they_are_whole(go_on):
    def damage(run_dir: Path) -> None:
        for name in ("replay.jsonl", "trace.jsonl"):
            zeros(run_dir / name)
        journal = run_dir / "trials.journal"
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join([*lines[:1], b"\0\0\0\n", *lines[1:]]))
        for file in checkpoints(run_dir):
            file.unlink()

    search = go_on(damage)
    before = outcome_of_trials(search.run_dir)
    assert search.wait() == 0, search.text()
    text = search.text()
    assert "Traceback" not in text + (search.run_dir / "agent.log").read_text()
    for name in ("replay.jsonl", "trace.jsonl", "trials.journal"):
        assert f"runs/test/{name}: " in text and f"kept in {name}.damaged" in text
        assert (search.run_dir / f"{name}.damaged").stat().st_size >= 3
    assert "learning from replay.jsonl alone" in text
    after = outcome_of_trials(search.run_dir)
    assert after[: len(before)] == before and len(after) == 4


def outcome_of_trials(run_dir: Path) -> list:
    from architecto.study.study import Study

    with Study.open(run_dir, read_only=True) as study:
        return [(trial.answer, trial.reward) for trial in study.trials]


def test_an_empty_journal_is_told_and_the_run_is_not_begun_anew(go_on):
    search = go_on(lambda run_dir: (run_dir / "trials.journal").write_bytes(b""))
    assert search.wait() == 2
    last = search.text().splitlines()[-1]
    assert last.startswith("architecto: runs/test/trials.journal is empty or gone")
    assert last.endswith("put a copy back in its place, or begin another run")
    assert (search.run_dir / "trials.journal").read_bytes() == b""


def test_a_run_whose_directory_is_deleted_ends_in_one_line_and_does_not_make_it_again(
    python: str, tmp_path: Path
):
    settings = ("--trials", "500", "--epochs", "1", "--scorer", "random")
    search = RunningSearch(python, tmp_path, "run", "--run", "test", *settings)
    try:
        search.wait_until(lambda: search.trials() >= 1)
        search.run_dir.rename(tmp_path / "away")
        assert search.wait() == 2, search.text()
        assert not search.run_dir.exists()
        assert "Traceback" not in search.text()
        assert "runs/test" in search.text().splitlines()[-1]
    finally:
        search.end()
