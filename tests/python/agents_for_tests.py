"""A small tree to search, agents that search it, and how to restore one; for several tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from architecto import scorers
from architecto.learning.agent import Agent
from architecto.learning.replay import ReplayBuffer, Step
from architecto.runs import checkpoint
from architecto.scorers.base import BaseScorer
from architecto.scorers.guide_settings import GuideSettings
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
            answer=answer,
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


def restored(one: Agent, run_dir: Path) -> Agent:
    """The same agent with the state of the latest checkpoint."""
    saved = checkpoint.load(run_dir)
    assert saved is not None
    one.load_state_dict(saved[1])
    return one
