# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# To be read by the lint tests: moves to the top of the source and lists its files.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# files [PATTERN...]: what git knows, or would if it were added
files() {
	local file
	git -c safe.directory="$PWD" ls-files -co --exclude-standard -- "$@" |
		while IFS= read -r file; do
			[[ ! -f $file ]] || echo "$file"
		done
}

# absent GREP-ARGUMENT...: none of the files listed on standard input has the pattern
absent() {
	local found

	found=$(xargs -d '\n' grep -nI "$@" /dev/null || :)
	[[ $found ]] || return 0
	echo "$found"
	return 1
}
