"""Networks with polynomial activations, and the polynomial problems that training them is."""

from .formulate import Formulation, formulate
from .identifiability import Identifiability, identifiability
from .losses.loss import Loss
from .losses.means import LOSSES, MeanResidual, loss_named
from .network import PolynomialNetwork

__all__ = [
    "LOSSES",
    "Formulation",
    "Identifiability",
    "Loss",
    "MeanResidual",
    "PolynomialNetwork",
    "formulate",
    "identifiability",
    "loss_named",
]
