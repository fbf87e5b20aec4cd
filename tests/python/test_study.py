"""The study: durable, reopened as it was, written by one process at a time."""

import json
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from architecto import rewards
from architecto.evaluators.base import Evaluation, failed
from architecto.study.study import JOURNAL, NAME, Study, StudyError, TrialResult, ranked


def complete(accuracy: float, parameters: int = 1000, **more: Any) -> Evaluation:
    return Evaluation(
        "complete",
        metrics={"validation_accuracy": accuracy, "test_accuracy": 0.9, "parameters": parameters},
        curves={"training_loss": [2.3, 0.1], "validation_accuracy": [0.5, accuracy]},
        facts={"chance_loss": 2.3},
        objective="validation_accuracy",
        **more,
    )


def run(study: Study, architecture: str, evaluation: Evaluation, **facts: Any) -> TrialResult:
    return study.finish(study.start(architecture, facts=facts), evaluation, 0.5)


def test_results_are_the_same_after_reopening(tmp_path: Path) -> None:
    with Study.create(tmp_path) as study:
        assert study.trials == [] and study.best is None
        first = run(study, "(a)", complete(0.9), episode=3)
        second = run(study, "(b)", failed("diverged", curves={"training_loss": [2.0]}), episode=4)
        assert first == TrialResult(0, "(a)", complete(0.9), 0.5, {"episode": 3})
    with Study.open(tmp_path) as study:
        assert study.trials == [first, second]
        assert study.best == first
        assert study.known("(a)") == first and study.known("(b)") == second
        assert study.known("(c)") is None
        assert run(study, "(c)", complete(0.95)).number == 2


def test_the_best_has_the_highest_validation_accuracy_then_the_fewest_parameters() -> None:
    trials = [
        TrialResult(0, "(a)", complete(0.9, 10)),
        TrialResult(1, "(b)", complete(0.95, 30)),
        TrialResult(2, "(c)", complete(0.95, 20)),
        TrialResult(3, "(d)", failed("a reason")),
        TrialResult(4, "(e)", complete(0.95, 20)),
    ]
    assert [trial.number for trial in ranked(trials)] == [2, 4, 1, 0]


def test_stored_trials_are_judged_anew_and_stay_as_they_are(tmp_path: Path) -> None:
    with Study.create(tmp_path) as study:
        run(study, "(a)", complete(0.9))
        run(study, "(b)", failed("diverged"))
        run(study, "(c)", failed("no memory", judged=False))
        other = Evaluation("complete", metrics={"cost": 17}, objective="cost")
        run(study, "(d)", other)
    said: list[str] = []
    with Study.open(tmp_path, read_only=True) as study:
        anew = study.judged_anew(rewards.create("objective"), say=said.append)
        assert [trial.reward for trial in anew] == [0.8, -1.0, None, None]
        assert [trial.evaluation for trial in anew] == [trial.evaluation for trial in study.trials]
        assert [trial.reward for trial in study.trials] == [0.5, 0.5, None, 0.5]
        (line,) = said
        assert "got cost 17, expected an objective in [0, 1]" in line and "\n" not in line
        curves = study.judged_anew(rewards.create("loss-curve"), say=said.append)
        assert curves[0].reward is not None and curves[0].reward > 0.5 and len(said) == 2


OLD = {
    "status": "complete",
    "reason": None,
    "reward": 0.9,
    "losses": [2.3, 0.1],
    "validation_accuracies": [0.5, 0.9],
    "validation_accuracy": 0.9,
    "test_accuracy": 0.8,
    "parameters": 650,
    "seconds": 1.5,
    "pixel_mean": [0.3],
    "pixel_deviation": [0.4],
    "judged": True,
}
"""What the journal of a run held before an evaluation was facts and curves."""


def test_a_run_of_before_opens(tmp_path: Path) -> None:
    with Study.create(tmp_path) as study:
        run(study, "(a)", complete(0.9))
    journal = tmp_path / JOURNAL
    lines = [json.loads(line) for line in journal.read_bytes().splitlines()]
    for line in lines:
        if "evaluation" in line.get("user_attr", {}):
            line["user_attr"]["evaluation"] = OLD
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    expected = Evaluation(
        "complete",
        metrics={"validation_accuracy": 0.9, "test_accuracy": 0.8, "parameters": 650},
        curves={"training_loss": [2.3, 0.1], "validation_accuracy": [0.5, 0.9]},
        facts={
            "chance_loss": math.log(10),
            "preprocessing": {"mean": [0.3], "deviation": [0.4]},
        },
        seconds=1.5,
        objective="validation_accuracy",
    )
    with Study.open(tmp_path) as study:
        assert study.trials == [TrialResult(0, "(a)", expected, 0.9, {})]
        assert run(study, "(b)", complete(0.95)).number == 1
    for wrong in ({**OLD, "losess": []}, {"status": "complete"}):
        with pytest.raises(TypeError):
            Evaluation.from_json(wrong)


