# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A libvirtd of a test's own: the real one, with its directories in the test's, in a mount
# namespace where the machine's is not seen. Its QEMU runs as root, and emulates.
#
#	libvirtd_needs           skips where there can be none
#	libvirtd_start DIR       URI is set for what libvirtd_run runs
#	libvirtd_run COMMAND...  with it as qemu:///system
#	libvirtd_stop

libvirtd_needs() {
	[[ $EUID -eq 0 ]] || skip "only root may have a libvirtd of its own"
	[[ -x /usr/sbin/libvirtd ]] || skip "libvirt-daemon is not installed"
	command -v qemu-system-x86_64 >/dev/null || skip "qemu-system-x86 is not installed"
	unshare -m --propagation private true 2>/dev/null ||
		skip "mount namespaces are not allowed here"
}

# libvirtd_inside: what runs in the namespace, with the directory as its argument
libvirtd_inside() {
	local dir=$1
	mkdir -p "$dir"/{etc/qemu,lib,log/qemu,cache} /run/libvirt &&
		mount --bind "$dir/etc" /etc/libvirt && mount --bind "$dir/lib" /var/lib/libvirt &&
		mount --bind "$dir/cache" /var/cache/libvirt &&
		mount --bind "$dir/log" /var/log/libvirt &&
		mount -t tmpfs none /run && mkdir -p /run/lock || return
	printf '%s\n' 'user = "root"' 'group = "root"' 'security_driver = "none"' \
		'stdio_handler = "file"' 'cgroup_controllers = []' 'namespaces = []' \
		>/etc/libvirt/qemu.conf
	printf '%s\n' 'auth_unix_rw = "none"' 'auth_unix_ro = "none"' >"$dir/libvirtd.conf"
	exec /usr/sbin/libvirtd -f "$dir/libvirtd.conf"
}

libvirtd_start() {
	local i
	export -f libvirtd_inside
	mkdir -p "$1"
	# shellcheck disable=SC2016 # it is for the inner shell
	unshare -m --propagation private bash -c 'libvirtd_inside "$1"' _ "$1" \
		>"$1/libvirtd.out" 2>&1 3>&- &
	export libvirtd_pid=$!
	export LIBVIRT_DEFAULT_URI=qemu:///system
	for ((i = 0; i < 150; i++)); do
		libvirtd_run virsh list >/dev/null 2>&1 && return
		sleep 0.2
	done
	cat "$1/libvirtd.out"
	return 1
}

libvirtd_run() {
	nsenter -m -t "$libvirtd_pid" --wd="$PWD" env "$(libvirtd_preload "$1")" "$@"
}

# libvirtd_preload PROGRAM: an address sanitizer stands before the functions of libtirpc, by
# which libvirt speaks to its daemon, and finds those only that are there when it starts
libvirtd_preload() {
	local program asan
	program=$(command -v "$1")
	if ! grep -q __asan_init "$program"; then
		echo LD_PRELOAD=
		return
	fi
	# that of gcc is a library, which has to come first
	asan=$(ldd "$program" | awk '$1 ~ /^libasan/ { print $3 }')
	echo "LD_PRELOAD=${asan:+$asan }libtirpc.so.3"
}

libvirtd_stop() {
	local name
	[[ ${libvirtd_pid:-} ]] || return 0
	for name in $(libvirtd_run virsh list --name); do
		libvirtd_run virsh destroy "$name" >/dev/null 2>&1
	done
	kill "$libvirtd_pid" 2>/dev/null
	wait "$libvirtd_pid" 2>/dev/null || :
}
