"""The agent on a small tree: what it picks, what it proposes, and that a restored one goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from architecto import json_lines, scorers
from architecto.learning.agent import Agent, Step
from architecto.learning.metrics import METRICS, MetricsFile, rank_correlation
from architecto.learning.replay import ReplayBuffer
from architecto.runs import checkpoint
from architecto.runs.checkpoint import Position
from architecto.scorers import ScorerError
from architecto.scorers.base import BaseScorer, LearningScorer
from architecto.scorers.settings import GuideSettings
from architecto.scorers.transformer import TransformerScorer

TASK = "categorize digits"
LAYERS = ("relu", "gelu", "conv2d", "dropout")
DEPTH = 4


class Tree:
    """Stands for the engine: `DEPTH` layers, one of `LAYERS` at a time; every conv2d is worth
    something, and more the later it comes."""

    def __init__(self, agent: Agent) -> None:
        self.agent, self.episode = agent, 0
        self.texts: list[str] = []
        self.numbers: dict[str, int] = {}
        self.picks: list[tuple[int, int, int]] = []  # (episode, step, index)

    def index(self, layers: tuple[str, ...]) -> int:
        text = f"(bind (state ({' '.join(layers)} . _.0) () ()) (conj (relate (layero _.0))))"
        if text not in self.numbers:
            self.numbers[text] = len(self.texts)
            self.texts.append(text)
        return self.numbers[text]

    def descend(self) -> str:
        """One episode: down to an answer, which the agent is told."""
        layers: tuple[str, ...] = ()
        path = []
        for step in range(DEPTH):
            children = {self.index((*layers, layer)): (*layers, layer) for layer in LAYERS}
            picked = self.agent.select_action(
                task=TASK,
                session="s",
                episode=self.episode,
                step=step,
                candidates=list(children),
                texts=self.texts.__getitem__,
            )
            self.picks.append((self.episode, step, picked.index))
            layers = children[picked.index]
            path.append(Step(picked.index, self.texts[picked.index]))
        answer = f"(architecture (input 1 8 8) ({' '.join(layers)}))"
        self.agent.answer(
            session="s",
            episode=self.episode,
            step=DEPTH,
            index=picked.index,
            architecture=answer,
            path=path,
        )
        self.episode += 1
        return answer

    def trial(self) -> str:
        """Episodes until the agent proposes; then the evaluation and the update."""
        while True:
            self.descend()
            architecture = self.agent.propose()
            if architecture is not None:
                self.agent.observe(architecture, worth(architecture))
                self.agent.update()
                return architecture


def worth(architecture: str) -> float:
    layers = architecture.split(" (")[-1].strip(")").split()
    return sum(k + 1 for k, layer in enumerate(layers) if layer == "conv2d") / 10


QUICK = GuideSettings(warm_up=3, episodes=5, fit_tokens=2000)


def agent(
    scorer: BaseScorer | str = "uniform",
    run_dir: Path | None = None,
    said: list[str] | None = None,
    seed: int = 0,
    refresh: int = 64,
    pool: int = 256,
    **settings,
) -> Agent:
    return Agent(
        scorers.load(scorer, seed=0) if isinstance(scorer, str) else scorer,
        task=TASK,
        seed=seed,
        buffer=ReplayBuffer(run_dir / "replay.jsonl") if run_dir else None,
        settings=replace(QUICK, **settings),
        say=([] if said is None else said).append,
        refresh=refresh,
        pool=pool,
    )


def small(seed: int = 0) -> TransformerScorer:
    return TransformerScorer(seed=seed, width=16, heads=2, hidden=32, settings=QUICK)


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


def restored(one: Agent, run_dir: Path) -> Agent:
    """The same agent with the state of the latest checkpoint."""
    saved = checkpoint.load(run_dir)
    assert saved is not None
    one.load_state_dict(saved[1])
    return one


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


# The task


class Echo(BaseScorer):
    """A choice is worth more the more of the task's words it has; counts the texts it is given."""

    name = "echo"

    def __init__(self) -> None:
        self.asked = 0

    def score(self, task, choices):
        self.asked += len(choices)
        return torch.tensor([float(sum(word in c for word in task.split())) for c in choices])


def test_each_engine_is_served_under_its_own_sentence():
    a = agent(Echo())
    at = {"session": "s", "episode": 0, "step": 0, "candidates": [0, 1]}
    texts = ["round", "square"].__getitem__
    assert a.select_action(task="find square things", texts=texts, **at).index == 1
    assert a.select_action(task="find round things", texts=texts, **at).index == 0
    assert a.scores("find square things", ["square"]) == [1.0]
    assert a.scores("find round things", ["square"]) == [0.0]
    assert a.scorer.asked == 4  # type: ignore[attr-defined]


def test_an_agent_without_a_task_keeps_the_one_that_it_was_given(tmp_path):
    one, other = (Agent(small(), task=None, seed=0) for _ in range(2))
    one.task = "find square things"
    other.load_state_dict(one.state_dict())
    assert other.task == "find square things"


# The figures of a fit


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


# Thompson sampling


class Opposed(LearningScorer):
    """Two members: one likes the first choice of any two, the other the second."""

    name = "opposed"
    best = 0.0

    class Member(BaseScorer):
        def __init__(self, liked: str) -> None:
            self.liked = liked

        def score(self, task, choices):
            return torch.tensor([3.0 * (choice == self.liked) for choice in choices])

    members = (Member("1"), Member("2"))

    def score(self, task, choices):
        raise AssertionError("the members are asked")

    def fit(self, task, experience):
        return {}

    def predict(self, task, texts):
        return torch.zeros(len(texts)), torch.ones(len(texts))


def test_each_episode_follows_one_member_of_an_ensemble():
    a = agent(Opposed(), warm_up=0, epsilon=0.0, epsilon_decay=0.0, temperature=0.0)
    a.buffer.add_reward("(architecture)", 0.5)
    picks = [
        [
            a.select_action(
                task=TASK, session="s", episode=episode, step=step, candidates=[1, 2], texts=str
            ).index
            for step in range(4)
        ]
        for episode in range(20)
    ]
    assert all(len(set(episode)) == 1 for episode in picks)
    assert {episode[0] for episode in picks} == {1, 2}
    assert a.scores(TASK, ["1", "2"]) == [1.5, 1.5]
