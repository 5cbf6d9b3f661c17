#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is not done is an issue, not a comment: no words that promise.

. "$(dirname "$0")/files.bash"

# this file and third-party text name them
files ':!tests/lint/promises.sh' ':!LICENSE' ':!tests/fuzz/corpus' ':!tests/data' |
	absent -wE -e 'TODO|FIXME|XXX|HACK|TBD'
