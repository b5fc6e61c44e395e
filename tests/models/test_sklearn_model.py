"""Perceptrons of scikit-learn and pipelines that end in one, as models whose activations are learned."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, softmax
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, StandardScaler

import momentsos as ms
from momentsos.estimators import PolynomialMLPClassifier, PolynomialMLPRegressor
from momentsos.models import Ansatz, Series, Sought, model_of

KINDS = ("relu", "tanh", "logistic", "identity")


def trained(kind, activation, X, y, before=StandardScaler, iterations=30):
    mlp = kind(hidden_layer_sizes=(5, 4), activation=activation, solver="lbfgs", max_iter=iterations, random_state=0)
    model = mlp if before is None else make_pipeline(before(), mlp)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return X, (y - y.mean()) / y.std()


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def outputs(model, X, series=None):
    return np.concatenate([each.outputs for each in model.passes(X, series)])


@pytest.mark.parametrize("activation", KINDS)
def test_a_forward_pass_is_that_of_scikit_learn(diabetes, iris, activation) -> None:
    X, y = diabetes
    regressor = trained(MLPRegressor, activation, X, y)
    assert np.allclose(outputs(model_of(regressor, X), X)[:, 0], regressor.predict(X), rtol=1e-12, atol=1e-13)
    X, y = iris
    classifier = trained(MLPClassifier, activation, X, y)
    logits = outputs(model_of(classifier, X), X)
    assert np.allclose(softmax(logits, axis=1), classifier.predict_proba(X), rtol=1e-12, atol=1e-13)
    assert np.array_equal(classifier.classes_[logits.argmax(axis=1)], classifier.predict(X))


def test_the_expansion_is_the_forward_pass_in_the_unknowns(diabetes, rng) -> None:
    X, y = diabetes
    model = model_of(trained(MLPRegressor, "tanh", X, y), X)
    sought = Sought(
        (Ansatz((0.0,) * 3, (0, 1, 2), 0.3, 2.0), Ansatz((0.0, 1.0, 0.0), (3, None, 4), -0.1, 1.5)), tuple("abcde")
    )
    x = rng.standard_normal(5)
    found = [values.transpose(1, 2, 0) @ (x**m.exponents).prod(axis=1) for m, values in model.expanded(X, sought)]
    assert np.allclose(np.concatenate(found), outputs(model, X, sought.series(x)), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("activation", KINDS)
def test_a_pipeline_becomes_one_with_polynomials(diabetes, activation) -> None:
    X, y = diabetes
    model = trained(MLPRegressor, activation, X, y)
    before = model.predict(X)
    found = ms.polynomialize(model, X, degrees=[3, 2], truth=y)
    assert found.fit.status is ms.Status.CERTIFIED and found.report.kind == "scikit-learn"
    assert isinstance(found.model, Pipeline) and isinstance(found.model[-1], PolynomialMLPRegressor)
    assert found.model[0] is model[0] and np.array_equal(model.predict(X), before)
    rows = next(model_of(model, X).passes(X, found.series)).outputs[:, 0]
    assert np.allclose(found.model.predict(X), rows, rtol=1e-12, atol=1e-12)
    assert np.array_equal(pickle.loads(pickle.dumps(found.model)).predict(X), found.model.predict(X))
    powers = ms.PolynomialNetwork.from_sklearn(model, [3, 2]).with_coefficients(found.fit.coefficients)
    assert np.allclose(powers.predict(model[:-1].transform(X))[:, 0], rows, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_classifier_keeps_its_labels_and_probabilities(iris, classes) -> None:
    X, y = iris[0][: 50 * classes], np.array(["setosa", "versicolor", "virginica"])[iris[1][: 50 * classes]]
    model = trained(MLPClassifier, "tanh", X, y, before=None)
    found = ms.polynomialize(model, X, degrees=2, truth=y, holdout=0)
    assert found.fit.status is ms.Status.CERTIFIED
    assert isinstance(found.model, PolynomialMLPClassifier) and list(found.model.classes_) == sorted(set(y))
    values = found.model.decision_function(X).reshape(len(X), -1)
    terms = max(1.0, *(np.abs(own.coefficients).max() for own in found.series))  # they cancel, and leave their rounding
    assert np.abs(values - outputs(model_of(model, X), X, found.series)).max() < 1e-12 * terms
    proba = softmax(values, axis=1) if classes == 3 else np.column_stack([expit(-values), expit(values)])
    assert np.allclose(found.model.predict_proba(X), proba)
    if classes == 3:  # the report puts the threshold of one output midway between the classes
        assert found.report.training[-1].accuracy == found.model.score(X, y)


def test_squares_predict_what_quadratics_do(diabetes) -> None:
    X, y = diabetes
    found = ms.polynomialize(trained(MLPRegressor, "tanh", X, y), X, degrees=2)
    folded = found.fold()
    assert np.allclose(folded.predict(X), found.model.predict(X), rtol=1e-12, atol=1e-12)
    assert [each.free for each in folded[-1].network.activations] == [(2,), (2,)]


def test_labels_may_be_targets(iris) -> None:
    X, y = iris
    found = ms.polynomialize(trained(MLPClassifier, "relu", X, y), X, Y=y, degrees=2, holdout=0, widen=0)
    assert found.fit.status is ms.Status.CERTIFIED
    errors = (found.model.decision_function(X) - np.eye(3)[y]) ** 2
    assert errors.mean() == pytest.approx(found.fit.upper_bound, rel=1e-9)


def test_names_of_columns_and_steps_in_pipelines_are_kept(diabetes) -> None:
    X = pd.DataFrame(diabetes[0], columns=[f"column {i}" for i in range(10)])
    columns = ColumnTransformer([("one", StandardScaler(), ["column 3", "column 1"]), ("two", MinMaxScaler(), [2, 5])])
    inner = trained(MLPRegressor, "tanh", columns.fit_transform(X), diabetes[1])
    model = Pipeline([("columns", columns), ("nothing", "passthrough"), ("rest", inner)])
    found = ms.polynomialize(model, X, degrees=2)
    assert found.fit.status is ms.Status.CERTIFIED
    assert np.abs(found.model.predict(X) - model.predict(X)).mean() < 0.3
    sparse = make_pipeline(OneHotEncoder(), inner[-1])
    sparse.steps[-1] = ("mlp", trained(MLPRegressor, "tanh", np.eye(3)[[0, 1, 2, 0]], [0.0, 1.0, 2.0, 0.0], None))
    sparse[0].fit([[0.0], [1.0], [2.0]])
    assert np.allclose(outputs(model_of(sparse, np.ones((2, 1))), np.ones((2, 1)))[:, 0], sparse.predict([[1.0]] * 2))


def test_what_cannot_be_taken_is_refused_in_one_line(diabetes) -> None:
    X, y = diabetes
    mlp = trained(MLPRegressor, "tanh", X, y, before=None)
    centring = FunctionTransformer(lambda rows: rows - rows.mean(axis=0))
    for wrong, inputs, word in (
        (Ridge().fit(X, y), X, "expected MLPRegressor"),
        (MLPRegressor(), X, "not fitted"),
        (mlp, X[:, :3], "takes 10 numbers"),
        (trained(MLPRegressor, "tanh", X, y), X[:, :3], "StandardScaler"),
        (make_pipeline(centring, mlp), X, "several samples at once"),
        (ms.polynomialize(mlp, X, degrees=1).model, X, "activation"),
        (trained(MLPRegressor, "tanh", X, y, None).set_params(activation="sine"), X, "activation 'sine'"),
    ):
        with pytest.raises(ms.InvalidInput, match=word) as caught:
            ms.polynomialize(wrong, inputs, degrees=2)
        assert "\n" not in str(caught.value)


def test_units_of_a_series_are_those_of_its_activation(diabetes) -> None:
    X, y = diabetes
    mlp = trained(MLPRegressor, "tanh", X, y, before=None)
    series = [Series([0.3, -1.0, 2.0], 0.25, 3.0), Series([1.0, 0.5], 0.0, 1.0)]
    replaced = model_of(mlp, X).with_series(series)
    assert np.allclose(replaced.predict(X), outputs(model_of(mlp, X), X, series)[:, 0], rtol=1e-12, atol=1e-13)
    assert replaced.network.activations[1].are_powers
