"""Networks with polynomial activations, and the polynomial problems that training them is."""

from .activation import Activation
from .composed import ComposedNetwork
from .formulate import Formulation, formulate
from .identifiability import Identifiability, identifiability
from .losses import LOSSES, Loss, loss_named
from .network import PolynomialNetwork
from .unknowns import Unknowns

__all__ = [
    "LOSSES",
    "Activation",
    "ComposedNetwork",
    "Formulation",
    "Identifiability",
    "Loss",
    "PolynomialNetwork",
    "Unknowns",
    "formulate",
    "identifiability",
    "loss_named",
]
