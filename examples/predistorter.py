r"""A nonlinear filter identified globally, and a predistorter that undoes it: Wiener and Hammerstein systems.

An amplifier with memory is a filter, a curve and another filter. Its filters are known from small signals, each
up to a factor; its curve :math:`p` is not. Two things are learned from signals that the example makes:

- the amplifier: :math:`y_t = \sum_j v_j\, p\big(\sum_i w_i x_{t-i}\big)_{t-j}`, a network whose inputs are the last
  samples of the signal and whose units are the delayed curves; a polynomial of degree 5 with the least error.
- the predistorter, by indirect learning: the same kind of network from the output of the amplifier back to its input,
  with the inverse filters, cut off. Put before the amplifier, it makes the chain straight.

Run: python examples/predistorter.py
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import momentsos as ms

Floats = NDArray[np.float64]

#: The filters before and behind the curve; the first entry belongs to the latest sample.
BEFORE, BEHIND = np.array([1.0, 0.25]), np.array([1.0, -0.2, 0.05])
#: The fresh signal is smaller by this factor: what is wanted must be among the outputs that were learned from.
REACH = 0.65
#: Samples of the past that the inverses of the filters look back to.
MEMORY = 6


def curve(t: Floats) -> Floats:
    """Return what the amplifier does to its input: it compresses."""
    return np.tanh(1.2 * t) / 1.2 + 0.05 * t**2


def filtered(taps: Floats, x: Floats) -> Floats:
    """Return a signal behind a filter."""
    return np.asarray(np.convolve(x, taps)[: len(x)])


def amplifier(x: Floats) -> Floats:
    """Return what the amplifier makes of a signal."""
    return filtered(BEHIND, curve(filtered(BEFORE, x)))


def inverse(taps: Floats, length: int = MEMORY) -> Floats:
    """Return the first taps of the filter that undoes another one."""
    found = np.zeros(length)
    found[0] = 1.0 / taps[0]
    for n in range(1, length):
        found[n] = -sum(taps[k] * found[n - k] for k in range(1, min(n, len(taps) - 1) + 1)) / taps[0]
    return found


def signal(count: int, seed: int) -> Floats:
    """Return smooth noise between about -1 and 1."""
    rough = np.random.default_rng(seed).standard_normal(count + 20)
    smooth = np.convolve(rough, np.hanning(7), mode="same")[10 : 10 + count]
    return 0.9 * smooth / np.abs(smooth).max()


def windows(x: Floats, length: int) -> Floats:
    """Return the last samples before each time, latest first, from the first time that has them all."""
    return np.lib.stride_tricks.sliding_window_view(x, length)[:, ::-1]


def network(before: Floats, behind: Floats, degree: int) -> ms.PolynomialNetwork:
    """Return filter, curve and filter as a network: unit `j` is the curve of the filtered signal `j` samples ago."""
    inner = np.zeros((len(behind), len(before) + len(behind) - 1))
    for j in range(len(behind)):
        inner[j, j : j + len(before)] = before
    return ms.PolynomialNetwork([inner, behind[None]], degrees=[degree])


@dataclass(frozen=True)
class Identified:
    """What was learned, and how straight the chain is: errors in decibels of the signal, on a fresh one.

    Attributes
    ----------
    forward, backward : Fit
        The amplifier, and the predistorter.
    amplifier_error : float
        Of the model of the amplifier.
    before, after : float
        Of the amplifier alone, against the best multiple of its input, and with the predistorter.
    """

    forward: ms.Fit
    backward: ms.Fit
    amplifier_error: float
    before: float
    after: float


def identified(samples: int = 400, degree: int = 5, noise: float = 1e-3, seed: int = 0) -> Identified:
    """Learn the amplifier and its predistorter, and try both on a signal that was not used."""
    x = signal(samples, seed)
    y = amplifier(x) + noise * np.random.default_rng(seed + 1).standard_normal(samples)
    forward, backward = network(BEFORE, BEHIND, degree), network(inverse(BEHIND), inverse(BEFORE), degree)
    fits = [
        ms.learn(net, windows(a, net.sizes[0]), b[net.sizes[0] - 1 :, None])
        for net, a, b in ((forward, x, y), (backward, y, x))
    ]
    fresh = REACH * signal(samples, seed + 2)
    sent = _applied(fits[1].network, fresh)
    skipped = 2 * backward.sizes[0]
    model = decibels(_applied(fits[0].network, fresh)[skipped:], amplifier(fresh)[skipped:])
    alone, straight = amplifier(fresh)[skipped:], amplifier(sent)[skipped:]
    fresh = fresh[skipped:]
    return Identified(
        *fits, model, decibels(alone / (alone @ fresh / (fresh @ fresh)), fresh), decibels(straight, fresh)
    )


def _applied(net: ms.PolynomialNetwork, x: Floats) -> Floats:
    """Return what a network makes of a signal, zero before it begins."""
    length = net.sizes[0]
    return np.asarray(net.predict(windows(np.concatenate([np.zeros(length - 1), x]), length))[:, 0])


def decibels(found: Floats, wanted: Floats) -> float:
    """Return the mean squared error relative to the mean square of what is wanted, in decibels."""
    return float(10.0 * np.log10(np.mean((found - wanted) ** 2) / np.mean(wanted**2)))


def main() -> None:
    """Identify, linearise and print."""
    found = identified()
    print(f"{'learned':24}{'status':12}{'lower bound':>14}{'loss':>14}")
    for name, fit in (("amplifier", found.forward), ("predistorter", found.backward)):
        print(f"{name:24}{fit.status.name:12}{fit.lower_bound:14.6e}{fit.upper_bound:14.6e}")
    print("on a fresh signal")
    print(f"  model of the amplifier        {found.amplifier_error:7.1f} dB")
    print(f"  amplifier alone, not straight {found.before:7.1f} dB")
    print(f"  behind the predistorter       {found.after:7.1f} dB")


if __name__ == "__main__":
    main()
