# `make` alone prints what there is.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { command -v $$p; break; }; done)
BIN := .venv/bin
READY := .venv/.ready
.PHONY: help setup demo test chaos check format lint types imports drift fmt run up down migrate lock bench clean

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## install everything from the lock file into .venv

$(READY): requirements.txt dev/install.sh
	@sh dev/install.sh "$(PYTHON)"

demo: $(READY) ## posts going out, on a real PostgreSQL and Redis (ARGS=--stay leaves it running)
	@$(BIN)/python -m dev.demo $(ARGS)

test: $(READY) ## the tests, on a real PostgreSQL and Redis
	@$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

check: format lint types imports drift ## every check but the tests

format: $(READY) ## is everything formatted?
	@$(BIN)/ruff format --check .

lint: $(READY) ## ruff, all rules but those that pyproject.toml names
	@$(BIN)/ruff check .

types: $(READY) ## mypy, strict
	@$(BIN)/mypy

imports: $(READY) ## who may import whom
	@$(BIN)/lint-imports

drift: $(READY) ## schema.sql, migrations, models and the generated pages say the same
	@$(BIN)/python -m dev.platforms --check
	@$(BIN)/python -m pytest -q tests/db/test_drift.py

fmt: $(READY) ## format, and mend what can be mended
	@$(BIN)/ruff check --fix-only -q . && $(BIN)/ruff format -q .

run: $(READY) ## the processes of the Procfile, with the settings of the environment
	@PATH="$$PWD/$(BIN):$$PATH" $(BIN)/honcho start

up: $(READY) ## start PostgreSQL and Redis in .local and print their URLs
	@$(BIN)/python -m dev.servers start

down: $(READY) ## stop what `make up` started
	@$(BIN)/python -m dev.servers stop

migrate: $(READY) ## bring the database of DATABASE_URL up to the schema
	@$(BIN)/python -m db.migrate

lock: $(READY) ## write requirements.txt anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--group dev --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" pyproject.toml -o requirements.txt

chaos: $(READY) ## break everything at random, and let the ledger judge (ARGS="--kills 200 …")
	@$(BIN)/python -m dev.chaos $(ARGS)

bench: $(READY) ## the measurements of the README (ARGS selects one)
	@$(BIN)/python -m bench $(ARGS)

clean: ## stop the servers and remove what the other targets made
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m dev.servers remove; fi
	@rm -rf .venv .tools .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
