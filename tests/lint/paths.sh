#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No path of somebody's home or of this checkout stands in the source.

. "$(dirname "$0")/files.bash"

files '*' | absent -E -e '/(home|Users)/[a-z]' -e '/root/[.a-z]'
if [[ $PWD =~ ^(/[^/]+){2,} ]]; then
	files '*' | absent -F -e "$PWD/"
fi
