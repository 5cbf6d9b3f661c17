#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load tweak.bash

UUID=4b20d080-1b54-4048-85b3-a6a62d165c01
OTHER=0f3a4b1c-0000-4048-85b3-a6a62d165c02

@test "a device is added, with <devices> if need be" {
	changes minimal.xml --mdev=$UUID <<-'END'
		6a7,13
		>   <devices>
		>     <hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci'>
		>       <source>
		>         <address uuid='4b20d080-1b54-4048-85b3-a6a62d165c01'/>
		>       </source>
		>     </hostdev>
		>   </devices>
	END
	says ''
	gives_back minimal.xml --unset=mdev:$UUID
	says ''
}

@test "a display and its ramfb are switched on" {
	changes kubevirt.xml --mdev=$UUID,display,ramfb <<-'END'
		19a20,24
		> 		<hostdev mode="subsystem" type="mdev" managed="no" model="vfio-pci" display="on" ramfb="on">
		> 			<source>
		> 				<address uuid="4b20d080-1b54-4048-85b3-a6a62d165c01"></address>
		> 			</source>
		> 		</hostdev>
	END
	gives_back kubevirt.xml --unset=mdev:$UUID
}

@test "a device that is there is found in any spelling, and changed in place" {
	changes virsh.xml --mdev=$UUID </dev/null
	changes virsh.xml --mdev=$UUID,display,ramfb <<-'END'
		45c45
		<     <hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci' ramfb='off'>
		---
		>     <hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci' ramfb='on' display='on'>
	END
}

@test "unset takes the device out, or says that there is none" {
	changes virsh.xml --unset=mdev:$UUID <<-'END'
		45,49d44
		<     <hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci' ramfb='off'>
		<       <source>
		<         <address uuid='4B20D080-1B54-4048-85B3-A6A62D165C01'/>
		<       </source>
		<     </hostdev>
	END
	says ''
	changes virsh.xml --unset=mdev:$OTHER </dev/null
	says "xmltweak: note: mdev: the guest has no '$OTHER' to take out"
}

@test "a display without graphics is refused, as libvirt would" {
	refuses 1 "xmltweak: --mdev: '$UUID' cannot have a display, as the guest has no <graphics>; add one, such as <graphics type='spice'/>" \
		minimal.xml --mdev=$UUID,display
}

@test "only one device has the ramfb" {
	refuses 1 "xmltweak: --mdev: '$UUID' cannot have the ramfb, as '$OTHER' has it already" \
		virsh.xml --mdev=$UUID,display,ramfb --mdev=$OTHER,display,ramfb
	tweak --mdev=$UUID,display,ramfb "$DATA/virsh.xml"
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/has.xml"
	refuses 1 "xmltweak: --mdev: '$OTHER' cannot have the ramfb, as '4B20D080-1B54-4048-85B3-A6A62D165C01' has it already" \
		"$BATS_TEST_TMPDIR/has.xml" --mdev=$OTHER,display,ramfb
	tweak --mdev=$OTHER,display,ramfb --unset=mdev:$UUID "$BATS_TEST_TMPDIR/has.xml"
	says ''
}

@test "a device that the host has not made yet is a warning" {
	host_file sys/bus/mdev/devices/$UUID/mdev_type/name x
	tweak --mdev=$UUID "$DATA/minimal.xml"
	says ''
	tweak --mdev=$OTHER "$DATA/minimal.xml"
	says "xmltweak: warning: mdev: the host has no mediated device '$OTHER': create it before the guest starts, see mdevctl(8)"
}

@test "the stylesheet does the same under xsltproc" {
	sheet_agrees virsh.xml mdev --mdev=$UUID,display --mdev=$OTHER
	sheet_agrees virsh.xml mdev --unset=mdev:$UUID
}
