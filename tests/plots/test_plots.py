"""What the pictures show: the data on the Axes, never pixels."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import momentsos as ms
from momentsos.extraction import RankRule
from momentsos.learning.instances import noisy_instance

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_is_left():
    from matplotlib import pyplot

    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def case():
    return noisy_instance((3, 2), samples=30, width=6)


@pytest.fixture(scope="module")
def fit(case):
    return ms.learn(case.network, case.X, case.Y)


@pytest.fixture(scope="module")
def square():
    """Four minimisers, from moments of rank 4."""
    x, y = ms.variables("x y")
    problem = ms.Problem((x**2 - 1) ** 2 + (y**2 - 1) ** 2, [3 - x**2 - y**2])
    return ms.solve(problem, order=3, method="dense")


def labelled(ax) -> dict[str, object]:
    handles, names = ax.get_legend_handles_labels()
    return dict(zip(names, handles, strict=True))


# -- activations -------------------------------------------------------------------------------------------


def test_the_learned_curve_is_the_activation_over_the_middle_of_its_inputs(case, fit) -> None:
    for layer, ax in enumerate(fit.plot(X=case.X, originals=case.true)):
        t, values = labelled(ax)["learned"].get_data()
        activation, learned = fit.network.activations[layer], fit.coefficients[layer]
        assert values == pytest.approx(activation.at(t, learned))
        assert labelled(ax)["true"].get_data()[1] == pytest.approx(activation.at(t, case.true[layer]))
        hidden = case.X @ case.network.weights[0].T
        if layer:
            hidden = fit.network.activations[0].at(hidden, fit.coefficients[0]) @ case.network.weights[1].T
        assert [t[0], t[-1]] == pytest.approx(np.quantile(hidden, [0.005, 0.995]))


def test_the_density_is_that_of_the_inputs(case, fit) -> None:
    ax = ms.plots.activation(fit, 0, case.X)
    heights, edges, _ = labelled(ax)["density of inputs"].get_data()
    counts, _ = np.histogram(case.X @ case.network.weights[0].T, bins=edges)
    assert heights / heights.max() == pytest.approx(counts / counts.max())
    assert heights.max() < 0.3  # of the height of the picture


def test_an_original_may_be_a_function_and_without_data_the_stated_interval_is_drawn() -> None:
    rng = np.random.default_rng(1)
    W = [rng.standard_normal((3, 2)), rng.standard_normal((1, 3))]
    activation = ms.Activation(degree=3, basis="chebyshev", interval=(-2, 3))
    X = rng.standard_normal((20, 2))
    fit = ms.learn(ms.PolynomialNetwork(W, activations=[activation]), X, np.tanh(X @ W[0].T) @ W[1].T)
    ax = ms.plots.activation(fit, original=np.tanh)
    t, values = labelled(ax)["original"].get_data()
    assert (t[0], t[-1]) == (-2.0, 3.0) and values == pytest.approx(np.tanh(t))
    assert "no data" in ax.get_xlabel()


def test_units_with_their_own_coefficients_have_a_curve_each() -> None:
    rng = np.random.default_rng(2)
    W = [rng.standard_normal((3, 2)), rng.standard_normal((2, 3))]
    X = rng.standard_normal((40, 2))
    network = ms.PolynomialNetwork(W, activations=[ms.Activation(degree=2, per_unit=True)])
    fit = ms.learn(network, X, np.tanh(X @ W[0].T) @ W[1].T)
    (ax,) = fit.plot(X=X)
    curves = [line.get_ydata() for line in ax.lines]
    assert len(curves) == 3
    t = ax.lines[0].get_xdata()
    every = np.broadcast_to(t[:, None], (len(t), 3))
    assert np.array(curves).T == pytest.approx(fit.network.activations[0].at(every, fit.coefficients[0]))


def test_axes_of_the_users_are_drawn_on_and_given_back(case, fit) -> None:
    from matplotlib import pyplot

    figure, given = pyplot.subplots(1, 2)
    assert list(fit.plot(ax=given, X=case.X)) == list(given)
    assert ms.plots.bounds(fit, given[0]) is given[0]
    assert pyplot.get_fignums() == [figure.number]


# -- bounds, moments, sparsity -----------------------------------------------------------------------------


def test_bounds_show_every_attempt_below_the_best_point() -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1, [9 - x**2 - y**2])
    result = ms.solve(problem, max_order=4, method="dense")
    ax = result.plot()
    drawn = np.concatenate([line.get_ydata() for name, line in labelled(ax).items() if name.startswith("lower")])
    known = [a.lower_bound for a in result.attempts if a.lower_bound is not None]
    assert sorted(drawn) == pytest.approx(sorted(known))
    assert set(labelled(ax)["objective at the best point"].get_ydata()) == {result.upper_bound}
    assert result.status.name in ax.get_title(loc="left")


def test_bounds_that_have_met_are_not_pulled_apart(square) -> None:
    low, high = square.plot("bounds").get_ylim()
    assert high - low > 0.05


def test_singular_values_are_cut_where_the_rank_rule_cuts(square) -> None:
    ax = square.plot("singular_values")
    assert {"degree 1: rank 3", "degree 2: rank 4", "degree 3: rank 4"} <= set(labelled(ax))
    block = square.relaxation.psd_blocks[0]
    values = np.linalg.svd(square.relaxation.matrix(0, square.solution.moments), compute_uv=False)
    counted = labelled(ax)["degree 3: rank 4"].get_ydata()
    assert counted == pytest.approx(values[:4] / values[0])
    assert block.basis.sum(axis=1).max() == 3
    rule = RankRule(noise=1e-3, least=1e12)
    assert "degree 2: rank 4" in labelled(ms.plots.singular_values(square, rule=rule))


def test_block_sizes_count_the_blocks(square) -> None:
    ax = ms.plots.block_sizes(square.relaxation)
    assert [bar.get_height() for bar in ax.patches] == [1, 1]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["6", "10"]
    assert "28 moments, 2 blocks" in ax.get_title(loc="left")


def test_the_sparsity_shows_which_variables_meet_and_what_cliques_add() -> None:
    x = ms.variables("x0 x1 x2 x3")
    ring = ms.Problem(sum((x[i] ** 2 - x[(i + 1) % 4]) ** 2 for i in range(4)))
    ax = ms.plots.sparsity(ring)
    pairs = {name: set(zip(*map(list, line.get_data()), strict=True)) for name, line in labelled(ax).items()}
    ring_pairs = {(i, (i + step) % 4) for i in range(4) for step in (-1, 0, 1)}
    assert pairs["meet"] == ring_pairs
    assert pairs["joined by a clique"] in ({(0, 2), (2, 0)}, {(1, 3), (3, 1)})


# -- residuals and growth ----------------------------------------------------------------------------------


def test_residuals_are_outputs_minus_targets(case, fit) -> None:
    residuals = fit.network.predict(case.X) - case.Y
    entries = labelled(fit.plot("residuals", X=case.X, Y=case.Y))["entries"]
    assert entries.get_ydata() == pytest.approx(residuals.ravel())
    assert set(entries.get_xdata()) == set(range(1, 31))
    norms = labelled(fit.plot("residual_norms", X=case.X, Y=case.Y))["norms"]
    assert norms.get_ydata() == pytest.approx(np.linalg.norm(residuals, axis=1))


def test_growth_shows_every_measurement_and_a_line_through_the_medians() -> None:
    ax = ms.plots.growth({20: [3.0, 1.0, 2.0], 10: [1.5]}, size="variables")
    line, marks = ax.lines
    assert line.get_xydata().tolist() == [[10, 1.5], [20, 2.0]]
    assert sorted(marks.get_ydata()) == [1.0, 1.5, 2.0, 3.0]
    assert len(ax.lines) == 2 and ax.get_title(loc="left") == ""  # no law
    low, high = ax.get_ylim()
    assert high / low >= 10.0


# -- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda fit, case: fit.plot("pie"), "expected one of bounds"),
        (lambda fit, case: fit.plot(3), "expected one of"),
        (lambda fit, case: fit.plot(ax="here"), "axes: expected 2|ax: expected a matplotlib Axes"),
        (lambda fit, case: fit.plot("bounds", ax="here"), "ax: expected a matplotlib Axes"),
        (lambda fit, case: fit.plot("residuals"), "need the data"),
        (lambda fit, case: fit.plot("singular_values"), "leaves no moments"),
        (lambda fit, case: fit.plot(X=case.X[:, :2]), "expected \\(N, 6\\)"),
        (lambda fit, case: fit.plot(originals=[None]), "expected 2, one a layer"),
        (lambda fit, case: fit.plot(originals=lambda t: t[:3]), "returned shape"),
        (lambda fit, case: fit.plot(originals=[[1.0], None]), "coefficients of shape"),
        (lambda fit, case: ms.plots.activation(fit, 2), "layer"),
        (lambda fit, case: ms.plots.activation("fit"), "expected a momentsos.Fit"),
        (lambda fit, case: ms.plots.bounds(fit.problem), "expected a momentsos.Result"),
        (lambda fit, case: ms.plots.sparsity("x"), "expected a momentsos.Problem"),
        (lambda fit, case: ms.plots.block_sizes("x"), "expected a relaxation"),
        (lambda fit, case: ms.plots.residuals([]), "one row a sample|values"),
        (lambda fit, case: ms.plots.growth({}), "at least one size"),
        (lambda fit, case: ms.plots.growth({1: [0.0]}), "above 0"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(fit, case, draw, words) -> None:
    with pytest.raises(ms.MomentSOSError, match=words) as caught:
        draw(fit, case)
    assert "\n" not in str(caught.value)


def test_without_matplotlib_the_way_out_is_named(fit, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ms.SolverUnavailable, match="extra 'plotting'"):
        fit.plot()


def test_names_of_variables_are_no_formulas() -> None:
    polynomial = ms.Polynomial.from_terms([[2, 1], [0, 2]], [1.0, 1.0], ("a_b", "c_1"))
    ax = ms.plots.sparsity(ms.Problem(polynomial))
    ax.figure.canvas.draw()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a_b", "c_1"]
