#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

setup_file() {
	cd "$BUILD" || return
	rm -rf package
	cpack -G DEB -B "$BUILD/package" >package.log 2>&1 || {
		cat package.log
		return 1
	}
	DEB=$(echo "$BUILD"/package/vfiokit_*.deb)
	export DEB
}

@test "lintian finds no error in the package" {
	lintian --allow-root --fail-on error "$DEB"
}

@test "the package holds program, module, stylesheets, manual, completion and examples" {
	files=$(dpkg-deb -c "$DEB" | awk '{ print substr($6, 2) }')
	for file in bin/xmltweak lib/vfiokit/xmltweak-libvirt.so share/man/man1/xmltweak.1.gz \
		bin/vbios lib/vfiokit/vbios-guest.so share/man/man1/vbios.1.gz \
		share/bash-completion/completions/vbios \
		bin/evgrab share/man/man1/evgrab.1.gz share/man/man5/evgrab.conf.5.gz \
		lib/systemd/system/evgrab.service lib/udev/rules.d/61-vfiokit-evgrab.rules \
		lib/sysusers.d/vfiokit-evgrab.conf share/bash-completion/completions/evgrab \
		share/doc/vfiokit/examples/evgrab.conf \
		share/bash-completion/completions/xmltweak share/doc/vfiokit/copyright \
		share/doc/vfiokit/changelog.Debian.gz share/doc/vfiokit/README.md \
		share/doc/vfiokit/examples/win11.xml share/doc/vfiokit/examples/hosts/unpack; do
		grep -qx "/usr/$file" <<<"$files"
	done
	for sheet in "$SRCDIR"/xslt/*.xsl; do
		grep -qx "/usr/share/vfiokit/xslt/${sheet##*/}" <<<"$files"
	done
	[ "$(grep -vc '^/usr/\|^/$\|^/usr$' <<<"$files")" -eq 0 ]
}

@test "the package depends on the filter's libraries and recommends libvirt's" {
	[[ $(dpkg-deb -f "$DEB" Depends) == *libxslt1.1* ]]
	[[ $(dpkg-deb -f "$DEB" Depends) != *libvirt* ]]
	[ "$(dpkg-deb -f "$DEB" Recommends)" = libvirt0 ]
}

@test "the package installs, runs and goes without a trace on a clean Debian 12" {
	command -v mmdebstrap >/dev/null || skip "mmdebstrap is not installed"
	[ "$EUID" -eq 0 ] || unshare -r true || skip "neither root nor user namespaces: no chroot"
	cp "$SRCDIR/tests/package/inside" "$DEB" "$BATS_TEST_TMPDIR"
	# shellcheck disable=SC2016 # $1 is the hook's
	run mmdebstrap --quiet --variant=apt \
		--customize-hook="copy-in $BATS_TEST_TMPDIR/inside $BATS_TEST_TMPDIR/${DEB##*/} /tmp" \
		--customize-hook='chroot "$1" sh /tmp/inside' \
		bookworm /dev/null
	echo "$output"
	if [ "$status" -ne 0 ] && grep -qx "no /proc" <<<"$output"; then
		skip "/proc cannot be mounted in a chroot here"
	fi
	[ "$status" -eq 0 ]
}
