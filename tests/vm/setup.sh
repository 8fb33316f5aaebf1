#!/bin/sh
# Prepare this machine to boot Debian's kernels for tests/vm/run.py.
#
# Usage: tests/vm/setup.sh [--upgrade]      (as root, on Debian for amd64)
#
# Installs the Debian packages virtme-ng needs, and unpacks one linux-image package for each kernel
# series into "$PLYTRACE_VM_CACHE" (default: ${XDG_CACHE_HOME:-$HOME/.cache}/plytrace-vm) as
# VERSION/boot and VERSION/lib/modules/VERSION. Nothing goes to /boot or /lib/modules.
# With everything in place it does nothing, needs no network and prints nothing; --upgrade replaces
# the kernels by the newest ones the package lists name.
set -eu

SERIES="6.1 6.12"
PACKAGES="qemu-system-x86 kmod busybox-static zstd file"
CACHE=${PLYTRACE_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/plytrace-vm}
UPDATED=no

say() { printf 'vm setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Run a command silently; show what it printed only if it fails.
quietly() {
    if "$@" >"$CACHE/setup.log" 2>&1; then return 0; fi
    cat "$CACHE/setup.log" >&2
    return 1
}

# Refresh the package lists, once per run. False if that was done before.
update_lists() {
    [ "$UPDATED" = no ] || return 1
    UPDATED=yes
    say "refreshing the package lists"
    quietly apt-get -q update
}

install_packages() {
    quietly apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 install "$@"
}

installed() {
    dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

ensure_packages() {
    missing=
    for package in $PACKAGES; do
        installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "installing$missing"
    # shellcheck disable=SC2086  # a list of words
    install_packages $missing || { update_lists && install_packages $missing; }
}

# The pattern of a series' kernel versions. The "cloud" kernels lack 9p, the "rt" ones differ too much.
version_pattern() {
    case $1 in
        6.1) echo '6\.1\.0-[0-9]+-amd64' ;;
        6.12) echo '6\.12\.[0-9]+\+deb12-amd64' ;;
        *) die "unknown kernel series $1" ;;
    esac
}

newest_known() {
    apt-cache search --names-only "^linux-image-$(version_pattern "$1")\$" |
        sed 's/^linux-image-\([^ ]*\) .*/\1/' | sort -V | tail -n 1
}

unpacked() {
    for version in "$CACHE"/6.*; do
        version=${version##*/}
        [ -e "$CACHE/$version/lib/modules/$version/modules.dep" ] || continue
        if echo "$version" | grep -qxE "$(version_pattern "$1")"; then echo "$version"; fi
    done
}

# Download the kernel VERSION and unpack it; it appears under its final name only when complete.
fetch() {
    work=$CACHE/unpacking
    rm -rf "$work" &&
        mkdir "$work" &&
        (cd "$work" && quietly apt-get -q -o APT::Sandbox::User=root download "linux-image-$1") &&
        dpkg-deb --fsys-tarfile "$work"/*.deb | tar -x -C "$work" ./boot ./lib &&
        rm "$work"/*.deb &&
        depmod -b "$work" "$1" &&
        rm -rf "${CACHE:?}/$1" &&
        mv "$work" "$CACHE/$1"
}

fetch_newest() {
    version=$(newest_known "$1")
    [ -n "$version" ] || return 1
    [ ! -e "$CACHE/$version/lib/modules/$version/modules.dep" ] || return 0
    say "fetching Linux $version"
    fetch "$version"
}

ensure_kernel() {
    present=$(unpacked "$1")
    if [ -n "$present" ] && [ "$upgrade" = no ]; then return 0; fi
    fetch_newest "$1" || { update_lists && fetch_newest "$1"; } || die "no kernel $1 to be had"
    for version in $present; do
        [ "$version" = "$(newest_known "$1")" ] || rm -rf "${CACHE:?}/$version"
    done
}

upgrade=no
case "$*" in
    '') ;;
    --upgrade) upgrade=yes ;;
    *) die "usage: setup.sh [--upgrade]" ;;
esac
command -v apt-get >/dev/null || die "this needs Debian's apt-get"
[ "$(dpkg --print-architecture)" = amd64 ] || die "only Debian for amd64 is supported"
[ "$(id -u)" = 0 ] || die "must be run as root"
export DEBIAN_FRONTEND=noninteractive
PATH=$PATH:/usr/sbin:/sbin

mkdir -p "$CACHE"
exec 9>"$CACHE/setup.lock"
flock 9
[ "$upgrade" = no ] || update_lists
ensure_packages
for series in $SERIES; do
    ensure_kernel "$series"
done
rm -f "$CACHE/setup.log"
