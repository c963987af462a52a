# Two commands matter: `make serve` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# The stock JavaScript client, which the tests let talk with the server.
NPM_CLIENT := tests/end_to_end/agents_realtime
.DELETE_ON_ERROR:
# In the order that is written: what is missing is said before anything long begins. The parts of the tests alone
# run at the same time (`TEST_JOBS=1 make test`: one after another).
ifndef AT_ONCE
.NOTPARALLEL:
endif
TEST_JOBS ?= 2

UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock"
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
# uv brings certificates of its own; a company's network needs those of the machine.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= true
endif

.PHONY: help serve dev demo check test lint format soak hooks train-ser train-voices train-crisis train-recommender evaluate bench lock clean \
	models voices rendered-speech rendered-plain dialogue-model corpora serve-needs lint-needs test-needs train-needs

help:
	@awk -F ':.*## ' '/^##@ / {printf "%s\n", "\n" substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# What each command needs ------------------------------------------------------------------------

serve-needs:
	@deploy/requirements.sh python3.11 python3.10 espeak-ng
lint-needs:
	@deploy/requirements.sh python3.11 python3.10
test-needs:
	@deploy/requirements.sh python3.11 python3.10 espeak-ng chromium node npm
train-needs:
	@deploy/requirements.sh python3.11
corpora:
	@[ -n "$$HAMDEL_CORPORA" ] || { \
		echo "this needs recordings that are not in the repository: HAMDEL_CORPORA names their manifest, or the folder that" >&2; \
		echo "has it; see docs/speech-emotion.md" >&2; exit 2; }

.uv/bin/uv:
	@deploy/packages.sh uv
.venv/.ready: requirements/gateway.txt | $(UV)
	@deploy/packages.sh environment .venv 3.11 $<
	@touch $@
.venv/.ready-dev: requirements/gateway-dev.txt .venv/.ready | $(UV)
	@deploy/packages.sh environment .venv 3.11 $<
	@touch $@
.venv-dialogue/.ready: requirements/dialogue.txt | $(UV)
	@deploy/packages.sh environment .venv-dialogue 3.10 $<
	@# A bare `rasa test` reads every test story below this folder, Rasa's own starter project's too.
	@rm -f .venv-dialogue/lib/python3.10/site-packages/rasa/cli/initial_project/tests/test_stories.yml
	@touch $@
.venv-train/.ready: requirements/train.txt | $(UV)
	@deploy/packages.sh environment .venv-train 3.11 $<
	@touch $@
# One more stock client, which only its own tests need: without it they are skipped and say so.
.venv-voices/.ready: requirements/voices.txt | $(UV)
	@deploy/packages.sh environment .venv-voices 3.11 $<
	@touch $@
.venv-livekit/.ready: requirements/livekit.txt | $(UV)
	@if deploy/packages.sh environment .venv-livekit 3.11 $<; then touch $@; else \
		echo "livekit-plugins-openai could not be installed: its talks are left out of the tests" >&2; fi

$(NPM_CLIENT)/node_modules/.package-lock.json: $(NPM_CLIENT)/package-lock.json
	@deploy/packages.sh npm $(NPM_CLIENT)
	@touch $@

models: .venv/.ready
	@.venv/bin/python -m bot models fetch

rendered-speech: .venv/.ready
	@.venv/bin/python -m bot render

rendered-plain: .venv/.ready
	@.venv/bin/python -m bot render --voice espeak  # tests/faults: a voice that is a program can be broken

voices: .venv/.ready  ## speak ahead what the product itself says, into the cache (optional)
	@.venv/bin/python -m tts_voices render

dialogue-model: .venv-dialogue/.ready
	@.venv-dialogue/bin/python -m dialogue train

##@ Running
serve: serve-needs .venv/.ready .venv-dialogue/.ready models dialogue-model  ## prepare and start everything; prints the address when ready
	@deploy/run.sh

dev: export HAMDEL_GATEWAY := deploy/reload.sh
dev: serve-needs .venv/.ready .venv/.ready-dev .venv-dialogue/.ready models dialogue-model  ## the same; the gateway starts anew when a source of it changes
	@deploy/run.sh

