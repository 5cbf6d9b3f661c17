# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Boots the emulated host, for run and shell. They set, before boot_host:
#
#	build      the build whose installed files the host gets
#	job        tests, command or shell, and job_args, job_filter
#
# The host shares $lab/share with us: it reads there what to do, and writes what came of it.
#
# shellcheck disable=SC2154 # build, lab and job*

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source=$(cd "$here/../.." && pwd -P)
# shellcheck source=tests/lab/kernel.bash
. "$here/kernel.bash"
# shellcheck source=tests/lab/wishes.bash
. "$here/wishes.bash"
# shellcheck source=tests/lab/machine.bash
. "$here/machine.bash"

boot_seconds=400 # to come up and to go down

# boot_possible: exits with 77, skipped, where there can be no host
boot_possible() {
	local tool
	if [[ $EUID -ne 0 ]]; then
		echo "skipped: the emulated host has this machine's own files, which needs root to read"
		exit 77
	fi
	for tool in qemu-system-x86_64:qemu-system-x86 cc:gcc busybox:busybox-static cpio:cpio \
		xz:xz-utils modprobe:kmod udevadm:udev libvirtd:libvirt-daemon-system bats:bats \
		apt-get:apt mkfs.ext4:e2fsprogs; do
		if ! command -v "${tool%:*}" >/dev/null; then
			echo "skipped: ${tool%:*} is missing, of Debian's package ${tool#*:}"
			exit 77
		fi
	done
	if [[ ! -e $firmware/OVMF_CODE_4M.fd ]]; then
		echo "skipped: no UEFI firmware in $firmware, of Debian's package ovmf"
		exit 77
	fi
}

# boot_initrd: busybox, the modules that / is made with, and inside/init
boot_initrd() {
	local dir=$lab/initrd.d file
	mkdir -p "$dir"/{bin,proc,sys,dev,modules,ro,rw,new} || return
	cp /bin/busybox "$dir/bin/" && cp "$here/inside/init" "$dir/init" || return
	for file in sh mount umount mkdir cat insmod switch_root; do
		ln -s busybox "$dir/bin/$file"
	done
	kernel_modules virtio_pci virtio_blk 9pnet_virtio 9p overlay ext4 >"$lab/modules" || return
	while IFS= read -r file; do
		cp "$file" "$dir/modules/" && echo "${file##*/}" || return
	done <"$lab/modules" >"$dir/modules/order"
	printf '%s=%q\n' modules "$kernel_root/lib/modules" state "${wish_then[*]}" \
		source "$source" build "$build" >"$dir/settings"
	(cd "$dir" && find . | cpio -o -H newc --quiet | gzip -1) >"$lab/initrd"
}

# boot_stage: what the host gets installed
boot_stage() {
	[[ -f $build/cmake_install.cmake ]] || {
		echo "lab: $build is not a build of this project; --build names one" >&2
		return 1
	}
	DESTDIR=$lab/share/stage cmake --install "$build" --prefix /usr >"$lab/install" 2>&1 || {
		tail -n 5 "$lab/install" >&2
		echo "lab: cannot install $build; has it been built?" >&2
		return 1
	}
}

# boot_job N: what the host does in its Nth boot
boot_job() {
	local lab_boot=$1 lab_boots=$((${#wish_then[@]} + 1)) lab_down=${wish_then[$1 - 1]:-}
	local lab_apparmor=$wish_apparmor lab_cpufreq=$wish_cpufreq
	local job_source=$source job_build=$build job_cwd=$PWD job_long=${LONG_TESTS:-} job_term=${TERM:-}
	local job_terminal
	job_terminal=$(stty size 2>/dev/null) && [[ $job_terminal != '0 0' ]] || job_terminal='24 80'
	declare -p job job_args job_filter job_source job_build job_cwd job_long job_term job_terminal \
		lab_boot lab_boots lab_down lab_apparmor lab_cpufreq |
		sed 's/^declare -[-a-zA-Z]* \([a-z_]*\)=(/\1=(/; s/^declare -- //' >"$lab/share/job"
}

# boot_tools: the programs of the tests, compiled here as it takes long in there
boot_tools() {
	local tool
	mkdir "$lab/share/bin" || return
	for tool in fragment killat snapshot; do
		cc -O2 -Wall -Wextra -Werror -o "$lab/share/bin/$tool" "$here/$tool.c" \
			-lsystemd || return
	done
	# firmware for guests that need none: at the reset vector hlt, interrupts being off
	{ head -c 65520 /dev/zero && printf '\xf4\xeb\xfd' && head -c 13 /dev/zero; } \
		>"$lab/share/halt.rom"
}

# boot_share: the folder that the host shares with us
boot_share() {
	rm -rf "$lab/share" "$lab/initrd.d" && mkdir -p "$lab/share" || return
	cp "$here"/inside/{session,lab.target,lab.service} "$lab/share/" || return
	[[ $job != shell ]] || cat "$here/inside/lab-shell.conf" >>"$lab/share/lab.service"
	kernel_unpacked >"$lab/share/vmlinux" || {
		echo "lab: cannot unpack the kernel of $kernel_root for guests" >&2
		return 1
	}
	if [[ $wish_cpufreq ]]; then
		cp -r "$here/cpufreq" "$lab/share/" && kernel_module "$lab/share/cpufreq" || return
	fi
	: >"$lab/share/out" && : >"$lab/share/err"
	boot_tools && boot_stage
}

# boot_failed WHY: the host itself did
boot_failed() {
	echo "lab: $1; the end of its console:" >&2
	tail -n 40 "$lab/qemu.log" "$lab/console" 2>/dev/null |
		sed 's/\x1b\[[0-9;=]*[A-Za-z]//g; s/\r$//' >&2
	return 125
}

# boot_run: QEMU until the host is down, with what it says on our output meanwhile
boot_run() {
	local seconds=$((boot_seconds + wish_limit)) pid followers=() status
	if [[ $job == shell ]]; then
		qemu-system-x86_64 "${machine[@]}" -chardev stdio,id=tty,signal=off -serial chardev:tty \
			2>"$lab/qemu.log"
		return
	fi
	setpriv --pdeathsig TERM timeout "$seconds" qemu-system-x86_64 "${machine[@]}" \
		</dev/null >"$lab/qemu.log" 2>&1 &
	pid=$!
	tail -q -s 0.2 -n 0 --pid=$pid -f "$lab/share/out" &
	followers+=($!)
	tail -q -s 0.2 -n 0 --pid=$pid -f "$lab/share/err" >&2 &
	followers+=($!)
	wait $pid
	status=$?
	wait "${followers[@]}"
	[[ $status -ne 124 ]] || echo "killed after $seconds s" >>"$lab/qemu.log"
	return $status
}

# boot_host: boots it as often as wished; returns the worst exit status of the job
boot_host() {
	local n status worst=0
	kernel_find && boot_share && boot_initrd && machine_build || return 125
	for ((n = 1; n <= ${#wish_then[@]} + 1; n++)); do
		boot_job $n
		boot_run || {
			boot_failed "the emulated host did not come to its end"
			return
		}
		status=$(cat "$lab/share/status.$n" 2>/dev/null) || {
			boot_failed "the emulated host went down before its work was done"
			return
		}
		[[ $status -le $worst ]] || worst=$status
	done
	return "$worst"
}
