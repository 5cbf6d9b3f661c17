#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who may include whom. Includes name their module ("host/sysfs.h"), so the rule can
# be read off the source. It is the picture in CONTRIBUTING.md.

. "$(dirname "$0")/files.bash"
bad=0

# allow DIR MODULE...: files of DIR may include these modules of ours and no others
allow() {
	local dir=$1 known
	shift
	known=$(printf '%s|' "$@")
	[[ -d $dir ]] || return 0
	if grep -rnE '^ *# *include "[a-z0-9_]+/' --include='*.[ch]' "$dir" |
		grep -vE "include \"(${known%|})/"; then
		bad=1
	fi
}

allow lib/base base
allow lib/host base host
allow lib/domain base domain
allow lib/rom base rom
allow lib/virt base virt
allow lib/tweak base host domain tweak
allow xmltweak base host domain tweak virt
allow hooks base host domain rom tweak
allow evdev base host
allow vbios base host domain tweak rom virt

# a program's own headers stay its own, and nothing is reached by a way around
if grep -rnE '^ *# *include "(\.\.?/|xmltweak/|hooks/|evdev/|vbios/)' --include='*.[ch]' \
	lib xmltweak hooks evdev vbios tests; then
	bad=1
fi
exit $bad
