# Everything runs in .venv, which each target makes by itself; nothing outside this folder is changed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOCK   := $(wildcard requirements-dev.lock)

# Commands that tests and benchmarks start are as fast as they are for people: with bytecode, not compiled anew each time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-long mutate conformance conformance-long assurance check bench grammar clean

help: ## show this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

# The stamp is written last: an installation that broke off is done again.
$(VENV)/.installed: pyproject.toml $(LOCK)
	$(PYTHON) -c 'import sys; sys.exit("Meshwright needs Python 3.11 or later, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(if $(LOCK),--constraint $(LOCK)) --editable '.[dev]'
	@touch $@

demo: $(VENV)/.installed ## the main job on examples/shop, into build/demo/gitops.git
	@$(BIN)/python examples/demo.py

test: check ## install what is needed, lint, check types and imports, run every test
	$(BIN)/pytest -n 2

test-long: $(VENV)/.installed ## the exhaustive tests too: every mutant of the trees, minutes
	$(BIN)/pytest -n 2 -m slow

mutate: $(VENV)/.installed ## break trees and the compiler on purpose, a sample; WHOLE=1: every mutant, hours
	$(BIN)/python -m tests.mutation $(if $(WHOLE),--whole) --json build/mutation.json

# Whatever is held against real programs, in one run, so that its figures belong together.
JUDGED := tests/conformance tests/e2e/test_applications.py

conformance: $(VENV)/.installed ## against real istiod, Envoy, OPA and conftest; needs Go 1.26 (REQUIRE=istiod,opa,conftest: fail without them)
	MESHWRIGHT_REQUIRE=$(REQUIRE) MESHWRIGHT_FIGURES=1 $(BIN)/pytest -m 'not slow and not conformance_long' $(JUDGED)

conformance-long: $(VENV)/.installed ## the same with ten million more
	MESHWRIGHT_REQUIRE=$(REQUIRE) MESHWRIGHT_FIGURES=1 $(BIN)/pytest -m 'not slow' $(JUDGED)

assurance: $(VENV)/.installed ## docs/assurance.md from what needs no Go, half a minute; `make conformance` writes the whole of it
	MESHWRIGHT_FIGURES=1 $(BIN)/pytest -m 'not slow and not conformance and not conformance_long' $(JUDGED)

check: $(VENV)/.installed ## lint, types, imports
	$(BIN)/ruff check compiler grammar policies tests benchmarks examples
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.installed ## speed and memory as ratios; fails when a bound is exceeded; needs a C compiler
	$(BIN)/python -m benchmarks.compiled build/compiled
	$(BIN)/python -m benchmarks.bench --compiled build/compiled/bin/python

grammar: $(VENV)/.installed ## make the parser's tables from mesh.lark
	$(BIN)/python -m meshwright_grammar.generate

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
