"""The classes of scikit-learn that estimators are made of; without it, estimators that say what to install.

A class needs its bases when its module is imported. Where scikit-learn is missing they are stand-ins, so that modules
and documentation can be imported; whoever makes an estimator is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import InvalidInput

__all__ = ["BaseEstimator", "ClassifierMixin", "MultiOutputMixin", "RegressorMixin", "available_if"]

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, MultiOutputMixin, RegressorMixin
    from sklearn.utils.metaestimators import available_if
except ModuleNotFoundError as missing:
    if (missing.name or "").partition(".")[0] != "sklearn":
        raise

    class BaseEstimator:  # type: ignore[no-redef]
        """What refuses to be made without scikit-learn."""

        def __new__(cls, *_given: Any, **_named: Any) -> BaseEstimator:
            """Raise `InvalidInput` with the way out."""
            raise InvalidInput(
                f"{cls.__name__} needs scikit-learn, which is not installed: pip install 'momentsos[scikit-learn]'"
            )

    class ClassifierMixin:  # type: ignore[no-redef]
        """Nothing."""

    class MultiOutputMixin:  # type: ignore[no-redef]
        """Nothing."""

    class RegressorMixin:  # type: ignore[no-redef]
        """Nothing."""

    def available_if(check: Callable[[Any], bool]) -> Callable[[Any], Any]:
        """Return what leaves a method as it is."""
        return lambda method: method
