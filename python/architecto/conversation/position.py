"""Where a run stands, as a checkpoint has it: what the agent had heard, and what was out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Position:
    """Where the run stood when the checkpoint was saved."""

    trace: int = 0
    """Bytes of the trace that the agent had seen."""
    replay: int = 0
    """Bytes of the replay buffer's file."""
    heard: list[int] = field(default_factory=list)
    """Trials that the agent had heard the end of."""
    out: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Architectures that were being evaluated, with the facts about them."""
    scorer: str = ""
    """The scorer in force, which may have been swapped; empty: the configuration's."""
