#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What most hosts have as /etc/libvirt/hooks/qemu: runs the executables below
# qemu.d/GUEST/OPERATION/SUB-OPERATION/ beside it. As usually written, but for eval.

GUEST=$1 OPERATION=$2 SUB_OPERATION=$3
BASEDIR=$(dirname "$0")
HOOKPATH=$BASEDIR/qemu.d/$GUEST/$OPERATION/$SUB_OPERATION
set -e

if [ -f "$HOOKPATH" ] && [ -s "$HOOKPATH" ] && [ -x "$HOOKPATH" ]; then
	"$HOOKPATH" "$@"
elif [ -d "$HOOKPATH" ]; then
	while read -r file; do
		if [ -n "$file" ]; then
			"$file" "$@"
		fi
	done <<<"$(find -L "$HOOKPATH" -maxdepth 1 -type f -executable -print)"
fi
