#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# C is formatted as .clang-format says.

. "$(dirname "$0")/files.bash"

bad=$(files '*.c' '*.h' | xargs -d '\n' clang-format --dry-run -Werror 2>&1 |
	sed -nE 's/^([^ :]+\.[ch]):.*/\1/p' | sort -u)
if [[ $bad ]]; then
	echo "not formatted; run clang-format -i on:"
	echo "$bad"
	exit 1
fi
# a failure that names no file, as a bad .clang-format
files '*.c' '*.h' | xargs -d '\n' clang-format --dry-run -Werror
