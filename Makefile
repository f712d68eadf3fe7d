# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
NPM := $(PYTHON) deploy/local/bootstrap.py --npm
SOURCES := shared services deploy tests
TYPED := shared services deploy/local deploy/monitoring deploy/k8s deploy/compose tests

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the commands
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# --- to use it ---

.PHONY: run
run: setup ## the whole of Tiketi on this machine, with demo data (ARGS=--help: its settings)
	@exec setpriv --pdeathsig=TERM $(BIN)/python -m tiketi_local $(ARGS)

.PHONY: version
version: setup ## the version of each service, as it tells it itself
	@for service in gateway queue booking notifier metrics; do $(BIN)/python -m tiketi_$$service --version; done

.PHONY: setup
setup: ## install what running needs: system packages, .venv, the web app
	@$(PYTHON) deploy/local/bootstrap.py

.PHONY: setup-tests
setup-tests: ## install what testing needs besides: Chromium and fonts
	@$(PYTHON) deploy/local/bootstrap.py --tests

# --- to change it ---

.PHONY: check
check: setup-tests format-check lint spelling links types contracts frontend-check test ## all that CI runs: format, lint, spelling, links, types, contracts, tests

# Each suite runs by itself, as each service is deployed alone, in three processes with stores of their
# own: tests mostly wait. Those of the whole deployment keep the processors busy in one.
.PHONY: test
test: setup-tests frontend-test ## every test: units, properties, real stores, end to end, browser, web app
	@failed=; \
	for suite in $(wildcard services/*/tests) shared deploy/local tests; do \
	  echo "== $$suite"; \
	  [ $$suite = tests ] && processes=0 || processes=3; \
	  $(BIN)/pytest -q --numprocesses=$$processes --dist=worksteal $$suite --ignore=tests/browser/journeys || failed="$$failed $$suite"; \
	done; \
	[ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

# Suites without properties collect nothing, which pytest tells by 5.
.PHONY: test-fresh
test-fresh: setup-tests ## the property tests with examples that nobody has tried, five times as many
	@failed=; \
	for suite in $(wildcard services/*/tests) shared tests; do \
	  echo "== $$suite"; \
	  $(BIN)/pytest -q $$suite -m hypothesis --hypothesis-profile=fresh || [ $$? = 5 ] || failed="$$failed $$suite"; \
	done; \
	[ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

.PHONY: walk
walk: setup-tests ## people doing anything in any order for MINUTES (60), by fresh seeds; failing ones are kept
	WALK_MINUTES=$(MINUTES) $(BIN)/pytest -q -s tests/walk -k nobody_has_tried $(ARGS)

.PHONY: repeat
repeat: setup-tests ## tests many times beside a busy core, with a tally (ARGS="services/queue/tests 20")
	$(BIN)/python -m tests.repeat $(ARGS)

.PHONY: mutants
mutants: setup-tests ## plant faults one at a time, and see which test notices each (ARGS=--help: more)
	$(BIN)/python -m tests.mutants $(ARGS)

SINCE ?= $(shell git rev-list -1 --before=1.day HEAD)
# Those of deploy/ need what `make test-deploy` and `make test-aws` install.
AREAS := booking client gateway metrics notifier queue shared web

.PHONY: mutants-changed
mutants-changed: setup-tests ## of the faults whose file or tests changed since yesterday (SINCE), as many as fit into 4 minutes
	$(BIN)/python -m tests.mutants $(AREAS:%=--area %) --changed $(or $(SINCE),HEAD) --seconds 240

.PHONY: journeys
journeys: setup-tests ## every screen's journeys in a real browser, with screenshots in .run/screens
	$(BIN)/pytest tests/browser/journeys

.PHONY: test-deploy
test-deploy: setup ## deploy/: rules, alerts, dashboards, manifests, compose files, load balancer
	$(MAKE) -C deploy/monitoring test
	$(MAKE) -C deploy/k8s test
	$(MAKE) -C deploy/compose test

.PHONY: test-compose
test-compose: setup ## compose really started: a sale through it, each service replaced, a restore
	$(MAKE) -C deploy/compose test-compose

.PHONY: test-aws
test-aws: ## the AWS stack: assertions on every number, cfn-lint, cdk-nag, the line reader
	$(MAKE) -C deploy/aws test

# --- to measure it and to break it ---

.PHONY: bench
bench: setup ## what everything costs, each figure beside its floor
	for bench in line booking notifier gateway; do $(BIN)/python -m tests.bench.bench_$$bench || exit 1; done

URL ?= http://127.0.0.1:8080
USERS ?= 1000
SEATS ?= 500

.PHONY: rehearsal
rehearsal: setup ## play an on-sale against URL (USERS, SEATS, ADMIN_EMAIL, ADMIN_PASSWORD; ARGS=--help: more)
	$(BIN)/tiketi-rehearsal $(URL) --users $(USERS) --seats $(SEATS) --out .run/rehearsal $(ARGS)

.PHONY: capacity
capacity: setup ## what a sale of any size needs: docs/capacity.md (ARGS=--help: measure, check)
	$(BIN)/python -m tests.capacity $(ARGS)

.PHONY: chaos
chaos: setup-tests ## cause every fault in the middle of a sale, and count the losses (ARGS=--help: more)
	$(BIN)/tiketi-chaos $(ARGS)

MINUTES ?= 60

.PHONY: endurance
endurance: setup ## sale after sale for MINUTES (60), and whether anything grows (ARGS=--help: more)
	$(BIN)/tiketi-endurance --minutes $(MINUTES) $(ARGS)

.PHONY: fuzz
fuzz: setup-tests ## hostile values, and whatever the OpenAPI document allows and forbids, to every operation (ARGS=--help)
	$(BIN)/python -m tests.security.fuzz $(ARGS)

.PHONY: drain
drain: setup-tests ## replace every instance of every service under load, and count what failed
	EVERY_INSTANCE=1 $(BIN)/pytest -q -s tests/e2e/test_leaving.py

.PHONY: frontend-test
frontend-test:
	$(NPM) test

.PHONY: frontend-check
frontend-check:
	$(NPM) contract-check
	$(NPM) typecheck
	$(NPM) lint
	$(NPM) sizes

.PHONY: format
format: setup ## put the code into shape
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix-only --quiet $(SOURCES)
	$(NPM) format

.PHONY: format-check
format-check:
	$(BIN)/ruff format --check --quiet $(SOURCES)

.PHONY: lint
lint: ## ruff and bandit
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive services shared deploy

.PHONY: spelling
spelling: ## codespell over prose and code
	git ls-files -z --cached --others --exclude-standard | xargs -0 $(BIN)/codespell --toml pyproject.toml

.PHONY: links
links: ## every link, anchor and path that a page names is there
	$(BIN)/python -m tests.docs.links

.PHONY: types
types: ## mypy --strict
	$(BIN)/mypy $(TYPED)

.PHONY: contracts
contracts: ## which package may import which
	$(BIN)/lint-imports

.PHONY: openapi
openapi: setup ## write the public descriptions again, and the types of the clients from them
	$(BIN)/python -m tests.contract.describe
	$(NPM) contract

.PHONY: sbom
sbom: setup ## what Tiketi is made of, as CycloneDX: .run/sbom/python.json and web.json
	@mkdir -p .run/sbom
	$(BIN)/cyclonedx-py requirements requirements.txt --output-reproducible --validate --output-file .run/sbom/python.json
	$(NPM) sbom > .run/sbom/web.json

.PHONY: lock
lock: setup ## pin the dependencies again with their hashes (ARGS=--upgrade: the newest)
	$(BIN)/python deploy/local/lock.py $(ARGS)
