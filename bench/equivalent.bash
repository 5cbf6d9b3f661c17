#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What people write as /etc/libvirt/hooks/qemu for such a guest, as the wikis show it: reads
# the domain by xmllint, hands its PCI devices to vfio-pci by driver_override, allocates its
# huge pages on its node, keeps the host off its cores by systemctl and by the mask of the
# workqueues, and undoes it all. No locks, no deadlines, no look at who uses the devices; it
# checks what it has done.

set -e

GUEST=$1 OPERATION=$2
STATE=/run/equivalent/$GUEST
UNITS=(system.slice user.slice init.scope)
PCI=/sys/bus/pci
WORKQUEUES=/sys/devices/virtual/workqueue/cpumask
XML=$(cat)

ask() {
	xmllint --xpath "$1" - <<<"$XML"
}

# devices: 0000:02:00.0 ...
devices() {
	ask "//hostdev[@type='pci']/source/address" |
		sed -nE "s/.*domain=\"0x(.*)\" bus=\"0x(.*)\" slot=\"0x(.*)\" function=\"0x(.*)\".*/\1:\2:\3.\4/p"
}

# rebind DEVICE DRIVER: DRIVER has it, and no other
rebind() {
	local dir=$PCI/devices/$1
	echo "$2" >"$dir/driver_override"
	[ ! -e "$dir/driver" ] || echo "$1" >"$dir/driver/unbind"
	echo "$1" >$PCI/drivers_probe
	[ "$(basename "$(readlink "$dir/driver")")" = "$2" ]
}

# pages_file: the pool that the guest's memory comes from
pages_file() {
	echo "/sys/devices/system/node/node$(ask 'string(//numatune/memory/@nodeset)')/hugepages/hugepages-2048kB/nr_hugepages"
}

# host_cpus: all but those that a vCPU is pinned to
host_cpus() {
	local pins cpu list=
	pins=" $(ask '//vcpupin/@cpuset' | tr -dc '0-9\n' | tr '\n' ' ')"
	for ((cpu = 0; cpu < $(nproc --all); cpu++)); do
		[[ $pins == *" $cpu "* ]] || list+=,$cpu
	done
	echo "${list#,}"
}

# mask CPU,CPU...: as a number in hexadecimal
mask() {
	local cpu mask=0
	for cpu in ${1//,/ }; do
		mask=$((mask | 1 << cpu))
	done
	printf '%x\n' $mask
}

prepare() {
	local device file before pages cpus unit
	mkdir -p "$STATE"
	modprobe vfio-pci
	for device in $(devices); do
		basename "$(readlink "$PCI/devices/$device/driver")" >"$STATE/$device"
		rebind "$device" vfio-pci
	done
	file=$(pages_file)
	before=$(<"$file")
	pages=$(($(ask 'string(/domain/memory)') / 2048))
	echo "$file $pages" >"$STATE/pages"
	echo $((before + pages)) >"$file"
	[ "$(<"$file")" -eq $((before + pages)) ]
	cpus=$(host_cpus)
	for unit in "${UNITS[@]}"; do
		systemctl set-property --runtime "$unit" "AllowedCPUs=$cpus"
	done
	cat $WORKQUEUES >"$STATE/workqueues"
	mask "$cpus" >$WORKQUEUES
}

release() {
	local device file pages unit
	cat "$STATE/workqueues" >$WORKQUEUES
	for unit in "${UNITS[@]}"; do
		systemctl set-property --runtime "$unit" AllowedCPUs=
	done
	read -r file pages <"$STATE/pages"
	echo $(($(<"$file") - pages)) >"$file"
	for device in $(devices); do
		rebind "$device" "$(<"$STATE/$device")"
		echo >"$PCI/devices/$device/driver_override"
	done
	rm -r "$STATE"
}

case $OPERATION in
prepare) prepare ;;
release) release ;;
esac
