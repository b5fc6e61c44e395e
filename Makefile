# Everything runs in .venv, which the targets set up themselves. `make help` lists them.
PYTHON  ?= python3
WORKERS ?= 2

VENV := .venv
RUN  := $(VENV)/bin/python
PIP  := $(RUN) -m pip --disable-pip-version-check install --quiet --retries 10 -c constraints.txt
CORE := $(VENV)/.core
FULL := $(VENV)/.full
NEEDS := $(VENV)/needs.txt
# sdpa-multiprecision installs the same module as sdpa-python: an environment of its own.
MULTI := .venv-multiprecision
# What an installation is made of: the package itself is editable, its compiled part is not.
COMPILED := momentsos/solvers/native/core/compiled
BUILT := pyproject.toml setup.py constraints.txt $(wildcard momentsos/sdp/*.pyx $(COMPILED)/*.pyx $(COMPILED)/*.pxi $(COMPILED)/*/*.pxi $(COMPILED)/*.h)

# Solvers that compiled code is no part of.
OTHERS := clarabel or scs or sdpa or cvxopt or qics or copt or csdp or mosek or cvxpy

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL: # two installs into one environment must not overlap
.PHONY: help install demo test test-without-core test-multiprecision docs bench bench-full campaign lint clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(FULL) ## create .venv with the package and every extra

demo: $(CORE) ## learn the coefficients of two small networks (core dependencies suffice)
	$(VENV)/bin/momentsos demo

test: $(FULL) ## run the whole test suite (WORKERS=2)
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(RUN) -m pytest -n $(WORKERS)

test-without-core: $(FULL) ## run the tests of solvers, solve and learn with all compiled code left out
	MOMENTSOS_COMPILED=0 MOMENTSOS_REQUIRED="$(filter-out compiled,$(MOMENTSOS_REQUIRED))" OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 \
	  $(RUN) -m pytest -n $(WORKERS) -m "not slow" -k "not ($(OTHERS))" \
	  tests/solvers tests/sdp tests/test_solve.py tests/test_sparse_solve.py tests/test_learn.py

test-multiprecision: $(MULTI)/.ready ## run the contract tests with sdpa-multiprecision, in its own environment
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(MULTI)/bin/python -m pytest -n $(WORKERS) tests/solvers/test_contract.py tests/solvers/test_limits.py tests/solvers/test_statuses.py -k 'sdpa and not cvxpy'

docs: $(FULL) ## build the documentation into docs/_build/html, warnings are errors
	$(RUN) -m sphinx -W --keep-going -b html docs docs/_build/html

bench: $(FULL) ## run all benchmarks in short: under 15 minutes on two slow cores
	$(RUN) -m benchmarks all

bench-full: $(FULL) ## run all benchmarks in full
	$(RUN) -m benchmarks all --full

campaign: $(FULL) ## run the short form of the campaign, a minute: a false claim, a crash or a hang fails
	$(RUN) -m benchmarks.campaign short

lint: $(FULL) ## check formatting, lint and types
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy

clean: ## remove what was built and cached; .venv stays
	rm -rf build dist docs/_build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "momentsos needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# What is needed to build and to run is installed first, so that it is not installed a second time into an environment of
# its own in which pip would build, and would throw away.
$(NEEDS): pyproject.toml | $(VENV)/bin/pip
	@$(RUN) -c "import tomllib; given = tomllib.load(open('pyproject.toml', 'rb')); \
	  print(*given['build-system']['requires'], *given['project']['dependencies'], sep='\n')" > $@

# Byte code is left to the first import: most modules of the dependencies are never imported.
$(CORE): $(BUILT) $(NEEDS)
	@echo "Installing momentsos into $(VENV), and compiling its core where there is a C compiler: once, about a minute."
	$(PIP) --no-compile -r $(NEEDS)
	$(PIP) --no-compile --no-build-isolation -e .
	@touch $@

# Here it is made at once, for in the tests a warning of the compiler about a dependency would be an error.
$(FULL): $(CORE)
	$(PIP) 'momentsos[all]'
	@$(RUN) -W ignore -m compileall -q $(VENV)/lib > /dev/null || true
	@touch $@

$(MULTI)/.ready: $(BUILT)
	$(PYTHON) -m venv $(MULTI)
	$(MULTI)/bin/python -m pip --disable-pip-version-check install --quiet --retries 10 -c constraints.txt -e '.[dev]' sdpa-multiprecision
	@touch $@
