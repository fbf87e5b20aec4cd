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
from architecto.problems.networks import datasets
from architecto.problems.networks.quantities import QUANTITIES
from architecto.settings import documented, setting

if TYPE_CHECKING:
    from torch import nn

    from architecto.evaluators.base import Evaluation

SPACES = Path(__file__).resolve().parents[4] / "racket" / "networks" / "spaces"
_DEVICE = re.compile(r"(cpu|mps|cuda(:[0-9]+)?)\Z")


@dataclass(frozen=True)
class _Fixed:
    space: str = setting(
        "cnn", "search space: a file of racket/networks/spaces, or the path of a .rkt file"
    )
    dataset: str = setting(
        "digits",
        f"images to learn: {', '.join(datasets.CATALOGUE.registered)}, or path/to/file.py:Class",
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
    epochs: int | None = setting(
        None, "epochs of a training", metavar="N", least=1, absent="the data set's own number"
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
        [(f"max_{name}", int | None, _budget(meaning)) for name, meaning in QUANTITIES.items()],
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

    @property
    def task(self) -> str:
        settings = self.settings
        if settings.table is not None:
            return (
                f"find the best {settings.search_metric} of the table {Path(settings.table).stem}"
            )
        return datasets.create(settings.dataset).task

    @property
    def title(self) -> str:
        results = self.settings.table or self.settings.dataset
        file = results.rpartition(":")[0] or results  # FILE.py:Class
        return f"{Path(self.settings.space).stem}-{Path(file).stem}"

    def engine_words(self) -> list[str]:
        settings = self.settings
        words = ["--space", settings.space]
        if settings.table is not None:
            words.append("--table-keys")
        else:
            info = datasets.create(settings.dataset)
            words += ["--input", ",".join(map(str, info.input_shape))]
            words += ["--classes", str(info.classes)]
        for quantity in QUANTITIES:
            most = getattr(settings, f"max_{quantity}")
            if most is not None:
                words += [f"--max-{quantity}", str(most)]
        return words

    def check(self) -> None:
        _check_space(self.settings.space)
        if self.settings.table is None:
            datasets.create(self.settings.dataset)

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
        elif name == "training":
            datasets.ensure_available(self.settings.dataset)
            if device != "cpu":
                _check_device(device)

    def absolute(self) -> Any:
        settings = self.settings
        changes = {"dataset": datasets.absolute(settings.dataset)}
        if settings.space.endswith(".rkt"):
            changes["space"] = str(Path(settings.space).resolve())
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
        given = {key: getattr(settings, key) for key in ("dataset", "device", "epochs")}
        return {"name": name} | (given if name == "training" else {"offered": given})

    # ---------------------------------------------------------------------------- the answers

    def canonical(self, answer: str) -> str:
        from architecto.problems.networks import architecture

        if answer.startswith("(network "):
            return answer.strip()
        try:
            return str(architecture.parse(answer))
        except architecture.ArchitectureError as error:
            raise ProblemError(str(error)) from None

    def summary(self, answer: str) -> str:
        from architecto.problems.networks import architecture

        try:
            return architecture.summary(architecture.parse(answer))
        except architecture.ArchitectureError:
            return answer

    def write_best(self, folder: Path, answer: str, evaluation: Evaluation) -> Path:
        """Write the network as ``model.py``, which loads the ``weights.pt`` beside it."""
        path = folder / "model.py"
        path.write_text(self.source(answer, evaluation), encoding="utf-8")
        return path

    def source(self, answer: str, evaluation: Evaluation) -> str:
        """The network as a PyTorch module in readable source that depends on torch alone."""
        from architecto.problems.networks import architecture, source_code

        if answer.startswith("(network "):
            return answer.strip()
        pixels = evaluation.facts.get("preprocessing", {})
        tree = architecture.parse(answer)
        return source_code.source(tree, pixels.get("mean"), pixels.get("deviation"))

    def load(self, folder: Path, answer: str) -> nn.Module:
        """The network with its trained weights, in evaluation mode, on the CPU.

        Images `[n, C, H, W]`, normalised with the pixels' mean and deviation of the training images
        as `datasets.load` gives them → scores `[n, classes]`. Raises FileNotFoundError where the
        folder holds the weights of another network, or none.
        """
        import torch

        from architecto.problems.networks import architecture
        from architecto.problems.networks.module import Network
        from architecto.problems.networks.source_code import layer_list

        tree = architecture.parse(answer)
        file = folder / "model.py"
        if not file.is_file() or layer_list(tree) not in file.read_text(encoding="utf-8"):
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
