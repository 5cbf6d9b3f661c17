#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No spelling mistakes; tests/lint/codespell.words holds what only looks like one.

. "$(dirname "$0")/files.bash"

files ':!tests/fuzz/corpus' ':!tests/data' ':!LICENSE' ':!tests/lint/codespell.words' |
	xargs -d '\n' codespell --ignore-words=tests/lint/codespell.words
