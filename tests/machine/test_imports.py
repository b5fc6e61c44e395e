"""Importing costs next to nothing, and every name is there all the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

import momentsos as ms


def loaded(code: str) -> set[str]:
    shown = f"import sys\n{code}\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_importing_the_package_imports_neither_numpy_nor_scipy() -> None:
    assert not loaded("import momentsos") & {"numpy", "scipy", "flint", "argparse", "typing", "momentsos.problem"}


def test_the_version_is_told_without_numpy() -> None:
    code = "from momentsos.cli import main\ntry:\n    main(['--version'])\nexcept SystemExit:\n    pass"
    assert not loaded(code) & {"numpy", "scipy", "flint", "rich"}


def test_what_a_problem_needs_is_imported_without_a_solver() -> None:
    assert not loaded("import momentsos as ms; ms.Problem(ms.variables('x')[0])") & {"scipy", "momentsos.solvers"}


@pytest.mark.parametrize("name", ms.__all__)
def test_every_public_name_is_there_and_listed(name) -> None:
    assert getattr(ms, name) is getattr(ms, name) and name in dir(ms)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ms.nothing  # noqa: B018


def test_a_result_is_certified_though_certificates_were_never_imported() -> None:
    code = "import momentsos as ms; from momentsos.hierarchy.solve import solve; x, = ms.variables('x')"
    assert "momentsos.certificates" in loaded(f"{code}; assert solve(ms.Problem(x**2)).certify().bound <= 0")