demo: serve-needs .venv/.ready .venv-dialogue/.ready models dialogue-model  ## the therapists' review with talks of invented people, on a server of its own
	.venv/bin/python -m review demo

check:  ## settings, versions, models, ports: what is there, what is missing, how to get it
	@[ -x .venv/bin/python ] || { echo "nothing is prepared yet (.venv is missing): run 'make serve'" >&2; exit 1; }
	@.venv/bin/python -m bot check

##@ Checking the code
test: test-needs .venv/.ready-dev .venv-dialogue/.ready .venv-train/.ready .venv-voices/.ready .venv-livekit/.ready $(NPM_CLIENT)/node_modules/.package-lock.json models rendered-speech rendered-plain dialogue-model lint  ## all checks and tests
	@rm -f .coverage .coverage.*
	@$(MAKE) --no-print-directory --jobs=$(TEST_JOBS) --keep-going AT_ONCE=yes \
		tested-talks tested-gateway tested-dialogue tested-page tested-training tested-voices
	@.venv/bin/coverage combine --quiet
	@.venv/bin/coverage report --skip-covered

# The parts, longest first. Talks are held in real time and mostly wait: whatever runs beside them gives way. Each
# line says whose it is, and outlives Ctrl-C until pytest has ended its servers and said so.
TALKS := tests/end_to_end tests/faults
part = set -o pipefail; env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u AT_ONCE COVERAGE_FILE=.coverage.$(1) $(2) --durations=10 2>&1 \
	| (trap '' INT; exec sed -u 's/^/$(1) | /')
.PHONY: tested-talks tested-page tested-gateway tested-dialogue tested-training tested-voices
tested-talks:
	@$(call part,talks   ,.venv/bin/python -m pytest --cov --cov-report= $(TALKS))
tested-page:
	@$(call part,page    ,.venv/bin/python -m pytest --cov --cov-report= tests/widget)
tested-gateway:
	@$(call part,gateway ,nice -n 5 .venv/bin/python -m pytest --cov --cov-report= tests \
		$(TALKS:%=--ignore=%) --ignore=tests/widget --ignore=tests/dialogue --ignore=tests/actions --ignore=tests/train --ignore=tests/voices_training --ignore=tests/soak)
tested-dialogue:
	@$(call part,dialogue,nice -n 5 .venv-dialogue/bin/python -m pytest tests/dialogue tests/actions tests/emotion \
		tests/language tests/crisis tests/recommender)
tested-training:
	@$(call part,training,nice -n 5 .venv-train/bin/python -m pytest tests/train)
tested-voices:
	@$(call part,voices  ,nice -n 5 .venv-voices/bin/python -m pytest tests/voices_training)

lint: lint-needs .venv/.ready-dev .venv-dialogue/.ready  ## style and types alone
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/mypy --python-version 3.10 --python-executable .venv-dialogue/bin/python dialogue actions

format: lint-needs .venv/.ready-dev  ## put the code into its form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

soak: serve-needs .venv/.ready-dev .venv-dialogue/.ready models dialogue-model  ## talks on a loop for ten minutes: does anything grow?
	.venv/bin/python -m pytest tests/soak -s

hooks: .venv/.ready-dev .venv-dialogue/.ready  ## optional: check each commit with pre-commit before it is made
	@$(UV) tool install --quiet pre-commit || { echo "pre-commit could not be installed; nothing else needs it" >&2; exit 1; }
	@$(UV) tool run pre-commit install

##@ Training and measuring (from recordings: HAMDEL_CORPORA)
bench: .venv/.ready-dev  ## latency of a running server
	.venv/bin/python -m benchmarks.latency

