#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No path of somebody's home or of this checkout stands in the source.

. "$(dirname "$0")/files.bash"

if files '*' | xargs -d '\n' grep -nIE -e '/(home|Users)/[a-z]' -e '/root/[.a-z]'; then
	exit 1
fi
if [[ $PWD =~ ^(/[^/]+){2,} ]] && files '*' | xargs -d '\n' grep -nIF -e "$PWD/"; then
	exit 1
fi
