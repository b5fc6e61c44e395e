"""Where the data leave a direction free, no loss is believed that is one of rounded residuals alone."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np

import momentsos as ms

#: Two samples and three coefficients: the residuals do not change along (t - 692.5) (t - 36.5).
FIRST = [-0.03373732592242109, -0.03099456622459334, -0.29327947159825346, 0.17722810351153184]
LAST = [2.3067572621469674, 0.3553173649295727, -1.1924125762686446]
X = [
    [-68.25894207446406, -846.7649621800869, -2917.9131863738285, -1082.1539223821237],
    [413.8262003446618, -1276.9907899078269, -88.96279506807066, -85.84087228121203],
]
Y = [
    [365362.76430135255, 56282.18510735719, -188854.89394719896],
    [1002.4514595284156, 148.604728439925, -532.6458745177883],
]


def exact_loss(coefficients: np.ndarray) -> F:
    total = F(0)
    for x, y in zip(X, Y, strict=True):
        t = sum((F(w) * F(v) for w, v in zip(FIRST, x, strict=True)), F(0))
        inner = sum((F(c) * t**k for k, c in enumerate(coefficients.tolist())), F(0))
        total += sum(((F(w) * inner - F(target)) ** 2 for w, target in zip(LAST, y, strict=True)), F(0))
    return total / 6


def test_a_direction_that_is_free_leads_to_no_false_loss() -> None:
    weights = [np.array([FIRST]), np.array([[w] for w in LAST])]
    fit = ms.learn(ms.PolynomialNetwork(weights, degrees=[2]), X, Y, loss="mse")
    loss, size = exact_loss(fit.coefficients[0]), sum(F(y) ** 2 for row in Y for y in row) / 6
    assert abs(F(fit.upper_bound) - loss) <= F(1, 10**16) * size
    assert fit.lower_bound <= float(loss)
