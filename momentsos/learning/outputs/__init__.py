"""Weights and biases of the outputs, learned together with the activations."""

from __future__ import annotations

from .learn import OutputFit, learn_outputs

__all__ = ["OutputFit", "learn_outputs"]
