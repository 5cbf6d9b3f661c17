#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# libraries.sh HOOK MODULE: what libvirt starts for every guest is linked with libc alone,
# and what it loads when there is work with nothing that takes long to load and is not
# always needed for it: not libxml2, which brings a library of Unicode and one of C++ along,
# nor libsystemd, with four of compression and cryptography.

set -euo pipefail
bad=0

# needs FILE LIBRARY...: it needs these and no others; sanitizers' do not count
needs() {
	local file=$1 found
	shift
	found=$(LC_ALL=C readelf -d "$file" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p')
	[[ $found ]] || {
		echo "$file: readelf shows no library at all"
		bad=1
	}
	found=$(grep -vxE "lib(asan|ubsan|clang_rt\..*|gcc_s)\.so.*$(printf '|%s\.so\..*' "$@")" <<<"$found" || :)
	[[ ! $found ]] || {
		echo "$file: linked with ${found//$'\n'/ }"
		bad=1
	}
}

needs "$1" libc
needs "$2" libc ld-linux.* libexpat libinih
exit $bad
