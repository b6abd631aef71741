# The commands of this project; README.md has the PowerShell lines beside them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
SOURCES := bot handlers storage trading tests
ARGS ?=
# Most tests wait for a clock or a process, so there are more of them at work than cores.
WORKERS ?= 4

.DEFAULT_GOAL := help
.PHONY: help setup demo run test thorough fast lint fix audit bench chaos soak storm mutants lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

setup: $(READY) ## the virtual environment with everything in it, tests included

$(READY): pyproject.toml $(wildcard requirements.lock)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
ifeq ($(shell uname -s)$(wildcard requirements.lock),Linuxrequirements.lock)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps -e .
else
	$(BIN)/python -m pip install --quiet -e '.[dev]'
endif
	@touch $@

demo: $(READY) ## the bot in a chat in the browser: no token, no Windows (ARGS="--autopilot 60")
	$(BIN)/python -m bot demo $(ARGS)

run: $(READY) ## the bot, by .env and the environment
	$(BIN)/python -m bot run

test: $(READY) ## every test that needs no network and no service
	$(BIN)/python -m pytest tests --ignore=tests/bench -n $(WORKERS) --dist worksteal $(ARGS)

thorough: $(READY) ## every test with every crash point and 20 times the examples: half an hour
	TESTS_THOROUGH=yes $(BIN)/python -m pytest tests --ignore=tests/bench --timeout 1800 \
		-n $(WORKERS) --dist worksteal $(ARGS)

fast: $(READY) ## unit and property tests alone
	$(BIN)/python -m pytest tests/unit tests/property $(ARGS)

lint: $(READY) ## format, rules, types, and the directions of imports
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.support.audit

fix: $(READY) ## what the linter can mend by itself
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

audit: $(READY) ## known holes in what we install, and secrets in what we publish
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/python -m tests.support.audit

chaos: $(READY) ## 500 x kill -9 under load; ARGS="--kills 50 --seed 7 --folder chaos" to go on from there
	$(BIN)/python -m tests.bench.chaos $(ARGS)

soak: $(READY) ## half an hour at 20 times the real rate: memory, files, late passes
	$(BIN)/python -m tests.bench.soak $(ARGS)

mutants: $(READY) ## take each promise's mechanism out and see its test fail
	$(BIN)/python -m tests.bench.mutants $(ARGS)

bench: $(READY) ## every measurement in one program: a table, and JSON with ARGS="--json FILE"
	$(BIN)/python -m tests.bench $(ARGS)

storm: $(READY) ## thousands of orders under random faults (ARGS="2000 7": how many, which seed)
	$(BIN)/python -m tests.bench.random_run $(ARGS)

lock: $(READY) ## requirements.lock again, from the ranges in pyproject.toml
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet pip-tools
	$(VENV)/lock/bin/pip-compile --quiet --upgrade --generate-hashes --no-strip-extras --extra dev \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --output-file requirements.lock pyproject.toml

clean: ## everything that can be made again; data/ and .env stay
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf .import_linter_cache .coverage
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
