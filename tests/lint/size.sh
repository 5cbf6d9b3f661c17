#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No source file has more than 700 lines.

. "$(dirname "$0")/files.bash"

files '*.c' '*.h' '*.xsl' '*.bats' '*.sh' '*.bash' '*.py' 'CMakeLists.txt' |
	xargs -d '\n' wc -l | awk '$2 != "total" && $1 > 700 { print; bad = 1 } END { exit bad }'
