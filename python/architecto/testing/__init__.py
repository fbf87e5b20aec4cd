"""Conformance kits: does a scorer, evaluator, reward, executor, data set or problem keep its word?

Subclass one class in a test file, set what to make, and pytest runs the tests of that kind:

    from architecto.testing import ScorerTests

    class TestMine(ScorerTests):
        scorer = "my_scorers.py:Mine"

The package's own variants are tested in the same way. Only here pytest is imported.
"""

import pytest

pytest.register_assert_rewrite(
    *(
        f"{__name__}.{kind}"
        for kind in ("scorers", "evaluators", "rewards", "executors", "datasets", "problems")
    )
)

from architecto.testing.datasets import DatasetTests  # noqa: E402 (after the line above)
from architecto.testing.evaluators import EvaluatorTests  # noqa: E402
from architecto.testing.executors import ExecutorTests  # noqa: E402
from architecto.testing.problems import ProblemTests  # noqa: E402
from architecto.testing.rewards import RewardTests  # noqa: E402
from architecto.testing.scorers import ScorerTests  # noqa: E402

__all__ = [
    "DatasetTests",
    "EvaluatorTests",
    "ExecutorTests",
    "ProblemTests",
    "RewardTests",
    "ScorerTests",
]
