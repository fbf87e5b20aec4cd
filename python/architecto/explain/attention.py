"""Where a transformer looks: attention with the query/key products behind it, and rolled up.

The network's own forward pass is run; its attention is read from the input of each block.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from architecto.scorers.base import BaseScorer
from architecto.scorers.batching import pad
from architecto.scorers.network import NetworkScorer
from architecto.scorers.transformer import Block

from .attribution import networks


@dataclass(frozen=True)
class BlockAttention:
    """Attention of one block, over T tokens and H heads. name: such as `layer 1`

    products: query · key / √width of a head, `[H, T, T]`: row reads from column
    weights: their softmax over the columns, `[H, T, T]`
    """

    name: str
    products: Tensor
    weights: Tensor


@dataclass(frozen=True)
class Attention:
    """All blocks in order, and `rolled_up`, `[T, T]`: the share of each input token (column) in
    what stands at each token (row) behind the last block."""

    blocks: list[BlockAttention]
    rolled_up: Tensor


def attention(scorer: BaseScorer, task: str, text: str) -> Attention | None:
    """The attention with which a text is scored; None for a scorer that has none.

    An ensemble's blocks are those of its members in turn; rolled up, it is the members' mean.
    """
    blocks: list[BlockAttention] = []
    rolled: list[Tensor] = []
    members = networks(scorer)
    for number, member in enumerate(members, 1):
        found = _member_attention(member, task, text)
        if found:
            rolled.append(rollout([block.weights for block in found]))
            before = f"member {number}, " if len(members) > 1 else ""
            blocks += [BlockAttention(before + b.name, b.products, b.weights) for b in found]
    return Attention(blocks, torch.stack(rolled).mean(0)) if rolled else None


def rollout(weights: list[Tensor]) -> Tensor:
    """Attention rollout (Abnar and Zuidema 2020): `[T, T]`, rows add up to 1.

    weights: `[H, T, T]` of each block, first block first. A block's heads are averaged; the
    residual connection counts as much as the attention: half of each token stays where it is.
    """
    tokens = weights[0].shape[-1]
    flow = torch.eye(tokens)
    for block in weights:
        flow = (0.5 * block.mean(0) + 0.5 * torch.eye(tokens)) @ flow  # (T, T)
    return flow


@torch.no_grad()
def _member_attention(member: NetworkScorer, task: str, text: str) -> list[BlockAttention]:
    inputs: list[tuple[Block, Tensor]] = []
    found = [m for m in member.model["choices"].modules() if isinstance(m, Block)]
    hooks = [
        block.register_forward_pre_hook(lambda block, given: inputs.append((block, given[0])))
        for block in found
    ]
    try:
        member.forward(pad([member.tokenizer.encode(task, text)]))
    finally:
        for hook in hooks:
            hook.remove()
    attended = []
    for number, (block, x) in enumerate(inputs, 1):
        q, k, _ = block.project(x.float())  # each (1, H, T, W/H)
        products = (q @ k.mT)[0].float().cpu() / math.sqrt(q.shape[-1])  # (H, T, T)
        attended.append(BlockAttention(f"layer {number}", products, products.softmax(-1)))
    return attended
