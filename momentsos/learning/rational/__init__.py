"""Rational activations of one hidden layer."""

from __future__ import annotations

from .activation import RationalActivation
from .learn import RationalFit, learn_rational

__all__ = ["RationalActivation", "RationalFit", "learn_rational"]
