# The verbs a person types. `make` alone lists them.

PYTHON ?= python3
STACK := $(PYTHON) infra/local/stack.py
AUTH ?= false

.DEFAULT_GOAL := help
.PHONY: help build models up demo down logs user test simulate faults iam-mutants load bench lint sample package deploy clean

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the functions for the local AWS (dev profile) and the command line
	@WITH=cli bash infra/build.sh

models: ## Fetch the networks that read scans into .local/models (31 MB, checked; nothing where they are there)
	@PYTHON=$(PYTHON) bash infra/models.sh

up: build ## Start the local AWS, deploy, make the demo user (AUTH=true: evaluate IAM policies; DOCMILL_PORT=4566)
	@$(STACK) up $(if $(filter true,$(AUTH)),--auth)

down: ## Stop the local AWS; its data goes with it
	@$(STACK) down

demo: ## Build, start a local AWS of its own, send a book through it, stop
	@PYTHON=$(PYTHON) bash infra/demo.sh

logs: ## Print the functions' logs (F=worker for one)
	@$(STACK) logs $(F)

user: ## Make a local user and print a token: make user EMAIL=a@b.test COMPANY=Acme
	@test -n "$(EMAIL)" || { echo "docmill: make user needs EMAIL=... (and COMPANY=..., the user's custom:company label)" >&2; exit 1; }
	@$(STACK) user "$(EMAIL)" $(if $(COMPANY),--company "$(COMPANY)")

test: ## Run every test: workspace, then the whole system on a local AWS of its own, with IAM off and on
	@PYTHON=$(PYTHON) bash infra/test.sh

simulate: ## Run the engine under faults in virtual time: SEEDS=20000 FROM=0; PLANT=list names bugs to plant, PLANT=<name> plants one
	@cargo run --locked --quiet --package docmill-simulation -- $(if $(SEEDS),--seeds $(SEEDS)) $(if $(FROM),--from $(FROM)) $(if $(PLANT),--plant $(PLANT))

faults: ## Run 60 jobs each while AWS fails and workers are killed, and print a table (JOBS=60)
	@PYTHON=$(PYTHON) bash infra/faults.sh

iam-mutants: ## Take each permission of each function away and expect a test to fail (ONLY=intake: one role; MATCHING=editions; RESUME=true)
	@PYTHON=$(PYTHON) bash infra/iam_mutants.sh $(if $(ONLY),--only $(ONLY)) $(if $(MATCHING),--matching '$(MATCHING)') $(if $(filter true,$(RESUME)),--resume)

load: ## Run 1,000 jobs at once and print what they cost (JOBS=1000)
	@PYTHON=$(PYTHON) bash bench/load.sh

bench: ## Run the benchmarks and print their tables
	@bash bench/run.sh

lint: ## Formatting, lints, documentation, licences, unused dependencies, template
	@PYTHON=$(PYTHON) bash infra/lint.sh

sample: ## Typeset the sample book and its expectation again, and check that the bytes repeat
	@PYTHON=$(PYTHON) bash samples/make.sh

package: ## Build for AWS (release profile), check glibc, print the size of each zip
	@PROFILE=release bash infra/build.sh
	@$(PYTHON) infra/checks/glibc.py
	@$(PYTHON) infra/local/package.py

deploy: package ## Deploy to AWS with sam (settings: samconfig.toml; credentials: your AWS profile)
	@command -v sam >/dev/null || { echo "docmill: sam is missing: install the AWS SAM CLI (pip install aws-sam-cli)" >&2; exit 1; }
	sam deploy

clean: down ## Stop the local AWS and remove what was built and installed here
	@rm -rf .local target/lambda web/node_modules web/*/dist
	@cargo clean
