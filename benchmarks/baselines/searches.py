"""Local searches from a random start. Each returns coefficients; what they are worth is measured outside.

The polynomials of `formulate` stand for the data, which makes them fast: no pass over the samples is needed. Only
the two gradient methods of torch train the network itself, on all samples at once, as it is usually done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, minimize

import momentsos as ms
from momentsos.learning.instances import Instance
from momentsos.polynomials.evaluator import Evaluator

Array = NDArray[np.float64]
#: From a start to an end.
Search = Callable[[Array], Array]

ADAM_STEPS = 2_000
ADAM_RATE = 0.05
LBFGS_STEPS = 500


@dataclass(frozen=True, eq=False)
class Task:
    """One instance under one loss."""

    instance: Instance
    loss: str
    formulation: ms.Formulation

    @classmethod
    def of(cls, instance: Instance, loss: str) -> Task:
        """Formulate the instance."""
        return cls(instance, loss, ms.formulate(instance.network, instance.X, instance.Y, loss))

    def value(self, coefficients: Array) -> float:
        """Return the loss, evaluated as for the upper bound of `learn`."""
        return self.formulation.objective(self.formulation.lifted(coefficients))


def levenberg_marquardt(task: Task) -> Search:
    """MINPACK on the residual polynomials. For the mean residual this minimises their 2-norm, another objective."""
    evaluator = Evaluator(task.formulation.residuals)
    method = "lm" if len(task.formulation.residuals) >= task.formulation.n_coefficients else "trf"

    def search(start: Array) -> Array:
        options = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15, "max_nfev": 500}
        return np.asarray(least_squares(evaluator.values, start, evaluator.jacobian, method=method, **options).x)

    return search


def epigraph_slsqp(task: Task) -> Search:
    """Sequential quadratic programming on the smallest t with |r_j| ≤ t; exact derivatives."""
    evaluator = Evaluator(task.formulation.residuals)
    gradient = np.append(np.zeros(task.formulation.n_coefficients), 1.0)

    def sides(z: Array) -> Array:
        r = evaluator.values(z[:-1])
        return np.concatenate([z[-1] - r, z[-1] + r])

    def slopes(z: Array) -> Array:
        j, ones = evaluator.jacobian(z[:-1]), np.ones((len(evaluator.polynomials), 1))
        return np.block([[-j, ones], [j, ones]])

    def search(start: Array) -> Array:
        found = minimize(
            lambda z: z[-1],
            np.append(start, np.abs(evaluator.values(start)).max()),
            jac=lambda z: gradient,
            constraints={"type": "ineq", "fun": sides, "jac": slopes},
            method="SLSQP",
            options={"maxiter": 500, "ftol": 1e-15},
        )
        return np.asarray(found.x[:-1])

    return search


def marquardt_then_slsqp(task: Task) -> Search:
    """Least squares first, then the epigraph from there."""
    first, second = levenberg_marquardt(task), epigraph_slsqp(task)
    return lambda start: second(first(start))


def adam(task: Task) -> Search:
    """torch's Adam on the network, all samples a step, cosine schedule."""
    import torch

    loss = _torch_loss(task)

    def search(start: Array) -> Array:
        c = torch.tensor(start, requires_grad=True)
        optimiser = torch.optim.Adam([c], lr=ADAM_RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, ADAM_STEPS)
        for _ in range(ADAM_STEPS):
            optimiser.zero_grad()
            loss(c).backward()
            optimiser.step()
            schedule.step()
        return np.asarray(c.detach().numpy())

    return search


def lbfgs(task: Task) -> Search:
    """torch's L-BFGS on the network, all samples a step, strong Wolfe line search."""
    import torch

    loss = _torch_loss(task)

    def search(start: Array) -> Array:
        c = torch.tensor(start, requires_grad=True)
        optimiser = torch.optim.LBFGS(
            [c],
            max_iter=LBFGS_STEPS,
            tolerance_grad=1e-14,
            tolerance_change=1e-16,
            history_size=20,
            line_search_fn="strong_wolfe",
        )

        def step() -> object:
            optimiser.zero_grad()
            value = loss(c)
            value.backward()
            return value

        optimiser.step(step)
        return np.asarray(c.detach().numpy())

    return search


def _torch_loss(task: Task) -> Callable[[object], object]:
    """Return the loss of the coefficients in double precision, by a pass through the network."""
    import torch

    torch.set_num_threads(1)
    network, unknowns = task.instance.network, task.instance.network.unknowns
    weights = [torch.tensor(np.array(W)) for W in network.weights]
    forms = [torch.tensor(np.array(form)) for form in unknowns.forms]
    X, Y = torch.tensor(task.instance.X), torch.tensor(task.instance.Y)

    def loss(c: object) -> object:
        hidden = X
        for layer, form in enumerate(forms):
            values, hidden = hidden @ weights[layer].T, 0.0
            for coefficient in (form[:, :-1] @ c + form[:, -1]).flip(0):
                hidden = hidden * values + coefficient
        residual = hidden @ weights[-1].T - Y
        if task.loss == "mse":
            return (residual**2).mean()
        return residual.mean(dim=0).abs().max()

    return loss


#: What is tried under each loss.
SEARCHES: MappingProxyType[str, MappingProxyType[str, Callable[[Task], Search]]] = MappingProxyType(
    {
        "mean_residual": MappingProxyType(
            {
                "Levenberg-Marquardt": levenberg_marquardt,
                "SLSQP": epigraph_slsqp,
                "Levenberg-Marquardt, SLSQP": marquardt_then_slsqp,
                "L-BFGS (torch)": lbfgs,
                "Adam (torch)": adam,
            }
        ),
        "mse": MappingProxyType(
            {"Levenberg-Marquardt": levenberg_marquardt, "L-BFGS (torch)": lbfgs, "Adam (torch)": adam}
        ),
    }
)
