"""What both estimators share: parameters, fitting, and what is known afterwards."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..certificates import Certificate
from ..errors import SolverFailed
from ..learning.learn import learn
from .features import Design
from .foundation import BaseEstimator

Floats = NDArray[np.float64]


class PolynomialActivationEstimator(BaseEstimator):
    """The parameters and the fitting; the docstrings of its heirs say what they mean."""

    def __init__(
        self,
        hidden_layer_sizes: Any = (16,),
        degrees: Any = 3,
        *,
        weights: Any = "trained",
        biases: Any = None,
        activations: Any = None,
        loss: str = "mse",
        ridge: float = 0.0,
        absolute: float = 0.0,
        method: str = "auto",
        solver: str = "auto",
        tol: float = 1e-6,
        time_limit: float | None = None,
        training: Any = None,
        random_state: Any = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.degrees = degrees
        self.weights = weights
        self.biases = biases
        self.activations = activations
        self.loss = loss
        self.ridge = ridge
        self.absolute = absolute
        self.method = method
        self.solver = solver
        self.tol = tol
        self.time_limit = time_limit
        self.training = training
        self.random_state = random_state

    @property
    def certificate_(self) -> Certificate:
        """The lower bound as an identity in rational numbers; searched for when it is first looked at.

        Raises
        ------
        CertificateError
            There is none.
        NotFittedError
        """
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        return self.fit_.certificate

    def _learned(self, X: Floats, Y: Floats, sample_weight: Floats | None) -> None:
        """Learn the activations, and keep what is known."""
        from sklearn.utils import check_random_state

        began = time.perf_counter()
        random = check_random_state(self.random_state)
        design = Design(
            self.hidden_layer_sizes, self.degrees, self.activations, self.weights, self.biases, self.training
        )
        network = design.network(X, Y, sample_weight, random)
        left = self.time_limit  # a limit that is none is refused by `learn`
        if isinstance(left, int | float) and left > 0:
            left = max(1e-3, left - (time.perf_counter() - began))
        fit = learn(
            network,
            X,
            Y,
            loss=self.loss,
            method=self.method,
            solver=self.solver,
            tol=self.tol,
            time_limit=left,
            seed=int(random.randint(2**31 - 1)),
            sample_weight=sample_weight,
            ridge=self.ridge,
            absolute=self.absolute,
        )
        if fit.network is None or fit.coefficients is None:
            raise SolverFailed(f"fit: no coefficients were found ({fit.status.name}): {fit.message}")
        self.fit_ = fit
        self.network_ = fit.network
        self.coefficients_ = fit.coefficients
        self.lower_bound_, self.upper_bound_, self.gap_ = fit.lower_bound, fit.upper_bound, fit.gap
        self.status_ = fit.status

    def _outputs(self, X: Any) -> Floats:
        """Return the outputs of the network for checked rows."""
        from sklearn.utils.validation import check_is_fitted, validate_data

        check_is_fitted(self)
        return self.network_.predict(validate_data(self, X, reset=False, dtype=np.float64))


def weighted_rows(estimator: Any, X: Floats, sample_weight: Any) -> tuple[slice | NDArray[np.bool_], Floats | None]:
    """Return which rows count, and their weights; None where all weights are the same.

    Rows of weight zero are left out, as if they had never been there.
    """
    from sklearn.utils.validation import _check_sample_weight

    if sample_weight is None:
        return slice(None), None
    checked = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True, allow_all_zero_weights=False
    )
    kept = checked > 0
    own = checked[kept]
    return kept, None if np.ptp(own) == 0 else own
