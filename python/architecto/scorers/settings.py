"""Settings of the guide: how it explores, and how a network learns. No torch here."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class GuideSettings:
    """Raises ValueError, in one line, for a value that is out of range.

    None of them matters for a scorer that does not learn; the last three are those of networks, and
    a scorer of another kind may leave them unread.
    """

    warm_up: int = 8
    """Trials at the start that are picked without regard to scores."""

    episodes: int = 32
    """Episodes from one proposal to the next, so that there is something to choose from."""

    epsilon: float = 0.25
    """Rate, after the decay, of episodes whose picks are all random; 1 during the warm-up.
    They bring answers of every kind before the scorer's eyes, also where it expects nothing."""

    epsilon_decay: float = 0.9
    """Factor by which the rate above `epsilon` shrinks with each trial after the warm-up."""

    temperature: float = 0.3
    """In the other episodes picks are draws from the softmax of the Q-values divided by this,
    which is in standard deviations of the returns; 0: always the best one."""

    learning_rate: float = 2e-3
    """Of AdamW, after a warm-up of 20 gradient steps."""

    fit_tokens: int = 30_000
    """Tokens read in one fit at most, by all members of an ensemble together: this bounds its cost
    (about 16 µs a token on one core for the transformer) whatever the length of the texts."""

    n_step: int = 0
    """Picks from a choice to the one whose Q-value is its target; 0: the whole episode, so that the
    target is the reward."""

    def __post_init__(self) -> None:
        ranges = {
            "episodes": (1, None),
            "epsilon": (0, 1),
            "epsilon_decay": (0, 1),
            "fit_tokens": (1, None),
        }
        for field in fields(self):
            value = getattr(self, field.name)
            least, most = ranges.get(field.name, (0, None))
            if not (value >= least and (most is None or value <= most)):
                expected = f"at least {least}" if most is None else f"{least} to {most}"
                raise ValueError(f"{field.name} is {value}, expected {expected}")
