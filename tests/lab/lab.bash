# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What tests in the emulated host share. There are also
#
#	SRCDIR      the source, at the place where it is outside
#	BUILD       the build, likewise: for what tests need and nobody installs
#	LAB_BOOT    the boot, from 1; a test with the tag boot:N runs in the Nth

if [[ ! -e /lab/job ]]; then
	echo "this runs in the emulated host: tests/lab/run FILE.bats" >&2
	return 1
fi

export LIBVIRT_DEFAULT_URI=qemu:///system

# lab_wait SECONDS COMMAND...: until it succeeds; says so if it does not in that time
lab_wait() {
	local seconds=$1 end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		if [[ $SECONDS -ge $end ]]; then
			echo "not in $seconds s: $*"
			return 1
		fi
		sleep 0.2
	done
}

# lab_libvirtd: it is up, with what it starts by itself, and has no guests of the machine
lab_libvirtd() {
	systemctl is-active --quiet libvirtd && return
	rm -rf /etc/libvirt/qemu/*.xml /etc/libvirt/qemu/autostart /var/lib/libvirt/qemu/save
	systemctl start virtlogd libvirtd
	lab_wait 30 virsh list
}

# lab_hook: the hook is installed, and libvirtd, which is up, has seen it
lab_hook() {
	vfiokit-hook install && lab_libvirtd || return
	vfiokit-hook status | grep ', and called by ' && return
	systemctl restart libvirtd # a reload is not waited for
	lab_wait 30 virsh list
}

# driver ADDRESS: the driver of a PCI device, or none
driver() {
	basename "$(readlink "/sys/bus/pci/devices/$1/driver" || echo none)"
}

# snapshot FILE: the state of the host as it is now (snapshot.c)
snapshot() {
	/lab/bin/snapshot >"$1"
}

# snapshot_compare BEFORE AFTER [REGEX]: both say the same, but for the lines that match and
# the interrupts that are in one only
snapshot_compare() {
	local except=${3:-}
	diff <(snapshot_filter "$1" "$2" "$except") <(snapshot_filter "$2" "$1" "$except")
}

# snapshot_filter FILE OTHER REGEX: what counts of FILE
snapshot_filter() {
	awk -v except="$3" '
		except != "" && $0 ~ except { next }
		$1 == "interrupt" { key = $2 " " $3 }
		FILENAME == ARGV[1] { if ($1 == "interrupt") known[key]; next }
		$1 != "interrupt" || key in known' "$2" "$1"
}

# lab_fragment NODE MIB: holds half of that memory of the node, in single pages in between
# those that it has given back, until lab_fragment_end
lab_fragment() {
	systemd-run -q -u lab-fragment -p StandardOutput=file:/run/lab-fragment.out \
		/lab/bin/fragment "$1" "$2"
	lab_wait 120 grep -qx ready /run/lab-fragment.out
}

lab_fragment_end() {
	systemctl stop lab-fragment
	rm -f /run/lab-fragment.out
}
