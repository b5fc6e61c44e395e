r"""State feedback through a polynomial network, with a proven bound on what it commands over a box of states.

A pendulum about its upright position, :math:`\ddot\varphi = \sin\varphi - \dot\varphi / 5 + u`, is held by a teacher
that needs a sine and saturates smoothly. A network with given weights and one polynomial activation imitates it on
states that the example draws; the polynomial is the best one (``CERTIFIED``). A polynomial grows outside of the data,
so what an actuator has to deliver is no longer evident: the network is one polynomial in the state, and its largest and
smallest value over the whole box are proved. The simulation at the end is there to look at, and proves nothing.

Run: python examples/polynomial_controller.py
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import momentsos as ms

Floats = NDArray[np.float64]

#: Half the sides of the box of states: angle in radians, its rate in radians a second.
BOX = np.array([1.0, 1.5])
#: Units and degree of the network.
UNITS, DEGREE = 8, 5


@dataclass(frozen=True)
class Controller:
    """A controller, and what is proved of it.

    Attributes
    ----------
    fit : Fit
        Of the network to the teacher.
    command : Polynomial
        The network as one polynomial in the state.
    lowest, highest : Result
        Its minimum and its maximum over the box.
    sampled : (float, float)
        Its least and largest value at 100 000 random states, which proves nothing.
    """

    fit: ms.Fit
    command: ms.Polynomial
    lowest: ms.Result
    highest: ms.Result
    sampled: tuple[float, float]


def teacher(states: Floats) -> Floats:
    """Return the torque that cancels gravity and damps, saturated at 3."""
    angle, rate = states[..., 0], states[..., 1]
    return 3.0 * np.tanh(-(np.sin(angle) + 2.0 * angle + 1.5 * rate) / 3.0)


def imitated(samples: int = 200, seed: int = 0) -> ms.Fit:
    """Return the best polynomial activation of a network with random weights, for the teacher on random states."""
    rng = np.random.default_rng(seed)
    states = rng.uniform(-BOX, BOX, (samples, 2))
    weights = [rng.standard_normal((UNITS, 2)) / 2, rng.standard_normal((1, UNITS))]
    kind = ms.Activation(powers=tuple(range(1, DEGREE + 1, 2)))  # odd, as the teacher is
    # the last weights are those of a linear feedback, to which the activation adds what is curved
    gains = np.linalg.lstsq(weights[0].T, np.array([-3.0, -1.5]))[0]
    network = ms.PolynomialNetwork([weights[0], gains[None]], activations=[kind])
    return ms.learn(network, states, teacher(states)[:, None])


def bounded(fit: ms.Fit, samples: int = 100_000, seed: int = 1) -> Controller:
    """Prove what the network commands over the box."""
    command = fit.network.to_polynomial().polynomials[0]
    limits = {name: (-side, side) for name, side in zip(command.variables, BOX, strict=True)}
    lowest = ms.solve(ms.Problem(minimize=command, bounds=limits))
    highest = ms.solve(ms.Problem(maximize=command, bounds=limits))
    values = fit.network.predict(np.random.default_rng(seed).uniform(-BOX, BOX, (samples, 2)))
    return Controller(fit, command, lowest, highest, (float(values.min()), float(values.max())))


def simulated(network: ms.PolynomialNetwork, start: Floats, seconds: float = 8.0, step: float = 0.01) -> Floats:
    """Return the states from a start on, by the explicit midpoint rule."""

    def slope(state: Floats) -> Floats:
        torque = float(network.predict(state[None])[0, 0])
        return np.array([state[1], np.sin(state[0]) - 0.2 * state[1] + torque])

    states = [np.asarray(start, dtype=float)]
    for _ in range(int(seconds / step)):
        middle = states[-1] + step / 2 * slope(states[-1])
        states.append(states[-1] + step * slope(middle))
    return np.array(states)


def main() -> Controller:
    """Learn, prove, simulate and print."""
    found = bounded(imitated())
    fit, lowest, highest = found.fit, found.lowest, found.highest
    print(f"imitation   {fit.status.name}, mean squared error {fit.upper_bound:.6f}, at least {fit.lower_bound:.6f}")
    print(f"command     a polynomial of degree {found.command.degree} in the state, {len(found.command)} terms")
    print(f"{'over the box':14}{'proved at':>14}{'attained':>14}{'sampled':>12}  status")
    for name, result, bound, value, sample in (
        ("lowest", lowest, lowest.lower_bound, lowest.upper_bound, found.sampled[0]),
        ("highest", highest, highest.upper_bound, highest.lower_bound, found.sampled[1]),
    ):
        print(f"{name:14}{bound:14.8f}{value:14.8f}{sample:12.6f}  {result.status.name}")
    certificate = highest.certify()
    print(f"in rational numbers: never above {float(certificate.upper_bound):.8f}")
    end = simulated(fit.network, 0.5 * BOX)[-1]
    print(f"simulated from half the corner: {np.abs(end).max():.1e} from upright after 8 s")
    return found


if __name__ == "__main__":
    main()
