"""folder:PATH: images in a folder for each class, by the rules of torchvision's ImageFolder.

Folders train, and val (or valid, validation) or test or both, may stand above those of the classes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto.problems.networks.datasets.base import Arrays, DatasetError, Splits
from architecto.problems.networks.datasets.data_options import listed
from architecto.problems.networks.datasets.own import OwnDataset, Read, title

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
"""Of the files that torchvision takes for images."""

VALIDATION = ("val", "valid", "validation")
GREY = ("1", "L", "I;16", "I", "F", "LA")
"""Modes of Pillow without colour."""


class FolderDataset(OwnDataset):
    scheme = "folder"

    def __init__(self, where: str, image_size: int | None = None) -> None:
        """image_size: height and width that images are brought to: scaled so that the shorter side
        fits, then cut at the middle"""
        super().__init__(where, image_size=image_size)

    def files(self) -> Iterable[Path]:
        return [file for part in self._parts().values() for _, file in self._images(part)]

    def examine(self) -> Read:
        parts = {name: self._images(part) for name, part in self._parts().items()}
        names = sorted({label for part in parts.values() for label, _ in part})
        every = [file for part in parts.values() for _, file in part]
        if len(names) < 2:
            raise self.error(f"there is one class, {names[0]}; expected a folder for each of two")
        if len(every) < 2 * len(names):
            raise self.error(f"{len(every)} images are too few for {len(names)} classes")
        shape = self._shape(every)
        lacking = sorted(set(names) - {label for label, _ in parts["train"]})
        if lacking:
            raise self.error(f"class {lacking[0]} has no image in {self._parts()['train']}")
        arrays = {name: self._read(part, names, shape) for name, part in parts.items()}
        train = arrays["train"]
        if "test" in arrays and "validation" in arrays:
            splits = Splits(train, arrays["validation"], arrays["test"])
        elif "test" in arrays:
            splits = Splits.before(train, arrays["test"])
        elif "validation" in arrays:  # of the training images another part is held out
            rest = Splits.before(train, arrays["validation"])
            splits = Splits(rest.train, arrays["validation"], rest.validation)
        else:
            splits = Splits.of(*train)
        size = self.options["image_size"]
        how = f"brought to {size}x{size}, cut at the middle" if size else "left at their size"
        return Read(
            splits,
            {
                "input_shape": shape,
                "classes": len(names),
                "class_names": tuple(names),
                "description": title(self.where),
                "notes": (
                    f"images {'grey' if shape[0] == 1 else 'in colour (RGB)'}, {how}",
                    "mean and deviation of each channel are brought to 0 and 1",
                ),
            },
        )

    def _parts(self) -> dict[str, Path]:
        """The folders of the parts; only a training part where all is in one."""
        root = Path(self.where).expanduser().resolve()
        if not root.is_dir():
            raise self.error("no such folder")
        there = {entry.name: entry for entry in root.iterdir() if entry.is_dir()}
        validation = [there[name] for name in VALIDATION if name in there]
        if "train" not in there or not (validation or "test" in there):
            return {"train": root}
        parts = {"train": there["train"]}
        if validation:
            parts["validation"] = validation[0]
        if "test" in there:
            parts["test"] = there["test"]
        return parts

    def _images(self, root: Path) -> list[tuple[str, Path]]:
        """Class and file of each image below a folder, in order."""
        found: list[tuple[str, Path]] = []
        classes = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
        if not classes:
            raise self.error(f"{root} has no folders, expected one for each class")
        for name in classes:
            before = len(found)
            for place, _, files in sorted(os.walk(root / name, followlinks=True)):
                found += [
                    (name, Path(place, file))
                    for file in sorted(files)
                    if file.lower().endswith(ENDINGS)
                ]
            if len(found) == before:
                raise self.error(
                    f"{root / name} has no image; files that end in {' '.join(ENDINGS)} are"
                )
        return found

    def _shape(self, files: list[Path]) -> tuple[int, int, int]:
        """Channels, height and width of what the images are brought to; looks at each file's head,
        so that one that is no image is told at once."""
        size, grey = self.options["image_size"], True
        seen: dict[tuple[int, int], Path] = {}
        for file in files:
            with self._open(file) as image:
                grey = grey and image.mode in GREY
                seen.setdefault(image.size, file)
        channels = 1 if grey else 3
        if size:
            return (channels, size, size)
        if len(seen) > 1:
            shown = [f"{w}x{h} ({file.name})" for (w, h), file in seen.items()]
            raise self.error(
                f"images are of different sizes, {listed(shown[:3])}: give --image-size N"
            )
        ((width, height),) = seen
        return (channels, height, width)

    def _read(
        self, images: list[tuple[str, Path]], names: list[str], shape: tuple[int, int, int]
    ) -> Arrays:
        import numpy as np

        places = {name: place for place, name in enumerate(names)}
        pixels = np.empty((len(images), *shape), dtype=np.float32)
        for row, (_, file) in enumerate(images):
            try:
                with self._open(file) as image:
                    pixels[row] = pixels_of(image, shape, fit=bool(self.options["image_size"]))
            except (OSError, SyntaxError, ValueError) as error:
                if isinstance(error, DatasetError):
                    raise
                raise self.error(f"cannot read {file} ({error})") from None
        return pixels, np.array([places[label] for label, _ in images], dtype=np.int64)

    def _open(self, file: Path) -> Image:
        from PIL import Image, UnidentifiedImageError

        try:
            return Image.open(file)
        except UnidentifiedImageError:
            raise self.error(f"cannot read {file} (it is no image)") from None
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise self.error(f"cannot read {file} ({error})") from None


def pixels_of(image: Image, shape: tuple[int, int, int], *, fit: bool) -> NDArray[Any]:
    """float32 `[channels, height, width]` in [0, 1] of an image; with `fit`, scaled so that the
    shorter side fits, and cut at the middle."""
    import numpy as np
    from PIL import Image, ImageOps

    channels, height, width = shape
    if image.mode.startswith("I"):  # 16 bits
        values = np.asarray(image, dtype=np.float32) / np.float32(257)
        image = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    image = image.convert("L" if channels == 1 else "RGB")
    if fit and image.size != (width, height):
        image = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image, dtype=np.float32) / np.float32(255)
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)
