# make run    the whole site on http://localhost:8000 with demo accounts; Ctrl-C stops it
# make test   all that must hold before a change goes in
#
# Needs Python 3.11 or newer and a network. PYTHON=python3.12 picks another Python, PORT=8001 another port, and
# TORCH_INDEX_URL=… another build of PyTorch, for example one without CUDA, which is a tenth of the download.

PYTHON ?= python3
WORKERS ?= 2

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
MODELS := requirements-models.txt $(wildcard requirements-samples.txt)

# Settings of the developer's .env must not decide what passes.
BARE := env -u DATABASE_URL -u REDIS_URL -u MILVUS_URI ENV_FILE=/dev/null
# A site in production as it should be. Nobody listens at these addresses: checks of settings ask nobody.
PRODUCTION_LIKE := $(BARE) PRODUCTION=true SECRET_KEY=$$(head -c 60 /dev/urandom | base64 -w 0) \
	ALLOWED_HOSTS=dedup.example.org VAR_DIR=$$(mktemp -d) DATABASE_URL=postgres://dedup:secret@127.0.0.1:9/dedup \
	MILVUS_URI=https://milvus.example.org:19530 MILVUS_TOKEN=user:secret

.DEFAULT_GOAL := help
.PHONY: help run python install install-dev lint types floors checks fast test test-postgres test-races test-milvus test-faults browser bench bench-peers screenshots clean

help: ## Say what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1	/' | expand -t 24

run: install ## Run the whole site on this machine, with demo accounts
	@exec $(PY) manage.py run_site

python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "There is no $(PYTHON) here. Install Python 3.11 or newer, or name it: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$$($(PYTHON) --version) is too old: 3.11 or newer is needed. Name one: make run PYTHON=python3.12"; exit 1; }

# pip runs only when the requirements, the chosen PyTorch or the Python differ from the last time.
install: python ## Make .venv and install what the site needs
	@test -x $(PY) || { echo "Making $(VENV)…"; $(PYTHON) -m venv $(VENV); }
	@wanted="$$(cat requirements.txt $(MODELS) | cksum) $(TORCH_INDEX_URL) $$($(PY) --version)"; \
	test "$$wanted" = "$$(cat $(VENV)/installed 2>/dev/null)" || { \
		set -e; \
		echo "Installing the requirements; the first time this takes some minutes…"; \
		if [ -n "$(TORCH_INDEX_URL)" ]; then \
			$(PIP) install --no-deps --index-url "$(TORCH_INDEX_URL)" $$(grep -E '^torch(vision)?==' requirements.txt); \
		fi; \
		$(PIP) install -r requirements.txt; \
		for list in $(MODELS); do $(PIP) install --no-deps --ignore-requires-python -r $$list; done; \
		echo "$$wanted" > $(VENV)/installed; }

install-dev: install ## Install what the tests need, too
	@wanted="$$(cat requirements.txt requirements-dev.txt | cksum) $$($(PY) --version)"; \
	test "$$wanted" = "$$(cat $(VENV)/installed-dev 2>/dev/null)" || { \
		set -e; \
		echo "Installing the tests' requirements…"; \
		$(PIP) install -r requirements-dev.txt; \
		echo "$$wanted" > $(VENV)/installed-dev; }

lint: install-dev ## Check style and templates
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	find templates gallery -name '*.html' -print0 | xargs -0 -r $(VENV)/bin/djade --target-version 5.2 --check

types: install-dev ## Check types
	$(BARE) $(VENV)/bin/mypy

floors: install-dev ## Check that imports go downwards and that every dependency is declared and used
	$(BARE) $(VENV)/bin/lint-imports
	$(VENV)/bin/deptry .

checks: install-dev ## Check migrations, and the settings as in production
	$(BARE) $(PY) manage.py makemigrations --check --dry-run
	$(PRODUCTION_LIKE) $(PY) manage.py check --deploy --fail-level WARNING

fast: install-dev ## Run the unit tests only
	$(PY) -m pytest tests/unit -n $(WORKERS) -q

# The browser tests look for $$CHROMIUM, then for a chromium on the PATH.
browser:
	@test -n "$(CHROMIUM)" || command -v chromium chromium-browser google-chrome >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing Chromium for the browser tests…"; \
			apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
		fi; } || true
	@test -n "$(CHROMIUM)" || command -v chromium chromium-browser google-chrome >/dev/null || { \
		echo; echo "  THERE IS NO CHROMIUM: the browser tests will not run. Install it, or set CHROMIUM=/path/to/it."; echo; \
		test "$(CI)" != true; }

test: lint types floors checks browser ## Run everything that must hold before a change goes in
	$(PY) -m pytest -n $(WORKERS)
	$(MAKE) --no-print-directory test-postgres

test-postgres: install-dev ## Run the tests that touch the database again, on PostgreSQL
	$(PY) -m tests.servers postgres -- $(PY) -m pytest -n $(WORKERS) --database-only

test-races: install-dev ## Let two people act at the same moment 500 times in each way; takes a quarter of an hour
	RACE_ROUNDS=500 nice -n 5 $(PY) -m tests.servers postgres -- \
		$(PY) -m pytest tests/integration/test_review_races.py -n0 -q -rP

# A real Milvus listens on all interfaces and asks nobody who they are: it gets a network of its own, with loopback only.
test-milvus: install-dev ## Run the promises of the index against a real Milvus server; takes some minutes
	@test -d $(VENV)/real-milvus/milvus || { \
		echo "Unpacking a real Milvus…"; $(PIP) install --no-deps --target $(VENV)/real-milvus -r requirements-milvus.txt; }
	@unshare --net --map-root-user true 2>/dev/null || { \
		echo; echo "  NO NETWORK OF ITS OWN CAN BE MADE HERE: the tests of a real Milvus do not run."; echo; \
		test "$(CI)" != true; }
	@! unshare --net --map-root-user true 2>/dev/null || $(BARE) nice -n 5 unshare --net --map-root-user \
		sh -c "ip link set lo up && exec $(PY) -m pytest tests/real_milvus -n0"

# On PostgreSQL, as a real site has it. What was injected and lost goes into the table of docs/reliability.md.
test-faults: install-dev ## Kill, hang and empty every part under load; takes a quarter of an hour
	rm -f var/faults.jsonl
	FAULTS_LOG=$(CURDIR)/var/faults.jsonl nice -n 5 $(PY) -m tests.servers postgres -- \
		$(PY) -m pytest tests/faults -n0 -v --durations=0
	$(PY) -m tests.faults.table var/faults.jsonl docs/reliability.md

bench: install-dev ## Measure what things cost and write docs/benchmarks.md; takes some minutes
	$(BARE) $(PY) -m tests.benchmarks --write docs/benchmarks.md
	$(BARE) $(PY) -m tests.servers postgres -- $(PY) -m tests.benchmarks.pages --write docs/benchmarks.md

screenshots: install-dev browser ## Take the pictures of docs/screenshots from a site on the sample pictures; some minutes
	$(BARE) nice -n 5 $(PY) -m tests.screenshots docs/screenshots

# Into environments of their own under .venv/peers. They are asked for nothing but their packages.
bench-peers: install-dev ## Measure other programs that find copies, beside this one; takes half an hour
	$(BARE) nice -n 5 $(PY) -m tests.benchmarks.peers --write docs/benchmarks.md

clean: ## Forget the virtual environment and the caches; var/ with its data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
