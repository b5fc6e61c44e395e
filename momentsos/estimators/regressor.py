"""Regression by a network with learned polynomial activations."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .base import PolynomialActivationEstimator, weighted_rows
from .foundation import MultiOutputMixin, RegressorMixin


class PolynomialActivationRegressor(MultiOutputMixin, RegressorMixin, PolynomialActivationEstimator):
    """Regression by a network whose polynomial activations are learned globally.

    The weights of the network are random, given, or trained in short; then `momentsos.learn` finds the coefficients of
    its activations, one polynomial a layer, with bounds that say how good they are.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int
        Units of the hidden layers; of given weights it is not asked.
    degrees : int or sequence of int
        Degree of the activation of each layer, or one for all.
    weights : {"trained", "random"} or list of (m_l, m_{l-1}) arrays
        ``"trained"``: those of an `sklearn.neural_network.MLPRegressor` with tanh activations after a short run of
        L-BFGS. ``"random"``: normal numbers. Both for standardised inputs and targets, written in the units of the
        data. Or the matrices themselves, the last one with a row a target.
    biases : None, False or list of (m_l,) arrays
        None: those that come with the weights (none with given ones). False: none at all; data are not centred then,
        and trained ones are dropped.
    activations : list of Activation, optional
        In place of `degrees`.
    loss, ridge, absolute, method, solver, tol
        As for `momentsos.learn`, on the targets in their own units.
    time_limit : float, optional
        Seconds for the whole fit.
    training : mapping, optional
        Options of `MLPRegressor` for trained weights; by default 40 iterations and ``alpha=0.1``.
    random_state : int, RandomState or None

    Attributes
    ----------
    coefficients_ : list of (d_l + 1,) arrays
        In ascending powers.
    network_ : PolynomialNetwork
        With these coefficients, for inputs as they are.
    lower_bound_, upper_bound_, gap_ : float or None
        Of the training loss over all coefficients, the weights as they are.
    status_ : Status
    certificate_ : Certificate
        Made when it is first looked at.
    fit_ : Fit
    n_features_in_ : int
    feature_names_in_ : array of str
        Where `X` has names.

    Examples
    --------
    >>> import momentsos as ms
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> ms.PolynomialActivationRegressor(random_state=0).fit(X, y).status_.name
    'CERTIFIED'
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn the activations.

        Parameters
        ----------
        X : (N, m_0) array
        y : (N,) or (N, m_{D+1}) array
        sample_weight : (N,) array, optional

        Raises
        ------
        InvalidInput, BadOption
            Data or parameters that make no sense.
        SolverFailed
            No coefficients were found.
        """
        from sklearn.utils.validation import validate_data

        rows, targets = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        kept, own = weighted_rows(self, rows, sample_weight)
        self._flat = targets.ndim == 1
        wanted = np.asarray(targets, dtype=np.float64).reshape(len(targets), -1)
        self._learned(rows[kept], wanted[kept], own)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the outputs, of the shape of the targets in `fit`."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._flat else outputs
