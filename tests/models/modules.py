"""Small modules of PyTorch and data for them, seeded."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")
nn = torch.nn


def chain(activation="Tanh", sizes=(4, 6, 5, 2), bias=True, seed=0):
    """Return linear layers with activations between them, in evaluation mode and double precision."""
    torch.manual_seed(seed)
    layers = []
    for before, behind in pairwise(sizes):
        layers += [nn.Linear(before, behind, bias=bias), getattr(nn, activation)()]
    return nn.Sequential(*layers[:-1]).double().eval()


class Branches(nn.Module):
    """Convolutions, normalisation, pooling, branches that are added, and activations of all three kinds."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)
        self.pool = nn.AvgPool2d(2)
        self.second = nn.Conv2d(3, 4, 3)
        self.drop = nn.Dropout(0.5)
        self.last = nn.Linear(16, 3)
        self.past = nn.Linear(64, 3)

    def forward(self, x):
        """Return the outputs."""
        hidden = self.pool(torch.tanh(self.norm(self.first(x))))
        hidden = self.drop(self.second(hidden)).relu()
        hidden = nn.functional.gelu(hidden.view(x.size(0), -1) - 0.25)
        return self.last(hidden) + 0.5 * self.past(torch.flatten(x, 1))


def branches(seed=0):
    """Return the module with branches, its normalisation in use, in evaluation mode and double precision."""
    torch.manual_seed(seed)
    module = Branches().double()
    module(torch.randn(64, 1, 8, 8, dtype=torch.float64))
    return module.eval()


def rows(samples, *shape, seed=0):
    """Return inputs."""
    return np.random.default_rng(seed).standard_normal((samples, *shape))
