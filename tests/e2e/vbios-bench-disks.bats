#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios bench --with-disks: the copy is asked to go, by its power button or its agent, and is
# never ended by force. --agent: a guest that answers has seen its ROM run.

bats_require_minimum_version 1.5.0

NIC=8086:10d3
MAC=52:54:00:11:22:33

setup_file() {
	load libvirtd
	libvirtd_needs
	libvirtd_start "$BATS_FILE_TMPDIR/libvirt"
}

teardown_file() {
	libvirtd_stop
}

setup() {
	load libvirtd
	cd "$BATS_TEST_TMPDIR" || return
	own=legacy,ids=$NIC,class=020000,pnp
	truncate -s 1M disk
}

teardown() {
	libvirtd_run virsh -q destroy g-vbios 2>/dev/null || :
	[[ ! -e g.xml ]] || libvirtd_run virsh -q undefine g
}

# guest MIB OS DEVICES: defines 'g', with a disk, and with ACPI, which has the power button
guest() {
	cat >g.xml <<-END
		<domain type='qemu'>
		  <name>g</name>
		  <memory unit='MiB'>$1</memory>
		  <os><type machine='pc'>hvm</type>$2</os>
		  <features><acpi/></features>
		  <devices>
		    <controller type='usb' model='none'/>
		    <disk type='file'><source file='$PWD/disk'/><target dev='hda'/></disk>
		    <interface type='user'><mac address='$MAC'/><model type='e1000e'/></interface>
		    <memballoon model='none'/>
		    $3
		  </devices>
		</domain>
	END
	libvirtd_run virsh -q define g.xml
}

bench() {
	libvirtd_run "$VBIOS" bench --work="$PWD/work" --with-disks "$@"
}

# put FILE AT BYTE...: hexadecimal
put() {
	local file=$1 at=$2
	shift 2
	printf '%b' "$(printf '\\x%s' "$@")" |
		dd of="$file" bs=1 seek="$at" conv=notrunc status=none
}

# put_system FILE: an operating system for its first sector: it lets the power button be seen
# (PM1 enable, at 0x602 on QEMU's boards), and when that is pressed (status, 0x600) makes a
# mark on its disk's second sector and switches off (control, 0x604)
put_system() {
	# mov dx,602; mov ax,100; out dx,ax; mov dx,600; in ax,dx; test ah,1; jz to the in
	put "$1" 0 ba 02 06 b8 00 01 ef ba 00 06 ed f6 c4 01 74 fa
	# xor ax,ax; mov es,ax; mov ax,301; mov cx,2; mov dx,80; mov bx,7c00; int 13
	put "$1" 16 31 c0 8e c0 b8 01 03 b9 02 00 ba 80 00 bb 00 7c cd 13
	# mov dx,604; mov ax,2000; out dx,ax; jmp to itself
	put "$1" 34 ba 04 06 b8 00 20 ef eb fe
	put "$1" 510 55 aa
}

@test "a copy with disks is shut down by its power button, once its system listens" {
	put_system disk
	guest 64 '' ''
	"$MKROM" good.rom "$own,says=H,last"
	"$MKROM" sum.rom "$own,says=H,last" byte=100:1
	run -0 --separate-stderr bench --timeout=60 g $MAC good.rom sum.rom
	[[ $output == *'good.rom '*' runs '*' debug port: H'* ]]
	[[ $output == *'sum.rom '*' ignored '* ]]
	[[ $output == *$'\n2 of 2 as predicted' ]]
	[ "$(libvirtd_run virsh list --all --name | xargs)" = g ]
	# it was this system that went, and it has written to the user's disk
	cmp <(head -c 512 disk) <(tail -c +513 disk | head -c 512)
}

@test "one that does not listen is left alone, however long it is asked" {
	guest 64 '' ''
	"$MKROM" good.rom "$own,says=H,last"
	run -3 --separate-stderr bench --timeout=7 g $MAC good.rom
	[[ $stderr == *"vbios: 'g-vbios' has disks and does not shut down: it is left running; "* ]]
	[ "$(libvirtd_run virsh domstate g-vbios | xargs)" = running ]
	# the next one cannot be: it would be two with the same disks
	run -3 --separate-stderr bench --timeout=7 g $MAC good.rom
	[[ $stderr == *"vbios: the copy does not start, even without a ROM: "*"'g-vbios'"* ]]
	[ "$(libvirtd_run virsh domstate g-vbios | xargs)" = running ]
}

# linux: makes vmlinux and initrd, of a guest with an agent
linux() {
	local dir=initrd.d module here=$SRCDIR/tests/lab
	# shellcheck source=tests/lab/kernel.bash
	. "$here/kernel.bash"
	kernel_find || return
	# shellcheck disable=SC2154 # kernel.bash sets it
	kernel_root=$kernel_root kernel_unpacked >vmlinux || return
	mkdir -p $dir/{bin,dev,modules}
	cp /bin/busybox $dir/bin/
	for name in sh mount insmod sleep poweroff; do
		ln -s busybox $dir/bin/$name
	done
	kernel_modules virtio_pci virtio_console | while read -r module; do
		cp "$module" $dir/modules/ && echo "${module##*/}" >>$dir/modules/order
	done
	cp "$SRCDIR/tests/e2e/agent-init" $dir/init
	mknod $dir/dev/console c 5 1
	(cd $dir && find . | cpio -o -H newc --quiet | gzip -1) >initrd
}

@test "a guest's agent answers for a ROM, and shuts the copy down" {
	[[ ${LONG_TESTS:-} ]] || skip "a long test, with LONG_TESTS=1 only"
	linux
	guest 256 "<kernel>$PWD/vmlinux</kernel><initrd>$PWD/initrd</initrd>
		<cmdline>console=ttyS0 quiet panic=-1 no_timer_check mitigations=off</cmdline>" \
		"<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
	"$MKROM" quiet.rom "$own,last"
	run -0 --separate-stderr bench --agent --timeout=300 g $MAC quiet.rom
	[[ $output == *'quiet.rom '*' runs '*' guest agent'* ]]
	[ "$(libvirtd_run virsh list --all --name | xargs)" = g ]
	# without the agent nothing would have shut it down
	grep -aq 'agent: shut down' work/1/serial
	run -1 grep -aq 'Power Button' work/1/serial
}
