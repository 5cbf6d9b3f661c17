#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# options.sh XMLTWEAK: help and man page describe every option, and no others.

. "$(dirname "$0")/files.bash"
bad=0

options=$("$1" --options | cut -f 1)
help=$("$1" --help)
man=$(<man/xmltweak.1.rst)

complain() {
	echo "$1"
	bad=1
}

for option in $options; do
	[[ $help =~ $option([^a-z-]|$) ]] || complain "--help does not mention $option"
	[[ $man =~ \*\*$option(\[?=|\*\*) ]] || complain "man/xmltweak.1.rst does not describe $option"
done
# "**--name**" and "**--name=**" at the start of a line begin a description
while read -r option; do
	grep -qxe "$option" <<<"$options" ||
		complain "man/xmltweak.1.rst describes $option, which does not exist"
done < <(sed -nE 's/^(\*\*-[a-z]\*\*[^,]*, )?\*\*(--[a-z-]+).*/\2/p' man/xmltweak.1.rst)
exit $bad
