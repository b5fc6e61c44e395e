"""Perceptrons of scikit-learn become polynomial networks, and go back to what predicts and pickles."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import momentsos as ms
from momentsos.estimators import PolynomialMLPClassifier, PolynomialMLPRegressor, with_network

LINE = [0.0, 1.0]


def short(kind, activation="identity", **asked):
    return kind(hidden_layer_sizes=(5, 4), activation=activation, solver="lbfgs", max_iter=15, random_state=0, **asked)


def fitted(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


@pytest.fixture(scope="module")
def diabetes():
    return load_diabetes(return_X_y=True, as_frame=True)


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return X, np.array(["setosa", "versicolor", "virginica"])[y]


def same_network(model) -> ms.PolynomialNetwork:
    """The network of a perceptron without activations, as one with polynomials of degree 1."""
    return ms.PolynomialNetwork.from_sklearn(model, 1).with_coefficients([LINE, LINE])


def test_a_regression_goes_there_and_back(diabetes) -> None:
    X, y = diabetes
    mlp = fitted(short(MLPRegressor), X, y)
    network = same_network(mlp)
    assert np.allclose(network.predict(X)[:, 0], mlp.predict(X), rtol=1e-12, atol=0)
    back = with_network(mlp, network)
    assert isinstance(back, PolynomialMLPRegressor)
    assert np.allclose(back.predict(X), mlp.predict(X), rtol=1e-12, atol=0)
    assert back.score(X, y) == pytest.approx(r2_score(y, mlp.predict(X)), abs=1e-12)
    again = pickle.loads(pickle.dumps(back))
    assert np.array_equal(again.predict(X), back.predict(X))
    assert list(back.feature_names_in_) == list(X.columns) and back.n_features_in_ == X.shape[1]
    third = ms.PolynomialNetwork.from_sklearn(back, 1)
    assert all(map(np.array_equal, third.weights, network.weights))
    assert all(map(np.array_equal, third.biases, network.biases))


def test_several_outputs_keep_their_shape(diabetes) -> None:
    X, y = diabetes
    Y = np.column_stack([y, y**2 / 1e2])
    mlp = fitted(short(MLPRegressor), X, Y)
    back = with_network(mlp, same_network(mlp))
    assert np.allclose(back.predict(X), mlp.predict(X), rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_classification_goes_there_and_back(iris, classes) -> None:
    X, y = iris
    X, y = X[: 50 * classes], y[: 50 * classes]
    mlp = fitted(short(MLPClassifier), X, y)
    network = same_network(mlp)
    back = with_network(mlp, network)
    assert isinstance(back, PolynomialMLPClassifier)
    assert np.allclose(back.predict_proba(X), mlp.predict_proba(X), rtol=1e-12, atol=1e-13)
    assert np.array_equal(back.predict(X), mlp.predict(X))
    assert np.array_equal(back.classes_, mlp.classes_)
    assert back.score(X, y) == accuracy_score(y, mlp.predict(X))
    again = pickle.loads(pickle.dumps(back))
    assert np.array_equal(again.predict_proba(X), back.predict_proba(X))
    assert cross_val_score(back, X, y, cv=2).mean() > 0.5  # a clone is the same object, as it was made


def test_several_labels_a_sample_stay_several(iris) -> None:
    X, y = iris
    Y = np.column_stack([y != "setosa", y == "virginica"]).astype(int)
    mlp = fitted(short(MLPClassifier), X, Y)
    back = with_network(mlp, same_network(mlp))
    assert np.array_equal(back.predict(X), mlp.predict(X))
    assert np.allclose(back.predict_proba(X), mlp.predict_proba(X), rtol=1e-12, atol=1e-13)


def test_the_outputs_of_a_classifier_are_those_before_the_softmax(iris) -> None:
    X, y = iris
    mlp = fitted(short(MLPClassifier), X, y)
    outputs, logs = same_network(mlp).predict(X), mlp.predict_log_proba(X)
    assert np.allclose(outputs - outputs[:, :1], logs - logs[:, :1], rtol=1e-9, atol=1e-9)


def test_of_a_pipeline_the_steps_before_are_kept(diabetes) -> None:
    X, y = diabetes
    model = fitted(make_pipeline(StandardScaler(), short(MLPRegressor)), X, y)
    network = same_network(model)
    assert np.allclose(network.predict(model[:-1].transform(X))[:, 0], model.predict(X), rtol=1e-12, atol=0)
    back = with_network(model, network)
    assert isinstance(back, Pipeline) and back[0] is model[0] and isinstance(model[-1], MLPRegressor)
    assert np.allclose(back.predict(X), model.predict(X), rtol=1e-12, atol=0)
    assert np.array_equal(pickle.loads(pickle.dumps(back)).predict(X), back.predict(X))
    nested = Pipeline([("all", model)])
    assert np.allclose(with_network(nested, network).predict(X), model.predict(X), rtol=1e-12, atol=0)


def test_learned_activations_predict_as_their_network_does(iris) -> None:
    X, y = iris
    mlp = fitted(short(MLPClassifier, "tanh"), X, y)
    network = ms.PolynomialNetwork.from_sklearn(mlp, [2, 2])
    logits = np.log(mlp.predict_proba(X))
    fit = ms.learn(network, X, logits - logits.mean(axis=1, keepdims=True))
    back = with_network(mlp, fit.network)
    assert np.array_equal(back.decision_function(X), fit.network.predict(X))
    assert np.allclose(back.predict_proba(X).sum(axis=1), 1.0)
    assert back.score(X, y) > 0.9


def test_a_clone_is_the_object_and_a_fit_changes_nothing(diabetes) -> None:
    X, y = diabetes
    mlp = fitted(short(MLPRegressor), X, y)
    back = with_network(mlp, same_network(mlp))
    assert clone(back) is back and back.fit(X, -y) is back
    assert np.allclose(back.predict(X), mlp.predict(X), rtol=1e-12, atol=0)


def test_activations_are_taken_in_place_of_degrees(diabetes) -> None:
    X, y = diabetes
    mlp = fitted(short(MLPRegressor, "relu"), X, y)
    own = [ms.Activation(powers=(1, 3)), ms.Activation(2)]
    assert ms.PolynomialNetwork.from_sklearn(mlp, activations=own).degrees == (3, 2)
    assert ms.PolynomialNetwork.from_sklearn(mlp).degrees == (3, 3)


def test_what_is_no_perceptron_is_refused_in_one_line(diabetes) -> None:
    X, y = diabetes
    ridge = Ridge().fit(X, y)
    mlp = fitted(short(MLPRegressor), X, y)
    search = fitted(GridSearchCV(short(MLPRegressor), {"alpha": [1e-4, 1e-2]}, cv=2), X, y)
    targets = fitted(TransformedTargetRegressor(short(MLPRegressor), transformer=StandardScaler()), X, y)
    for wrong, word in (
        (ridge, "MLPRegressor"),
        (3, "MLPRegressor"),
        (short(MLPRegressor), "not fitted"),
        (search, "best_estimator_"),
        (targets, "regressor_"),
        (make_pipeline(StandardScaler(), ridge), "MLPRegressor"),
    ):
        with pytest.raises(ms.InvalidInput, match=word) as caught:
            ms.PolynomialNetwork.from_sklearn(wrong)
        assert "\n" not in str(caught.value)
    with pytest.raises(ms.InvalidInput, match="coefficients"):
        with_network(mlp, ms.PolynomialNetwork.from_sklearn(mlp))
    narrow = ms.PolynomialNetwork([np.ones((2, 3)), np.ones((1, 2))], [1]).with_coefficients([LINE])
    with pytest.raises(ms.InvalidInput, match="3 inputs"):
        with_network(mlp, narrow)
