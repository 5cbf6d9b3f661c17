#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No complaints of shellcheck about any shell script, bats files included.

. "$(dirname "$0")/files.bash"

scripts() {
	files '*.sh' '*.bash'
	files '*' | grep -vE '\.(sh|bash|bats)$' | while IFS= read -r file; do
		if [[ $(head -c 60 "$file" | tr -d '\0' | head -n 1) =~ ^'#!'.*sh$ ]]; then
			echo "$file"
		fi
	done
}

scripts | xargs -d '\n' shellcheck -x -P SCRIPTDIR -P "$PWD"
# it does not see what bats and loaded files set and use
files '*.bats' | xargs -d '\n' shellcheck -x -P SCRIPTDIR -P "$PWD" -S warning -e SC2034,SC2154
