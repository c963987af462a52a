#!/usr/bin/env bash
# Looks for what a command needs before any long work: `requirements.sh NAME…`, where a NAME is python3.11,
# python3.10, espeak-ng, festival, chromium, node or npm. Everything that is missing is said at once, each with the line
# that installs it. As root on Debian the packages are installed; a missing Python is fetched where uv can.
set -euo pipefail
cd "$(dirname "$0")/.."
OLDEST_NODE=20

uv_program() { command -v uv || { [ -x .uv/bin/uv ] && echo .uv/bin/uv; }; }

# An environment that is already there brings its Python along.
has_python() {
    local uv version=${1#python} environment
    case "$version" in 3.10) environment=.venv-dialogue ;; *) environment=.venv ;; esac
    "$environment/bin/python" -c "" >/dev/null 2>&1 && return 0
    if uv=$(uv_program); then
        "$uv" python find --quiet --system --no-python-downloads "$version" >/dev/null 2>&1
    else
        "$1" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" >/dev/null 2>&1
    fi
}

has() {
    case "$1" in
        python3-venv) uv_program >/dev/null || python3 -c "import ensurepip, venv" >/dev/null 2>&1 ;;
        python3.*) has_python "$1" ;;
        node) [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge $OLDEST_NODE ] ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

look() {
    pythons=() packages=()
    for name in python3-venv "$@"; do
        has "$name" && continue
        case "$name" in
            python3.*) pythons+=("$name") ;;
            *) packages+=("$name") ;;
        esac
    done
}

package_of() { case "$1" in node) echo nodejs ;; festival) echo festival festvox-us-slt-hts ;; *) echo "$1" ;; esac; }

install_packages() {
    local names=() name
    for name in "${packages[@]}"; do names+=($(package_of "$name")); done
    mkdir -p .run
    echo "installing ${names[*]} …"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${names[@]}"; } >.run/apt.log 2>&1 ||
        echo "apt-get could not; what it said is in .run/apt.log" >&2
}

fetch_pythons() {
    local name uv
    uv_program >/dev/null || deploy/packages.sh uv >&2 || { tried="uv could not be fetched, which brings it"; return 0; }
    uv=$(uv_program)
    for name in "${pythons[@]}"; do
        echo "fetching Python ${name#python} …"
        "$uv" python install --quiet "${name#python}" >/dev/null 2>&1 || tried="uv could not fetch it"
    done
}

say() { printf '  %-14s %s\n' "$1" "$2" >&2; }

tried="uv can fetch it too"
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo "

look "$@"
if [ ${#packages[@]} -gt 0 ] && [ -z "$as_root" ] && command -v apt-get >/dev/null 2>&1; then
    install_packages
    look "$@"
fi
if [ ${#pythons[@]} -gt 0 ] && has python3-venv; then
    fetch_pythons
    look "$@"
fi
[ $((${#pythons[@]} + ${#packages[@]})) -eq 0 ] && exit 0

echo "missing, each with the line that installs it:" >&2
for name in ${pythons[@]+"${pythons[@]}"}; do
    version=${name#python}
    say "Python $version" "pyenv install $version && pyenv global 3.11 3.10   ($tried)"
done
for name in ${packages[@]+"${packages[@]}"}; do
    if [ "$name" = node ] && command -v node >/dev/null 2>&1; then
        say "Node" "${as_root}apt-get install nodejs   ($OLDEST_NODE or newer is needed; here is $(node --version 2>/dev/null || echo one that does not start))"
    else
        say "$name" "${as_root}apt-get install $(package_of "$name")"
    fi
done
echo "then run the same command again" >&2
exit 1
