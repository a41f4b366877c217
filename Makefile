# The two lines a newcomer needs are `make demo` and `make test`; `make help` lists the rest.
#
# Everything is installed into .venv from lock files with hashes. A stamp file per set of packages
# remembers what was installed, so a second call costs nothing and a changed lock installs again.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV ?= .venv
BIN ?= $(VENV)/bin
ARGS ?=
STUBS ?= .
UV ?= $(firstword $(wildcard $(BIN)/uv) uv)
PACKAGES := tables generation features serving candidate_gen social_graph ann_shards ranker \
  feed_assembly spark_jobs simulator feedrank

.PHONY: help
help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: ## Build and serve a small simulated world; ARGS=--once ends after showing it
	@if deploy/real/has_jdk.sh; then \
	  $(MAKE) --silent $(VENV)/.installed-build; \
	else \
	  echo "No JDK 17 or newer was found, so Spark stays out (to install one: apt-get install openjdk-17-jdk-headless)."; \
	  $(MAKE) --silent $(VENV)/.installed-local; \
	fi
	@$(BIN)/feedrank demo $(ARGS)

.PHONY: test
test: $(VENV)/.installed-dev ## Install what the tests need, real Kafka and Redis included, and run them all
	@VENV=$(VENV) deploy/real/install.sh
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: lint
lint: $(VENV)/.installed-dev ## Check style, format and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

.PHONY: types
types: $(VENV)/.installed-dev ## Check types, strictly
	@$(BIN)/mypy $(PACKAGES)

.PHONY: format
format: $(VENV)/.installed-dev ## Sort imports and format
	@$(BIN)/ruff check --fix --select I .
	@$(BIN)/ruff format .

.PHONY: protos
protos: $(VENV)/.installed-dev stubs ## Generate the stubs beside protos/*.proto again

# Apart from `protos`, so that a test can write the stubs elsewhere with the very same line.
.PHONY: stubs
stubs:
	@$(BIN)/python -m grpc_tools.protoc -I. protos/*.proto \
	  --plugin=protoc-gen-mypy=$(BIN)/protoc-gen-mypy \
	  --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc \
	  --python_out=$(STUBS) --grpc_python_out=$(STUBS) --mypy_out=quiet:$(STUBS) --mypy_grpc_out=quiet:$(STUBS)

.PHONY: bench
bench: $(VENV)/.installed-dev ## Measure how fast it is, against its floor and, with PEERS=folder, its peers: docs/speed.md
	@VENV=$(VENV) deploy/real/install.sh
	@$(BIN)/python -m benchmarks.speed $(ARGS)

.PHONY: bench-quick
bench-quick: $(VENV)/.installed-dev ## Fail if feedrank became 15 % slower; ARGS=--accept holds later runs to these figures
	@$(BIN)/python -m benchmarks.speed.quick $(ARGS)

.PHONY: measure
measure: $(VENV)/.installed-dev ## Measure again what else we claim; ARGS names one file of benchmarks/
	@for file in $(or $(ARGS),$(wildcard benchmarks/[a-z]*.py)); do \
	  module=$${file%.py}; $(BIN)/python -m "$${module//\//.}"; \
	done

.PHONY: faults
faults: $(VENV)/.installed-dev ## Inject every fault into real processes and print what it did
	@VENV=$(VENV) deploy/real/install.sh
	@$(BIN)/python -m tests.faults $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/.installed-dev $(VENV)/.installed-fuzz ## Try inputs that nobody would send, 10 minutes per target
	@$(BIN)/python -m tests.fuzz $(ARGS)

.PHONY: soak
soak: $(VENV)/.installed-dev ## Half an hour of load and random faults: does anything grow?
	@VENV=$(VENV) deploy/real/install.sh
	@$(BIN)/python -m tests.soak $(ARGS)

AUDITED ?= serve build

define AUDIT_FAILED
audit: not passed. A table above lists components with a known vulnerability: raise their versions (make lock).
An ERROR above, "not found" or a connection, means that nobody could be asked, and nothing is known. pip-audit asks
the public package index; mirrors of it have no advisories. Run this where that can be reached, ask another service
with make audit ARGS="--vulnerability-service osv", or give the lists of `make sbom` to a scanner of your own.
endef
export AUDIT_FAILED

.PHONY: audit
audit: $(VENV)/.installed-audit ## Look up known vulnerabilities of what is locked; fails where it cannot ask
	@for lock in $(AUDITED); do \
	  echo "requirements/$$lock.txt"; \
	  $(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off $(ARGS) -r "requirements/$$lock.txt" \
	    || { echo "$$AUDIT_FAILED" >&2; exit 1; }; \
	done

.PHONY: sbom
sbom: $(VENV)/.installed-audit ## List all components with their hashes (CycloneDX) in build/sbom-….json
	@mkdir -p build
	@for lock in $(AUDITED); do \
	  PYTHONWARNINGS=ignore $(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
	    -o "build/sbom-$$lock.json" "requirements/$$lock.txt"; \
	  echo "build/sbom-$$lock.json"; \
	done

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: lock
lock: ## Choose versions again from pyproject.toml (needs uv)
	@$(COMPILE) pyproject.toml requirements/backend.in --extra dev --output-file requirements/dev.txt
	@$(COMPILE) pyproject.toml requirements/backend.in --constraint requirements/dev.txt --extra build --output-file requirements/build.txt
	@$(COMPILE) pyproject.toml requirements/backend.in --constraint requirements/dev.txt --extra local --output-file requirements/local.txt
	@$(COMPILE) pyproject.toml requirements/backend.in --constraint requirements/dev.txt --output-file requirements/serve.txt
	@$(COMPILE) pyproject.toml requirements/backend.in --constraint requirements/dev.txt --extra trace --output-file requirements/trace.txt
	@$(COMPILE) pyproject.toml requirements/backend.in --constraint requirements/dev.txt --extra audit --output-file requirements/audit.txt
	@$(COMPILE) pyproject.toml requirements/backend.in --constraint requirements/dev.txt --extra fuzz --output-file requirements/fuzz.txt
	@$(COMPILE) requirements/backend.in --constraint requirements/dev.txt --output-file requirements/backend.txt

.PHONY: clean
clean: ## Remove the environment and every cache; keeps data and state
	@rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@python=$$(for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	  "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo "$$name" && break; \
	done) || { echo "feedrank needs Python 3.11 or newer (up to 3.14), and none was found on PATH." >&2; exit 1; }; \
	echo "making $(VENV) with $$python"; \
	"$$python" -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$$python cannot make environments (to add that: apt-get install python3-venv)." >&2; exit 1; }

# The build backend comes first and from the lock as well: nothing is then built with other tools than these.
$(VENV)/.installed-%: requirements/%.txt requirements/backend.txt pyproject.toml | $(BIN)/python
	@echo "installing requirements/$*.txt into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/backend.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --no-build-isolation --require-hashes \
	  -r requirements/$*.txt | sed -n 's/^\(Collecting [^ ]*\).*/  \1/p'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@echo "compiling loops, once"
	@$(BIN)/python -c "import ann_shards.shard, ranker.greedy"
	@touch $@
