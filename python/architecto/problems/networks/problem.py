"""Networks as a problem: a search space, the images of a data set, and what a network may cost."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto.problems.base import BaseProblem, ProblemError
from architecto.problems.networks import datasets, recipe, recipe_settings
from architecto.problems.networks.datasets import data_options
from architecto.problems.networks.quantities import QUANTITIES
from architecto.problems.networks.shapes import Shape
from architecto.settings import documented, option, setting

if TYPE_CHECKING:
    from torch import nn

    from architecto.evaluators.base import Evaluation

SPACES = Path(__file__).resolve().parents[4] / "racket" / "networks" / "spaces"
FITTING = {
    "image": "cnn",
    "features": "tabular",
    "table": "tabular",
    "series": "series",
    "tokens": "text",
    "language-model": "language-model",
}
"""The space that is searched where none is given, by the kind of input, or of task."""
_DEVICE = re.compile(r"(cpu|mps|cuda(:[0-9]+)?)\Z")


@dataclass(frozen=True)
class _Fixed:
    space: str | None = setting(
        None,
        "search space: a file of racket/networks/spaces, or the path of a .rkt file",
        absent="one that fits the data: " + ", ".join(dict.fromkeys(FITTING.values())),
    )
    dataset: str = setting(
        "digits",
        f"data to learn: {', '.join((*datasets.CATALOGUE.registered, *datasets.CATALOGUE.forms))}, "
        "or path/to/file.py:Class",
        metavar="SPEC",
    )
    target: str | None = setting(
        None,
        "column of a table to predict; several with commas between",
        metavar="COLUMN",
        absent="none, a table needs one",
    )
    image_size: int | None = setting(
        None,
        "height and width that images of a folder are brought to",
        metavar="N",
        least=1,
        absent="as found",
    )
    context: int | None = setting(
        None,
        "tokens of a text that a language model sees at once",
        metavar="N",
        least=1,
        absent="64",
    )
    metric: str | None = setting(
        None,
        "metric of the validation part that ranks networks: "
        + "; ".join(f"{task}: {', '.join(m)}" for task, m in datasets.METRICS.items()),
        metavar="METRIC",
        absent="the first of its task",
    )
    class_weights: str | None = setting(
        None,
        "weights of the classes in the loss: none, or balanced for the same weight of each",
        metavar="NAME",
        absent="none",
    )
    table: str | None = setting(
        None,
        "look accuracies up in a CSV file (columns arch and METRICs) instead of training",
        metavar="CSV",
        absent="none, networks are trained",
    )
    search_metric: str | None = setting(
        None, "column of the table that the search sees", metavar="COLUMN"
    )
    report_metric: str | None = setting(
        None,
        "column of the table that is reported as test accuracy",
        metavar="COLUMN",
        absent="the search metric",
    )
    device: str = setting(
        "cpu", "where networks are trained: cpu, cuda, cuda:N, mps", metavar="DEVICE"
    )
    max_memory: int | None = setting(
        None,
        "at most so many bytes for weights and activations of a training",
        metavar="N",
        least=1,
    )


def _budget(meaning: str) -> Any:
    return setting(
        None,
        f"at most so many {meaning} in a network",
        metavar="N",
        least=1,
        absent="the space's own budget",
    )


NetworkSettings = documented(
    dataclasses.make_dataclass(
        "NetworkSettings",
        [
            *(
                (f"max_{name}", int | None, _budget(meaning))
                for name, meaning in QUANTITIES.items()
            ),
            *recipe_settings.fields(),
        ],
        bases=(_Fixed,),
        frozen=True,
        namespace={"__doc__": "What a search for networks may be told."},
    )
)


class Networks(BaseProblem):
    """The networks of a space for a data set's images, or for the rows of a table.

    With a table, input shape and classes are the space's own, and no data set is read.
    """

    name = "networks"
    noun = "architecture"
    Settings = NetworkSettings
    evaluators = ("training", "tabular")
    stores_weights = True

    @classmethod
    def stored(cls, given: dict[str, Any], folder: Path) -> dict[str, Any]:
        """`dataset` may be what `datasets.from_object` takes: arrays, a torch Dataset, a table."""
        if isinstance(given.get("dataset", ""), str):
            return given
        return given | {"dataset": datasets.from_object(given["dataset"], folder)}

    @property
    def task(self) -> str:
        settings = self.settings
        if settings.table is not None:
            return (
                f"find the best {settings.search_metric} of the table {Path(settings.table).stem}"
            )
        return self._dataset.task

    @property
    def _options(self) -> dict[str, Any]:
        """What is said of the data set beside its name."""
        return datasets.options(self.settings)

    @property
    def _dataset(self) -> datasets.BaseDataset:
        return datasets.create(self.settings.dataset, self._options)

    @property
    def title(self) -> str:
        table = self.settings.table
        results = Path(table).stem if table else datasets.title(self.settings.dataset)
        return f"{Path(self._space).stem}-{results}"

    @property
    def _space(self) -> str:
        """The space that is given, or one that fits the data."""
        if self.settings.space is not None:
            return self.settings.space
        if self.settings.table is not None:
            raise ProblemError("--table needs --space, the space whose networks the table names")
        info = self._dataset
        return FITTING.get(info.task_kind) or FITTING[info.input_kind]

    def introduction(self) -> str | None:
        """The space that was picked, and the columns of a table that say nothing."""
        settings = self.settings
        if settings.table is not None:
            return None
        info = self._dataset
        inputs = Shape(info.input_kind, info.input_shape).in_words
        picked = f"{inputs}; searching space {self._space} (SPACE=, or --space, takes another)"
        ours = settings.dataset in datasets.CATALOGUE.registered and info.input_kind == "image"
        useless = [note.partition(":")[0] for note in info.notes if ": left out, " in note]
        said = [] if ours or settings.space is not None else [picked]
        said += [f"left out: {', '.join(useless)} (describe-data says why)"] if useless else []
        name = re.sub(r"[^:]*/", "", settings.dataset)  # without its folder
        return f"data set {name}: {'; '.join(said)}" if said else None

    def engine_words(self) -> list[str]:
        settings = self.settings
        words = ["--space", self._space]
        if settings.table is not None:
            words.append("--table-keys")
        else:
            info = self._dataset
            words += ["--input", Shape(info.input_kind, info.input_shape).option]
            words += ["--classes", str(info.classes)]
            if info.input_kind == "tokens":
                each = info.task_kind == "language-model"
                words += ["--gives", "sequence" if each else "features"]
            words += self._training_words(info)
        for quantity in QUANTITIES:
            most = getattr(settings, f"max_{quantity}")
            if most is not None:
                words += [f"--max-{quantity}", str(most)]
        return words

    def _training_words(self, info: datasets.BaseDataset) -> list[str]:
        """What an engine is told of the training: the parts that are searched, and the memory."""
        settings = self.settings
        template = recipe_settings.template(settings, info)
        words = [] if template is None else ["--training", template]
        if settings.max_memory is not None:
            words += ["--max-memory", str(settings.max_memory)]
            if settings.batch_size != recipe_settings.SEARCH:
                words += ["--batch-size", str(settings.batch_size or info.batch_size)]
        return words

    def check(self) -> None:
        settings = self.settings
        _check_space(self._space)
        if settings.table is None:
            recipe_settings.check(settings, self._dataset)
            return
        for name in (*recipe.VALUES, "max_memory", *data_options.NAMES):
            if getattr(settings, name) is not None:
                raise ProblemError(
                    f"{option(name)} has no meaning with --table: nothing is trained"
                )

    def check_evaluator(self, name: str) -> None:
        device, table = self.settings.device, self.settings.table
        if table is None and (self.settings.search_metric or self.settings.report_metric):
            raise ProblemError("--search-metric and --report-metric need --table CSV")
        if table is not None and name == "training":
            raise ProblemError("--table is looked up and nothing is trained: leave one of them out")
        if not _DEVICE.match(device):
            raise ProblemError(f"unknown device {device!r}; known are cpu, cuda, cuda:N and mps")
        if name == "tabular":
            self._check_table()
        elif name == "training" and device != "cpu":
            _check_device(device)

    def fetch(self, name: str) -> None:
        if name == "training":
            datasets.ensure_available(self.settings.dataset, options=self._options)

    def absolute(self) -> Any:
        settings, space = self.settings, self._space
        changes = {"dataset": datasets.absolute(settings.dataset), "space": space}
        if space.endswith(".rkt"):
            changes["space"] = str(Path(space).resolve())
        if settings.table is not None:
            changes["table"] = str(Path(settings.table).resolve())
        return dataclasses.replace(settings, **changes)

    def default_evaluator(self) -> str:
        return "training" if self.settings.table is None else "tabular"

    def evaluator(self, name: str) -> dict[str, Any]:
        settings = self.settings
        if name == "tabular":
            if settings.table is None:
                raise ProblemError("evaluator tabular needs --table CSV and --search-metric COLUMN")
            return {
                "name": name,
                "table": settings.table,
                "search_metric": settings.search_metric,
                "report_metric": settings.report_metric or settings.search_metric,
            }
        given = {"dataset": settings.dataset, "device": settings.device}
        given |= recipe_settings.fixed(settings) | {"options": self._options}
        if name != "training":
            return {"name": name, "offered": given | given["options"]}
        return {"name": name} | {
            key: value for key, value in given.items() if key == "epochs" or value not in (None, {})
        }

    # ---------------------------------------------------------------------------- the answers

    def canonical(self, answer: str) -> str:
        from architecto.problems.networks import architecture

        try:
            text, changes = recipe.split(answer)
            return recipe.join(str(architecture.parse(text)), changes)
        except (architecture.ArchitectureError, recipe.RecipeError) as error:
            raise ProblemError(str(error)) from None

    def summary(self, answer: str) -> str:
        from architecto.problems.networks import architecture

        try:
            text, changes = recipe.split(answer)
            layers = architecture.summary(architecture.parse(text))
        except (architecture.ArchitectureError, recipe.RecipeError):
            return answer
        return f"{layers} · {recipe.summary(changes)}" if changes else layers

    def write_best(self, folder: Path, answer: str, evaluation: Evaluation) -> Path:
        """Write the network as ``model.py``, which loads the ``weights.pt`` beside it."""
        path = folder / "model.py"
        path.write_text(self.source(answer, evaluation), encoding="utf-8")
        return path

    def source(self, answer: str, evaluation: Evaluation) -> str:
        """The network as a PyTorch module in readable source that depends on torch alone."""
        from architecto.problems.networks import architecture, source_code

        text, changes = recipe.split(answer)
        return source_code.source(
            architecture.parse(text),
            evaluation.facts.get("preprocessing"),
            evaluation.facts.get("recipe"),
            changes,
        )

    def load(self, folder: Path, answer: str) -> nn.Module:
        """The network with its trained weights, in evaluation mode, on the CPU.

        Inputs `[n, …]`, normalised as `datasets.load` gives them → scores `[n, classes]`, of a
        regression the targets in standard deviations from their mean, of a language model
        `[n, tokens, classes]`. Raises FileNotFoundError where the folder holds the weights of
        another network, or none.
        """
        import torch

        from architecto.problems.networks import architecture
        from architecto.problems.networks.module import Network
        from architecto.problems.networks.source_code import layer_list, term

        text, changes = recipe.split(answer)
        tree, file = architecture.parse(text), folder / "model.py"
        source = file.read_text(encoding="utf-8") if file.is_file() else ""
        if layer_list(tree) not in source or term(changes) not in source:
            raise FileNotFoundError(f"no weights of this network in {folder}")
        network = Network(tree)
        weights = torch.load(folder / "weights.pt", weights_only=True, map_location="cpu")
        network.load_state_dict(weights)
        return network.eval()

    def _check_table(self) -> None:
        settings = self.settings
        if settings.search_metric is None:
            raise ProblemError("--table needs --search-metric, the column to search by")
        from architecto.evaluators import tabular

        report = settings.report_metric or settings.search_metric
        try:
            tabular.read(settings.table, settings.search_metric, report)
        except tabular.TableError as error:
            raise ProblemError(str(error)) from None


def _check_space(space: str) -> None:
    """Raise ProblemError that lists the known spaces if there is no such one."""
    file = Path(space) if space.endswith(".rkt") else SPACES / f"{space}.rkt"
    if ("/" not in space or space.endswith(".rkt")) and file.is_file():
        return
    known = ", ".join(sorted(path.stem for path in SPACES.glob("*.rkt"))) or "none"
    raise ProblemError(
        f"unknown search space {space!r}; known are {known}, or the path of a .rkt file"
    )


_DEVICES = """
import torch
print("cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count())))
if torch.backends.mps.is_available(): print("mps")
"""


def _check_device(device: str) -> None:
    """Ask PyTorch, in a process of its own, what this machine has."""
    asked = subprocess.run([sys.executable, "-c", _DEVICES], capture_output=True, text=True)
    if asked.returncode:
        reason = (asked.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise ProblemError(f"PyTorch cannot say what devices there are: {reason}")
    known = asked.stdout.split()
    if device not in known and not (device == "cuda" and "cuda:0" in known):
        raise ProblemError(
            f"--device is {device}, and PyTorch finds none here; this machine has: "
            f"{', '.join(known)}"
        )