evaluate: corpora train-needs .venv/.ready-dev models  ## figures of speech emotion and recognition, into results/ (needs HAMDEL_CORPORA)
	@mkdir -p results
	@speech="$$HAMDEL_CORPORA"; [ -f "$$speech/manifest.csv" ] || speech="$$speech/speech"; set -ex; \
		.venv/bin/python -m ser_model evaluate --manifest "$$speech/manifest.csv" --split test --skip-unknown --json results/speech_emotion.json; \
		.venv/bin/python -m ser_model shift --manifest "$$speech/manifest.csv" --split test --skip-unknown --json results/speech_emotion_shift.json; \
		if [ -f "$$speech/asr/manifest.csv" ]; then \
			.venv/bin/python -m benchmarks.asr --manifest "$$speech/asr/manifest.csv" --json results/recognition.json; \
		else echo "recognition is left out: $$speech/asr/manifest.csv (path,language,text) is missing" >&2; fi

train-ser: corpora train-needs models .venv/.ready .venv-train/.ready  ## train the speech emotion model (needs HAMDEL_CORPORA)
	.venv/bin/python -m ser_model encode
	.venv-train/bin/python -m ser_model train --calibrate-folds 5
	.venv-train/bin/python -m ser_model train --calibrate-folds 5 --config ser_model/configs/logmel_cnn.json --out ser_model/standalone

SHEMO_OUT ?= results/shemo

adapt-ser: train-needs models .venv/.ready .venv-train/.ready  ## fine-tune and judge speech emotion in Persian: SHEMO=folder of ShEMO
	@[ -n "$(SHEMO)" ] || { echo "name the folder of ShEMO as it was unpacked: make adapt-ser SHEMO=DIR; see docs/speech-emotion.md" >&2; exit 2; }
	@mkdir -p $(SHEMO_OUT)
	.venv/bin/python -m ser_model corpus shemo "$(SHEMO)" -o $(SHEMO_OUT)/manifest.csv --force
	.venv/bin/python -m ser_model encode --config ser_model/configs/shemo.json --corpus $(SHEMO_OUT)/manifest.csv
	.venv-train/bin/python -m ser_model train --config ser_model/configs/shemo.json --start ser_model --corpus $(SHEMO_OUT)/manifest.csv --out $(SHEMO_OUT)

VOICES_OUT ?= results/voices
train-voices: .venv-voices/.ready  ## teach the embedded voices anew: VOICES_OUT=folder (about four hours on two cores)
	@deploy/requirements.sh python3.11 espeak-ng festival
	.venv-voices/bin/python -m tts_voices teach english --out $(VOICES_OUT)/english
	.venv-voices/bin/python -m tts_voices teach persian --out $(VOICES_OUT)/persian
	.venv-voices/bin/python -m tts_voices train --language en --corpus $(VOICES_OUT)/english --corpus $(VOICES_OUT)/persian \
		--out $(VOICES_OUT)/en
	.venv-voices/bin/python -m tts_voices train --language fa --corpus $(VOICES_OUT)/persian --out $(VOICES_OUT)/fa \
		--start $(VOICES_OUT)/en/acoustic.pt --vocoder $(VOICES_OUT)/en/voice/vocoder.onnx

train-crisis: train-needs .venv-train/.ready  ## train the crisis guard's classifier
	.venv-train/bin/python -m crisis train

train-recommender: train-needs .venv-train/.ready  ## train the recommender
	.venv-train/bin/python -m recommender train

##@ Upkeep
lock: | $(UV)  ## resolve requirements/*.in anew
	$(COMPILE) -p 3.11 requirements/gateway.in -o requirements/gateway.txt
	$(COMPILE) -p 3.11 requirements/gateway-dev.in -o requirements/gateway-dev.txt
	$(COMPILE) -p 3.10 requirements/dialogue.in -o requirements/dialogue.txt
	$(COMPILE) -p 3.11 requirements/train.in -o requirements/train.txt
	$(COMPILE) -p 3.11 requirements/voices.in -o requirements/voices.txt
	$(COMPILE) -p 3.11 requirements/livekit.in -o requirements/livekit.txt

clean:  ## remove environments and caches of this checkout
	rm -rf .venv .venv-dialogue .venv-train .venv-voices .venv-livekit .uv models .run .pytest_cache .mypy_cache .ruff_cache

help:  ## this list
