# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What tests of vbios check have in common: a host that is made up, and what is said of the
# files in it.

# check_setup: the host is in $host, the file is $rom, which the host knows as $gpu
check_setup() {
	cd "$BATS_TEST_TMPDIR" || return
	host=$BATS_TEST_TMPDIR/host
	mkdir -p "$host/usr/share/vgabios" "$host/etc"
	chmod -R 755 "$host"
	# shellcheck disable=SC2034 # the tests use them
	rom=$host/usr/share/vgabios/gpu.rom gpu=/usr/share/vgabios/gpu.rom
}

# qemu_user: the host has libvirt's user
qemu_user() {
	echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >"$host/etc/passwd"
}

# host_file PATH TEXT
host_file() {
	mkdir -p "$host/${1%/*}"
	echo "$2" >"$host/$1"
}

# device ADDRESS VENDOR DEVICE CLASS
device() {
	local dir=sys/bus/pci/devices/$1

	host_file "$dir/vendor" "0x$2"
	host_file "$dir/device" "0x$3"
	host_file "$dir/class" "0x$4"
}

# says STATUS OPTION...: with this status, standard output and error are standard input
says() {
	local want=$1 status=0
	shift
	"$VBIOS" check --host="$host" "$@" >out 2>&1 || status=$?
	diff -u - out
	[ "$status" -eq "$want" ] || { echo "status $status"; return 1; }
}

# findings OPTION...: the rules that are told, with their severities
findings() {
	"$VBIOS" check --host="$host" "$@" | sed -nE 's/^  (R[0-9]+ [a-z]+).*/\1/p' | xargs
}

# told RULE OPTION...: the finding of that rule, in one line
told() {
	"$VBIOS" check --host="$host" --json "${@:2}" | python3 -c '
import json, sys
for check in json.load(sys.stdin):
    for f in check["findings"]:
        if f["rule"] == sys.argv[1]:
            print(f["severity"] + ": " + f["text"] + (" -- " + f["advice"] if f["advice"] else ""))
' "$1"
}
