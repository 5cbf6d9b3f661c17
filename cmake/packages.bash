# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Debian packages that the project needs, and the function that installs them. To be
# read by other scripts: examples/quickstart, tests/run.

# shellcheck disable=SC2034 # the readers use them
{
	# to build
	packages_build=(gcc libc6-dev cmake ninja-build pkg-config libevdev-dev libinih-dev
		libjson-c-dev libkmod-dev libpci-dev libsystemd-dev libudev-dev libvirt-dev
		libexpat1-dev libxml2-dev libxslt1-dev nettle-dev python3-docutils)
	# for --argv and --check=libvirt: libvirt's QEMU driver, firmware, TPM
	packages_run=(libvirt-daemon-driver-qemu ovmf qemu-system-x86 swtpm swtpm-tools)
	# for the tests of --quick
	packages_quick=(attr bats check clang-format codespell git ipxe-qemu libvirt-clients
		libxml2-utils python3 qemu-system-data seabios shellcheck vgabios xsltproc)
	# for the other tests
	packages_test=(clang clang-tidy cppcheck dpkg-dev file libclang-rt-dev lintian
		mmdebstrap)
	# for the emulated host of tests/lab
	packages_lab=(apparmor bats busybox-static cpio dbus e2fsprogs kmod
		libvirt-clients libvirt-daemon-system make ovmf python3 qemu-system-x86
		systemd-sysv udev xz-utils)
	# for the comparisons of bench/
	packages_bench=(interception-tools strace virtinst)
}

packages_missing() {
	local have package
	have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || :)
	for package in "$@"; do
		grep -qx "installed $package" <<<"$have" || echo "$package"
	done
}

# packages_install PACKAGE...: installs those that are missing. Without the right to do so
# it says which they are, and fails.
packages_install() {
	local missing as_root=()

	if ! command -v dpkg-query >/dev/null; then
		echo "not a Debian system: expecting to find what these packages hold: $*" >&2
		return 0
	fi
	mapfile -t missing < <(packages_missing "$@")
	[[ ${#missing[@]} -eq 0 ]] && return 0
	if [[ $EUID -ne 0 ]]; then
		as_root=(sudo)
		[[ -t 0 ]] || as_root=(sudo -n)
		if ! "${as_root[@]}" true 2>/dev/null; then
			echo "missing, and neither root nor sudo to install them: ${missing[*]}" >&2
			return 1
		fi
	fi
	echo "installing ${missing[*]}"
	"${as_root[@]}" apt-get -q update &&
		"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
			apt-get -qy --no-install-recommends install "${missing[@]}"
}
