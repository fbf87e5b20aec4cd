"""The agent on a small tree: what it picks, what it proposes, and that a restored one goes on."""

from __future__ import annotations

import pytest
import torch
from agents_for_tests import LAYERS, TASK, Tree, agent, restored, small, worth

from architecto import scorers
from architecto.conversation.position import Position
from architecto.learning.replay import Step
from architecto.runs import checkpoint
from architecto.scorers import ScorerError
from architecto.scorers.base import BaseScorer
from architecto.scorers.guide_settings import GuideSettings
from architecto.scorers.transformer import TransformerScorer

# Scorers that do not learn


def test_uniform_takes_the_lowest_index():
    decision = agent("uniform").select_action(
        task=TASK, session="s", episode=0, step=0, candidates=[7, 3, 5], texts=str
    )
    assert (decision.index, decision.explored, decision.scorer) == (3, False, "uniform")


@pytest.mark.parametrize("name", ["uniform", "random"])
def test_without_learning_each_answer_is_proposed_as_it_comes(name):
    a = agent(name)
    tree = Tree(a)
    found = []
    for _ in range(20):
        answer = tree.descend()
        proposed = a.propose()
        assert proposed == (None if answer in found else answer)
        found.append(answer)
        if proposed:
            a.observe(proposed, 0.0)
            assert a.update() == {}
        assert a.propose() is None


def test_random_differs_by_seed_only():
    def picks(seed):
        tree = Tree(agent("random", seed=seed))
        for _ in range(5):
            tree.descend()
        return tree.picks

    assert picks(0) == picks(0) != picks(1)


def test_no_candidates_is_an_error():
    with pytest.raises(ValueError, match="candidates: got none"):
        agent().select_action(task=TASK, session="s", episode=0, step=0, candidates=[], texts=str)


# Scorers that fail


class Fails(BaseScorer):
    """Works for the first `good` calls, then gives NaN."""

    name = "fails"

    def __init__(self, good: int) -> None:
        self.good = good

    def score(self, task, choices):
        self.good -= 1
        return torch.full((len(choices),), 1.0 if self.good >= 0 else float("nan"))


def test_a_scorer_that_never_worked_is_replaced_by_uniform_and_that_is_said_once():
    said: list[str] = []
    tree = Tree(agent(Fails(0), said=said))
    tree.descend()
    tree.descend()
    assert tree.agent.scorer.name == "uniform"
    assert len(said) == 1
    assert "got nan for choice 0 of 4" in said[0]
    assert "going on with uniform" in said[0]


def test_after_a_bad_swap_the_last_good_scorer_goes_on():
    said: list[str] = []
    tree = Tree(agent("random", said=said))
    tree.descend()
    tree.agent.use_scorer(Fails(0))
    tree.descend()
    assert tree.agent.scorer.name == "random"
    assert said[0].endswith("going on with random")


def test_a_scorer_that_stops_working_is_replaced():
    said: list[str] = []
    tree = Tree(agent(Fails(2), said=said))
    tree.descend()
    assert tree.agent.scorer.name == "uniform"
    assert len(said) == 1


class ForgetsToLearn(TransformerScorer):
    """Scores well; `broken`, a method that learning or proposing needs, raises."""

    name = "forgets"

    def __init__(self, broken: str) -> None:
        super().__init__(seed=0, width=16, heads=2, hidden=32)
        setattr(self, broken, self.fails)

    def fails(self, *given: object, **named: object) -> None:
        raise IndexError("no such\nlayer")


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("fit", "its fit raised IndexError: no such layer; expected it to learn"),
        ("predict", "predict() raised IndexError: no such layer; expected mean and deviation"),
    ],
)
def test_a_scorer_that_fails_to_learn_is_replaced_and_the_run_goes_on(broken: str, words: str):
    said: list[str] = []
    tree = Tree(agent(ForgetsToLearn(broken), said=said))
    while not said:
        tree.trial()
    tree.descend()
    assert tree.agent.scorer.name == "uniform"
    assert said == [f"scorer forgets: {words}; going on with uniform"]


# Learning


def test_warm_up_then_one_proposal_in_some_episodes():
    tree = Tree(agent(small()))
    for expected in [1, 1, 1, 5]:
        before = tree.episode
        tree.trial()
        assert tree.episode - before >= expected


def test_it_learns_to_find_what_is_good():
    tree = Tree(agent(small()))
    rewards = [worth(tree.trial()) for _ in range(12)]
    assert sum(rewards[-4:]) > sum(rewards[:4])
    assert max(rewards) == 1.0  # four convolutions, 1 of 256
    fresh, told = agent(small()), tree.agent
    layers = [tree.texts[tree.index((layer,))] for layer in LAYERS]
    assert max(layers, key=lambda t: told.scores(TASK, [t])[0]) == layers[LAYERS.index("conv2d")]
    assert told.scores(TASK, layers) != fresh.scores(TASK, layers)


def test_no_architecture_is_proposed_twice():
    tree = Tree(agent(small()))
    proposed = [tree.trial() for _ in range(7)]
    assert len(set(proposed)) == len(proposed)


def test_what_is_being_evaluated_is_not_proposed_again():
    a = agent(small(), warm_up=0, episodes=1)
    tree = Tree(a)
    for _ in range(8):
        tree.descend()
    out = [a.propose(exhausted=True) for _ in range(30)]
    given = [p for p in out if p is not None]
    assert len(set(given)) == len(given) == len(a.buffer.held)


