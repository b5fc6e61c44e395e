"""The registry of cases: every problem that a benchmark names is made here, from its name and seed alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import momentsos as ms
from momentsos.learning.instances import Instance, noisy_instance

#: The families of the published tables.
FAMILIES = ((2, 2), (2, 3), (1, 1, 1), (2, 1, 1), (3, 2))
#: The dense order-3 relaxation is run on these; on the others, which have 1716 moments, on one seed in full runs only.
DENSE = ((2, 2), (1, 1, 1), (2, 1, 1))


@dataclass(frozen=True, eq=False)
class Written:
    """A case as a polynomial problem.

    Attributes
    ----------
    problem : Problem
    lift : callable or None
        Maps a point to a feasible one with the same coefficients, where the problem has an epigraph variable.
    """

    problem: ms.Problem
    lift: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None


@dataclass(frozen=True)
class Training:
    """Learning the coefficients of a network under the mean residual, noise 1e-2."""

    degrees: tuple[int, ...]
    samples: int = 50
    width: int = 20
    seed: int = 0
    order: int = 1
    law: str = "scaled"

    @property
    def name(self) -> str:
        """The name in tables and results."""
        return f"train {','.join(map(str, self.degrees))}, N = {self.samples}, m = {self.width}"

    def instance(self) -> Instance:
        """Draw the network and its data."""
        return noisy_instance(self.degrees, self.samples, self.width, seed=self.seed, law=self.law)

    def written(self) -> Written:
        """Return it as a polynomial problem."""
        drawn = self.instance()
        formulation = ms.formulate(drawn.network, drawn.X, drawn.Y, loss="mean_residual")
        return Written(formulation.problem, formulation.lifted)


@dataclass(frozen=True)
class Classical:
    """A problem of the catalogue in ``tests/catalogue.py``, which has its optimum from the literature."""

    name: str
    order: int

    def written(self) -> Written:
        """Return the problem."""
        return Written(catalogue()[self.name].problem())


Case = Training | Classical

#: What other packages are asked to solve; `order` is the lowest at which the dense relaxation is known to be tight,
#: and for training the published one. The last is the published size.
PEER_CASES: tuple[Case, ...] = (
    Classical("six_hump_camel", 3),
    Classical("lasserre_2001_example_5", 2),
    Training((1, 1), 20, 5, order=2),
    Training((2, 1), 30, 10, order=2),
    Training((2, 2), 50, 20, order=3),
)

#: Small problems with known optima other than zero (deviations are relative), each at the lowest order that is known to
#: be tight: one to four variables, without and with constraints.
SMALL_CASES: tuple[Case, ...] = (
    Classical("six_hump_camel", 3),
    Classical("goldstein_price", 4),
    Classical("styblinski_tang_3", 2),
    Classical("chebyshev_8", 4),
    Classical("floudas_4_1_1", 3),
    Classical("rosen_suzuki", 1),
    Classical("lasserre_2001_example_3_on_disc", 3),
)


def catalogue() -> dict[str, object]:
    """Return the catalogue of the tests by name."""
    folder = str(Path(__file__).parents[1] / "tests")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    from catalogue import BY_NAME

    return BY_NAME
