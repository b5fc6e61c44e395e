"""What tests of compiled code need: that it is there, and what happens without it."""

from __future__ import annotations

import pytest
from solvers.programs import REQUIRED

from momentsos.machine.compiled import PRESENT


def needs_compiled() -> None:
    """Skip a test, or a module that calls this, where there is no compiled code; fail where that is required."""
    if PRESENT:
        return
    if "compiled" in REQUIRED:
        pytest.fail("compiled code is required, and was not built or is left out")
    pytest.skip("there is no compiled code", allow_module_level=True)
