"""Settings of the guide: how it explores, and how a network learns. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from architecto.settings import check, documented, setting


@documented
@dataclass(frozen=True)
class GuideSettings:
    """How the agent explores and a scorer learns. None of it matters for a scorer that does not
    learn; the last three are for networks, and a scorer of another kind may leave them unread.

    Raises SettingError for a value that is out of range.
    """

    warm_up: int = setting(
        8, "trials at the start that are picked without regard to scores", metavar="N", least=0
    )
    episodes: int = setting(
        32,
        "episodes from one proposal to the next, so that there is something to choose from",
        metavar="N",
        least=1,
    )
    epsilon: float = setting(
        0.25,
        "rate, after its decay, of episodes whose picks are all random; it is 1 in the warm-up",
        metavar="X",
        least=0,
        most=1,
    )
    epsilon_decay: float = setting(
        0.9,
        "factor by which the rate above epsilon shrinks with each trial after the warm-up",
        metavar="X",
        least=0,
        most=1,
    )
    temperature: float = setting(
        0.3,
        "in the other episodes picks are draws from the softmax of the Q-values divided by this, "
        "which is in standard deviations of the returns; 0: always the best one",
        metavar="X",
        least=0,
    )
    learning_rate: float = setting(
        2e-3, "of AdamW, after a warm-up of 20 gradient steps", metavar="X", least=0
    )
    fit_tokens: int = setting(
        30_000,
        "tokens read in one fit at most, by all members of an ensemble together, about 16 us each",
        metavar="N",
        least=1,
    )
    n_step: int = setting(
        0,
        "picks from a choice to the one whose Q-value is its target; 0: the whole episode, so that "
        "the target is the reward",
        metavar="N",
        least=0,
    )

    def __post_init__(self) -> None:
        check(self)
