"""The estimators keep scikit-learn's contract, and say what they learned."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import momentsos as ms
from momentsos.estimators.classifier import nearest_distributions

Regressor, Classifier = ms.PolynomialActivationRegressor, ms.PolynomialActivationClassifier


@parametrize_with_checks([Regressor(), Classifier()])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_the_contract_of_scikit_learn_is_kept(estimator, check) -> None:
    if check.func.__name__ == "check_array_api_input":
        pytest.skip("SciPy's array API is off")
    check(estimator)


@pytest.fixture(scope="module")
def diabetes() -> tuple[np.ndarray, np.ndarray]:
    return load_diabetes(return_X_y=True)


def test_what_was_learned_is_kept(diabetes) -> None:
    X, y = diabetes
    model = Regressor(random_state=0).fit(X, y)
    assert model.status_ is ms.Status.CERTIFIED
    assert model.lower_bound_ <= model.upper_bound_ == pytest.approx(((model.predict(X) - y) ** 2).mean())
    assert model.gap_ == model.upper_bound_ - model.lower_bound_
    assert [len(c) for c in model.coefficients_] == [4]
    assert np.array_equal(model.network_.predict(X)[:, 0], model.predict(X))
    assert model.fit_.network is model.network_
    assert model.certificate_.bound <= model.upper_bound_
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict(X), model.predict(X)) and again.fit_ == model.fit_


def test_nothing_is_known_before_the_fit() -> None:
    with pytest.raises(NotFittedError):
        _ = Regressor().certificate_
    assert not hasattr(Regressor(), "network_")


@pytest.mark.parametrize("asked", [{"loss": "mae"}, {"loss": "max_abs"}, {"loss": "mean_residual"}, {"ridge": 10.0}])
def test_losses_and_penalties_are_those_of_learn(diabetes, asked) -> None:
    X, y = diabetes[0][:60], diabetes[1][:60]
    model = Regressor(hidden_layer_sizes=4, degrees=2, random_state=0, **asked).fit(X, y)
    again = ms.learn(model.network_, X, y[:, None], **asked)
    assert model.status_ is ms.Status.CERTIFIED
    assert again.upper_bound == pytest.approx(model.upper_bound_, rel=1e-5)


def test_two_layers_are_learned_jointly(diabetes) -> None:
    X, y = diabetes
    model = Regressor((8, 8), (3, 2), random_state=0, time_limit=60).fit(X, y)
    assert model.status_ is ms.Status.CERTIFIED and [len(c) for c in model.coefficients_] == [4, 3]
    assert model.score(X, y) > 0.5


def test_given_weights_are_taken_as_they_are(rng) -> None:
    W = [rng.standard_normal((4, 4)) / 2 for _ in range(2)] + [rng.standard_normal((2, 4))]
    teacher = ms.PolynomialNetwork(W, [2, 2]).with_coefficients([[1.0, 0.5, -0.3], [0.2, -1.0, 0.1]])
    X = rng.standard_normal((40, 4))
    model = Regressor(weights=W, degrees=2, random_state=0).fit(X, teacher.predict(X))
    assert model.network_.biases is None
    assert all(map(np.array_equal, model.network_.weights, W))
    assert model.upper_bound_ < 1e-20 and model.score(X, teacher.predict(X)) == pytest.approx(1.0)
    shifted = Regressor(weights=W, biases=[np.ones(4), np.ones(4), np.zeros(2)], degrees=2, random_state=0)
    assert shifted.fit(X, teacher.predict(X)).network_.biases[0][0] == 1.0


def test_random_weights_are_repeated_by_their_seed(diabetes) -> None:
    X, y = diabetes
    own = Regressor(4, weights="random", activations=[ms.Activation(2, per_unit=True)], random_state=3)
    one, other = clone(own).fit(X, y), clone(own).fit(X, y)
    assert np.array_equal(one.network_.weights[0], other.network_.weights[0])
    assert one.status_ is ms.Status.CERTIFIED and one.coefficients_[0].shape == (4, 3)


@pytest.mark.parametrize("weights", ["random", "trained"])
def test_units_of_inputs_and_targets_do_not_matter(diabetes, weights) -> None:
    X, y = diabetes
    model = Regressor(4, weights=weights, degrees=2, random_state=0)
    plain, scaled = clone(model).fit(X, y), clone(model).fit(1e3 * X + 5.0, 1e-2 * y + 7.0)
    assert np.allclose(scaled.predict(1e3 * X + 5.0), 1e-2 * plain.predict(X) + 7.0, rtol=1e-6)


def test_without_biases_there_are_none(diabetes) -> None:
    X, y = diabetes
    for weights in ("random", "trained"):
        assert Regressor(4, 2, weights=weights, biases=False, random_state=0).fit(X, y).network_.biases is None


def test_several_targets_keep_their_shape(diabetes) -> None:
    X, y = diabetes
    Y = np.column_stack([y, -2.0 * y, y**2])
    model = Regressor(random_state=0).fit(X, Y)
    assert model.predict(X).shape == Y.shape and model.status_ is ms.Status.CERTIFIED


def test_a_weight_of_two_is_the_sample_twice(diabetes) -> None:
    X, y = diabetes[0][:80], diabetes[1][:80]
    weights = np.where(np.arange(80) < 30, 2.0, 1.0)
    weights[-5:] = 0.0
    twice = np.repeat(np.arange(80), weights.astype(int))
    one = Regressor(6, random_state=0).fit(X, y, sample_weight=weights)
    other = Regressor(6, random_state=0).fit(X[twice], y[twice])
    assert np.allclose(one.predict(X), other.predict(X), rtol=1e-6)


def test_it_works_in_pipelines_searches_and_with_names() -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    assert isinstance(X, pd.DataFrame)
    labels = y.map({0: "setosa", 1: "versicolor", 2: "virginica"})
    pipeline = make_pipeline(StandardScaler(), Classifier(random_state=0))
    grid = {"polynomialactivationclassifier__degrees": [1, 2]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, labels)
    assert search.best_score_ > 0.9
    assert cross_val_score(Classifier(random_state=0), X, labels, cv=3).mean() > 0.9
    model = Classifier(random_state=0).fit(X, labels)
    assert list(model.feature_names_in_) == list(X.columns) and model.n_features_in_ == 4
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X[X.columns[::-1]])


def test_probabilities_are_the_nearest_to_the_outputs() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    model = Classifier(random_state=0).fit(X, y)
    proba, values = model.predict_proba(X), model.decision_function(X)
    assert np.array_equal(proba[:, 1], np.clip(model.network_.predict(X)[:, 0], 0, 1))
    assert np.array_equal(model.predict(X), (values > 0).astype(int))
    given = np.array([[2.0, 1.9, -1.0], [0.2, 0.3, 0.5], [0.1, 0.1, 0.1]])
    found = nearest_distributions(given)
    assert np.allclose(found, [[0.55, 0.45, 0.0], [0.2, 0.3, 0.5], [1 / 3] * 3])
    assert not hasattr(Classifier(loss="mae"), "predict_proba")


def test_two_classes_may_have_two_outputs() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    own = Classifier(random_state=0).fit(X, y).network_
    both = [own.weights[0], np.vstack([-own.weights[1], own.weights[1]])]
    ends = [own.biases[0], np.array([1.0 - own.biases[1][0], own.biases[1][0]])]
    model = Classifier(weights=both, biases=ends, random_state=0).fit(X, y)
    assert model.network_.sizes[-1] == 2 and model.score(X, y) > 0.9
    assert np.allclose(model.predict_proba(X).sum(axis=1), 1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": "best"},
        {"weights": 3},
        {"weights": [np.ones((2, 2))]},
        {"weights": "random", "biases": [np.ones(2)]},
        {"hidden_layer_sizes": 0},
        {"hidden_layer_sizes": []},
        {"degrees": 0},
        {"degrees": [2, 2]},
        {"loss": "hinge"},
        {"ridge": -1.0},
        {"activations": [3]},
        {"training": 3},
        {"training": {"depth": 3}},
        {"time_limit": -1.0},
        {"time_limit": "long"},
    ],
)
def test_wrong_parameters_are_refused_in_one_line(wrong, rng) -> None:
    X = rng.standard_normal((20, 2))
    with pytest.raises((ms.InvalidInput, ms.BadOption)) as caught:
        Regressor(**wrong).fit(X, X[:, 0])
    assert "\n" not in str(caught.value)


def test_one_class_is_refused(rng) -> None:
    with pytest.raises(ms.InvalidInput, match="at least 2 classes"):
        Classifier().fit(rng.standard_normal((9, 2)), np.ones(9))


def test_without_scikit_learn_the_way_out_is_named() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import momentsos as ms\n"
        "from momentsos import *\n"
        "for kind in (ms.PolynomialActivationRegressor, ms.PolynomialActivationClassifier):\n"
        "    try: kind(degrees=2)\n"
        "    except ms.InvalidInput as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    lines = done.stdout.splitlines()
    assert len(lines) == 2 and all("pip install 'momentsos[scikit-learn]'" in line for line in lines)


def test_importing_the_package_does_not_import_scikit_learn() -> None:
    code = "import sys, momentsos; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
