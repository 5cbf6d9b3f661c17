#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# options.sh XMLTWEAK VBIOS: help and man page describe every option, and no others.

. "$(dirname "$0")/files.bash"
bad=0

complain() {
	echo "$1"
	bad=1
}

# described OPTIONS HELP PAGE: both describe these options
described() {
	local option man
	man=$(<"$3")
	for option in $1; do
		[[ $2 =~ $option([^a-z-]|$) ]] || complain "--help does not mention $option"
		[[ $man =~ \*\*$option(\[?=|\*\*) ]] || complain "$3 does not describe $option"
	done
	# "**--name**" and "**--name=**" at the start of a line begin a description
	while read -r option; do
		grep -qxe "$option" <<<"$1" || complain "$3 describes $option, which does not exist"
	done < <(grep -E '^\*\*-' "$3" | grep -oE '\*\*--[a-z-]+' | tr -d '*')
}

described "$("$1" --options | cut -f 1)" "$("$1" --help)" man/xmltweak.1.rst

options='' help=''
for command in $("$2" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
	options+=$("$2" "$command" --options | cut -f 1)$'\n'
	help+=$("$2" "$command" --help)$'\n'
	grep -qxe "$command" man/vbios.1.rst || complain "man/vbios.1.rst does not describe '$command'"
done
described "$(sort -u <<<"$options" | grep .)" "$help" man/vbios.1.rst
exit $bad
