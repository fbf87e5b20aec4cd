"""Images varied at random, batch by batch, so that no epoch sees the same ones."""

from __future__ import annotations

import torch
from torch import Tensor

SHARE = 8
"""A crop moves an image by at most this part of its height and width, at least by a pixel."""


def augmented(images: Tensor, words: str) -> Tensor:
    """The images `[n, C, H, W]` of a batch as `none`, `flip`, `crop` or `flip-crop` says.

    flip: mirrored, left and right, with probability 1/2
    crop: moved by whole pixels; what comes in at the border is 0, the mean of the training images
    The draws are from torch's generator on the CPU, the same on every device; `none` draws nothing.
    """
    for word in words.split("-"):
        if word == "flip":
            images = _flipped(images)
        elif word == "crop":
            images = _cropped(images)
    return images


def _flipped(images: Tensor) -> Tensor:
    chosen = (torch.rand(len(images)) < 0.5).to(images.device)
    return torch.where(chosen[:, None, None, None], images.flip(3), images)


def _cropped(images: Tensor) -> Tensor:
    count, channels, height, width = images.shape
    margins = [max(1, size // SHARE) for size in (height, width)]
    padded = torch.nn.functional.pad(images, (margins[1],) * 2 + (margins[0],) * 2)
    rows, columns = (
        (torch.randint(2 * margin + 1, (count, 1)) + torch.arange(size)).to(images.device)
        for margin, size in zip(margins, (height, width), strict=True)
    )
    every = torch.arange(count, device=images.device)[:, None, None, None]
    channel = torch.arange(channels, device=images.device)[None, :, None, None]
    return padded[every, channel, rows[:, None, :, None], columns[:, None, None, :]]