def test_an_exhausted_space_is_not_waited_for():
    a = agent(small(), warm_up=0)
    Tree(a).descend()
    assert a.propose() is None
    assert a.propose(exhausted=True) is not None
    assert a.propose(exhausted=True) is None


def test_weights_change_in_update_only():
    tree = Tree(agent(small()))
    texts = [tree.texts[tree.index((layer,))] for layer in LAYERS]
    before = tree.agent.scores(TASK, texts)
    tree.descend()
    proposed = tree.agent.propose()
    assert proposed is not None
    tree.agent.observe(proposed, 0.3)
    tree.agent._cache.clear()
    assert tree.agent.scores(TASK, texts) == pytest.approx(before, abs=1e-5)
    tree.agent.update()
    assert tree.agent.scores(TASK, texts) != pytest.approx(before, abs=1e-3)


def test_a_step_refreshes_the_best_stale_scores_only():
    tree = Tree(agent(small(), refresh=2))
    texts = [tree.texts[tree.index((layer,))] for layer in LAYERS]
    before = dict(zip(texts, tree.agent.scores(TASK, texts), strict=True))
    tree.trial()
    tree.agent._cache.clear()
    for text, score in before.items():
        tree.agent._cache.put(TASK, text, [score])
    tree.agent._cache.stale_all()
    after = dict(zip(texts, tree.agent.scores(TASK, texts), strict=True))
    best = sorted(texts, key=lambda t: -before[t])[:2]
    assert {t for t in texts if after[t] != before[t]} == set(best)


def test_what_picks_were_chosen_from_is_kept_for_a_scorer_that_reads_it():
    a = agent(small())
    assert not a.buffer.keep_candidates
    a.use_scorer(scorers.load("bag", seed=0, settings=GuideSettings(n_step=1)))
    assert a.buffer.keep_candidates


# Repeatable and restored


def test_the_same_seed_gives_the_same_decisions():
    def run(seed):
        tree = Tree(agent(small(), seed=seed))
        return [tree.trial() for _ in range(5)], tree.picks

    first = run(0)
    assert run(0) == first
    assert run(1)[1] != first[1]


@pytest.mark.parametrize("scorer", ["random", "transformer"])
def test_a_restored_agent_picks_as_the_one_that_died_would_have(tmp_path, scorer):
    """The pool is small: the worth of some answers is stale, and decides which compete."""

    def make(run_dir):
        return agent(small() if scorer == "transformer" else scorer, run_dir=run_dir, pool=6)

    tree = Tree(make(tmp_path))
    for _ in range(6):
        tree.trial()
        checkpoint.save(tmp_path, tree.agent, Position())
    for _ in range(3):  # answers that only the replay buffer's file knows
        tree.descend()
    again = restored(make(tmp_path), tmp_path)
    assert again.buffer.held == tree.agent.buffer.held

    other = Tree(again)
    other.episode, other.texts, other.numbers = (tree.episode, tree.texts[:], dict(tree.numbers))
    tree.agent.buffer._path = None  # the file belongs to the restored one now
    start = len(tree.picks)
    assert [tree.trial() for _ in range(4)] == [other.trial() for _ in range(4)]
    assert tree.picks[start:] == other.picks


def test_a_restored_agent_keeps_stale_scores_where_a_step_does_not_refresh_all(tmp_path):
    tree = Tree(agent(small(), run_dir=tmp_path, refresh=2))
    texts = [tree.texts[tree.index((layer,))] for layer in LAYERS]
    for _ in range(4):
        tree.trial()
        tree.agent.scores(TASK, texts)
    checkpoint.save(tmp_path, tree.agent, Position())
    again = restored(agent(small(), run_dir=tmp_path, refresh=2), tmp_path)
    for _ in range(2):
        assert again.scores(TASK, texts) == pytest.approx(tree.agent.scores(TASK, texts), abs=1e-6)
        for one in (tree.agent, again):
            one.update()


def test_a_checkpoint_of_another_scorer_is_refused():
    with pytest.raises(ScorerError, match="got a checkpoint of scorer bag, expected transformer"):
        agent(small()).load_state_dict(agent("bag").state_dict())


def test_a_scorer_that_cannot_take_up_its_state_is_named():
    state = agent(small()).state_dict()
    state["scorer"]["model"] = {}
    with pytest.raises(ScorerError, match=r"transformer: load_state_dict\(\) raised .*changed\?"):
        agent(small()).load_state_dict(state)


def test_a_scorer_that_follows_one_without_weights_learns_from_the_buffer(tmp_path):
    tree = Tree(agent("random", run_dir=tmp_path))
    for _ in range(3):
        tree.trial()
    again = agent(small(), run_dir=tmp_path)
    again.load_state_dict(tree.agent.state_dict())
    assert len(again.buffer.rewards) == 3
    assert again.fits == 1


def test_what_the_machine_failed_at_is_neither_learned_from_nor_proposed_again(tmp_path):
    tree = Tree(agent(small(), run_dir=tmp_path))
    tree.descend()
    given = tree.agent.propose()
    assert given is not None
    tree.agent.give_up(given)
    for one in (tree.agent, agent(small(), run_dir=tmp_path)):
        assert one.buffer.rewards == {}
        assert one.propose(exhausted=True) is None


def test_a_dead_end_is_remembered():
    a = agent(small())
    path = [Step(1, "(a)"), Step(2, "(b)")]
    a.dead_end(session="s", episode=0, step=2, index=2, path=path)
    assert list(a.buffer.dead_ends) == ["(b)"]
