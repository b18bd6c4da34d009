# Everything a user does. Each line can also be typed by hand.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.installed
# What a notebook asks of the network while it is tested: nothing, or the test fails.
ASKED := $(CURDIR)/$(VENV)/asked-the-network
# One more than there are cores: many tests wait for a kernel, a browser or a lock.
WORKERS = $(shell $(PYTHON) -c 'import os; print(1 + (os.cpu_count() or 1))')

.DEFAULT_GOAL := help
.PHONY: help report test pytest nbval lab refresh lint bench lock clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --no-compile --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --no-deps --no-build-isolation -e .
	# On all cores, where pip compiles on one; and once, where the environment forbids it later.
	$(PY) -m compileall -q -j 0 -x '/tests?/' $(VENV)/lib analysis
	# The list of fonts, likewise: a report keeps what it makes for itself in a temporary folder.
	MPLCONFIGDIR=$(VENV)/share/matplotlib $(PY) -c 'import matplotlib.font_manager'
	@touch $@

report: $(READY)  ## run every notebook and write reports/index.html
	@$(PY) -m compileall -q analysis
	$(PY) -B -m analysis report

test: pytest nbval  ## run all tests: pytest, doctests, and nbval over the stored notebooks

pytest: $(READY)
	PYTHONPATH=$(CURDIR)/tests/without $(PY) -m pytest -n $(WORKERS) --dist worksteal

nbval: $(READY)
	@rm -f $(ASKED)
	CONNECTIONS=$(ASKED) PYTHONPATH=tests/without $(PY) -m pytest -n auto --dist loadfile --nbval --nbval-current-env --nbval-cell-timeout=300 -p no:cacheprovider notebooks
	@test ! -e $(ASKED) || { echo "a notebook asked the network:"; cat $(ASKED); exit 1; }

lab: $(READY)  ## open JupyterLab on the notebooks
	@if git rev-parse --git-dir >/dev/null 2>&1; then $(PY) -m analysis normalise --install; fi
	$(VENV)/bin/jupyter lab --notebook-dir=notebooks --ServerApp.jpserver_extensions=analysis.report.lab=True

refresh: $(READY)  ## re-execute the stored notebooks and the stored results of other runs
	$(PY) -m analysis refresh

lint: $(READY)  ## check style and types
	$(VENV)/bin/ruff check analysis tests
	$(VENV)/bin/ruff format --check analysis tests
	$(VENV)/bin/mypy

bench: $(READY)  ## compare speed and memory with named baselines, in one table
	$(PY) tests/benchmarks/run.py

lock:  ## compile requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --all-extras pyproject.toml -o requirements.lock

clean:  ## remove the environment, the reports and the caches
	rm -rf $(VENV) reports build .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
