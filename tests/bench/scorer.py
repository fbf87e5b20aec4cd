"""How fast choices are scored: `make bench-scorer`, or `python tests/bench/scorer.py [NAME]`.

Two tables, in CPU time of one core:

1. choices/s of the scorer, text to Q-value, beside the bare forward pass of an
   `nn.TransformerEncoder` of the same width and depth on batches of the same shapes, in the same
   run. The last column is their quotient; 0.8 and more is what we hold the scorer to.
2. steps/s of the whole agent with its cache, at 1, 5 and 10 new choices among 20 candidates.

The texts are those of a search for small networks; their lengths are spread as in a run.
"""

from __future__ import annotations

import argparse
import platform
import random
import time
from collections.abc import Callable

import torch
from torch import nn

from architecto import scorers
from architecto.learning.agent import Agent
from architecto.scorers.batching import batches
from architecto.scorers.transformer import TransformerScorer

TASK = "categorize 8x8x1 images of handwritten digits into 10 categories"
LAYERS = ("(relu)", "(gelu)", "(batch-norm2d 64)", "(max-pool2d 2 2 0)", "(conv2d 64 64 3 1 1)")
GOALS = (
    "(relate (activationo _.0))",
    "(relate (poolingo _.1 _.2 (64 8 8) _.3))",
    "(relate (at-leasto _.4 _.5 10))",
    "(disj (relate (heado _.2 _.3 10 _.5 _.4)) (relate (blockso _.2 _.3 10 _.5 _.4 _.6)))",
)


def choice(rng: random.Random) -> str:
    """A choice text of a network that has some layers and still some goals."""
    layers = " ".join(rng.choice(LAYERS) for _ in range(rng.randint(1, 8)))
    goals = " ".join(rng.sample(GOALS, rng.randint(1, len(GOALS))))
    low = rng.randint(500, 5000)
    return (
        f"(bind (state ((architecture (input 1 8 8) ({layers} . _.0)) _.4) () () () "
        f"((infd _.4 (interval {low} 50000))) ((=fd (+ _.5 (* -1 _.7)) {low}))) (conj {goals}))"
    )


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Least CPU time of some repeats."""
    least = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        least = min(least, time.process_time() - start)
    return least


def bare_encoder(scorer: TransformerScorer) -> nn.Module:
    """PyTorch's own encoder of the scorer's width, depth, heads and perceptron."""
    blocks = scorer.model["choices"].blocks
    layer = nn.TransformerEncoderLayer(
        d_model=blocks[0].out.in_features,
        nhead=blocks[0].heads,
        dim_feedforward=blocks[0].up.out_features,
        dropout=0.0,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )
    return nn.TransformerEncoder(layer, len(blocks), enable_nested_tensor=False).eval()


def against_bare(scorer: TransformerScorer, counts: list[int], repeats: int) -> None:
    encoder = bare_encoder(scorer)
    width = encoder.layers[0].linear1.in_features
    rng = random.Random(0)
    print(f"{'choices':>8} {'tokens':>7} {'scored/s':>9} {'bare/s':>9} {'quotient':>9}")
    for count in counts:
        texts = [choice(rng) for _ in range(count)]
        rows = [scorer.tokenizer.encode(TASK, text) for text in texts]
        inputs = [(torch.randn(*b.ids.shape[:2], width), b.padding) for b in batches(rows)]

        def bare(inputs=inputs):
            with torch.no_grad():
                for x, padding in inputs:
                    encoder(x, src_key_padding_mask=padding)

        ours = count / seconds(lambda texts=texts: scorer.score(TASK, texts), repeats)
        theirs = count / seconds(bare, repeats)
        mean = sum(map(len, rows)) / count
        print(f"{count:8} {mean:7.0f} {ours:9.0f} {theirs:9.0f} {ours / theirs:9.2f}")


def whole_agent(name: str, steps: int) -> None:
    print(f"{'new':>8} {'candidates':>11} {'steps/s':>9}")
    for new in (1, 5, 10):
        agent = Agent(scorers.load(name, seed=0), task=TASK, seed=0)
        rng = random.Random(1)
        texts = [f"{choice(rng)} {i}" for i in range(20)]
        open_choices = list(range(20))

        def step(n: int, agent=agent, texts=texts, rng=rng, open_choices=open_choices, new=new):
            for _ in range(new):
                open_choices.append(len(texts))
                texts.append(f"{choice(rng)} {len(texts)}")
            agent.select_action(
                task=TASK,
                session="bench",
                episode=0,
                step=n,
                candidates=open_choices[-20:],
                texts=texts.__getitem__,
            )

        step(0)
        start = time.process_time()
        for n in range(1, steps + 1):
            step(n)
        print(f"{new:8} {20:11} {steps / (time.process_time() - start):9.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("scorer", nargs="?", default="transformer", help="for the second table")
    parser.add_argument("--repeats", type=int, default=10, help="the least time of so many counts")
    parser.add_argument("--steps", type=int, default=100, help="steps of the agent")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{platform.machine()}, torch {torch.__version__}, one thread; CPU seconds")
    against_bare(TransformerScorer(), [1, 5, 10, 64, 256], arguments.repeats)
    whole_agent(arguments.scorer, arguments.steps)


if __name__ == "__main__":
    main()
