"""The activation as a module, chains of layers as networks and back, squares folded into layers."""

from __future__ import annotations

import io

import numpy as np
import pytest
from modules import branches, chain, nn, rows, torch

import momentsos as ms
from momentsos.models import Series, model_of
from momentsos.torch import PolynomialActivation
from momentsos.torch.fold import is_square


def test_values_and_derivatives_are_those_of_the_polynomial() -> None:
    own = PolynomialActivation([1.0, -2.0, 0.5, 0.25], centre=0.5, scale=2.0).double()
    t = torch.linspace(-3, 3, 9, dtype=torch.float64, requires_grad=True)
    u = (t.detach().numpy() - 0.5) / 2.0
    values = own(t)
    assert np.allclose(values.detach().numpy(), np.polynomial.polynomial.polyval(u, [1, -2, 0.5, 0.25]), rtol=1e-14)
    values.sum().backward()
    assert own.coefficients.grad.tolist() == pytest.approx([9, u.sum(), (u**2).sum(), (u**3).sum()])
    assert own.degree == 3 and [name for name, _ in own.named_parameters()] == ["coefficients"]


def test_a_constant_keeps_the_shape_of_its_input() -> None:
    assert PolynomialActivation([2.0])(torch.zeros(3, 2)).tolist() == [[2.0, 2.0]] * 3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_state_round_trips(dtype) -> None:
    own = PolynomialActivation.of(Series(np.array([1.0, 1 / 3, -0.1]), 0.7, 1.3)).to(dtype)
    file = io.BytesIO()
    torch.save(own.state_dict(), file)
    file.seek(0)
    other = PolynomialActivation([0.0, 0.0, 0.0]).to(dtype)
    other.load_state_dict(torch.load(file, weights_only=True))
    t = torch.randn(5, dtype=dtype, generator=torch.Generator().manual_seed(0))
    assert torch.equal(own(t), other(t)) and own(t).dtype == dtype


def test_it_says_what_it_is() -> None:
    assert repr(PolynomialActivation([0.0, 1.0])) == "PolynomialActivation(degree=1, coefficients=[0, 1])"
    assert "centre=1" in repr(PolynomialActivation([0.0, 1.0], centre=1.0))
    assert "…" in repr(PolynomialActivation(np.ones(9)))


@pytest.mark.parametrize("wrong", [[], [[1.0]], [np.inf], "abc"])
def test_what_is_no_polynomial_is_refused(wrong) -> None:
    with pytest.raises(ms.InvalidInput):
        PolynomialActivation(wrong)
    with pytest.raises(ms.InvalidInput):
        PolynomialActivation([1.0], scale=0.0)


@pytest.mark.parametrize(("dtype", "most"), [(torch.float64, 1e-12), (torch.float32, 1e-6)])
@pytest.mark.parametrize("bias", [True, False])
def test_networks_and_modules_agree_both_ways(dtype, most, bias) -> None:
    X = rows(20, 4)
    network = ms.PolynomialNetwork.from_torch(chain(bias=bias), degrees=[3, 2])
    network = network.with_coefficients([[0.1, 0.9, 0.2, -0.1], [0.3, 1.1, 0.2]])
    module = network.to_torch(dtype)
    found = module(torch.tensor(X, dtype=dtype)).detach().double().numpy()
    wanted = network.predict(X)
    assert np.abs(found - wanted).max() < most * np.abs(wanted).max()
    back = ms.PolynomialNetwork.from_torch(module)
    assert np.abs(back.predict(X) - wanted).max() < most * np.abs(wanted).max()


def test_a_polynomialized_chain_is_a_network() -> None:
    X = rows(40, 4)
    found = ms.polynomialize(chain(), X, degrees=2, holdout=0)
    network = ms.PolynomialNetwork.from_torch(found.model)
    own = found.model(torch.tensor(X)).detach().numpy()
    assert np.abs(network.predict(X) - own).max() < 1e-12 * np.abs(own).max()
    assert all(np.allclose(a, b) for a, b in zip(network.coefficients, found.fit.coefficients, strict=True))


@pytest.mark.parametrize(
    "module",
    [
        nn.Linear(2, 2),
        nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)),
        nn.Sequential(nn.Linear(2, 2), nn.Tanh()),
        nn.Sequential(nn.Linear(2, 2), PolynomialActivation([0.0, 1.0]), nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)),
        nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Tanh(), nn.Linear(2, 2)),
    ],
)
def test_what_is_no_chain_is_refused(module) -> None:
    with pytest.raises(ms.InvalidInput, match="from_torch"):
        ms.PolynomialNetwork.from_torch(module)


def test_a_network_without_coefficients_has_no_module() -> None:
    with pytest.raises(ms.InvalidInput, match="to_torch"):
        ms.PolynomialNetwork.from_torch(chain()).to_torch()


def folded(module, X, degrees):
    found = ms.polynomialize(module, X, degrees=degrees, holdout=0, time_limit=1.0)
    squares = [part for part in found.fold().modules() if isinstance(part, PolynomialActivation) and is_square(part)]
    before, behind = (each(torch.tensor(X)).detach().numpy() for each in (found.model, found.fold()))
    assert np.abs(before - behind).max() < 1e-9 * np.abs(before).max()
    return len(squares), found.report


def test_quadratics_between_linear_layers_become_squares() -> None:
    count, report = folded(chain("ReLU", bias=False), rows(60, 4), [2, 2])
    assert count == 2
    assert (report.depth, report.levels, report.folded_levels) == (2, 7, 5)


def test_quadratics_between_convolutions_become_squares_where_no_zeros_are_put_around() -> None:
    torch.manual_seed(0)
    first, third = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 3, 3, padding=1)
    layers = [first, nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(2, 2, 2), nn.ReLU(), third, nn.ReLU(), nn.Flatten()]
    module = nn.Sequential(*layers, nn.Linear(27, 2)).double().eval()
    count, _ = folded(module, rows(30, 1, 8, 8), [2, 2, 2])
    assert count == 2  # the second one stands before a border of zeros


def test_cubics_and_functions_beside_branches_stay() -> None:
    assert folded(chain(), rows(60, 4), [3, 3])[0] == 0
    assert folded(branches(), rows(30, 1, 8, 8), [2, 1, 2])[0] == 0


def test_folded_models_are_taken_again() -> None:
    X = rows(60, 4)
    found = ms.polynomialize(chain("ReLU"), X, degrees=2, holdout=0)
    assert [site.title for site in model_of(found.fold(), X).sites] == ["PolynomialActivation"] * 2
