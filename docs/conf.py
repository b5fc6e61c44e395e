"""Sphinx configuration; `make docs` builds with warnings as errors."""

import os
import sys
from pathlib import Path

import momentsos

sys.path.insert(0, str(Path(__file__).parent))  # the renderer of formulas beside this file

project = "momentsos"
author = "the momentsos developers"
copyright = f"2026, {author}"
release = version = momentsos.__version__

extensions = [
    "mathml",
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]
nitpicky = False
suppress_warnings = ["ref.python"]  # words such as `size` in types are attributes of several records

myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3

# Cells of the tutorials run while the site is built, once for each change of a page; a page that fails stops the build.
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_execution_in_temp = True  # what cells write is not wanted in the repository
nb_merge_streams = True
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # no page has widgets, and none is to load scripts from elsewhere
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")

napoleon_google_docstring = False
napoleon_use_ivar = True  # "Attributes" sections then do not clash with documented members

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88

html_theme = "furo"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = f"momentsos {release}"
