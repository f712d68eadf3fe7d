# What every service's Makefile has. NAME is the service's; run from its folder or with -C.
ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))..)
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help test run image

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

test: ## this service's tests, on real stores
	@$(PYTHON) $(ROOT)/deploy/local/bootstrap.py --tests
	cd $(ROOT) && .venv/bin/pytest --numprocesses=3 --dist=worksteal services/$(NAME)

run: ## this service alone, with its settings from the environment (--help: which)
	@$(PYTHON) $(ROOT)/deploy/local/bootstrap.py
	cd $(ROOT) && exec .venv/bin/python -m tiketi_$(NAME) $(ARGS)

image: ## its container image
	docker build -t tiketi-$(NAME) -f $(ROOT)/services/$(NAME)/Dockerfile $(ROOT)
