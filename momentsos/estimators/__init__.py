"""Estimators for scikit-learn, and its perceptrons with polynomial activations; needs the extra `scikit-learn`."""

from .classifier import PolynomialActivationClassifier
from .perceptrons import PolynomialMLPClassifier, PolynomialMLPRegressor, with_network
from .regressor import PolynomialActivationRegressor

__all__ = [
    "PolynomialActivationClassifier",
    "PolynomialActivationRegressor",
    "PolynomialMLPClassifier",
    "PolynomialMLPRegressor",
    "with_network",
]
