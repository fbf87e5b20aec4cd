"""words: which of five languages is this word from? From the word lists that Debian packages."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from architecto.problems.networks.datasets import store
from architecto.problems.networks.datasets.base import BaseDataset, DatasetUnavailable, Splits

DICTIONARIES = Path("/usr/share/dict")

LANGUAGES = {
    "English": ("american-english", "wamerican"),
    "French": ("french", "wfrench"),
    "German": ("ngerman", "wngerman"),
    "Italian": ("italian", "witalian"),
    "Spanish": ("spanish", "wspanish"),
}
"""The file of each language's list, and Debian's package with it."""

LETTERS = "abcdefghijklmnopqrstuvwxyzàáâäçèéêëìíîïñòóôöœùúûüÿß"
LENGTHS = range(3, 17)
EACH = 4000
"""Words of each language."""


class Words(BaseDataset):
    """Words of small letters; one that is in two lists is left out. A letter is its place in
    `LETTERS` from 2 on; 1 is any other character, 0 the padding on the left."""

    name = "words"
    input_kind, task_kind = "tokens", "classification"
    input_shape, classes = (LENGTHS[-1], len(LETTERS) + 2), len(LANGUAGES)
    description = "words of five languages"
    class_names = tuple(LANGUAGES)
    epochs, batch_size, learning_rate = 5, 64, 3e-3
    preprocessing = {"letters": LETTERS, "length": LENGTHS[-1]}  # noqa: RUF012
    notes = (
        f"{EACH} words of each language, {LENGTHS[0]} to {LENGTHS[-1]} letters, small ones; "
        "words of two languages are left out",
        f"letters become numbers, padded on the left to {LENGTHS[-1]}",
    )

    def ensure_available(self, folder: Path) -> None:
        missing = [
            package for file, package in LANGUAGES.values() if not (DICTIONARIES / file).is_file()
        ]
        if missing:
            raise DatasetUnavailable(
                f"data set words needs word lists in {DICTIONARIES} that are not there: "
                f"apt-get install {' '.join(missing)}"
            )

    def key(self, folder: Path) -> str:
        return store.key([DICTIONARIES / file for file, _ in LANGUAGES.values()], "words")

    def read(self, folder: Path) -> Splits:
        lists = [_words(DICTIONARIES / file) for file, _ in LANGUAGES.values()]
        random = np.random.RandomState(0)
        words: list[str] = []
        labels: list[int] = []
        for label, own in enumerate(lists):
            others = set().union(*(x for place, x in enumerate(lists) if place != label))
            alone = np.array(sorted(own - others))
            words += random.permutation(alone)[:EACH].tolist()
            labels += [label] * min(EACH, len(alone))
        return Splits.of(encode(words), np.array(labels, dtype=np.int64))


def encode(words: list[str]) -> np.ndarray:
    """int64 `[n, 16]`: the letters' numbers, padded on the left; of a longer word its end."""
    places = {letter: place for place, letter in enumerate(LETTERS, 2)}
    tokens = np.zeros((len(words), LENGTHS[-1]), dtype=np.int64)
    for row, word in enumerate(words):
        numbers = [places.get(letter, 1) for letter in word.lower()][-LENGTHS[-1] :]
        if numbers:
            tokens[row, -len(numbers) :] = numbers
    return tokens


def _words(file: Path) -> set[str]:
    allowed = set(LETTERS)
    lines = file.read_text(encoding="utf-8").lower().split()
    return {word for word in lines if len(word) in LENGTHS and allowed.issuperset(word)}
