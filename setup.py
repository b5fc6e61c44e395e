"""The compiled core of the native solver; all else about the package is in pyproject.toml.

Without a compiler the installation goes on, and the solver runs in NumPy.
"""

import sys

from Cython.Build import cythonize
from setuptools import Extension, setup

CORE = "momentsos.solvers.native.core.compiled"
FOLDER = CORE.replace(".", "/")
MODULES = [
    "momentsos.sdp.extremes",
    *(
        f"{CORE}.{name}"
        for name in (
            "blocks",
            "dependent",
            "folding",
            "symbolic",
            "sweeps",
            "logarithms",
            "rows",
            "substitution",
            "rooms",
            "operator",
            "terms",
            "fronts",
            "normal",
            "beginning",
            "embedding",
        )
    ),
]
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
        include_dirs=[FOLDER],
        depends=[f"{FOLDER}/{name}.h" for name in ("vectors", "eigen", "kernels", "lanes", "fronts")],
        extra_compile_args=[] if sys.platform == "win32" else ["-O3", "-g0", "-fno-math-errno"],
    )
    for name in MODULES
]
compiled = cythonize(extensions, build_dir="build/cython", compiler_directives=DIRECTIVES)
for extension in compiled:
    extension.optional = True  # set here, for `cythonize` does not hand it on
setup(ext_modules=compiled)
