# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a bats file says about the host that it needs, in comments at its head:
#
#	# lab: append=WORDS     arguments for the kernel
#	# lab: qemu=WORDS       arguments for QEMU
#	# lab: memory=MIB       of both NUMA nodes together (4096)
#	# lab: gpu=IDS...       a card in a port of its own; for each function, in hexadecimal,
#	#                       VENDOR:DEVICE:CLASS:REVISION[:SUBVENDOR:SUBSYSTEM]; only
#	#                       vfio-pci can drive it
#	# lab: rom=PART...      an option ROM for the first function of the card named last, as
#	#                       mkrom makes it (tests/support/mkrom.c)
#	# lab: cpufreq          governors, by a module with three frequencies
#	# lab: apparmor         AppArmor enforces Debian's profile of libvirtd
#	# lab: monitor          QEMU can be told to press keys and to plug devices (monitor.bash)
#	# lab: then=WAY         the host goes down by reboot, poweroff or reset, comes up with the
#	#                       same disk, and runs the tests with the tag boot:2 (3, ...)
#	# lab: limit=SECONDS    that the tests of this file take at most (300)
#	# lab: long             only with LONG_TESTS=1
#
# append, qemu, gpu, rom and then may be repeated. Files that share a boot say the same, but for
# the limit.
#
# shellcheck disable=SC2034 # boot.bash and machine.bash read what they wish

wishes_reset() {
	wish_append=() wish_qemu=() wish_gpu=() wish_rom=() wish_then=()
	wish_memory=4096 wish_cpufreq='' wish_apparmor='' wish_monitor='' wish_long='' wish_limit=0
}

# wishes_lines FILE: the lines that describe the host
wishes_lines() {
	sed -nE 's/^# lab: *//p' "$1"
}

# wishes_same FILE...: whether all of them want the same host
wishes_same() {
	local file first
	first=$(wishes_lines "$1" | grep -v '^limit=')
	for file; do
		if [[ $(wishes_lines "$file" | grep -v '^limit=') != "$first" ]]; then
			echo "lab: $file needs another host than $1" >&2
			return 1
		fi
	done
}

# wishes_line LINE: takes it in
wishes_line() {
	local value=${1#*=} words
	read -ra words <<<"$value"
	case $1 in
	append=*) wish_append+=("${words[@]}") ;;
	qemu=*) wish_qemu+=("${words[@]}") ;;
	gpu=*) wish_gpu+=("$value") ;;
	rom=*)
		[[ ${#wish_gpu[@]} -gt 0 ]] || return
		wish_rom[${#wish_gpu[@]} - 1]=$value
		;;
	then=reboot | then=poweroff | then=reset) wish_then+=("$value") ;;
	memory=[1-9]*) wish_memory=$value ;;
	cpufreq) wish_cpufreq=yes ;;
	apparmor) wish_apparmor=yes ;;
	monitor) wish_monitor=yes ;;
	long) wish_long=yes ;;
	limit=[1-9]*) ;;
	*) return 1 ;;
	esac
}

# wishes_read FILE...: sets wish_* to what they say
wishes_read() {
	local file line limit
	wishes_reset
	wishes_same "$@" || return
	while IFS= read -r line; do
		wishes_line "$line" || {
			echo "lab: $1: '$line' says nothing about a host" >&2
			return 1
		}
	done < <(wishes_lines "$1")
	for file; do
		limit=$(wishes_lines "$file" | sed -n 's/^limit=//p')
		wish_limit=$((wish_limit + ${limit:-300}))
	done
}
