"""A run that starts with the trials of an earlier one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from architecto.learning.agent import Agent
from architecto.learning.replay import ReplayBuffer, Step, size_of_earlier
from architecto.runs import configuration, warm_start
from architecto.runs.configuration import Configuration, ConfigurationError
from architecto.scorers.guide_settings import GuideSettings
from architecto.scorers.transformer import TransformerScorer

TASK = "categorize digits"
GOOD, BAD, HELD = "(good)", "(bad)", "(held)"


def earlier(folder: Path, settings: Configuration | None = None) -> Path:
    """A run of two trials, with an answer that was held and a dead end; gives its directory."""
    folder.mkdir()
    (settings or Configuration()).save(folder)
    buffer = ReplayBuffer(folder / "replay.jsonl")
    for number, architecture in enumerate((GOOD, BAD, HELD)):
        buffer.add_answer(
            architecture, 7 + number, [Step(0, "root"), Step(1, f"to {architecture}")]
        )
    buffer.add_reward(GOOD, 0.9)
    buffer.add_reward(BAD, -0.5)
    buffer.add_dead_end("nothing", 9)
    return folder


def agent(run_dir: Path) -> Agent:
    settings = GuideSettings(warm_up=1, episodes=1, fit_tokens=500)
    return Agent(
        TransformerScorer(width=16, heads=2, hidden=32, settings=settings),
        task=TASK,
        seed=0,
        buffer=ReplayBuffer(run_dir / "replay.jsonl"),
        settings=settings,
    )


def begin(folder: Path, **changes) -> Path:
    """The directory of a new run, as the agent process begins it."""
    folder.mkdir()
    warm_start.begin(folder, dataclasses.replace(Configuration(), **changes))
    return folder


def test_only_the_trials_are_taken_over(tmp_path: Path) -> None:
    """Rewards and their paths; what was held or led nowhere stays behind. Episodes begin at 0."""
    source = earlier(tmp_path / "a") / "replay.jsonl"
    assert warm_start.copy(source, tmp_path / "replay.jsonl", same=True) == 2
    buffer = ReplayBuffer(tmp_path / "replay.jsonl")
    assert buffer.rewards == {GOOD: 0.9, BAD: -0.5}
    assert [a.text for a in buffer.answers] == [GOOD, BAD]
    assert buffer.answers[0].choices == ("root", "to (good)")
    assert (buffer.held, buffer.dead_ends, buffer.last_episode) == ({}, {}, -1)


def test_the_earlier_run_is_only_read(tmp_path: Path) -> None:
    """Also while it is being written: a last line without its end is left as it is."""
    source = earlier(tmp_path / "a") / "replay.jsonl"
    with source.open("a") as file:
        file.write('{"reward": 1.0, "archi')
    before = source.read_bytes()
    assert warm_start.copy(source, tmp_path / "replay.jsonl", same=True) == 2
    assert source.read_bytes() == before


def test_the_learner_starts_with_the_data(tmp_path: Path) -> None:
    """It fits before the first episode; the same texts are then worth what they brought."""
    earlier(tmp_path / "a")
    warm = agent(begin(tmp_path / "b", warm_start=str(tmp_path / "a")))
    warm.update()
    assert warm.fits >= 1
    assert warm.scorer.best > 0  # type: ignore[attr-defined]
    good, bad = warm.scores(TASK, ["to (good)", "to (bad)"])
    cold = agent(tmp_path / "c")
    assert cold.scores(TASK, ["to (good)", "to (bad)"]) != [good, bad]
    assert warm.epsilon < cold.epsilon == 1.0


def test_a_new_run_fits_several_times(tmp_path: Path) -> None:
    """As often each time, so that a run that died before its first checkpoint goes on alike."""
    earlier(tmp_path / "a")
    folder = begin(tmp_path / "b", warm_start=str(tmp_path / "a"))
    learned = []
    for _ in range(2):
        warm = agent(folder)
        warm_start.learn(warm)
        assert warm.fits == warm_start.FITS
        learned.append(warm.scores(TASK, ["to (good)", "to (bad)"]))
    assert learned[0] == learned[1]
    assert learned[0][0] > learned[0][1]


def test_a_duplicate_is_no_trial(tmp_path: Path) -> None:
    """An architecture of the earlier run that is found again is not proposed; another one is."""
    earlier(tmp_path / "a")
    warm = agent(begin(tmp_path / "b", warm_start=str(tmp_path / "a")))
    for episode, architecture in enumerate((GOOD, HELD)):
        warm.answer(session="s", episode=episode, step=1, index=1, answer=architecture,
                    path=[Step(0, "root"), Step(1, f"to {architecture}")])  # fmt: skip
    assert warm.propose(exhausted=True) == HELD
    assert warm.propose(exhausted=True) is None


def test_other_data_is_evaluated_anew(tmp_path: Path) -> None:
    """The reward on another data set is learned from and is no result of this run."""
    earlier(tmp_path / "a", Configuration.of(dataset="fashion-mnist"))
    warm = agent(begin(tmp_path / "b", warm_start=str(tmp_path / "a")))
    assert warm.buffer.rewards[GOOD] == 0.9
    path = [Step(0, "root"), Step(1, "to (good)")]
    warm.answer(session="s", episode=0, step=1, index=1, answer=GOOD, path=path)
    assert warm.propose(exhausted=True) == GOOD
    warm.observe(GOOD, 0.3)
    again = ReplayBuffer(tmp_path / "b" / "replay.jsonl")
    assert again.rewards[GOOD] == 0.3 and not again.held and again.other == {BAD}


def test_resume_keeps_it(tmp_path: Path) -> None:
    """The data is in the run's own buffer: the earlier run may be gone, and is not read twice."""
    source = earlier(tmp_path / "a")
    folder = begin(tmp_path / "b", warm_start=str(source))
    warm = agent(folder)
    source.rename(tmp_path / "gone")
    warm_start.begin(folder, dataclasses.replace(Configuration(), warm_start=str(source)))
    assert agent(folder).buffer.rewards == warm.buffer.rewards
    assert size_of_earlier(folder / "replay.jsonl") == warm.buffer.size


@pytest.mark.parametrize(
    ("name", "message"),
    [("nothing/here", "no run at nothing/here"), ("a b", "bad name of a run 'a b'")],
)
def test_bad_names(name: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as raised:
        configuration.absolute(Configuration(warm_start=name))
    assert "\n" not in str(raised.value)


def test_a_run_without_trials(tmp_path: Path) -> None:
    Configuration().save(tmp_path)
    with pytest.raises(ConfigurationError, match="is finished, so there is nothing to learn"):
        configuration.absolute(Configuration(warm_start=f"{tmp_path}/"))


def test_the_command_line_says_it_in_one_line(run_architecto, tmp_path: Path) -> None:
    done = run_architecto("run", "--warm-start", "nothing/here", "--run", tmp_path / "new")
    assert done.returncode == 2
    assert done.stderr.startswith("architecto run: no run at nothing/here")
    assert done.stderr.count("\n") == 1 and not (tmp_path / "new").exists()
