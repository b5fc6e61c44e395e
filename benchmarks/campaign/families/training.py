"""Training problems of all losses, with degenerate data among them."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
from scipy.optimize import least_squares

from ..family import family
from ..training import LOSSES, Training

SHAPES = ((1,), (2,), (3,), (4,), (1, 1), (2, 1), (1, 2), (2, 2), (3, 1))


def _network(rng: np.random.Generator, degrees: tuple[int, ...], outputs: int, whole: bool) -> list[np.ndarray]:
    sizes = [*rng.integers(1, 5, len(degrees) + 1), outputs]
    if whole:
        return [rng.integers(-2, 3, (b, a)).astype(float) for a, b in pairwise(sizes)]
    return [rng.standard_normal((b, a)) / a**0.5 for a, b in pairwise(sizes)]


def _coefficients(rng: np.random.Generator, degrees: tuple[int, ...], whole: bool) -> list[np.ndarray]:
    """Return random coefficients; the inner layers' constants are 1."""
    drawn = [rng.integers(-2, 3, d + 1).astype(float) if whole else rng.standard_normal(d + 1) for d in degrees]
    for inner in drawn[:-1]:
        inner[0] = 1.0
    return drawn


def _outputs(weights: list, biases: list | None, coefficients: list, inputs: np.ndarray) -> np.ndarray:
    hidden = inputs
    for layer, own in enumerate(coefficients):
        bias = 0.0 if biases is None else biases[layer]
        hidden = np.polynomial.polynomial.polyval(hidden @ weights[layer].T + bias, own)
    return hidden @ weights[-1].T + (0.0 if biases is None else biases[-1])


def _searched(
    rng: np.random.Generator,
    weights: list,
    biases: list | None,
    degrees: tuple,
    data: tuple,
    loss: str,
    starts: int = 8,
) -> list:
    """Return coefficients of small loss, by least squares from several starts, the inner constants fixed."""
    inputs, targets = data
    lengths = [d + 1 for d in degrees]

    def unpacked(free: np.ndarray) -> list[np.ndarray]:
        own, at = [], 0
        for layer, length in enumerate(lengths):
            fixed = layer < len(lengths) - 1
            taken = free[at : at + length - fixed]
            own.append(np.concatenate([[1.0], taken]) if fixed else taken)
            at += len(taken)
        return own

    def residuals(free: np.ndarray) -> np.ndarray:
        found = np.clip(_outputs(weights, biases, unpacked(free), inputs) - targets, -1e100, 1e100)
        return found.mean(axis=0) if loss == "mean_residual" else found.ravel()

    size = sum(lengths) - len(lengths) + 1
    answers = []
    for _ in range(starts):
        found = least_squares(residuals, rng.standard_normal(size), max_nfev=200)
        answers.append((found.cost, found.x))
    return unpacked(min(answers, key=lambda each: each[0])[1])


def _training(draw: Random, noise: float, kind: str = "", whole: bool = False) -> Training:
    rng = np.random.default_rng(draw.getrandbits(32))
    degrees, loss = draw.choice(SHAPES), draw.choice(LOSSES)
    outputs = 1 if kind == "one output" else draw.choice((1, 2, 3))
    samples = 1 if kind == "one sample" else draw.randint(2, 8)
    weights = _network(rng, degrees, outputs, whole)
    biases = None if draw.random() < 0.6 else [rng.integers(-1, 2, len(w)).astype(float) for w in weights]
    shape = (samples, weights[0].shape[1])
    inputs = rng.integers(-2, 3, shape).astype(float) if whole else rng.standard_normal(shape)
    if kind == "constant inputs":
        inputs[:] = inputs[0]
    if kind == "large inputs":
        inputs *= 10.0 ** draw.randint(1, 3)
    true = _coefficients(rng, degrees, whole)
    targets = _outputs(weights, biases, true, inputs)
    targets = targets + noise * rng.standard_normal(targets.shape)
    if kind == "one target":
        targets = np.zeros_like(targets)
        targets[draw.randrange(samples), draw.randrange(outputs)] = draw.choice((1.0, 5.0))
    if kind == "no targets":
        targets = np.zeros_like(targets)
    if kind == "duplicates":
        inputs, targets = np.concatenate([inputs, inputs]), np.concatenate([targets, targets])
        if noise:
            targets[: len(targets) // 2] += noise
    if kind == "dead weights":
        weights[draw.randrange(len(weights))][0] = 0.0
    searched = _searched(rng, weights, biases, degrees, (inputs, targets), loss)
    return Training(
        weights=[w.tolist() for w in weights],
        degrees=list(degrees),
        inputs=inputs.tolist(),
        targets=targets.tolist(),
        loss=loss,
        biases=None if biases is None else [b.tolist() for b in biases],
        known=tuple([list(map(float, layer)) for layer in own] for own in (true, searched)),
    )


@family("training")
def noiseless(draw: Random) -> Training:
    """Targets that a network of these weights gives, as floats or whole numbers."""
    return _training(draw, 0.0, whole=draw.random() < 0.5)


@family("training")
def noisy(draw: Random) -> Training:
    """The same with noise, small or as large as the targets."""
    return _training(draw, draw.choice((1e-6, 1e-2, 1.0, 30.0)))


@family("training")
def degenerate_data(draw: Random) -> Training:
    """Data that leave coefficients undetermined, or the loss flat."""
    kinds = ("one output", "one sample", "constant inputs", "one target", "no targets", "duplicates", "dead weights")
    return _training(draw, draw.choice((0.0, 0.1, 1.0)), draw.choice(kinds), whole=draw.random() < 0.3)


@family("training")
def raw_inputs(draw: Random) -> Training:
    """Inputs of sizes 10 to 1000, as raw data have."""
    return _training(draw, draw.choice((0.0, 0.1, 10.0)), "large inputs")


@family("training")
def few_samples(draw: Random) -> Training:
    """A network of sizes 3, 4, 3, 2 and degrees 2, 2 with five samples and targets that are zero but for one."""
    rng = np.random.default_rng(draw.getrandbits(32))
    sizes, degrees = (3, 4, 3, 2), draw.choice(((2, 2), (2, 2), (2, 1), (3, 2)))
    weights = [rng.standard_normal((b, a)) / draw.choice((1.0, a**0.5)) for a, b in pairwise(sizes)]
    inputs = rng.standard_normal((draw.choice((4, 5, 6)), 3))
    targets = np.zeros((len(inputs), 2))
    targets[draw.randrange(len(inputs)), draw.randrange(2)] = 1.0
    searched = _searched(rng, weights, None, degrees, (inputs, targets), "mse", 40)
    return Training(
        weights=[w.tolist() for w in weights],
        degrees=list(degrees),
        inputs=inputs.tolist(),
        targets=targets.tolist(),
        loss="mse",
        known=([list(map(float, layer)) for layer in searched],),
    )
