"""Replay buffer: what the search found and what it was worth, in memory and in `replay.jsonl`.

One JSON object a line, appended:

    {"text": "(bind …", "number": N}                       a text that later lines mean by N
    {"answer": "(architecture …", "episode": E, "path": [[TEXT, [TEXT, …]], …]}
    {"dead_end": TEXT, "episode": E}
    {"reward": R, "architecture": "(architecture …"}
    {"unjudged": "(architecture …"}                        the machine failed to evaluate it

A buffer may begin with the trials of an earlier run (see `warm_start`): their rewards say
``"earlier": "same"`` when what was evaluated is what this run evaluates too, else ``"other"``, and
their answers have the episode −1.

A path holds, for each pick from the root on, the number of the chosen text and of the candidates
it was chosen from (empty where they were not kept).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from architecto import json_lines
from architecto.scorers.experience import Answer, Experience

REPLAY = "replay.jsonl"
"""The file in the run directory."""

log = logging.getLogger("architecto.learning.replay")


@dataclass(frozen=True)
class Step:
    """One pick on the way from the root to an answer.

    index: of the chosen choice; text: its text
    candidates: texts it was chosen from, itself among them
    """

    index: int
    text: str
    candidates: list[str] = field(default_factory=list)


class ReplayBuffer:
    """Everything in the order in which it came.

    path: the file, or None to keep it in memory only
    keep_candidates: also keep what each pick was chosen from (needed for returns of fewer steps
        than an episode; several times as large)
    size: bytes of the file that count, what follows them is cut off; None: all
    read_only: the file stays as it is; what cannot be read in it is passed over
    say: told in one line of what could not be read

    answers: every derivation that was reported, the first one of each answer and path
    held: answers that were found and not evaluated, in the order found
    rewards: reward of each evaluated answer, in [-1, 1], also of those of an earlier run
    other: answers whose reward is an earlier run's and was for another data set or training:
        here they are still to be evaluated
    dead_ends: texts of choices below which nothing was found
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        keep_candidates: bool = False,
        size: int | None = None,
        read_only: bool = False,
        say: Callable[[str], None] = log.warning,
    ) -> None:
        self.keep_candidates = keep_candidates
        self.answers: list[Answer] = []
        self.held: dict[str, None] = {}
        self.rewards: dict[str, float] = {}
        self.other: set[str] = set()
        self.dead_ends: dict[str, None] = {}
        self.last_episode = -1
        self._unjudged: set[str] = set()
        self._seen: set[tuple[str, ...]] = set()
        self._texts: dict[int, str] = {}
        self._numbers: dict[str, int] = {}
        self._path = path
        if path is not None and path.exists():
            if size is not None and size < path.stat().st_size:
                os.truncate(path, size)
            if not read_only:
                json_lines.cut_half_line(path)
            bad = self._read(path)
            if read_only:
                self._path = None
                if bad:
                    say(f"{path}: {len(bad)} lines cannot be read and are passed over")
            else:
                json_lines.set_aside(path, bad, say)

    def add_answer(self, answer: str, episode: int, path: Iterable[Step]) -> bool:
        """Record an answer; false if this derivation is known already."""
        steps = list(path)
        key = (answer, *(s.text for s in steps))
        if key in self._seen:
            return False
        chosen = [self._number(s.text) for s in steps]
        others = [
            [self._number(c) for c in s.candidates] if self.keep_candidates else [] for s in steps
        ]
        pairs = [list(p) for p in zip(chosen, others, strict=True)]
        self.write({"answer": answer, "episode": episode, "path": pairs})
        self._add_answer(answer, episode, pairs)
        return True

    def add_dead_end(self, text: str, episode: int) -> None:
        """Record that nothing is below a choice."""
        if text not in self.dead_ends:
            number = self._number(text)
            self.write({"dead_end": number, "episode": episode})
            self._add_dead_end(number, episode)

    def add_reward(self, answer: str, reward: float) -> None:
        """Record an evaluation; a second one of the same answer replaces the first."""
        self.write({"reward": reward, "architecture": answer})
        self._add_reward(answer, reward)

    def add_unjudged(self, answer: str) -> None:
        """Record that an evaluation failed for no fault of the answer: it has no reward, and
        is held no longer."""
        self.write({"unjudged": answer})
        self._add_unjudged(answer)

    def knows(self, answer: str) -> bool:
        """Is there a reward of this run for it, or did its evaluation fail for no fault of its?"""
        judged = answer in self.rewards and answer not in self.other
        return judged or answer in self._unjudged

    @property
    def experience(self) -> Experience:
        """What a scorer may read of it; see there."""
        return Experience(
            rewards=MappingProxyType(self.rewards),
            answers=tuple(self.answers),
            held=self.held.keys(),
            dead_ends=self.dead_ends.keys(),
        )

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return self._path.stat().st_size if self._path is not None and self._path.exists() else 0

    def sync(self) -> None:
        """Durable when it returns."""
        if self._path is not None and self._path.exists():
            with self._path.open("ab") as file:
                os.fsync(file.fileno())

    def _read(self, path: Path) -> list[int]:
        """Take up what the file holds; gives the starts of the lines that cannot be read."""
        bad: list[int] = []
        for start, _, record in json_lines.read(path, bad):
            try:
                self.replay(record)
            except (KeyError, IndexError, TypeError, ValueError, AttributeError):
                bad.append(start)
        return bad

    def replay(self, record: dict[str, Any]) -> None:
        """Take up one record of a file; raises KeyError, TypeError or ValueError if it is none."""
        match record:
            case {"text": str(text), "number": int(number)}:
                self._numbers[text] = number
                self._texts[number] = text
            case {"answer": str(answer), "episode": int(episode), "path": list(pairs)}:
                self._add_answer(answer, episode, pairs)
            case {"dead_end": int(number), "episode": int(episode)}:
                self._add_dead_end(number, episode)
            case {"reward": float(reward) | int(reward), "architecture": str(answer)}:
                self._add_reward(answer, reward)
                if record.get("earlier") == "other":
                    self.other.add(answer)
            case {"unjudged": str(answer)}:
                self._add_unjudged(answer)
            case _:
                raise ValueError("no record of a replay buffer")

    def _add_answer(self, answer: str, episode: int, pairs: list) -> None:
        choices = tuple(self._texts[chosen] for chosen, _ in pairs)
        candidates = tuple(tuple(self._texts[c] for c in others) for _, others in pairs)
        self.answers.append(Answer(answer, episode, choices, candidates))
        if episode < 0:  # of an earlier run
            return
        self._seen.add((answer, *choices))
        self.last_episode = max(self.last_episode, episode)
        if not self.knows(answer):
            self.held.setdefault(answer)

    def _add_dead_end(self, number: int, episode: int) -> None:
        self.dead_ends[self._texts[number]] = None
        self.last_episode = max(self.last_episode, episode)

    def _add_reward(self, answer: str, reward: float) -> None:
        self.rewards[answer] = reward
        self.other.discard(answer)
        self.held.pop(answer, None)

    def _add_unjudged(self, answer: str) -> None:
        self._unjudged.add(answer)
        self.held.pop(answer, None)

    def _number(self, text: str) -> int:
        if text not in self._numbers:
            number = len(self._texts)
            while number in self._texts:  # the line of an earlier text was damaged
                number += 1
            self.write({"text": text, "number": number})
            self._numbers[text] = number
            self._texts[number] = text
        return self._numbers[text]

    def write(self, record: dict[str, Any]) -> None:
        """Append one record to the file."""
        if self._path is not None:
            json_lines.write(self._path, record)


def size_of_earlier(path: Path) -> int:
    """Bytes at the start of a buffer's file that come from an earlier run."""
    size = 0
    for _, end, record in json_lines.read(path):
        if "earlier" in record or record.get("episode") == -1:
            size = end
        elif record.get("episode", -1) >= 0:
            break
    return size
