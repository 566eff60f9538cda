#!/usr/bin/env bash
# Tests mien on Pythons that neither pyenv nor uv has here: those of Debian's next release, in a tree of its own.
#
#     tools/debian_pythons.sh 3.14 [3.15 ...]
#
# It clones what is committed into the tree and runs tools/each_python.py there. It needs root, debootstrap and Debian's packages;
# where one of them is not to be had, it says so and ends with 0, because a Python that cannot be had is no fault of mien.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=forky
mirror=http://deb.debian.org/debian
absent() { echo "Python $pythons: $1, so it was not tested"; exit 0; }

pythons=$*
[ "$(id -u)" = 0 ] || absent "a Debian tree needs root"
command -v debootstrap >/dev/null || absent "debootstrap is not installed"
tree=$(mktemp -d)
clean() {
    # Nothing of this machine may be mounted below the tree when it is removed.
    if findmnt -rno TARGET | grep -q "^$tree/"; then
        findmnt -rno TARGET | grep "^$tree/" | sort -r | xargs -n 1 umount -l
    fi
    findmnt -rno TARGET | grep -q "^$tree/" || rm -rf "$tree"
}
trap clean EXIT

packages=ca-certificates
for minor in $pythons; do packages+=",python$minor,python$minor-venv"; done
# An older debootstrap does not know the newest names. All releases are set up in the same way.
script=/usr/share/debootstrap/scripts/$suite
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
debootstrap --variant=minbase "--include=$packages" "$suite" "$tree" "$mirror" "$script" >"$tree.log" 2>&1 \
    || { tail -n 3 "$tree.log"; absent "Debian's $suite is not to be had"; }
for part in proc dev sys; do mount --rbind "/$part" "$tree/$part" && mount --make-rslave "$tree/$part" || absent "nothing can be mounted"; done

# The tree reaches the same registries as this machine, with the same certificates.
cp /etc/resolv.conf /etc/hosts "$tree/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/"
if [ -d "${MIEN_DATA:-}" ]; then
    mkdir "$tree/data"
    mount --bind "$MIEN_DATA" "$tree/data"
fi
git clone -q . "$tree/mien"
first=${pythons%% *}
chroot "$tree" env -u PIP_FIND_LINKS -u PYENV_ROOT MIEN_DATA=/data HOME=/root LANG=C.UTF-8 bash -euc "
    python$first -m venv /uv
    /uv/bin/pip install -q -c /mien/constraints.txt uv
    cd /mien && /uv/bin/python tools/each_python.py $pythons"
