#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cppcheck has no complaints.

. "$(dirname "$0")/files.bash"

files 'evdev/*.c' 'hooks/*.c' 'lib/*.c' 'vbios/*.c' 'xmltweak/*.c' 'tests/support/*.c' |
	xargs -d '\n' cppcheck --quiet --error-exitcode=1 -j "$(nproc)" --std=c11 \
		--language=c --platform=unix64 --inline-suppr --library=gnu \
		--enable=warning,style,performance,portability \
		--suppressions-list=tests/lint/cppcheck.suppressions \
		-D_GNU_SOURCE -I hooks -I lib -I tests/support -I vbios -I xmltweak
