"""One decision explained: what the scorer makes of the candidates, and why of the picked one."""

from __future__ import annotations

from dataclasses import dataclass

from architecto.scorers.base import BaseScorer, checked_scores

from . import reading
from .attention import Attention, attention
from .attribution import Place, occlusion, spans
from .decisions import Decision


@dataclass(frozen=True)
class Candidate:
    """shown: the part of the text in which the candidates differ"""

    index: int
    score: float
    shown: str
    picked: bool


@dataclass(frozen=True)
class Explanation:
    """candidates: best first
    text: what the scorer reads, `TASK | CHOICE`, of the picked choice
    spans: its tokens, (start, end) in characters; effects: what each is worth, see `attribution`
    attention: None for a scorer that has none
    """

    decision: Decision
    candidates: list[Candidate]
    text: str
    spans: list[tuple[int, int]]
    effects: list[float]
    attention: Attention | None

    @property
    def tokens(self) -> list[str]:
        return [self.text[start:end] for start, end in self.spans]

    @property
    def how(self) -> str:
        """How the pick was made, in words."""
        was = (
            "not the best-scored one then" if self.decision.explored else "the best-scored one then"
        )
        return f"picked by {self.decision.scorer} in episode {self.decision.episode}, {was}"

    @property
    def picked(self) -> Candidate:
        return next(candidate for candidate in self.candidates if candidate.picked)


def place_of(decision: Decision, seed: int) -> Place:
    """The decision as `attribution` takes it."""
    indices = list(decision.candidates)
    return Place(
        seed=seed,
        episode=decision.episode,
        step=decision.step,
        candidates=list(decision.candidates.values()),
        picked=indices.index(decision.picked),
    )


def candidates(scorer: BaseScorer, task: str, seed: int, decision: Decision) -> list[Candidate]:
    """The candidates with their scores, best first; raises ScorerError where there are none."""
    texts = list(decision.candidates.values())
    scorer.begin_step(seed, decision.episode, decision.step)
    found = [
        Candidate(index, score, shown, index == decision.picked)
        for index, score, shown in zip(
            decision.candidates, checked_scores(scorer, task, texts), differing(texts), strict=True
        )
    ]
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.index))


def explain(scorer: BaseScorer, task: str, seed: int, decision: Decision) -> Explanation:
    """Everything about a decision; raises ScorerError where the scorer gives no usable scores."""
    found = spans(scorer, task, decision.text)
    groups = [[i] for i in range(len(found))]
    return Explanation(
        decision=decision,
        candidates=candidates(scorer, task, seed, decision),
        text=f"{task} | {decision.text}",
        spans=found,
        effects=occlusion(scorer, task, place_of(decision, seed), groups),
        attention=attention(scorer, task, decision.text),
    )


def differing(texts: list[str]) -> list[str]:
    """The network of each text; where two are the same, the texts from where they differ."""
    networks = [reading.network(text) for text in texts]
    if len(set(networks)) == len(texts):
        return networks
    pairs = zip(min(texts), max(texts), strict=False)
    common = next((i for i, (a, b) in enumerate(pairs) if a != b), 0)
    start = max(texts[0].rfind("(", 0, common), 0)
    return [text[start:] for text in texts]
