# Two commands: `make demo` shows the main job on the bundled newsroom, `make test` proves it.
# Everything is installed into .venv from the hash-pinned locks; nothing outside this folder is touched.

PYTHON ?= python3
BIN := .venv/bin
export PIP_NO_CACHE_DIR := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint types check bench lock clean

demo: .venv/installed
	$(BIN)/watchwire demo

test: .venv/installed-dev
	$(BIN)/pytest -n 2 --dist loadfile

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/mypy

check: lint types test

bench: .venv/installed-dev
	$(BIN)/python benchmarks/tag.py
	$(BIN)/python benchmarks/newsroom_pass.py
	$(BIN)/python benchmarks/storage_rates.py

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements.lock pyproject.toml
	@echo "Installing what watchwire needs into .venv (once, about a minute)"
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	@echo "Installing what the tests need into .venv"
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

# Needs uv on the PATH; keeps index addresses out of the locks.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command "make lock" --quiet -o requirements.lock
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command "make lock" --quiet -o requirements-dev.lock

clean:
	rm -rf .venv .watchwire .cache build *.egg-info .pytest_cache .mypy_cache .ruff_cache