def test_a_trial_that_was_running_is_begun_again_under_its_number(tmp_path: Path) -> None:
    with Study.create(tmp_path) as study:
        run(study, "(a)", complete(0.9))
        study.start("(b)", facts={})
        study.start("(c)", facts={})
    with Study.open(tmp_path) as study:
        assert [trial.answer for trial in study.trials] == ["(a)"]
        assert study.known("(b)") is None
        assert run(study, "(c)", complete(0.7)).number == 2
        assert run(study, "(d)", complete(0.6)).number == 3
        assert run(study, "(b)", complete(0.8)).number == 1


def test_another_process_reads_while_one_writes(tmp_path: Path) -> None:
    with Study.create(tmp_path) as study:
        run(study, "(a)", complete(0.9))
        number = study.start("(b)", facts={})
        with Study.open(tmp_path, read_only=True) as reader:
            assert [trial.answer for trial in reader.trials] == ["(a)"]
            with pytest.raises(StudyError, match="for reading only"):
                reader.start("(c)")
        with pytest.raises(StudyError, match="is in use by another process"):
            Study.open(tmp_path)
        study.finish(number, complete(0.8))


def test_a_search_is_not_overwritten(tmp_path: Path) -> None:
    Study.create(tmp_path).close()
    with pytest.raises(StudyError, match="holds a search already"):
        Study.create(tmp_path)


@pytest.mark.parametrize("read_only", [True, False])
def test_a_folder_without_a_search_is_one_line(tmp_path: Path, read_only: bool) -> None:
    with pytest.raises(StudyError, match="holds no search") as caught:
        Study.open(tmp_path / "nothing", read_only=read_only)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("read_only", [True, False])
def test_a_journal_without_one_whole_line_is_one_line_and_left_as_it_is(
    tmp_path: Path, read_only: bool
) -> None:
    (tmp_path / JOURNAL).write_text("this is\nno journal\n")
    with pytest.raises(StudyError, match="cannot be read: no line of it is a change of a study"):
        Study.open(tmp_path, read_only=read_only)
    assert [path.name for path in tmp_path.iterdir()] == [JOURNAL]
    assert (tmp_path / JOURNAL).read_text() == "this is\nno journal\n"


@pytest.mark.parametrize("first", range(0, 18))
def test_trials_outside_a_damaged_part_are_kept_whichever_lines_it_covers(
    tmp_path: Path, first: int
) -> None:
    """Three lines are lost, also such as begin a trial or the study: the rest is what it was."""
    with Study.create(tmp_path) as study:
        trials = [run(study, f"({name})", complete(0.9)) for name in "abcd"]
    journal = tmp_path / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    lost = b"".join(lines[first : first + 3])
    journal.write_bytes(b"".join([*lines[:first], bytes(len(lost)), *lines[first + 3 :]]))
    hurt = {line.get("trial_id") for line in map(json.loads, lines[first : first + 4])}

    with Study.open(tmp_path, read_only=True) as study:
        assert {t.number for t in study.trials} >= {0, 1, 2, 3} - hurt
        assert all(trial == trials[trial.number] for trial in study.trials)
    assert b"\0" in journal.read_bytes()  # reading changes nothing
    said: list[str] = []
    with Study.open(tmp_path, say=said.append) as study:
        assert {t.number for t in study.trials} >= {0, 1, 2, 3} - hurt
        assert "trials.journal.damaged" in said[0] and len(said) == 1
        with pytest.raises(StudyError, match="is in use by another process"):
            Study.open(tmp_path)
        run(study, "(e)", complete(0.8))
    with Study.open(tmp_path, say=said.append) as study:
        assert "(e)" in [trial.answer for trial in study.trials] and len(said) == 1


