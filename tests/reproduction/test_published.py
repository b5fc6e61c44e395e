"""The published figures, typed a second time, and the registry."""

from __future__ import annotations

import numpy as np
import pytest

from momentsos.errors import BadOption
from momentsos.reproduction import DEGREES, EXPERIMENTS, SIZES, TABLES, Case, Selection, Settings, experiments_named
from momentsos.reproduction.experiments import all_cases

# As printed, column by column: AbsErr, RelErr, seconds.
PRINTED = {
    "table1": (".0019 .0013 .0014 .0018 .0012", ".0452 .0295 .0265 .0323 .0201", "5.33 5.90 7.04 6.38 7.95"),
    "table2": (".0065 .0061 .0020 .0012 .0012", ".1332 .1203 .0381 .0197 .0182", "17.3 20.8 22.9 24.6 26.4"),
    "table3": (".0016 .0012 .0006 .0011 .0009", ".0368 .0254 .0114 .0172 .0151", "1.00 0.98 1.14 1.25 1.39"),
    "table4": (".0012 .0055 .0030 .0009 .0007", ".0295 .1252 .0540 .0143 .0122", "2.85 3.45 3.83 4.05 4.32"),
}


@pytest.mark.parametrize("name", PRINTED)
def test_errors_and_times_are_as_printed(name) -> None:
    columns = zip(*((row.abs_error, row.rel_error, row.seconds) for row in TABLES[name]), strict=True)
    assert [list(column) for column in columns] == [[float(x) for x in text.split()] for text in PRINTED[name]]


def test_test_errors_are_as_printed() -> None:
    assert [row.mse for row in TABLES["table5"]] == [0.0090, 0.0026, 0.0046, 0.0078, 0.0133]
    assert [row.rmse for row in TABLES["table5"]] == [0.0830, 0.0511, 0.0669, 0.0808, 0.1002]


@pytest.mark.parametrize("name", PRINTED)
def test_relative_errors_are_those_of_noise_of_the_stated_size(name) -> None:
    """AbsErr / RelErr is the norm of m numbers of size 1e-2; the printed digits allow a few per cent."""
    for row, (_, width) in zip(TABLES[name], SIZES, strict=True):
        assert row.abs_error / row.rel_error == pytest.approx(1e-2 * width**0.5, rel=0.35)


def test_sizes_and_degrees() -> None:
    assert SIZES == ((50, 20), (100, 25), (150, 30), (200, 35), (250, 40))
    assert dict(DEGREES) == {
        "table1": (2, 2), "table2": (2, 3), "table3": (1, 1, 1), "table4": (2, 1, 1), "table5": (3, 2)
    }  # fmt: skip


def test_all_means_the_published_ones_and_shares_cases() -> None:
    names = [each.name for each in experiments_named([])]
    assert names == ["example34", "table1", "table2", "table3", "table4", "table5", "figure1"]
    selection = Selection(rows=(1, 5), seeds=3)
    assert len(all_cases(experiments_named(["all"]), selection)) == 3 + 5 * 2 * 3 * 2  # the figure's is in Table 5
    assert len(all_cases([EXPERIMENTS["order3"]], selection)) == 3 * 2 * 3


@pytest.mark.parametrize("change", [{"tol": 1e-7}, {"method": "dense"}, {"solver": "clarabel"}, {"time_limit": 9.0}])
def test_other_settings_have_another_key(change) -> None:
    shape = {"degrees": (2, 2), "samples": 50, "width": 20, "law": "plain"}
    case, other = Case("noisy", Settings(), **shape), Case("noisy", Settings(**change), **shape)
    assert case.key != other.key
    assert case.key != Case("noisy", Settings(), **shape, version="0.0.0").key
    assert Case.from_dict(case.as_dict()) == case


def test_the_laws_draw_what_they_say() -> None:
    shape = {"degrees": (2, 1), "samples": 400, "width": 20}
    drawn = {law: Case("noisy", Settings(), **shape, law=law).draw() for law in ("scaled", "plain", "uniform")}
    assert np.allclose(drawn["plain"].network.weights[0], drawn["scaled"].network.weights[0] * 20**0.5)
    assert drawn["plain"].X.min() < -2 and 0 < drawn["uniform"].X.min() < drawn["uniform"].X.max() < 1
    for case in drawn.values():
        noise = case.Y - case.network.with_coefficients(case.true).predict(case.X)
        assert np.abs(noise - noise[0]).max() < 1e-9 * np.abs(case.Y).max()
        assert 5e-3 < noise[0].std() < 2e-2


@pytest.mark.parametrize(
    "wrong", [{"rows": (0,)}, {"rows": (6,)}, {"rows": ()}, {"seeds": 0}, {"laws": ("odd",)}, {"laws": ()}]
)
def test_a_selection_that_does_not_exist_is_refused(wrong) -> None:
    with pytest.raises(BadOption):
        Selection(**wrong)
