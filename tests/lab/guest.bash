# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests of the emulated host, for tests that have loaded lab.bash. They are made of a file
# of examples/, by xmltweak. One without an operating system starts in seconds and is enough
# where QEMU can say what it has; one with the kernel of the host takes some minutes to list
# its bus.

guest_files=/var/lib/libvirt/images

# guest_define NAME [OPTION...]: a guest without an operating system, with what these
# options of xmltweak give it
guest_define() {
	guest_make '' "$@"
}

# guest_define_linux NAME [OPTION...]: one that lists its PCI bus on its serial port
guest_define_linux() {
	guest_linux && guest_make yes "$@"
}

# guest_make LINUX NAME [OPTION...]
guest_make() {
	local linux=$1 name=$2 xml boot=()
	shift 2
	lab_libvirtd || return
	xml=$(mktemp --suffix=.xml) || return
	if [[ $linux ]]; then
		boot=(--param "kernel=$guest_files/vmlinux" --param "initrd=$guest_files/initrd")
	fi
	xmltweak --host=none --xslt "$SRCDIR/tests/lab/guest.xsl" --param "name=$name" \
		--param "serial=$(guest_serial "$name")" "${boot[@]}" -o "$xml" \
		/usr/share/doc/vfiokit/examples/linux-i440fx.xml &&
		xmltweak "$@" --define "$xml"
}

# guest_free_emulator NAME: its emulator threads may run anywhere. A guest that has the one core
# of its node has them pinned to the other node, and libvirt 9.0 then starts no QEMU with huge
# pages of that node: it wants them allocated by CPUs next to them, which QEMU may not use.
guest_free_emulator() {
	local xml
	xml=$(mktemp --suffix=.xml) && virsh dumpxml --inactive --security-info "$1" >"$xml" &&
		sed -i '/<emulatorpin /d; /<iothreadpin /d' "$xml" && virsh define "$xml"
}

# guest_linux: the kernel and the initial RAM disk of guests are in place
guest_linux() {
	local dir
	[[ ! -e $guest_files/initrd ]] || return 0
	dir=$(mktemp -d) && mkdir "$dir"/{bin,sys,dev} && cp /bin/busybox "$dir/bin/" || return
	ln -s busybox "$dir/bin/sh" && ln -s busybox "$dir/bin/mount" &&
		ln -s busybox "$dir/bin/sleep" && cp "$SRCDIR/tests/lab/inside/guest-init" "$dir/init" &&
		mknod "$dir/dev/console" c 5 1 && mknod "$dir/dev/ttyS0" c 4 64 &&
		cp /lab/vmlinux "$guest_files/vmlinux" &&
		(cd "$dir" && find . | cpio -o -H newc --quiet | gzip -1) >"$guest_files/initrd"
}

# guest_serial NAME: the file with what it said on its serial port
guest_serial() {
	echo "/var/log/libvirt/qemu/$1-serial.log"
}

# guest_wait_serial NAME REGEX SECONDS: until a line of it matches; shows the end if not
guest_wait_serial() {
	local file
	file=$(guest_serial "$1")
	lab_wait "$3" grep -qaE "$2" "$file" || {
		tail -n 20 "$file"
		return 1
	}
}

# guest_bus NAME: what a Linux guest sees on its bus: "VENDOR:DEVICE CLASS", sorted
guest_bus() {
	tr -d '\r' <"$(guest_serial "$1")" | sed -n 's/^guest: [0-9a-f:.]* //p' | sort
}

# guest_pci NAME: what QEMU has put on the bus: "VENDOR:DEVICE CLASS ID", sorted
guest_pci() {
	virsh qemu-monitor-command "$1" '{"execute": "query-pci"}' | /usr/bin/python3 -c '
import json, sys
def show(devices):
    for d in devices:
        ids = d["id"]
        print("%04x:%04x %04x %s" % (ids["vendor"], ids["device"],
                                     d["class_info"]["class"], d["qdev_id"]))
        show(d.get("pci_bridge", {}).get("devices", []))
for bus in json.load(sys.stdin)["return"]:
    show(bus["devices"])' | sort
}

# guest_board: what the i440FX has on its bus by itself
guest_board() {
	printf '%s\n' '8086:1237 060000' '8086:7000 060100' '8086:7010 010180' '8086:7113 068000'
}

# guest_lists NAME SECONDS FUNCTION...: waits until a Linux guest has listed its bus, which are
# these functions, as guest_bus has them, and its board; and QEMU says the same
guest_lists() {
	local name=$1 seconds=$2
	shift 2
	guest_wait_serial "$name" '^guest: ready' "$seconds" &&
		diff <(guest_bus "$name") <({ guest_board && printf '%s\n' "$@"; } | sort) &&
		diff <(guest_bus "$name" | sed 's/..$//') <(guest_pci "$name" | cut -d ' ' -f 1,2)
}

# guest_undefine NAME: stopped and gone, with what it left
guest_undefine() {
	virsh destroy "$1" >/dev/null 2>&1 || : # it may not run
	virsh undefine --managed-save --nvram "$1" >/dev/null
	rm -f "$(guest_serial "$1")"
}
