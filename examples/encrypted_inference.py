"""Classify digits that stay encrypted: a trained network, made polynomial, evaluated under CKKS with TenSEAL.

A perceptron 64-64-64-10 with tanh units is trained on the digits of scikit-learn, and `momentsos.polynomialize` puts
the best quadratics in place of tanh. `fold` leaves bare squares of them, so that an encrypted evaluation uses five
levels: a product with known numbers for each of three matrices, a square for each of two activations.

Biases are columns of the matrices, and inputs have a constant 1 behind them: TenSEAL's product of a vector with a
matrix leaves copies of the result in the slots behind it, on which the next product relies, and a vector that is added
in between is added to the first copy alone. So ``mm``, ``+``, ``mm`` gives a wrong result without a word.

Run: python examples/encrypted_inference.py [samples]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

import momentsos as ms

Floats = NDArray[np.float64]

#: The degree of the ring, and bits of the primes: one of 45 for each level between two of 60, 345 of the 438 that
#: leave 128 bits of security in this ring.
RING = 16384
LEVELS = 5
SCALE_BITS, END_BITS = 45, 60
WIDTH, STEPS = 64, 200


@dataclass(frozen=True)
class Digits:
    """Images with inputs from 0 to 1, and their classes."""

    X: Floats
    y: NDArray[np.intp]
    X_test: Floats
    y_test: NDArray[np.intp]


def digits() -> Digits:
    """Return the digits, a quarter held out."""
    images, classes = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(images / 16.0, classes, test_size=0.25, random_state=0)
    return Digits(X, y, X_test, y_test)


def trained(data: Digits) -> nn.Sequential:
    """Return the network with tanh units, in evaluation mode."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = nn.Sequential(nn.Linear(64, WIDTH), nn.Tanh(), nn.Linear(WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 10))
    X, y = torch.tensor(data.X, dtype=torch.float32), torch.tensor(data.y)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-4)
    for _ in range(STEPS):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(X), y).backward()
        optimiser.step()
    return model.eval()


def matrices_of(model: nn.Module) -> list[Floats]:
    """Return the matrices of a network of squares, which act on rows (x, 1); all but the last keep the 1.

    Raises
    ------
    ValueError
        An activation is not a bare square.
    """
    linear = [each for each in model.modules() if isinstance(each, nn.Linear)]
    for each in model.modules():
        if isinstance(each, ms.torch.PolynomialActivation):
            own = each.series
            if (own.coefficients.tolist(), own.centre, own.scale) != ([0.0, 0.0, 1.0], 0.0, 1.0):
                raise ValueError(f"{each}: expected a square; give what Polynomialized.fold returns")
    found = []
    for layer in linear:
        weight, bias = (part.detach().double().numpy() for part in (layer.weight, layer.bias))
        found.append(np.vstack([weight.T, bias]))
    kept = [np.eye(len(matrix))[:, -1:] for matrix in found[:-1]]
    return [np.hstack([matrix, one]) for matrix, one in zip(found, kept, strict=False)] + found[-1:]


def plain(matrices: Sequence[Floats], x: Floats) -> Floats:
    """Return the outputs for one sample, or for rows of them."""
    state = np.concatenate([x, np.ones((*x.shape[:-1], 1))], axis=-1)
    for number, matrix in enumerate(matrices):
        state = (state**2 if number else state) @ matrix
    return state


def context() -> Any:
    """Return the keys of the one who encrypts and decrypts; who computes needs the public ones alone."""
    import tenseal

    bits = [END_BITS, *LEVELS * [SCALE_BITS], END_BITS]
    keys = tenseal.context(tenseal.SCHEME_TYPE.CKKS, RING, coeff_mod_bit_sizes=bits)
    keys.global_scale = 2.0**SCALE_BITS
    keys.generate_galois_keys()
    return keys


def encrypted(matrices: Sequence[Floats], x: Any) -> Any:
    """Return the encrypted outputs for one encrypted sample (x, 1)."""
    state = x
    for number, matrix in enumerate(matrices):
        state = (state.square() if number else state).mm(matrix.tolist())
    return state


@dataclass(frozen=True)
class Comparison:
    """Some samples under encryption and without.

    Attributes
    ----------
    difference : float
        The largest difference of two outputs.
    outputs : float
        The largest output.
    same : int
        Samples that are put into the same class.
    right : int
        Samples that are put into the right one, under encryption.
    seconds : float
        Of processor time for the evaluation of one sample, encryption and decryption aside.
    samples : int
    """

    difference: float
    outputs: float
    same: int
    right: int
    seconds: float
    samples: int


def compared(matrices: Sequence[Floats], X: Floats, y: NDArray[np.intp]) -> Comparison:
    """Evaluate each sample under encryption."""
    import tenseal

    keys = context()
    found, seconds = [], 0.0
    for x in X:
        cipher = tenseal.ckks_vector(keys, [*x.tolist(), 1.0])
        began = time.process_time()
        result = encrypted(matrices, cipher)
        seconds += time.process_time() - began
        found.append(result.decrypt())
    outputs, wanted = np.array(found), plain(matrices, X)
    classes = outputs.argmax(axis=1)
    return Comparison(
        difference=float(np.abs(outputs - wanted).max()),
        outputs=float(np.abs(wanted).max()),
        same=int((classes == wanted.argmax(axis=1)).sum()),
        right=int((classes == y).sum()),
        seconds=seconds / len(X),
        samples=len(X),
    )


def main(samples: int = 4) -> None:
    """Train, replace, fold, encrypt, and print what came of it."""
    data = digits()
    model = trained(data)
    poly = ms.polynomialize(model, data.X, degrees=2, truth=data.y, holdout=(data.X_test, None, data.y_test))
    report = poly.report
    print(
        f"polynomials: {poly.fit.status.name}, loss between {poly.fit.lower_bound:.6g} and {poly.fit.upper_bound:.6g}"
    )
    for name in ("original", "interval", "least squares", "ours"):
        print(f"  held-out accuracy, {name:14}{report.score(name).accuracy:.3f}")
    print(f"multiplicative depth {report.depth}, levels {report.levels}, folded {report.folded_levels}")
    matrices = matrices_of(poly.fold())
    found = compared(matrices, data.X_test[:samples], data.y_test[:samples])
    print(f"encrypted: {found.same} of {found.samples} as without encryption, {found.right} right")
    print(f"  largest difference of outputs {found.difference:.1e}, outputs up to {found.outputs:.1f}")
    print(f"  {found.seconds:.1f} s of processor time a sample")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
