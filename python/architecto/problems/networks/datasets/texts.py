"""text:PATH: a language model of a text file, or of the text files of a folder.

Characters are tokens where there are at most 255 different ones, else the bytes of UTF-8. The first
80 % are learned from, then 10 % validate and 10 % test; each part is cut into rows of --context
tokens, and the targets are the tokens one further on.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto.problems.networks.datasets.base import Splits
from architecto.problems.networks.datasets.own import OwnDataset, Read, title

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONTEXT = 64
ENDINGS = (".txt", ".md", ".rst", ".text", ".tex")
"""Of the files of a folder that are text."""

MOST_CHARACTERS = 255


class TextDataset(OwnDataset):
    """A token is 0 for a character that is not in the text, else 1 + its place among its characters
    in `preprocessing`, or 1 + its byte where there is none."""

    scheme = "text"

    def __init__(self, where: str, context: int | None = None) -> None:
        """context: tokens that are seen at once"""
        super().__init__(where, context=context or CONTEXT)

    def files(self) -> Iterable[Path]:
        path = Path(self.where).expanduser().resolve()
        if path.is_file():
            return [path]
        if not path.is_dir():
            raise self.error("no such file or folder")
        found = [file for file in sorted(path.rglob("*")) if file.suffix.lower() in ENDINGS]
        found = [file for file in found if file.is_file()]
        if not found:
            raise self.error(f"no text in that folder: files that end in {' '.join(ENDINGS)} are")
        return found

    def examine(self) -> Read:
        import numpy as np

        files, length = list(self.files()), self.options["context"]
        text = "\n".join(map(self._text, files))
        characters = "".join(sorted(set(text)))
        if len(characters) <= MOST_CHARACTERS:
            vocabulary, unit = len(characters) + 1, "characters"
        else:
            characters, vocabulary, unit = "", 257, "bytes"
        tokens = encode(text, characters)
        first, second = round(len(tokens) * 0.8), round(len(tokens) * 0.9)
        parts = [
            _rows(part, length) for part in (tokens[:first], tokens[first:second], tokens[second:])
        ]
        if min(len(inputs) for inputs, _ in parts) == 0:
            raise self.error(
                f"the text has {len(tokens)} {unit}, too few for a context of {length}: expected "
                f"at least {10 * (length + 2)}"
            )
        counts = np.bincount(tokens[:first], minlength=vocabulary)
        shares = counts[counts > 0] / first
        entropy = float(-(shares * np.log(shares)).sum())
        return Read(
            Splits(*parts),
            {
                "input_kind": "tokens",
                "input_shape": (length, vocabulary),
                "task_kind": "language-model",
                "classes": vocabulary,
                "description": title(self.where),
                "preprocessing": {"characters": characters, "context": length},
                "notes": (
                    f"{len(tokens)} {unit} of {len(files)} file"
                    + "s" * (len(files) > 1)
                    + f", cut into rows of {length}: the first 80 % train, then 10 % validate, the "
                    "last 10 % test",
                    f"how often each occurs alone gives a loss of {entropy:.3f} (even guesses: "
                    f"{np.log(vocabulary):.3f})",
                ),
            },
        )

    def _text(self, file: Path) -> str:
        if file.stat().st_size == 0:
            raise self.error(f"{file} is empty")
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise self.error(f"{file} is no text in UTF-8 (byte {error.start})") from None
        if "\0" in text:
            raise self.error(f"{file} is no text: it has a zero byte")
        return text


def encode(text: str, characters: str) -> NDArray[Any]:
    """int64 `[n]`: the tokens of a text; `characters` are empty where bytes are the tokens."""
    import numpy as np

    if not characters:
        return np.frombuffer(text.encode(), dtype=np.uint8).astype(np.int64) + 1
    places = {character: place for place, character in enumerate(characters, 1)}
    return np.array([places.get(character, 0) for character in text], dtype=np.int64)


def _rows(tokens: NDArray[Any], length: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Inputs and targets int64 `[n, length]`; a rest that fills no row is left out."""
    count = max(0, (len(tokens) - 1) // length)
    used = count * length
    return tokens[:used].reshape(count, length), tokens[1 : used + 1].reshape(count, length)
