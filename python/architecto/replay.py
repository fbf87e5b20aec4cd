"""Replay buffer: what the search found and what it was worth, in memory and in `replay.jsonl`.

One JSON object a line, appended and never rewritten:

    {"text": "(bind …"}                                    the next text; numbered from 0
    {"answer": "(architecture …", "episode": E, "path": [[TEXT, [TEXT, …]], …]}
    {"dead_end": TEXT, "episode": E}
    {"reward": R, "architecture": "(architecture …"}

A buffer may begin with the trials of an earlier run (see `warm_start`): their rewards say
``"earlier": "same"`` when what was evaluated is what this run evaluates too, else ``"other"``, and
their answers have the episode −1.

A path holds, for each pick from the root on, the number of the chosen text and of the candidates
it was chosen from (empty where they were not kept). A line that was torn by a crash is the last
one; it is cut off on opening.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Step:
    """One pick on the way from the root to an answer.

    index: of the chosen choice; text: its text
    candidates: texts it was chosen from, itself among them
    """

    index: int
    text: str
    candidates: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """A complete architecture and one path that leads to it.

    choices: chosen texts from the root on
    candidates: for each pick what it was chosen from; `()` where that was not kept
    """

    architecture: str
    episode: int
    choices: tuple[str, ...]
    candidates: tuple[tuple[str, ...], ...]


class ReplayBuffer:
    """Everything in the order in which it came.

    path: the file, or None to keep it in memory only
    keep_candidates: also keep what each pick was chosen from (needed for returns of fewer steps
        than an episode; several times as large)

    answers: every derivation that was reported, the first one of each architecture and path
    held: architectures that were found and not evaluated, in the order found
    rewards: reward of each evaluated architecture, in [-1, 1], also of those of an earlier run
    other: architectures whose reward is an earlier run's and was for another data set or training:
        here they are still to be evaluated
    dead_ends: texts of choices below which nothing was found
    """

    def __init__(self, path: Path | None = None, *, keep_candidates: bool = False) -> None:
        self.keep_candidates = keep_candidates
        self.answers: list[Answer] = []
        self.held: dict[str, None] = {}
        self.rewards: dict[str, float] = {}
        self.other: set[str] = set()
        self.dead_ends: dict[str, None] = {}
        self.last_episode = -1
        self._seen: set[tuple[str, ...]] = set()
        self._texts: list[str] = []
        self._numbers: dict[str, int] = {}
        self._path = path
        if path is not None and path.exists():
            self._read(path)

    def add_answer(self, architecture: str, episode: int, path: Iterable[Step]) -> bool:
        """Record an answer; false if this derivation is known already."""
        steps = list(path)
        key = (architecture, *(s.text for s in steps))
        if key in self._seen:
            return False
        chosen = [self._number(s.text) for s in steps]
        others = [
            [self._number(c) for c in s.candidates] if self.keep_candidates else [] for s in steps
        ]
        pairs = [list(p) for p in zip(chosen, others, strict=True)]
        self.write({"answer": architecture, "episode": episode, "path": pairs})
        self._add_answer(architecture, episode, pairs)
        return True

    def add_dead_end(self, text: str, episode: int) -> None:
        """Record that nothing is below a choice."""
        if text not in self.dead_ends:
            number = self._number(text)
            self.write({"dead_end": number, "episode": episode})
            self._add_dead_end(number, episode)

    def add_reward(self, architecture: str, reward: float) -> None:
        """Record an evaluation; a second one of the same architecture replaces the first."""
        self.write({"reward": reward, "architecture": architecture})
        self._add_reward(architecture, reward)

    def sync(self) -> None:
        """Durable when it returns."""
        if self._path is not None and self._path.exists():
            with self._path.open("ab") as file:
                os.fsync(file.fileno())

    def _read(self, path: Path) -> None:
        good = 0
        with path.open("rb+") as file:
            for record, size in read_records(file):
                self.replay(record)
                good += size
            file.truncate(good)

    def replay(self, record: dict) -> None:
        """Take up one record of a file."""
        if "text" in record:
            self._numbers[record["text"]] = len(self._texts)
            self._texts.append(record["text"])
        elif "answer" in record:
            self._add_answer(record["answer"], record["episode"], record["path"])
        elif "dead_end" in record:
            self._add_dead_end(record["dead_end"], record["episode"])
        else:
            self._add_reward(record["architecture"], record["reward"])
            if record.get("earlier") == "other":
                self.other.add(record["architecture"])

    def _add_answer(self, architecture: str, episode: int, pairs: list) -> None:
        choices = tuple(self._texts[chosen] for chosen, _ in pairs)
        candidates = tuple(tuple(self._texts[c] for c in others) for _, others in pairs)
        self.answers.append(Answer(architecture, episode, choices, candidates))
        if episode < 0:  # of an earlier run
            return
        self._seen.add((architecture, *choices))
        self.last_episode = max(self.last_episode, episode)
        if architecture not in self.rewards or architecture in self.other:
            self.held.setdefault(architecture)

    def _add_dead_end(self, number: int, episode: int) -> None:
        self.dead_ends[self._texts[number]] = None
        self.last_episode = max(self.last_episode, episode)

    def _add_reward(self, architecture: str, reward: float) -> None:
        self.rewards[architecture] = reward
        self.other.discard(architecture)
        self.held.pop(architecture, None)

    def _number(self, text: str) -> int:
        if text not in self._numbers:
            self.write({"text": text})
            self._numbers[text] = len(self._texts)
            self._texts.append(text)
        return self._numbers[text]

    def write(self, record: dict) -> None:
        """Append one record to the file."""
        if self._path is not None:
            line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
            with self._path.open("ab") as file:
                file.write(line.encode() + b"\n")


def read_records(file: IO[bytes]) -> Iterator[tuple[dict, int]]:
    """The whole records of a buffer's file from its start on, each with its size in bytes."""
    for line in file:
        try:
            record = json.loads(line)
        except ValueError:
            return
        if not line.endswith(b"\n"):
            return
        yield record, len(line)
