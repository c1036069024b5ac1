# Two commands on a fresh machine: `make demo` and `make test`. Everything they need goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test lint types check pins picture clean

help:
	@echo "make demo   build a demo platform, audit it, say where the report is"
	@echo "make test   run the tests"
	@echo "make check  lint, types and tests, as the continuous integration does"
	@echo "make pins   resolve requirements/*.txt again"

demo: $(VENV)/.ready
	$(BIN)/datagov demo

test: $(VENV)/.ready
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.ready-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-lint
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

check: lint types test

$(VENV)/.ready: requirements/test.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 13) else "datagov runs on Python 3.11 to 3.13; this is %s. Say: make PYTHON=python3.12" % sys.version.split()[0])'
	@echo "Setting up $(VENV); this takes a minute or two."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-lint: $(VENV)/.ready requirements/lint.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lint.txt
	@touch $@

pins:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		pyproject.toml --extra postgres --extra mysql --group test -o requirements/test.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		-c requirements/test.txt --group heavy -o requirements/heavy.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		-c requirements/test.txt --group lint -o requirements/lint.txt

clean:
	rm -rf $(VENV) build dist *.egg-info datagov-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

picture: $(VENV)/.ready
	$(BIN)/datagov demo --quiet
	chromium --headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update \
		--disable-sync --no-first-run --user-data-dir=$$(mktemp -d) --window-size=1280,900 --hide-scrollbars \
		--virtual-time-budget=5000 --screenshot=docs/report.png file://$(CURDIR)/datagov-demo/report.html
