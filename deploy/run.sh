#!/usr/bin/env bash
# Runs the processes of the Procfile until Ctrl-C or until one of them ends, which ends the whole and is said.
# Ctrl-C (or SIGTERM) lets the gateway finish its talks first, while the dialogue engine still answers them; a
# second one ends everything at once.
set -euo pipefail
cd "$(dirname "$0")/.."
logs=${HAMDEL_LOGS:-.run}

for port in "${HAMDEL_DIALOGUE_PORT:-5005}" "${HAMDEL_ACTIONS_PORT:-5055}"; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo "port $port is in use: end the other server, or see \"Two servers side by side\" in docs/contributing.md" >&2
        exit 1
    fi
done

mkdir -p "$logs"
# Held until the last process of this server has ended: another one would write over its logs.
if command -v flock >/dev/null; then
    exec 9>"$logs/server.lock"
    flock --nonblock 9 || {
        echo "a server that was started here writes its logs into $logs/: end it, or start this one with HAMDEL_LOGS=FOLDER" >&2
        echo "and ports and a session log of its own: \"Two servers side by side\" in docs/contributing.md" >&2
        exit 1
    }
fi
export HAMDEL_DIALOGUE_TOKEN=${HAMDEL_DIALOGUE_TOKEN:-$(.venv/bin/python -c 'import secrets; print(secrets.token_hex(32))')}
export HAMDEL_GATEWAY_PID=$(mktemp)
stopping=""

stop() {
    local again=$stopping
    stopping=yes
    if [ -z "$again" ] && kill -TERM "$(cat "$HAMDEL_GATEWAY_PID")" 2>/dev/null; then
        echo "ending: open talks are finished first (again to end at once) …"
    else
        kill -TERM "$manager" 2>/dev/null
    fi
}

echo "starting (the dialogue engine takes a while; its logs are in $logs/) …"
set -m # a process group of its own: Ctrl-C comes to this script alone
.venv/bin/honcho start --no-prefix &
manager=$!
set +m
trap stop INT TERM HUP
set +e # a signal interrupts `wait`, which then has to go on
while kill -0 "$manager" 2>/dev/null; do
    wait "$manager"
done
rm -f "$HAMDEL_GATEWAY_PID"
[ -n "$stopping" ] && exit 0
echo "a part ended by itself (the first that stopped, above); the last lines of the inner logs:" >&2
tail -n 4 "$logs/dialogue.log" "$logs/actions.log" >&2
exit 1
