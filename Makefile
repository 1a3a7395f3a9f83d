# One verb per task. Everything is written to this checkout, the cache folder and the temporary folder only.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PODSG_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/podsg
PYTHON ?= python3
# Labs that run at once in `make test-lab`: much of a lab's time is waiting for a cool-down.
LAB_WORKERS ?= 4
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' tools/uv.txt)
UV := $(PODSG_CACHE)/uv/$(UV_VERSION)/bin/uv
RUN := .venv/bin/
PURE := .venv-pure/bin/
PODSG := $(RUN)podsg

export PODSG_CACHE
export UV_CACHE_DIR := $(PODSG_CACHE)/uv/cache
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := true
export UV_COMPILE_BYTECODE := true
export UV_FROZEN := true

.PHONY: help
help: ## Show the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: setup
setup: .venv/.done ## Make the Python environment and build the lab's tools (about 15 minutes once)
	@$(PODSG) lab setup

$(UV): tools/uv.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on PATH. Fix: install Python 3.11 or newer."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$$($(PYTHON) --version) is too old. Fix: install Python 3.11 or newer, or run make PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv $(@D)/..
	$(@D)/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r tools/uv.txt
	@touch $@

.venv/.done: $(UV) uv.lock pyproject.toml components/podsg/__init__.py
	$(UV) sync --quiet --python $(PYTHON) --all-extras --group lab --group dev
	@touch $@

.venv-pure/.done: $(UV) uv.lock pyproject.toml
	$(UV) venv --quiet --clear --python $(PYTHON) .venv-pure
	$(UV) export --quiet --only-group pure --no-emit-project --output-file .venv-pure/requirements.txt >/dev/null
	$(UV) pip install --quiet --python .venv-pure --require-hashes -r .venv-pure/requirements.txt
	@touch $@

.PHONY: lab
lab: setup ## Set up, then bring up the dev environment in the lab
	$(PODSG) lab up

.PHONY: down
down: .venv/.done ## End the lab of this checkout
	$(PODSG) lab down

.PHONY: format
format: .venv/.done ## Format the code
	$(RUN)ruff format .
	$(RUN)ruff check --fix .

.PHONY: lint
lint: .venv/.done ## Formatter, linter, import contract
	$(RUN)ruff format --check .
	$(RUN)ruff check .
	$(RUN)lint-imports

.PHONY: type
type: .venv/.done ## Strict types
	$(RUN)mypy

EXPORT = $(UV) export --quiet --no-header --no-annotate --extra cli
GENERATED = printf '\# Generated from uv.lock by `make lock`.\n'
export_requirements = { $(GENERATED); $(EXPORT) --no-hashes; }
export_lock = { $(GENERATED); $(EXPORT) --no-emit-project; }
export_plugin = { $(GENERATED); $(UV) export --quiet --no-header --no-annotate --no-emit-project --no-hashes; }

.PHONY: lock
lock: $(UV) ## Resolve the dependencies again and write the lock files
	env -u UV_FROZEN $(UV) lock
	$(call export_requirements) > requirements.txt
	$(call export_lock) > requirements.lock
	$(call export_plugin) > components/requirements.txt

.PHONY: generated
generated: .venv/.done ## Say whether a generated file differs from its source
	$(RUN)python tools/environment_schema.py --check
	$(RUN)python tools/typed_args.py --check
	$(RUN)python tools/component_schema.py --check
	$(RUN)python tools/guardrail_pages.py --check
	$(RUN)python tools/instance_limits.py --check
	env -u UV_FROZEN $(UV) lock --quiet --check
	$(call export_requirements) | diff -u requirements.txt - || { echo "Fix: make lock"; exit 1; }
	$(call export_lock) | diff -u requirements.lock - || { echo "Fix: make lock"; exit 1; }
	$(call export_plugin) | diff -u components/requirements.txt - || { echo "Fix: make lock"; exit 1; }

.PHONY: test-pure
test-pure: .venv-pure/.done ## Pure packages in a bare interpreter, 100 % branch coverage
	PYTHONPATH=components:. $(PURE)python -m pytest tests/pure components/podsg/errors.py components/podsg/capacity \
	  components/podsg/guardrails components/podsg/lifecycle components/podsg/model components/podsg/preview \
	  --cov=podsg.capacity --cov=podsg.errors --cov=podsg.guardrails --cov=podsg.lifecycle --cov=podsg.model \
	  --cov=podsg.preview --cov-branch --cov-fail-under=100

.PHONY: test-resources
test-resources: .venv/.done ## Components under the engine's mocks, command line, manifests, shells over AWS and Kubernetes
	$(RUN)python -m pytest tests/resources tests/cli tests/manifests tests/provider tests/report \
	  components/podsg/manifests components/podsg/provider \
	  --cov=podsg.resources --cov=podsg.cli --cov=podsg.manifests --cov=podsg.provider --cov=podsg.report \
	  --cov-branch --cov-fail-under=90

.PHONY: test-simulation
test-simulation: .venv/.done ## Branch ENIs and gates against a simulated EC2: faults and deaths
	$(RUN)python -m pytest --numprocesses=2 tests/simulation

.PHONY: wheel
wheel: $(UV) ## Build the wheel into dist/
	@rm -rf dist
	$(UV) build --quiet --wheel --python $(PYTHON) --out-dir dist

.PHONY: test-lab
test-lab: setup wheel ## The lab, in a network namespace with only lo
	$(RUN)python tools/loopback_only.py $(RUN)python -m pytest --timeout=900 \
	  --numprocesses=$(LAB_WORKERS) --dist=loadfile --no-loadscope-reorder tests/lab

.PHONY: nightly
nightly: export PODSG_NIGHTLY = 1
nightly: export PODSG_SEQUENCES ?= 100000
nightly: export PODSG_SOAK_CYCLES ?= 2000
nightly: export PODSG_SOAK_ENGINE_CYCLES ?= 20
nightly: setup ## What takes too long for every change: 100,000 random sequences, all pairs of faults, 2,000 cycles
	$(RUN)python -m pytest --numprocesses=2 \
	  tests/simulation/test_branch_eni_sequences.py tests/simulation/test_gates_matrix.py
	$(RUN)python tools/loopback_only.py $(RUN)python -m pytest --timeout=7200 tests/lab/explicit_enis/test_soak.py

.PHONY: test
test: setup test-pure test-resources test-simulation test-lab ## Set up and run all tests

.PHONY: all
all: setup lint type generated test ## What CI runs
