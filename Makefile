# Everything works from a fresh clone with python3, git and make alone: the first target that is asked for
# makes the environment. PYTHON chooses another interpreter: make test PYTHON=python3.13
# EXTRAS adds an optional part of the package, here for the tests with a real microphone: make test EXTRAS=mic
PYTHON ?= python3
EXTRAS ?=
VENV := .venv
BIN := $(VENV)/bin
COMMA := ,
# Most tests wait for sound that is played as fast as it is spoken: two workers a core keep the cores busy.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * min(os.cpu_count() or 1, 8))')
INSTALLED_DEV := $(VENV)/.installed-dev$(addprefix -,$(EXTRAS))

.PHONY: demo test matrix lint types benchmarks clean

demo: $(VENV)/.installed
	$(BIN)/sttbridge demo

test: $(INSTALLED_DEV)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# Every program of docs/matrix.md, run before and after; spread over several files; and the fixtures that run by themselves.
matrix: $(INSTALLED_DEV)
	STTBRIDGE_WHOLE_MATRIX=1 $(BIN)/python -m pytest tests/test_matrix.py -k says_the_same
	STTBRIDGE_WHOLE_MATRIX=1 $(BIN)/python -m pytest tests/test_matrix_spread.py tests/test_fixtures_that_run.py

lint: $(INSTALLED_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED_DEV)
	$(BIN)/mypy

benchmarks: $(INSTALLED_DEV)
	$(BIN)/python -m benchmarks

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "sttbridge needs Python 3.11 or newer; this is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV) || \
	  { echo "python3 could not make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 2; }

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[clients]'
	@touch $@

$(INSTALLED_DEV): pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev$(addprefix $(COMMA),$(EXTRAS))]'
	@touch $@ $(VENV)/.installed-dev $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
