"""Evaluators by name. An evaluator is described by a JSON object, its spec:

    {"name": "training", "dataset": "digits", "device": "cpu", "epochs": null}
    {"name": "tabular", "table": "cifar10.csv", "search_metric": "val", "report_metric": "test"}
    {"name": "my_evaluator.py:Mine", "offered": {"dataset": "digits", "device": "cpu"}}

`name` is what `architecto.catalogue` takes; the other keys are the class's arguments, and one that
its constructor does not take is an error. What is `offered` goes to constructors that have such a
parameter. The group of entry points is `architecto.evaluators`. Nothing here imports torch.
"""

from __future__ import annotations

from typing import Any

from architecto.catalogue import Catalogue, CatalogueError
from architecto.evaluators.base import BaseEvaluator, Evaluation, failed

__all__ = ["CATALOGUE", "BaseEvaluator", "Evaluation", "EvaluatorError", "create", "failed"]


class EvaluatorError(CatalogueError):
    """There is no such evaluator, or it cannot work here; the message is one line."""


CATALOGUE = Catalogue(
    kind="evaluator",
    group="architecto.evaluators",
    base="architecto.evaluators.base:BaseEvaluator",
    registered={
        "training": "architecto.problems.networks.training:TrainingEvaluator",
        "tabular": "architecto.evaluators.tabular:TabularEvaluator",
    },
    error=EvaluatorError,
)
names = CATALOGUE.names
check = CATALOGUE.check
load = CATALOGUE.load
absolute = CATALOGUE.absolute


def create(spec: dict[str, Any]) -> BaseEvaluator:
    """The evaluator that `spec` describes; raises `EvaluatorError`.

    The one that trains imports torch.
    """
    arguments = dict(spec)
    name = str(arguments.pop("name", "training"))
    offered = arguments.pop("offered", {})
    evaluator: BaseEvaluator = CATALOGUE.create(name, arguments, offered)
    return evaluator
