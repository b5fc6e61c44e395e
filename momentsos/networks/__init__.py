"""Networks with polynomial activations, and the polynomial problems that training them is."""

from .formulate import Formulation, formulate
from .losses import LOSSES, Loss, MeanResidual, loss_named
from .network import PolynomialNetwork

__all__ = ["LOSSES", "Formulation", "Loss", "MeanResidual", "PolynomialNetwork", "formulate", "loss_named"]
