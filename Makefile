# The two commands of the README are `make run` and `make test`; both set up all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-quick check format words bench lock clean help

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(VENV)/.run: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

run: $(VENV)/.run ## a demo vault under var/ on http://127.0.0.1:8000
	$(BIN)/python -m api.demo var

test: $(VENV)/.dev ## the whole test suite, on all processors
	$(BIN)/python -m pytest -n auto --dist loadfile

test-quick: $(VENV)/.dev ## what runs in under two minutes
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow"

check: $(VENV)/.dev ## format, lint, strict types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## rewrite the code in its one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

words: $(VENV)/.dev ## bring the catalogues of words in step with the pages
	$(BIN)/python -m api.web.update_catalogues

bench: $(VENV)/.dev ## measurements, as ratios to baselines taken in the same run
	$(BIN)/python -m tests.bench

lock: ## pin every dependency again, with hashes
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## forget the environment and the demo vault
	rm -rf $(VENV) var build *.egg-info
