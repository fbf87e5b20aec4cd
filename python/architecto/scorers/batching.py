"""Texts of many lengths → few padded batches of nearly one length; scores kept by text."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from architecto.scorers.tokenizer import COLUMNS, PAD

V = TypeVar("V")


@dataclass(frozen=True)
class Batch:
    """Some texts of nearly one length.

    positions: where the texts stand in the sequence that was batched, `[B]`
    ids: token rows, int64 `[B, T, COLUMNS]`
    padding: true where there is no token, `[B, T]`; None when no text is padded
    """

    positions: list[int]
    ids: Tensor
    padding: Tensor | None


def batches(
    rows: Sequence[np.ndarray], max_tokens: int = 4096, slack: float = 0.1, spare: int = 128
) -> Iterator[Batch]:
    """Sort by length and cut into batches.

    rows: one int array `[tokens, COLUMNS]` a text
    max_tokens: a batch holds at most so many places, padding included (at least one text)
    slack: at most this part of a batch's places is padding, …
    spare: … or so many places: fewer cost less than another batch would
    """
    order = sorted(range(len(rows)), key=lambda i: (len(rows[i]), i))
    start = 0
    while start < len(order):
        tokens = len(rows[order[start]])
        end = start + 1
        while end < len(order):
            longest = len(rows[order[end]])
            places = longest * (end + 1 - start)
            padding = places - tokens - longest
            if places > max_tokens or padding > max(slack * places, spare):
                break
            tokens += longest
            end += 1
        yield pad([rows[i] for i in order[start:end]], order[start:end])
        start = end


def pad(rows: Sequence[np.ndarray], positions: Sequence[int] | None = None) -> Batch:
    """One batch of all rows, padded to the longest."""
    lengths = np.array([len(r) for r in rows])
    longest = int(lengths.max())
    ids = np.full((len(rows), longest, COLUMNS), PAD, dtype=np.int64)
    for i, r in enumerate(rows):
        ids[i, : len(r)] = r
    padding = None
    if lengths.min() < longest:
        padding = torch.from_numpy(np.arange(longest)[None, :] >= lengths[:, None])
    places = list(range(len(rows))) if positions is None else list(positions)
    return Batch(places, torch.from_numpy(ids), padding)


class TextCache(Generic[V]):
    """Values by task and text, each with the version of the weights that gave it; the least
    recently used go.

    capacity: entries of all tasks at most; characters: of all their texts at most

    A value of an older version is stale: `get` still gives it, `is_fresh` says no.
    """

    def __init__(self, capacity: int = 50_000, characters: int = 50_000_000) -> None:
        self.capacity, self.characters = capacity, characters
        self._held = 0  # characters of all texts
        self.version = 0
        self._entries: OrderedDict[tuple[str, str], tuple[int, V]] = OrderedDict()
        self._restored: dict[int, tuple[int, V]] = {}  # the same by the digest of task and text

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, task: str, text: str) -> V | None:
        key = (task, text)
        entry = self._entry(key)
        if entry is None:
            return None
        if key in self._entries:
            self._entries.move_to_end(key)
        return entry[1]

    def is_fresh(self, task: str, text: str) -> bool:
        entry = self._entry((task, text))
        return entry is not None and entry[0] == self.version

    def put(self, task: str, text: str, value: V) -> None:
        key = (task, text)
        self._held += 0 if key in self._entries else len(text)
        self._entries[key] = (self.version, value)
        self._entries.move_to_end(key)
        while len(self._entries) > self.capacity or self._held > self.characters:
            (_, oldest), _ = self._entries.popitem(last=False)
            self._held -= len(oldest)

    def stale_all(self) -> None:
        """The weights changed: every value is stale from now on."""
        self.version += 1

    def clear(self) -> None:
        self._entries.clear()
        self._restored.clear()
        self._held = 0

    def state_dict(self) -> dict[str, Any]:
        """The version, and all values with theirs and the digests of their tasks and texts."""
        entries = dict(self._restored)
        entries |= {_digest(key): entry for key, entry in self._entries.items()}
        versions = [version for version, _ in entries.values()]
        values = [value for _, value in entries.values()]
        digests = torch.tensor(list(entries), dtype=torch.int64)
        return {"version": self.version, "digests": digests, "versions": versions, "values": values}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` gave."""
        self.version = state["version"]
        entries = zip(state["versions"], state["values"], strict=True)
        self._restored = dict(zip(state["digests"].tolist(), entries, strict=True))

    def _entry(self, key: tuple[str, str]) -> tuple[int, V] | None:
        entry = self._entries.get(key)
        if entry is None and self._restored:
            entry = self._restored.get(_digest(key))
        return entry


def _digest(key: tuple[str, str]) -> int:
    """A number of 63 bits for a task and a text, neither of which holds a newline; the same in
    every process."""
    digest = hashlib.blake2b("\n".join(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
