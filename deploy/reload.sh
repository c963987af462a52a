#!/usr/bin/env bash
# The gateway, started anew whenever something changes that it has read: its packages, data, settings. While the
# code cannot start, the next change is waited for. Rasa and the actions stay up; they read dialogue/, actions/,
# domain.yml and data/nlu only when `make dev` starts. The page needs no restart: reload it in the browser.
set -euo pipefail
exec .venv/bin/watchfiles --target-type command --sigint-timeout 5 --verbosity warning \
    --ignore-paths data/nlu,data/rules,data/stories,data/bilingual_suggestions \
    '.venv/bin/python -m bot serve' \
    bot crisis emotion language on_call review ser_model session_log tts_voices data endpoints.yml models.toml
