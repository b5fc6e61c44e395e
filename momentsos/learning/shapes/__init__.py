"""Activations with a shape: increasing, convex, within bounds."""

from __future__ import annotations

from .learn import ShapedFit, learn_shaped
from .shape import Shape

__all__ = ["Shape", "ShapedFit", "learn_shaped"]
