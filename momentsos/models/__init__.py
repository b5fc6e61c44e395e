"""Trained models of any kind, and their activations learned as polynomials; see `momentsos.models.model`."""

from .kinds import Kind, model_of
from .model import Model, Pass, Site
from .report import ModelReport
from .series import Series
from .size import Predicted
from .sought import Ansatz, Sought

__all__ = [
    "Ansatz",
    "Kind",
    "Model",
    "ModelReport",
    "Pass",
    "Predicted",
    "Series",
    "Site",
    "Sought",
    "model_of",
]
