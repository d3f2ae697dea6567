# Everything a developer or CI does. Needs Python 3.11+ and make; the rest is installed into .venv, by the lock files.
#
#   make demo                   a whole mail world in one process, at the address it prints
#   make test                   lint, then all tests; where CI is set, with coverage
#   make test ARGS="-k bounce"  some tests, with any options of pytest
#   make rules                  which rules of service have a test; ARGS="001-07..001-35 --missing" says which have none
#   make lint | bench | stories | lock | clean

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
# Stamps: what the venv holds. They depend on the locks, so a changed lock is installed by the next command.
RUNTIME := $(VENV)/.runtime-installed
TESTED := $(VENV)/.tests-installed

ARGS ?=
# Measuring coverage takes half as long again, so it is for CI, and for a whole run only. COVER=1 asks for it.
COVER ?= $(if $(strip $(ARGS)),0,$(if $(CI),1,0))
PORT ?= 8025
BENCHES ?= $(sort $(patsubst benchmarks/%.py,%,$(wildcard benchmarks/[a-z]*.py)))
STORIES ?= enquiry complaint robots holiday progress transfer again
# One process for each core, four at most: every one may start a Dovecot, a PostgreSQL and a browser of its own.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ $$n -gt 4 ] && n=4; echo $$n)
# Of the lines changed since the merge base, so many per cent must be covered.
CHANGED_LINES_MIN ?= 80

# Where the shell forbids bytecode, each of the many processes that the tests start would compile the program anew.
unexport PYTHONDONTWRITEBYTECODE

PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LINTED := . .ci/container
SAY := @printf '\033[1m== %s\033[0m\n'

.PHONY: help
help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

.PHONY: demo
demo: $(RUNTIME)
	@$(BIN)/mailbot demo --port $(PORT) $(ARGS)

.PHONY: stories
stories: $(RUNTIME)
	@for story in $(STORIES); do \
	  printf '\033[1m== %s\033[0m\n' "$$story"; \
	  $(BIN)/mailbot demo --headless --story "$$story" || exit 1; \
	done

.PHONY: lint
lint: $(TESTED)
	$(SAY) 'lint: ruff format, ruff check, mypy --strict'
	@$(BIN)/ruff format --check --quiet $(LINTED) || { echo 'to mend: .venv/bin/ruff format $(LINTED)'; exit 1; }
	@$(BIN)/ruff check --quiet $(LINTED)
	@$(BIN)/mypy --strict mailbot

.PHONY: test
test: lint
	$(SAY) 'tests: $(WORKERS) at a time'
ifeq ($(COVER),1)
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
	$(SAY) 'coverage'
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --skip-covered --skip-empty
	@$(BIN)/coverage xml --quiet
	@$(MAKE) --no-print-directory changed-lines
else
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)
endif

# What the last run covered of the lines that changed since this branch left main; on main itself, since the last
# commit. A clone without that history (a shallow one, or the very first commit) has nothing to compare with.
.PHONY: changed-lines
changed-lines:
	@base=$$(git merge-base HEAD origin/main 2>/dev/null || true); \
	head=$$(git rev-parse --verify --quiet HEAD 2>/dev/null || true); \
	if [ -z "$$base" ] || [ "$$base" = "$$head" ]; then \
	  base=$$(git rev-parse --verify --quiet HEAD~1 2>/dev/null || true); \
	fi; \
	if [ -z "$$base" ]; then echo 'changed lines: no earlier commit to compare with'; exit 0; fi; \
	$(BIN)/diff-cover coverage.xml --compare-branch "$$base" --quiet --fail-under $(CHANGED_LINES_MIN) \
	  --format markdown:/dev/stdout

.PHONY: rules
rules: $(TESTED)
	@$(BIN)/python -m tests.rules $(ARGS)

.PHONY: bench
bench: $(TESTED)
	@for name in $(BENCHES); do \
	  printf '\033[1m== %s\033[0m\n' "$$name"; \
	  $(BIN)/python -m "benchmarks.$$name" $(ARGS) || exit 1; \
	done

# requirements.lock: what the program needs, and what builds it. requirements-test.lock: that and all the tools.
.PHONY: lock
lock: $(VENV)/bin/python
	$(SAY) 'resolving'
	@$(PIP) install uv
	@$(BIN)/uv pip compile $(LOCK_OPTIONS) --extra build --output-file requirements.lock pyproject.toml
	@$(BIN)/uv pip compile $(LOCK_OPTIONS) --extra build --extra learn --extra test --constraint requirements.lock \
	  --output-file requirements-test.lock pyproject.toml

LOCK_OPTIONS := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(ARGS)

.PHONY: clean
clean:
	@rm -rf $(VENV) dist coverage.xml .coverage .coverage.* .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(TESTED): requirements-test.lock requirements.lock pyproject.toml | $(VENV)/bin/python
	$(SAY) 'installing what the program and its tests need into $(VENV): about a minute'
	@$(PIP) install --no-compile --require-hashes -r requirements-test.lock  # Python compiles what is used, when it is
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(RUNTIME) $(TESTED)

$(RUNTIME): requirements.lock pyproject.toml | $(VENV)/bin/python
	$(SAY) 'installing what the program needs into $(VENV): about half a minute'
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(RUNTIME)

# The first Python that is new enough and can make a venv; PYTHON=... names another one.
$(VENV)/bin/python:
	@for each in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	  "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  rm -rf $(VENV); \
	  "$$each" -m venv $(VENV) >/dev/null 2>&1 && exit 0; \
	  rm -rf $(VENV); lame=$$each; \
	done; \
	if [ -n "$$lame" ]; then echo "make: $$lame cannot make a venv; install its package (Debian: python3-venv)"; \
	else echo 'make: no Python 3.11 or newer found; install one, or name it: make PYTHON=/path/to/python3 ...'; fi >&2; \
	exit 1
