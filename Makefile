# Two commands set everything up on a machine with Python 3.11, pip, venv and make:
#   make run     the demonstration, on http://127.0.0.1:8000/ (PORT= changes it)
#   make test    every check and test, on SQLite and PostgreSQL, in a real Chromium
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: run test check bench bench-queue bench-judging prove translations lock chromium

run: $(VENV)/.run
	@$(BIN)/moderation demo --port $(PORT)

test: check chromium
	$(BIN)/python -m pytest -n 3 --dist worksteal

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Compared with others in one run, printed as ratios; see docs/benchmark.md.
bench: $(VENV)/.test $(VENV)/isso/.done
	$(BIN)/python -m tests.benchmarks --isso $(VENV)/isso

# The queue with a thousand and with a million waiting: minutes to write them, kept in /var/tmp.
bench-queue: $(VENV)/.test
	$(BIN)/python -m tests.benchmarks.queue

# What judging and learning cost with the same two databases.
bench-judging: $(VENV)/.test
	$(BIN)/python -m tests.benchmarks.judging

# The proofs at their full size; `make prove NAME=challenge` for one.
prove: $(VENV)/.test
	MODERATION_PROOF_SIZE=10 $(BIN)/python -m pytest -m proof -k "$(NAME)"

# Find the texts anew, keep their translations, list what is missing; see docs/translating.md.
translations: $(VENV)/.test
	$(BIN)/python -m tests.catalogs

# Exact versions for everybody, from the ranges in pyproject.toml.
lock: $(VENV)/.test
	$(PIP) uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --generate-hashes --no-header -c requirements.lock -o requirements-test.lock

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the service needs ..."
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps -e .
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.run
	@echo "Installing what the tests need ..."
	$(PIP) --require-hashes -r requirements-test.lock
	@touch $@

$(VENV)/isso/.done: tests/benchmarks/requirements.lock
	$(PYTHON) -m venv $(VENV)/isso
	$(VENV)/isso/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

# Debian's Chromium drives the browser tests.
chromium:
	@command -v chromium >/dev/null || { \
	  echo "Installing Chromium for the browser tests ..."; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends chromium >/dev/null; }
