#!/usr/bin/env bash
# Makes sure that programs from Debian packages are there: `debian-packages.sh PROGRAM=PACKAGE …`.
# As root they are installed; otherwise the line that installs them is printed and the script fails.
set -euo pipefail
missing=()
for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null 2>&1 || missing+=("${pair#*=}")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing ${missing[*]} …"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/tmp/hamdel-apt.log 2>&1 || {
        tail -n 5 /tmp/hamdel-apt.log >&2
        echo "could not install ${missing[*]}; see /tmp/hamdel-apt.log" >&2
        exit 1
    }
    exit 0
fi
echo "missing programs; install them with:  sudo apt-get install ${missing[*]}" >&2
exit 1
