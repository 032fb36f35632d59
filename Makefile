# `make run` shows the whole way on real data, `make test` passes every check; both make their own environment.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
BIN := .venv/bin
export DBT_SEND_ANONYMOUS_USAGE_STATS = false

LOCK := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: run test check format nightly mutants bench lock clean

run: .venv/.installed
	@$(BIN)/python samples/online_retail/run.py

test: .venv/.installed-dev
	$(MAKE) check
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: .venv/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/audiences compile --check
	$(BIN)/python tests/lint_compiled.py

format: .venv/.installed-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# 100,000 cases and 20,000 steps against the reference interpreter: hours. docs/proof.md says what came of it.
nightly: .venv/.installed-dev
	$(BIN)/python -m tests.integration.nightly

# Every single fault of the compiled SQL, and of the macros by hand: are they noticed?
mutants: .venv/.installed-dev
	$(BIN)/python -m tests.integration.mutation
	$(BIN)/python -m tests.integration.mutants

# Speed against ClickHouse and SQL by hand, at SIZE S, M or L; JSON=file keeps the figures, FOLDER=place the data.
SIZE ?= S
bench: .venv/.installed-bench
	$(BIN)/python -m benchmarks.speed $(SIZE) $(if $(JSON),--json $(JSON)) $(if $(FOLDER),--folder $(FOLDER))

# Pins for every version of a dependency, for the base install, for development and for what is compared.
lock: .venv/.installed-dev
	$(LOCK) -o requirements.lock pyproject.toml
	$(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(LOCK) --extra bench -c requirements.lock -c requirements-dev.lock -o requirements-bench.lock pyproject.toml

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml requirements.lock | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.lock
	@touch $@

.venv/.installed-bench: .venv/.installed-dev requirements-bench.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-bench.lock
	@touch $@

clean:
	rm -rf build target logs dbt_packages warehouse.duckdb warehouse.duckdb.wal
