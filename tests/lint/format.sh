#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# C is formatted as .clang-format says.

. "$(dirname "$0")/files.bash"

said=$(mktemp)
trap 'rm -f "$said"' EXIT

if ! files '*.c' '*.h' | xargs -d '\n' clang-format --dry-run -Werror >"$said" 2>&1; then
	echo "run clang-format -i on:"
	sed -nE 's/^([^ :]+\.[ch]):.*/\1/p' "$said" | sort -u | grep . || cat "$said"
	exit 1
fi
