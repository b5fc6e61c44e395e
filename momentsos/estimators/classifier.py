"""Classification by a network with learned polynomial activations."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from .base import PolynomialActivationEstimator, weighted_rows
from .foundation import ClassifierMixin, available_if

Floats = NDArray[np.float64]


def _estimates_probabilities(estimator: Any) -> bool:
    return bool(estimator.loss == "mse")


class PolynomialActivationClassifier(ClassifierMixin, PolynomialActivationEstimator):
    r"""Classification by a network whose polynomial activations are learned globally.

    Targets are 1 in the column of a sample's class and 0 elsewhere; two classes have one column, that of the second.
    All parameters and attributes are those of `PolynomialActivationRegressor`, and `classes_`. Given weights end with a
    row a class, or with one row for two classes.

    Notes
    -----
    The squared loss is least where an output is the probability of its class, given the inputs, so that `predict_proba`
    returns outputs as estimates of probabilities, moved to the nearest distribution: subtracting one number from all
    and raising what is negative to zero. That never increases the squared distance to the targets, for they are
    distributions themselves. These are least-squares estimates, not calibrated ones, and other losses have none.
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn the activations.

        Parameters
        ----------
        X : (N, m_0) array
        y : (N,) array
            Class labels.
        sample_weight : (N,) array, optional

        Raises
        ------
        InvalidInput, BadOption
            Data or parameters that make no sense.
        SolverFailed
            No coefficients were found.
        """
        from sklearn.utils.multiclass import check_classification_targets
        from sklearn.utils.validation import column_or_1d, validate_data

        rows, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        labels = column_or_1d(labels, warn=True)
        kept, own = weighted_rows(self, rows, sample_weight)
        self.classes_, places = np.unique(labels[kept], return_inverse=True)
        classes = len(self.classes_)
        if classes < 2:
            raise InvalidInput("y: expected at least 2 classes, got 1 class")
        every = np.eye(classes)[places]
        one = classes == 2 and not self._two_rows
        self._learned(rows[kept], every[:, 1:] if one else every, own)
        return self

    @property
    def _two_rows(self) -> bool:
        """Whether weights are given whose last matrix has a row for each of two classes."""
        given = self.weights
        return isinstance(given, list | tuple) and len(given) > 0 and np.shape(given[-1])[:1] == (2,)

    def decision_function(self, X: ArrayLike) -> Floats:
        """Return the outputs, (N, classes); for two classes how much likelier the second is than an even chance, (N,).

        For two classes it is the output of the second minus one half, or half the difference of two outputs.
        """
        outputs = self._outputs(X)
        if len(self.classes_) > 2:
            return outputs
        return outputs[:, 0] - 0.5 if outputs.shape[1] == 1 else 0.5 * (outputs[:, 1] - outputs[:, 0])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the class with the largest output."""
        values = self.decision_function(X)
        places = (values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)
        return np.asarray(self.classes_[places])

    @available_if(_estimates_probabilities)
    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return estimates of the classes' probabilities, (N, classes); see the notes. For ``loss="mse"`` only."""
        values = self.decision_function(X)
        if values.ndim == 1:
            second = np.clip(0.5 + values, 0.0, 1.0)
            return np.column_stack([1.0 - second, second])
        return nearest_distributions(values)


def nearest_distributions(values: Floats) -> Floats:
    """Return the nearest point of the simplex for each row.

    It is ``max(v - t, 0)`` with the number `t` that makes the sum one: the mean excess of the largest entries, as many
    as stay positive.
    """
    falling = -np.sort(-values, axis=1)
    excess = (np.cumsum(falling, axis=1) - 1.0) / np.arange(1, values.shape[1] + 1)
    last = (falling > excess).sum(axis=1) - 1
    raised = np.maximum(values - np.take_along_axis(excess, last[:, None], axis=1), 0.0)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
