"""What the agent writes of each fit, and that it writes it once."""

from __future__ import annotations

from pathlib import Path

import pytest
from agents_for_tests import Tree, agent, restored, small, worth

from architecto import json_lines
from architecto.conversation.position import Position
from architecto.learning.agent import Agent
from architecto.learning.metrics import METRICS, MetricsFile, rank_correlation
from architecto.runs import checkpoint


def test_the_figures_of_a_fit_tell_how_well_it_predicted(tmp_path):
    lines: list[dict] = []
    a = agent(small())
    a._record = lines.append
    tree = Tree(a)
    found = [tree.trial() for _ in range(9)]
    assert [line["fit"] for line in lines] == [line["trials"] for line in lines] == [*range(1, 10)]
    assert [line["compared"] for line in lines] == [0, 0, 0, 1, 2, 3, 4, 5, 6]
    assert all(line["correlation"] is None for line in lines[:5])
    pairs = [(a._predicted[name], worth(name)) for name in found[3:]]
    assert lines[-1]["correlation"] == rank_correlation(pairs)
    assert {"loss", "steps", "likelihood", "epsilon", "seconds", "episode"} <= lines[-1].keys()


def test_a_fit_that_is_done_again_is_written_once(tmp_path):
    """The agent dies after a line was written, before its checkpoint was; half a line is lost."""

    def restarted() -> Agent:
        a = agent(small(), run_dir=tmp_path)
        a._record = MetricsFile(tmp_path / METRICS).write
        return a

    tree = Tree(restarted())
    for _ in range(2):
        tree.trial()
    checkpoint.save(tmp_path, tree.agent, Position())
    proposed = tree.trial()
    with (tmp_path / METRICS).open("a") as file:
        file.write('{"fit":4,"tri')
    again = restored(restarted(), tmp_path)
    assert again.buffer.rewards.keys() == tree.agent.buffer.rewards.keys()
    again.update()  # what `proposed` brought is learned again
    again.observe("(architecture)", 0.1)
    again.update()
    lines = [line for _, _, line in json_lines.read(tmp_path / METRICS)]
    assert [(line["fit"], line["trials"]) for line in lines] == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert proposed in again.buffer.rewards


def test_what_is_no_number_is_null(tmp_path: Path) -> None:
    file = MetricsFile(tmp_path / METRICS)
    file.write({"fit": 1, "loss": float("nan"), "correlation": None, "scorer": "mine"})
    [(_, _, line)] = json_lines.read(tmp_path / METRICS)
    assert line == {"fit": 1, "loss": None, "correlation": None, "scorer": "mine"}


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(0.1, 5), (0.2, 6), (9, 7)], 1.0),
        ([(3, 1), (2, 2), (1, 3)], -1.0),
        ([(1, 1), (2, 2)], None),
        ([(1, 0), (2, 0), (3, 0)], None),
        ([], None),
    ],
)
def test_rank_correlation(pairs, expected) -> None:
    assert rank_correlation(pairs) == (None if expected is None else pytest.approx(expected))
