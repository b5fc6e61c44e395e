"""What is computed once: an instance and the settings it is solved with, under one name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..errors import BadOption
from ..hierarchy.methods import METHODS
from ..hierarchy.request import Asked, check_request
from ..learning.instances import Instance, example_34, noisy_instance
from .published import NOISE

#: The laws of weights and inputs: weights N(0, 1) / sqrt(m) and inputs N(0, 1); both N(0, 1); weights N(0, 1) and
#: inputs uniform on [0, 1].
LAWS = ("scaled", "plain", "uniform")
#: The order at which the published experiments solve the dense relaxation.
PAPER_ORDER = 3


@dataclass(frozen=True)
class Settings:
    """How instances are solved; see `momentsos.learn`."""

    method: str = "partial"
    solver: str = "auto"
    tol: float = 1e-6
    order: int | None = None
    max_order: int | None = None
    bound: str | float | None = "auto"
    time_limit: float | None = None

    def __post_init__(self) -> None:
        asked = (self.order, self.max_order, self.method, self.solver, self.tol, self.time_limit)
        check_request(Asked(*asked, bound=self.bound))
        if self.method == "auto":
            object.__setattr__(self, "method", "partial")
        if self.method not in METHODS:
            raise BadOption(f"method {self.method!r}: expected 'auto' or one of {', '.join(METHODS)}")
        if self.method == "dense" and self.order is None and self.max_order is None:
            object.__setattr__(self, "order", PAPER_ORDER)


@dataclass(frozen=True)
class Case:
    """One instance with the settings it is solved with.

    Attributes
    ----------
    kind : {"noisy", "example34"}
    settings : Settings
    degrees : tuple of int
    samples, width, seed : int
    law : str
        One of `LAWS`; empty for Example 3.4.
    version : str
        Of this package.
    """

    kind: str
    settings: Settings
    degrees: tuple[int, ...]
    samples: int
    width: int
    seed: int = 0
    law: str = ""
    version: str = __version__

    def as_dict(self) -> dict[str, Any]:
        """Return all parameters as a JSON object."""
        return {**asdict(self), "degrees": list(self.degrees)}

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Case:
        """Return the case of `as_dict`."""
        known = {field.name: given[field.name] for field in fields(cls)}
        return cls(**{**known, "settings": Settings(**given["settings"]), "degrees": tuple(given["degrees"])})

    @property
    def key(self) -> str:
        """The name of the result: readable parameters, and a digest of all of them."""
        digest = hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()[:12]
        if self.kind == "example34":
            return f"example34-{self.settings.method}-{digest}"
        degrees = ".".join(map(str, self.degrees))
        size = f"N{self.samples}-m{self.width}"
        return f"d{degrees}-{size}-{self.law}-seed{self.seed}-{self.settings.method}-{digest}"

    def draw(self) -> Instance:
        """Draw the instance."""
        if self.kind == "example34":
            return example_34()
        drawn = noisy_instance(self.degrees, self.samples, self.width, NOISE, self.seed, self.law)
        return with_uniform_inputs(drawn) if self.law == "uniform" else drawn

    def draw_test(self, instance: Instance) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Draw as many fresh noisy pairs of the same network, the noise independent for each pair."""
        rng = np.random.default_rng([self.seed, 1])
        X = inputs(rng.standard_normal(instance.X.shape), self.law)
        clean = instance.network.with_coefficients(instance.true).predict(X)
        return X, clean + NOISE * rng.standard_normal(clean.shape)


def inputs(normal: NDArray[np.float64], law: str) -> NDArray[np.float64]:
    """Return standard normal inputs as they are, or mapped to uniform ones by their distribution function."""
    from scipy.special import ndtr

    return np.asarray(ndtr(normal)) if law == "uniform" else normal


def with_uniform_inputs(drawn: Instance) -> Instance:
    """Return the instance with its inputs mapped to uniform ones; the noise vector stays."""
    exact = drawn.network.with_coefficients(drawn.true)
    noise = (drawn.Y - exact.predict(drawn.X))[0]
    X = inputs(drawn.X, "uniform")
    return replace(drawn, X=X, Y=exact.predict(X) + noise)


def example_cases(settings: Settings) -> list[Case]:
    """Return Example 3.4 with the chosen method, and by the dense relaxations of order 1 and 2."""
    shape = {"degrees": (2, 1), "samples": 2, "width": 4}
    own = settings if settings.method == "partial" else replace(settings, order=2, max_order=None)
    dense = [replace(settings, method="dense", order=k, max_order=None, bound=None) for k in (1, 2)]
    return [Case("example34", chosen, **shape) for chosen in dict.fromkeys([own, *dense])]  # type: ignore[arg-type]
