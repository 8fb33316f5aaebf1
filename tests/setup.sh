#!/bin/sh
# Debian packages that running (`run`) and testing (`tests`) need; silent where they are there already.
set -eu

missing=""
need() { # PACKAGE, and a command that fails where it is missing
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

need python3-venv "${PYTHON:-python3}" -c 'import ensurepip, venv'
need libbpf1 sh -c 'ls /usr/lib/*/libbpf.so.1 /lib/*/libbpf.so.1 2>/dev/null | grep -q .'
if [ "${1:-tests}" = tests ]; then
    need strace command -v strace
    need tmux command -v tmux
    need zsh command -v zsh
    need groff command -v groff
    need gcc command -v cc
    need g++ command -v c++
    need xz-utils command -v xz
    need chromium-headless-shell sh -c 'command -v chromium-headless-shell || command -v chromium || command -v google-chrome'
    need libc6-dev test -e /usr/include/stdlib.h
fi

[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "please install, as root:$missing" >&2
    exit 1
fi
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
