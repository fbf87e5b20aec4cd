"""Evaluators by name. An evaluator is described by a JSON object, its spec:

    {"name": "training", "dataset": "digits", "device": "cpu", "epochs": null}
    {"name": "tabular", "table": "cifar10.csv", "search_metric": "val", "report_metric": "test"}

`name` is a registered name or `package.module:Class`; the other keys are the class's arguments.
"""

import importlib
from typing import Any

from architecto.evaluators.base import BaseEvaluator, Evaluation, failed

__all__ = ["BaseEvaluator", "Evaluation", "EvaluatorError", "create", "failed"]

REGISTERED = {
    "training": "architecto.evaluators.training:TrainingEvaluator",
    "tabular": "architecto.evaluators.tabular:TabularEvaluator",
}


class EvaluatorError(ValueError):
    """There is no such evaluator, or it cannot work here; the message is one line."""


def create(spec: dict[str, Any]) -> BaseEvaluator:
    """Returns the evaluator that `spec` describes; raises `EvaluatorError`.

    The one that trains imports torch.
    """
    arguments = dict(spec)
    name = str(arguments.pop("name", "training"))
    target = REGISTERED.get(name, name)
    module_name, separator, class_name = target.partition(":")
    if not separator:
        raise EvaluatorError(
            f"unknown evaluator {name!r}; known are {', '.join(REGISTERED)} and any module:Class"
        )
    try:
        evaluator_class = getattr(importlib.import_module(module_name), class_name)
        return evaluator_class(**arguments)
    except (ImportError, AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise EvaluatorError(f"evaluator {name!r} cannot be used: {error}") from error
