"""The compiled core of the native solver; all else about the package is in pyproject.toml.

Without a compiler the installation goes on, and the solver runs in NumPy.
"""

import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

CORE = Path("momentsos/solvers/native/core/compiled")
#: The extension modules; the second one includes headers and parts from its folder.
MODULES = ("momentsos.sdp.extremes", "momentsos.solvers.native.core.compiled.kernels")
PARTS = [str(path) for pattern in ("*.h", "**/*.pxi") for path in sorted(CORE.glob(pattern))]
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
}

extensions = [
    Extension(
        name,
        [name.replace(".", "/") + ".pyx"],
        include_dirs=[str(CORE)],
        depends=PARTS,
        extra_compile_args=[] if sys.platform == "win32" else ["-O3", "-g0", "-fno-math-errno"],
    )
    for name in MODULES
]
compiled = cythonize(extensions, build_dir="build/cython", compiler_directives=DIRECTIVES)
for extension in compiled:
    extension.optional = True  # set here, for `cythonize` does not hand it on
setup(ext_modules=compiled)