@pytest.mark.parametrize("seed", range(100))
def test_a_flipped_bit_costs_at_most_the_trial_that_it_hit(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    with Study.create(tmp_path) as study:
        trials = [run(study, f"({name})", complete(0.9)) for name in "abcd"]
    journal = tmp_path / JOURNAL
    data = bytearray(journal.read_bytes())
    at = rng.randrange(len(data))
    data[at] ^= 1 << rng.randrange(7)
    journal.write_bytes(data)
    with Study.open(tmp_path, say=lambda line: None) as study:
        assert sum(trial in trials for trial in study.trials) >= 3
        run(study, "(e)", complete(0.8))


def test_the_end_of_a_journal_that_nobody_wrote_is_set_aside(tmp_path: Path) -> None:
    with Study.create(tmp_path) as study:
        trials = [run(study, f"({name})", complete(0.9)) for name in "ab"]
    journal = tmp_path / JOURNAL
    data = journal.read_bytes()
    journal.write_bytes(data[:-700] + bytes(700))
    said: list[str] = []
    with Study.open(tmp_path, say=said.append) as study:
        assert study.trials[0] == trials[0]
        assert "trials.journal.damaged" in said[0]


def test_a_trial_ends_once(tmp_path: Path) -> None:
    with Study.create(tmp_path) as study:
        number = study.start("(a)")
        study.finish(number, complete(0.9))
        for unknown in (number, 17):
            with pytest.raises(StudyError, match=f"trial {unknown} is not running"):
                study.finish(unknown, complete(0.9))


@pytest.mark.parametrize("torn", ['{"op_code"', '{"op_code":4,"worker_id":"w"}'])
def test_a_half_written_line_is_dropped(tmp_path: Path, torn: str) -> None:
    with Study.create(tmp_path) as study:
        first = run(study, "(a)", complete(0.9))
    with open(tmp_path / JOURNAL, "a") as journal:
        journal.write(torn)
    with Study.open(tmp_path, read_only=True) as study:
        assert study.trials == [first]
    with Study.open(tmp_path) as study:
        second = run(study, "(b)", complete(0.8))
    with Study.open(tmp_path) as study:
        assert study.trials == [first, second]


def test_cut_anywhere_the_journal_opens_with_the_trials_that_were_whole(tmp_path: Path) -> None:
    with Study.create(tmp_path) as study:
        results = [run(study, f"({name})", complete(0.9)) for name in "abc"]
    data = (tmp_path / JOURNAL).read_bytes()
    evaluations = 0
    for end in range(0, len(data) + 1, 37):
        (tmp_path / JOURNAL).write_bytes(data[:end])
        with Study.open(tmp_path) as study:
            assert study.trials == results[: len(study.trials)]
            assert len(study.trials) >= evaluations
            evaluations = len(study.trials)
    assert evaluations >= 2


KILLED = """
import os, signal, sys
from pathlib import Path
from architecto.evaluators.base import Evaluation
from architecto.study.study import Study
study = Study.create(Path(sys.argv[1]))
for number in range(3):
    trial = study.start(f"({number})", facts={"episode": number})
    study.finish(trial, Evaluation("complete", metrics={"score": 0.9}, objective="score"), 0.5)
study.start("(unfinished)")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_no_finished_trial_and_leaves_no_lock(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)])
    with Study.open(tmp_path) as study:
        assert [trial.facts["episode"] for trial in study.trials] == [0, 1, 2]
        assert run(study, "(unfinished)", complete(0.9)).number == 3


def test_a_result_that_was_written_counts_even_if_its_trial_was_not_ended(tmp_path: Path) -> None:
    with Study.create(tmp_path) as study:
        first = run(study, "(a)", complete(0.9))
    lines = (tmp_path / JOURNAL).read_bytes().splitlines(keepends=True)
    assert json.loads(lines[-1])["op_code"] == 6  # the trial's state, its last line
    (tmp_path / JOURNAL).write_bytes(b"".join(lines[:-1]))
    with Study.open(tmp_path) as study:
        assert study.trials == [first]


def test_optunas_own_tools_read_the_journal(tmp_path: Path) -> None:
    with Study.create(tmp_path) as study:
        run(study, "(a)", complete(0.9))
        run(study, "(b)", failed("a reason"))
    storage = JournalStorage(JournalFileBackend(str(tmp_path / JOURNAL)))
    opened = optuna.load_study(study_name=NAME, storage=storage)
    assert opened.best_value == 0.9
    assert opened.best_trial.intermediate_values == {1: 0.5, 2: 0.9}
    assert opened.trials[1].state == optuna.trial.TrialState.FAIL


def test_it_says_nothing_and_needs_no_torch(tmp_path: Path) -> None:
    code = KILLED.replace(
        "os.kill(os.getpid(), signal.SIGKILL)", "sys.exit('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
