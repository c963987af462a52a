#!/usr/bin/env bash
# Installs Python packages, and says in one line what is wrong where the package index cannot be reached:
#   packages.sh uv                                     uv itself, in .uv
#   packages.sh npm FOLDER                             npm packages of its lock file
#   packages.sh environment FOLDER PYTHON REQUIREMENTS  a virtual environment with hash-locked packages
set -euo pipefail
cd "$(dirname "$0")/.."
UV_VERSION=0.13.8
LOG=.run/packages.log
UNREACHABLE='dns error|resolv|error sending request|Failed to fetch|Could not connect|NewConnection|ConnectTimeout|Connection (refused|reset|aborted)|[Tt]imed out|unreachable|certificate|HTTP status'
CAUSE="invalid peer certificate: [A-Za-z]+|certificate verify failed|HTTP status [^)]*\)|[Cc]onnection (refused|reset|aborted)|[Tt]imed out|No route to host|Network is unreachable|error resolving DNS|name resolution|Name or service not known"
mkdir -p .run

# Runs a command with its output in the log; on a terminal the seconds go by.
quietly() {
    local what=$1 status=0 process
    shift
    echo "$what …"
    "$@" >"$LOG" 2>&1 &
    process=$!
    trap 'kill $process 2>/dev/null; exit 130' INT TERM
    if [ -t 1 ]; then
        while kill -0 $process 2>/dev/null; do
            printf '\r%s … %d s' "$what" $SECONDS
            sleep 1
        done
        printf '\r\033[K'
    fi
    wait $process || status=$?
    trap - INT TERM
    [ $status -eq 0 ] && return 0
    explain "$what" "$1"
    exit 1
}

explain() {
    local cause
    if cause=$(grep -oiE "No space left on device|disk quota exceeded" "$LOG" | head -n 1); [ -n "$cause" ]; then
        echo "$1 failed: $cause. 'make serve' takes 3.5 GB, 'make test' 14 GB." >&2
    elif grep -qE "$UNREACHABLE" "$LOG"; then
        cause=$(grep -ohE "$CAUSE" "$LOG" | tail -n 1 || true)
        echo "$1 failed: can't reach the package index${cause:+ ($cause)}." >&2
        echo "Check the network (behind a proxy: HTTPS_PROXY; a certificate authority of your own: SSL_CERT_FILE), or name" >&2
        echo "another index (UV_DEFAULT_INDEX for uv, PIP_INDEX_URL for pip). Then run the same command again: what has" >&2
        echo "come is kept. The whole message is in $LOG" >&2
    else
        echo "$1 failed; the end of $LOG:" >&2
        tail -n 12 "$LOG" >&2
    fi
}

uv_program() { command -v uv || echo .uv/bin/uv; }

case "${1:-}" in
    uv)
        quietly "making .uv" python3 -m venv .uv
        quietly "fetching uv" .uv/bin/python -m pip install --quiet --disable-pip-version-check --retries 1 "uv==$UV_VERSION"
        ;;
    npm)
        quietly "fetching the npm packages of $2" npm --prefix "$2" ci --ignore-scripts
        ;;
    environment)
        folder=$2 python=$3 requirements=$4 uv=$(uv_program)
        [ -x "$folder/bin/python" ] || quietly "making $folder" "$uv" venv --quiet --clear -p "$python" "$folder"
        quietly "preparing $folder" "$uv" pip install --no-progress -p "$folder" --require-hashes -r "$requirements"
        ;;
    *)
        sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
