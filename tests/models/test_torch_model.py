"""Modules of PyTorch as models: traced, tried, expanded, rebuilt; what cannot be taken is refused by its name."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from modules import branches, chain, nn, rows, torch

import momentsos as ms
from momentsos.models import Ansatz, Sought, model_of


def sought_for(model, degrees, centre=0.1, scale=0.8):
    sites, count = [], 0
    for degree in degrees:
        sites.append(Ansatz((0.0,) * (degree + 1), tuple(range(count, count + degree + 1)), centre, scale))
        count += degree + 1
    return Sought(tuple(sites), tuple(f"x{k}" for k in range(count)))


def expanded(model, X, sought):
    parts = list(model.expanded(X, sought))
    return parts[0][0], np.concatenate([values for _, values in parts], axis=1)


def outputs(model, X, series=None):
    return np.concatenate([each.outputs for each in model.passes(X, series)])


CASES = [(chain(), (4,), (3, 2)), (chain("ReLU", (4, 6, 5, 5, 2)), (4,), (2, 1, 2)), (branches(), (1, 8, 8), (2, 1, 2))]


@pytest.mark.parametrize(("module", "shape", "degrees"), CASES, ids=["chain", "deep", "branches"])
def test_the_expansion_is_the_model_with_the_polynomials_in_place(module, shape, degrees) -> None:
    X = rows(7, *shape)
    model = model_of(module, X)
    sought = sought_for(model, degrees)
    monomials, values = expanded(model, X, sought)
    x = np.random.default_rng(1).standard_normal(sought.count)
    found = np.tensordot(np.prod(x**monomials.exponents, axis=1), values, 1)
    own = outputs(model, X, sought.series(x))
    rebuilt = model.with_series(sought.series(x))(torch.tensor(X)).detach().numpy()
    size = np.abs(own).max()
    assert np.abs(found - own).max() < 1e-12 * size
    assert np.abs(rebuilt - own).max() < 1e-12 * size


def test_monomials_that_no_sample_changes_have_the_same_values_for_all() -> None:
    X = rows(9, 4)
    model = model_of(chain(), X)
    monomials, values = expanded(model, X, sought_for(model, (2, 2)))
    spread = np.ptp(values, axis=1).max(axis=1)
    assert (spread[monomials.fixed] < 1e-14).all() and (spread[~monomials.fixed] > 1e-3).all()
    assert 5 < monomials.fixed.sum() < len(monomials)


def test_around_a_point_the_expansion_is_outputs_and_derivatives() -> None:
    X = rows(5, 4)
    model = model_of(chain(), X)
    sought = sought_for(model, (3, 2))
    x = np.random.default_rng(2).standard_normal(sought.count)
    monomials, values = expanded(model, X, sought.around(x))
    assert monomials.exponents.sum(axis=1).tolist() == [0] + [1] * sought.count
    step = 1e-6
    for k in range(sought.count):
        moved = [x + sign * step * np.eye(sought.count)[k] for sign in (1, -1)]
        up, down = (outputs(model, X, sought.series(each)) for each in moved)
        assert np.allclose(values[1 + k], (up - down) / (2 * step), atol=1e-6 * np.abs(values).max())


@pytest.mark.parametrize(
    "name", ["ReLU", "LeakyReLU", "GELU", "SiLU", "Tanh", "Sigmoid", "ELU", "Softplus", "Hardswish", "Mish", "SELU"]
)
def test_activations_are_found_by_trying_them(name) -> None:
    X = rows(6, 4)
    model = model_of(chain(name), X)
    assert [site.title for site in model.sites] == [name, name]
    assert [site.after for site in model.sites] == [(), (0,)] and model.after == (0, 1)
    t = np.linspace(-3, 3, 11)
    assert np.array_equal(model.sites[0].function(t), getattr(nn, name)()(torch.tensor(t)).numpy())


def test_activations_in_place_are_activations() -> None:
    X = rows(6, 4)
    layers = nn.Linear(4, 5), nn.ReLU(inplace=True), nn.Linear(5, 5), nn.Hardtanh(inplace=True), nn.Linear(5, 2)
    module = nn.Sequential(*layers).double().eval()
    model = model_of(module, X)
    assert [site.title for site in model.sites] == ["ReLU", "Hardtanh"]
    assert np.allclose(outputs(model, X), module(torch.tensor(X)).detach().numpy(), rtol=1e-14)


def test_functions_methods_and_modules_are_activations_alike() -> None:
    model = model_of(branches(), rows(2, 1, 8, 8))
    assert [site.title for site in model.sites] == ["tanh", "relu", "gelu"]
    assert isinstance(model.with_series(sought_for(model, (1, 1, 1)).series(np.zeros(6))), torch.fx.GraphModule)


def test_an_activation_that_is_written_out_is_a_product_with_one() -> None:
    class Swish(nn.Module):
        def forward(self, x):
            return x * torch.sigmoid(x)

    X = rows(4, 3)
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), Swish(), nn.Linear(4, 2)).double().eval()
    model = model_of(module, X)
    sought = sought_for(model, (2,))
    monomials, values = expanded(model, X, sought)
    x = np.array([0.3, -0.2, 0.5])
    found = np.tensordot(np.prod(x**monomials.exponents, axis=1), values, 1)
    assert np.allclose(found, outputs(model, X, sought.series(x)), rtol=1e-13)


class Centred(nn.Module):
    def forward(self, x):
        return torch.tanh(x.flatten(1) - x.flatten(1).mean(0))


REFUSED = [
    (
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 2)),
        "MaxPool2d.*average",
    ),
    (nn.Sequential(nn.Flatten(), nn.Linear(64, 3), nn.Tanh(), nn.Linear(3, 3), nn.Softmax(1)), "'_4' \\(Softmax\\)"),
    (nn.Sequential(nn.Flatten(), nn.Linear(60, 3), nn.Tanh(), nn.Linear(3, 3)), "'_1' \\(Linear\\).*shape"),
    (nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), "no activation"),
    (nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(0), nn.Unflatten(0, (-1, 4))), "36 rows for 2 samples"),
    (Centred(), "other samples"),
    (nn.Sequential(nn.Flatten(), nn.Linear(64, 3), nn.LayerNorm(3), nn.Tanh(), nn.Linear(3, 3)), "LayerNorm"),
]


@pytest.mark.parametrize(
    ("module", "words"), REFUSED, ids=["pooling", "softmax", "shape", "affine", "rows", "mixed", "norm"]
)
def test_what_cannot_be_taken_is_refused_by_its_name(module, words) -> None:
    with pytest.raises(ms.InvalidInput, match=words) as caught:
        model_of(module.eval(), rows(3, 1, 8, 8))
    assert "\n" not in str(caught.value)


def test_a_module_in_training_mode_is_refused() -> None:
    module = chain()
    module[2].train()
    with pytest.raises(ms.InvalidInput, match="node '2' \\(Linear\\) is in training mode"):
        model_of(module, rows(3, 4))


def test_control_flow_that_depends_on_data_is_refused() -> None:
    class Choosing(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(ms.InvalidInput, match="control flow"):
        model_of(Choosing().eval(), rows(3, 4))


def test_the_module_is_never_changed() -> None:
    module = branches()
    X = rows(12, 1, 8, 8)
    loss = module(torch.tensor(X[:2])).sum()
    loss.backward()
    before = copy.deepcopy(module.state_dict())
    gradients = [p.grad.clone() for p in module.parameters()]
    ms.polynomialize(module, X, degrees=[1, 2, 1], holdout=0, time_limit=1.0)
    assert not any(part.training for part in module.modules())
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(torch.equal(p.grad, g) for p, g in zip(module.parameters(), gradients, strict=True))


def test_no_other_kind_of_object_is_taken_for_a_model() -> None:
    with pytest.raises(ms.InvalidInput, match="expected a trained model of"):
        ms.polynomialize(object(), rows(3, 4))


def test_inputs_of_many_samples_go_through_in_chunks(monkeypatch) -> None:
    X = rows(50, 4)
    module = chain()
    whole = outputs(model_of(module, X), X)
    monkeypatch.setattr("momentsos.torch.model._CHUNK", 200)
    model = model_of(module, X)
    sought = sought_for(model, (2, 2))
    assert len(list(model.passes(X))) > 3 and len(list(model.expanded(X, sought))) > 10
    assert np.allclose(outputs(model, X), whole, rtol=1e-14)


def test_the_loss_that_is_certified_is_that_of_the_rebuilt_module() -> None:
    X = rows(120, 4)
    module = chain(sizes=(4, 6, 5, 3))
    found = ms.polynomialize(module, X, degrees=[3, 2], holdout=0, widen=0.0)
    with torch.no_grad():
        residuals = found.model(torch.tensor(X)) - module(torch.tensor(X))
    assert found.fit.status is ms.Status.CERTIFIED
    assert found.fit.upper_bound == pytest.approx(float((residuals**2).mean()), rel=1e-12)
    assert found.fit.certificate.verify(found.fit.problem).holds
    assert type(found.model) is nn.Sequential and isinstance(found.model[1], ms.torch.PolynomialActivation)


def test_single_precision_stays_single_and_agrees_to_1e_6() -> None:
    X = rows(60, 4)
    module = chain().float()
    found = ms.polynomialize(module, torch.tensor(X, requires_grad=True), degrees=2, holdout=0)
    assert {p.dtype for p in found.model.parameters()} == {torch.float32}
    single = found.model(torch.tensor(X, dtype=torch.float32)).detach().double().numpy()
    double = outputs(model_of(module, X), X, found.series)
    assert np.abs(single - double).max() < 1e-6 * np.abs(double).max()


def test_a_plan_knows_the_size_before_any_data() -> None:
    module = chain()
    plan = ms.torch.plan(module, [3, 2])
    model = model_of(module, rows(2, 4))
    monomials, _ = expanded(model, rows(2, 4), sought_for(model, (3, 2)))
    assert (plan.size.coefficients, plan.size.monomials) == (7, len(monomials)) == (7, 22)
    assert plan.together and plan.size.seconds < 1.0 and "bounded over all of R^n" in str(plan)
    deep = ms.torch.plan(module, 6)
    assert not deep.together and "in blocks" in deep.verdict
    with pytest.raises(ms.InvalidInput, match="shape"):
        ms.torch.plan(branches())
    assert ms.torch.plan(branches(), [1, 2, 1], shape=(1, 8, 8)).sites == ("tanh", "relu", "gelu")
    with pytest.raises(ms.InvalidInput, match="degrees"):
        ms.torch.plan(module, [3])
