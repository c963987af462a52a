# Two commands matter: `make serve` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
UV_VERSION := 0.13.8
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock"
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1

.PHONY: help serve test lint format lock train-ser train-recommender evaluate bench clean \
	models dialogue-model serve-programs test-programs

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

# What each command needs ------------------------------------------------------------------------

.uv/bin/uv:
	@echo "fetching uv …"
	@python3 -m venv .uv && .uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# environment,python,requirements,stamp
define environment
	@$(UV) python find --quiet $(2) >/dev/null 2>&1 || $(UV) python install --quiet $(2) || { \
		echo "Python $(2) is needed for $(1) and was not found: install it (pyenv install $(2)), then run this again" >&2; exit 1; }
	@echo "preparing $(1) …"
	@test -x $(1)/bin/python || $(UV) venv --quiet -p $(2) $(1)
	@$(UV) pip install --quiet -p $(1) --require-hashes -r $(3)
	@touch $(4)
endef

.venv/.ready: requirements/gateway.txt | $(UV)
	$(call environment,.venv,3.11,requirements/gateway.txt,$@)
.venv/.ready-dev: requirements/gateway-dev.txt .venv/.ready | $(UV)
	$(call environment,.venv,3.11,requirements/gateway-dev.txt,$@)
.venv-dialogue/.ready: requirements/dialogue.txt | $(UV)
	$(call environment,.venv-dialogue,3.10,requirements/dialogue.txt,$@)
	@# A bare `rasa test` reads every test story below this folder, Rasa's own starter project's too.
	@rm -f .venv-dialogue/lib/python3.10/site-packages/rasa/cli/initial_project/tests/test_stories.yml
.venv-train/.ready: requirements/train.txt | $(UV)
	$(call environment,.venv-train,3.11,requirements/train.txt,$@)

serve-programs:
	@deploy/debian-packages.sh espeak-ng=espeak-ng
test-programs: serve-programs
	@deploy/debian-packages.sh chromium=chromium node=nodejs

models: .venv/.ready
	@.venv/bin/python -m bot models fetch

dialogue-model: .venv-dialogue/.ready
	@.venv-dialogue/bin/python -m dialogue train

# Running ----------------------------------------------------------------------------------------

serve: serve-programs .venv/.ready .venv-dialogue/.ready models dialogue-model  ## run everything; prints the address when ready
	@for port in $${HAMDEL_DIALOGUE_PORT:-5005} $${HAMDEL_ACTIONS_PORT:-5055}; do \
		if (exec 3<>/dev/tcp/127.0.0.1/$$port) 2>/dev/null; then \
			echo "port $$port is in use: end the other server, or see HAMDEL_DIALOGUE_PORT and HAMDEL_ACTIONS_PORT in docs/settings.md" >&2; exit 1; \
		fi; done
	@mkdir -p .run && echo "starting (the dialogue engine takes a while; its logs are in .run/) …"
	@export HAMDEL_DIALOGUE_TOKEN=$${HAMDEL_DIALOGUE_TOKEN:-$$(.venv/bin/python -c 'import secrets; print(secrets.token_hex(32))')}; \
		.venv/bin/honcho start --no-prefix; status=$$?; [ $$status = 130 ] || { \
		echo "a part ended by itself; the last lines of the inner logs:" >&2; \
		tail -n 4 .run/dialogue.log .run/actions.log >&2; exit 1; }

# Checks -----------------------------------------------------------------------------------------

lint: .venv/.ready-dev .venv-dialogue/.ready  ## style and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/mypy --python-version 3.10 --python-executable .venv-dialogue/bin/python dialogue actions

test: test-programs .venv/.ready-dev .venv-dialogue/.ready .venv-train/.ready models dialogue-model lint  ## all checks and tests
	.venv-train/bin/python -m pytest tests/train
	.venv-dialogue/bin/python -m pytest tests/dialogue tests/actions tests/emotion tests/language tests/crisis tests/recommender
	.venv/bin/python -m pytest --ignore=tests/dialogue --ignore=tests/actions --ignore=tests/train --cov --cov-report=term:skip-covered tests

format: .venv/.ready-dev  ## put the code into its form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

# Training and measuring (need the corpora of HAMDEL_CORPORA) --------------------------------------

train-ser: .venv-train/.ready  ## train the speech emotion model (needs HAMDEL_CORPORA)
	.venv-train/bin/python -m ser_model train --config ser_model/configs/paper_cnn.json

train-recommender: .venv-train/.ready  ## train the recommender
	.venv-train/bin/python -m recommender train

bench: .venv/.ready-dev  ## latency of a running server
	.venv/bin/python -m benchmarks.latency

lock: | $(UV)  ## resolve requirements/*.in anew
	$(COMPILE) -p 3.11 requirements/gateway.in -o requirements/gateway.txt
	$(COMPILE) -p 3.11 requirements/gateway-dev.in -o requirements/gateway-dev.txt
	$(COMPILE) -p 3.10 requirements/dialogue.in -o requirements/dialogue.txt
	$(COMPILE) -p 3.11 requirements/train.in -o requirements/train.txt

clean:  ## remove environments and caches of this checkout
	rm -rf .venv .venv-dialogue .venv-train .uv models .run .pytest_cache .mypy_cache .ruff_cache
