"""Sphinx configuration; `make docs` builds with warnings as errors."""

import momentsos

project = "momentsos"
author = "the momentsos developers"
copyright = f"2026, {author}"
release = version = momentsos.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]
nitpicky = False

myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3

napoleon_google_docstring = False
napoleon_use_ivar = True  # "Attributes" sections then do not clash with documented members

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88

html_theme = "furo"
html_title = f"momentsos {release}"
