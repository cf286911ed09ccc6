# Everything a person does with this project. `make run` needs git, make and python3 only.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: run demo test test-network check bench mutation format lock clean

# One set of versions for people, tests and the phone's browser; `make lock` renews it.
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt
ALL := fast,pcsc,hsm,faces,dev,test

run: $(VENV)/.run
	@$(BIN)/mrc run

demo: $(VENV)/.run
	@$(BIN)/mrc demo

test: $(VENV)/.test
	@tools/test-parts
	@tools/interop-parts
	@tools/card-parts
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -q -rs --durations=15 --ignore=tests/network $(TESTS)

# Needs the licence of `injective-core` (BUSL-1.1, tests only): MRC_TEST_BFT_BINARY=…/injectived
test-network: $(VENV)/.test
	$(BIN)/pytest -q tests/network

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy src/mrc
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.test
	@tools/bench-parts
	$(BIN)/python -m bench
	$(BIN)/python bench/ledger.py

# Deletes one verification step at a time; takes most of an hour.
mutation: $(VENV)/.test
	$(BIN)/python -m tests.mutation.mutate --jobs $(WORKERS)

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:
	@echo "Looking for the newest versions that fit together (some minutes) …"
	@rm -rf build/lock && $(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip install -q --upgrade pip
	@build/lock/bin/python -m pip install -q -e '.[$(ALL)]'
	@build/lock/bin/python -m pip freeze --exclude-editable > constraints.txt
	@git diff --stat -- constraints.txt

clean:
	rm -rf $(VENV) var

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: install Python 3.11 or later"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed"; exit 1; }
	@echo "Making the environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { echo "python3 has no venv: on Debian, apt install python3-venv"; exit 1; }

$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing what the system needs to run (once, some minutes) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(INSTALL) --progress-bar on -e '.[fast]'
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@echo "Installing what tests need (once, some minutes) …"
	@tools/test-parts --before-python
	@$(INSTALL) -e '.[$(ALL)]'
	@touch $@
