#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# HOST and DATA are for tweak.bash
# shellcheck disable=SC2030,SC2031,SC2034

bats_require_minimum_version 1.5.0

setup_file() {
	"$SRCDIR/examples/hosts/unpack" "$SRCDIR/examples/hosts/amd-desktop.host" \
		"$BATS_FILE_TMPDIR/host" >&2
	mkdir "$BATS_FILE_TMPDIR/empty"
}

setup() {
	load tweak
	KEYBOARD=/dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd
}

@test "auto takes the keyboards and mice, and the keyboard switches them" {
	HOST=$BATS_FILE_TMPDIR/host
	changes minimal.xml --evdev=auto <<-'EOF'
	6a7,17
	>   <devices>
	>     <input type='evdev'>
	>       <source dev='/dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd' grab='all' repeat='on'/>
	>     </input>
	>     <input type='evdev'>
	>       <source dev='/dev/input/by-id/usb-Logitech_G502_HERO_Gaming_Mouse-if01-event-kbd' repeat='on'/>
	>     </input>
	>     <input type='evdev'>
	>       <source dev='/dev/input/by-id/usb-Logitech_G502_HERO_Gaming_Mouse-event-mouse'/>
	>     </input>
	>   </devices>
	EOF
	says "xmltweak: note: evdev: both Ctrl keys together switch keyboard and mouse between host and guest"
	gives_back minimal.xml --unset=evdev
}

@test "inputs stand behind those there are, in the style of the document" {
	HOST=$BATS_FILE_TMPDIR/host
	changes kubevirt.xml --evdev=auto,toggle=scrolllock,repeat=off <<-'EOF'
	19a20,28
	> 		<input type="evdev">
	> 			<source dev="/dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd" grab="all" grabToggle="scrolllock" repeat="off"></source>
	> 		</input>
	> 		<input type="evdev">
	> 			<source dev="/dev/input/by-id/usb-Logitech_G502_HERO_Gaming_Mouse-if01-event-kbd" grabToggle="scrolllock" repeat="off"></source>
	> 		</input>
	> 		<input type="evdev">
	> 			<source dev="/dev/input/by-id/usb-Logitech_G502_HERO_Gaming_Mouse-event-mouse"></source>
	> 		</input>
	EOF
	says "xmltweak: note: evdev: the Scroll Lock key switches keyboard and mouse between host and guest"
	gives_back kubevirt.xml --unset=evdev
}

@test "a device that the guest has by another name is not given twice" {
	HOST=$BATS_FILE_TMPDIR/host
	changes input-linux.xml --evdev=auto <<-'EOF'
	11c11
	<       <source dev='/dev/input/event2' repeat='off'/>
	---
	>       <source dev='/dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd' repeat='off'/>
	15a16,27
	>     <input type='evdev'>
	>       <source dev='/dev/input/by-id/a,b'/>
	>     </input>
	>     <input type='evdev'>
	>       <source dev='/dev/input/by-id/k' grab='all' grabToggle='scrolllock' repeat='off'/>
	>     </input>
	>     <input type='evdev'>
	>       <source dev='/dev/input/by-id/usb-Logitech_G502_HERO_Gaming_Mouse-if01-event-kbd' repeat='on'/>
	>     </input>
	>     <input type='evdev'>
	>       <source dev='/dev/input/by-id/usb-Logitech_G502_HERO_Gaming_Mouse-event-mouse'/>
	>     </input>
	18,23d29
	<   <qemu:commandline>
	<     <qemu:arg value='-object'/>
	<     <qemu:arg value='input-linux,id=m,evdev=/dev/input/by-id/a,,b'/>
	<     <qemu:arg value='-object'/>
	<     <qemu:arg value="{'qom-type':'input-linux','id':'k','evdev':'/dev/input/by-id/k','grab_all':true,'repeat':false,'grab-toggle':'scrolllock'}"/>
	<   </qemu:commandline>
	EOF
	says "xmltweak: note: evdev: 2 QEMU arguments 'input-linux' become <input type='evdev'>: libvirt then opens the way to the device, without cgroup_device_acl in qemu.conf
xmltweak: note: evdev: the Scroll Lock key switches keyboard and mouse between host and guest"
}

@test "input-linux arguments become inputs, and others stay" {
	changes virsh.xml --evdev=/dev/input/event7 <<-'EOF'
	50a51,56
	>     <input type='evdev'>
	>       <source dev='/dev/input/event3'/>
	>     </input>
	>     <input type='evdev'>
	>       <source dev='/dev/input/event7'/>
	>     </input>
	55,56d60
	<     <qemu:arg value='-object'/>
	<     <qemu:arg value='input-linux,id=kbd,evdev=/dev/input/event3'/>
	EOF
	says "xmltweak: note: evdev: 1 QEMU argument 'input-linux' becomes <input type='evdev'>: libvirt then opens the way to the device, without cgroup_device_acl in qemu.conf
xmltweak: note: evdev: both Ctrl keys together switch keyboard and mouse between host and guest
xmltweak: warning: evdev: no input has grab='all': each keyboard switches only itself, and a mouse is not switched at all; give one keyboard grab=all"
}

@test "an input-linux that libvirt has no words for stays" {
	sed 's/grab_all/grab_some/; s/evdev=.*a,,b/&,x=y/' "$DATA/input-linux.xml" >"$BATS_TEST_TMPDIR/odd.xml"
	tweak --evdev=/dev/input/event7 "$BATS_TEST_TMPDIR/odd.xml"
	says "xmltweak: warning: evdev: the QEMU argument 'input-linux,id=m,evdev=/dev/input/by-id/a,,b,x=y' stays: it says what <input type='evdev'> has no word for
xmltweak: warning: evdev: the QEMU argument '{'qom-type':'input-linux','id':'k','evdev':'/dev/input/by-id/k','grab_some':true,'repeat':false,'grab-toggle':'scrolllock'}' stays: it says what <input type='evdev'> has no word for
xmltweak: note: evdev: both Ctrl keys together switch keyboard and mouse between host and guest
xmltweak: warning: evdev: no input has grab='all': each keyboard switches only itself, and a mouse is not switched at all; give one keyboard grab=all"
	[ "$(grep -c qemu:arg "$BATS_TEST_TMPDIR/out.xml")" -eq 4 ]
}

@test "a path is given as it is spelled, and changed in place" {
	changes minimal.xml --evdev=/dev/input/by-id/k,grab=all,toggle=alt-alt --evdev=/dev/input/by-id/m <<-'EOF'
	6a7,14
	>   <devices>
	>     <input type='evdev'>
	>       <source dev='/dev/input/by-id/k' grab='all' grabToggle='alt-alt'/>
	>     </input>
	>     <input type='evdev'>
	>       <source dev='/dev/input/by-id/m'/>
	>     </input>
	>   </devices>
	EOF
	says "xmltweak: note: evdev: both Alt keys together switch keyboard and mouse between host and guest"
	changes input-linux.xml --evdev=/dev/input//event2,grab=all,repeat=on <<-'EOF'
	11c11
	<       <source dev='/dev/input/event2' repeat='off'/>
	---
	>       <source dev='/dev/input/event2' repeat='on' grab='all'/>
	15a16,21
	>     <input type='evdev'>
	>       <source dev='/dev/input/by-id/a,b'/>
	>     </input>
	>     <input type='evdev'>
	>       <source dev='/dev/input/by-id/k' grab='all' grabToggle='scrolllock' repeat='off'/>
	>     </input>
	18,23d23
	<   <qemu:commandline>
	<     <qemu:arg value='-object'/>
	<     <qemu:arg value='input-linux,id=m,evdev=/dev/input/by-id/a,,b'/>
	<     <qemu:arg value='-object'/>
	<     <qemu:arg value="{'qom-type':'input-linux','id':'k','evdev':'/dev/input/by-id/k','grab_all':true,'repeat':false,'grab-toggle':'scrolllock'}"/>
	<   </qemu:commandline>
	EOF
	says "xmltweak: note: evdev: 2 QEMU arguments 'input-linux' become <input type='evdev'>: libvirt then opens the way to the device, without cgroup_device_acl in qemu.conf
xmltweak: note: evdev: both Ctrl keys together switch keyboard and mouse between host and guest
xmltweak: warning: evdev: 2 inputs have grab='all', and none of them follows another: leave it to one keyboard"
}

@test "all inputs by evdev are taken out" {
	changes input-linux.xml --unset=evdev <<-'EOF'
	10,15d9
	<     <input type='evdev'>
	<       <source dev='/dev/input/event2' repeat='off'/>
	<     </input>
	<     <input type='evdev'>
	<       <source dev="/dev/input/by-path/pci-0000:00:14.0-usb-0:1:1.0-event-joystick"/>
	<     </input>
	EOF
	says ""
}

@test "a path that is not there is warned of" {
	HOST=$BATS_FILE_TMPDIR/host
	tweak --evdev=/dev/input/by-id/k "$DATA/minimal.xml"
	says "xmltweak: warning: evdev: '/dev/input/by-id/k' is not there: the guest does not start without it
xmltweak: note: evdev: both Ctrl keys together switch keyboard and mouse between host and guest"
}

@test "auto needs a host with a keyboard" {
	refuses 1 "xmltweak: --evdev: auto looks for the host's keyboards and mice, which --host=none leaves unknown: name them by --evdev=PATH" \
		minimal.xml --evdev=auto
	HOST=$BATS_FILE_TMPDIR/empty
	refuses 1 "xmltweak: --evdev: no keyboard was found in /sys/class/input, /proc/bus/input/devices or /dev/input/by-id: plug one in, or name the devices by --evdev=PATH" \
		minimal.xml --evdev=auto
}

@test "the reasons are told" {
	HOST=$BATS_FILE_TMPDIR/host
	tweak --explain --evdev=auto "$DATA/minimal.xml"
	diff - "$BATS_TEST_TMPDIR/out.xml" <<-'EOF'
	evdev: /dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd -- the keyboard 'Logitech USB Keyboard'
	evdev: /dev/input/by-id/usb-Logitech_G502_HERO_Gaming_Mouse-if01-event-kbd -- the keys of the mouse 'Logitech G502 HERO Gaming Mouse Keyboard'
	evdev: /dev/input/by-id/usb-Logitech_G502_HERO_Gaming_Mouse-event-mouse -- the mouse 'Logitech G502 HERO Gaming Mouse'
	evdev: grab='all' on /dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd -- one keyboard switches all the others along
	EOF
}

# The keyboard under two names and in an argument; a second argument with grab and toggle.
duplicates() {
	sed "s,/dev/input/by-id/a\\,\\,b,$KEYBOARD,; s,/dev/input/by-path/[^\"]*,$KEYBOARD," \
		"$DATA/input-linux.xml" >"$BATS_TEST_TMPDIR/duplicates.xml"
}

@test "what becomes of arguments and duplicates is told" {
	HOST=$BATS_FILE_TMPDIR/host
	duplicates
	tweak --explain --evdev="$KEYBOARD" "$BATS_TEST_TMPDIR/duplicates.xml"
	diff - "$BATS_TEST_TMPDIR/out.xml" <<-EOF
	evdev: $KEYBOARD -- was a QEMU argument 'input-linux', dropped: the guest has the device as /dev/input/event2
	evdev: /dev/input/by-id/k grab='all' grabToggle='scrolllock' -- was a QEMU argument 'input-linux'
	evdev: $KEYBOARD -- asked for
	evdev: $KEYBOARD is dropped -- an input before it is the same device
	EOF
}

@test "an argument for a device of an argument before it is dropped" {
	sed "s,/dev/input/by-id/a\\,\\,b,/dev/input/by-id/k," "$DATA/input-linux.xml" \
		>"$BATS_TEST_TMPDIR/twice.xml"
	tweak --explain --evdev=/dev/input/event7 "$BATS_TEST_TMPDIR/twice.xml"
	diff - "$BATS_TEST_TMPDIR/out.xml" <<-'EOF'
	evdev: /dev/input/by-id/k -- was a QEMU argument 'input-linux'
	evdev: /dev/input/by-id/k grab='all' grabToggle='scrolllock' -- was a QEMU argument 'input-linux', dropped: the guest has the device as /dev/input/by-id/k
	evdev: /dev/input/event7 -- asked for
	EOF
}

@test "a link and its target are found to be one device, when the host is known" {
	local file=$BATS_TEST_TMPDIR/duplicates.xml
	local again="xmltweak: warning: check: $file:20: the input device '$KEYBOARD' is given to the guest twice: remove one of the two"

	duplicates
	tweak --vcpus=2 "$file"
	says "$again"
	HOST=$BATS_FILE_TMPDIR/host
	tweak --vcpus=2 "$file"
	says "xmltweak: warning: check: $file:13: the input device '$KEYBOARD' is given to the guest twice, also as '/dev/input/event2': remove one of the two
$again"
}

@test "an event device is there when a link leads to it or the kernel knows it" {
	local note="xmltweak: note: evdev: both Ctrl keys together switch keyboard and mouse between host and guest"

	host_file sys/class/input/event3/dev 13:67
	mkdir -p "$HOST/dev/input/by-id"
	ln -s ../event2 "$HOST/dev/input/by-id/kbd"
	tweak --evdev=/dev/input/event2 "$DATA/minimal.xml"
	says "$note"
	tweak --evdev=/dev/input/event3 "$DATA/minimal.xml"
	says "$note"
	tweak --evdev=/dev/input/event4 "$DATA/minimal.xml"
	says "xmltweak: warning: evdev: '/dev/input/event4' is not there: the guest does not start without it
$note"
	tweak --evdev=/dev/input/by-id/event3 "$DATA/minimal.xml"
	says "xmltweak: warning: evdev: '/dev/input/by-id/event3' is not there: the guest does not start without it
$note"
}

@test "evgrab's devices: both as they are for Linux, and none of the host's besides" {
	local reads="xmltweak: note: evdev: evgrab switches keyboard and mouse; in /etc/vfiokit/evgrab.conf the guest is [guest g], with 'reads = passthrough'"
	changes minimal.xml --evdev=evgrab,name=g <<-'EOF'
	6a7,14
	>   <devices>
	>     <input type='passthrough' bus='virtio'>
	>       <source evdev='/dev/input/by-id/vfiokit-g-event-kbd'/>
	>     </input>
	>     <input type='passthrough' bus='virtio'>
	>       <source evdev='/dev/input/by-id/vfiokit-g-event-mouse'/>
	>     </input>
	>   </devices>
	EOF
	says "$reads"
	gives_back minimal.xml --unset=evdev
	changes input-linux.xml --evdev=evgrab,name=g <<-'EOF'
	11,13d10
	<       <source dev='/dev/input/event2' repeat='off'/>
	<     </input>
	<     <input type='evdev'>
	15a13,18
	>     <input type='passthrough' bus='virtio'>
	>       <source evdev='/dev/input/by-id/vfiokit-g-event-kbd'/>
	>     </input>
	>     <input type='passthrough' bus='virtio'>
	>       <source evdev='/dev/input/by-id/vfiokit-g-event-mouse'/>
	>     </input>
	18,23d20
	<   <qemu:commandline>
	<     <qemu:arg value='-object'/>
	<     <qemu:arg value='input-linux,id=m,evdev=/dev/input/by-id/a,,b'/>
	<     <qemu:arg value='-object'/>
	<     <qemu:arg value="{'qom-type':'input-linux','id':'k','evdev':'/dev/input/by-id/k','grab_all':true,'repeat':false,'grab-toggle':'scrolllock'}"/>
	<   </qemu:commandline>
	EOF
	says "$reads"
}

@test "for Windows the keyboard works from the firmware on, the mouse as it is once it can" {
	local keyboard="<source dev='/dev/input/by-id/vfiokit-g-event-kbd' grab='all' grabToggle='ctrl-scrolllock' repeat='on'/>"
	changes virsh.xml --evdev=evgrab,name=g <<-EOF
	50a51,56
	>     <input type='evdev'>
	>       $keyboard
	>     </input>
	>     <input type='evdev'>
	>       <source dev='/dev/input/by-id/vfiokit-g-event-mouse'/>
	>     </input>
	55,56d60
	<     <qemu:arg value='-object'/>
	<     <qemu:arg value='input-linux,id=kbd,evdev=/dev/input/event3'/>
	EOF
	says "xmltweak: note: evdev: evgrab switches keyboard and mouse; in /etc/vfiokit/evgrab.conf the guest is [guest g], with 'reads = evdev'"
	# once the drivers are there
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/before.xml"
	changes "$BATS_TEST_TMPDIR/before.xml" --evdev=evgrab,name=g,mouse=passthrough <<-'EOF'
	54,55c54,55
	<     <input type='evdev'>
	<       <source dev='/dev/input/by-id/vfiokit-g-event-mouse'/>
	---
	>     <input type='passthrough' bus='virtio'>
	>       <source evdev='/dev/input/by-id/vfiokit-g-event-mouse'/>
	EOF
	# by another name
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/before.xml"
	changes "$BATS_TEST_TMPDIR/before.xml" --evdev=evgrab,name=other,guest=linux <<-'EOF'
	51,52c51,52
	<     <input type='evdev'>
	<       <source dev='/dev/input/by-id/vfiokit-g-event-kbd' grab='all' grabToggle='ctrl-scrolllock' repeat='on'/>
	---
	>     <input type='passthrough' bus='virtio'>
	>       <source evdev='/dev/input/by-id/vfiokit-other-event-kbd'/>
	55c55
	<       <source evdev='/dev/input/by-id/vfiokit-g-event-mouse'/>
	---
	>       <source evdev='/dev/input/by-id/vfiokit-other-event-mouse'/>
	EOF
}

@test "what evgrab's guest is, and why, is told" {
	local link=/dev/input/by-id/vfiokit-g-event
	tweak --explain --evdev=evgrab,name=g "$DATA/virsh.xml"
	diff - "$BATS_TEST_TMPDIR/out.xml" <<-EOF
	evdev: guest=windows -- its metadata says 'http://microsoft.com/win/10'
	evdev: /dev/input/event3 is dropped -- evgrab has the host's devices
	evdev: $link-kbd -- evgrab's, by <input type='evdev'>
	evdev: mouse=evdev -- it uses no virtio disk and no virtio network card, so it may have no virtio drivers yet
	evdev: $link-mouse -- evgrab's, by <input type='evdev'>
	EOF
	tweak --explain --evdev=evgrab,name=g "$DATA/kubevirt-windows.xml"
	diff - "$BATS_TEST_TMPDIR/out.xml" <<-EOF
	evdev: guest=windows -- it has Hyper-V's features
	evdev: $link-kbd -- evgrab's, by <input type='evdev'>
	evdev: mouse=passthrough -- it uses a virtio disk or network card, so it has virtio's drivers
	evdev: $link-mouse -- evgrab's, by <input type='passthrough'>
	EOF
	tweak --explain --evdev=evgrab,name=g "$DATA/tuned-linux.xml"
	[ "$(head -n 1 "$BATS_TEST_TMPDIR/out.xml")" = "evdev: guest=linux -- its metadata says 'http://fedoraproject.org/fedora/38'" ]
	# a vendor's name alone is for drivers that refuse to run in a guest
	tweak --hide-hypervisor "$DATA/minimal.xml"
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/hidden.xml"
	grep -q '<vendor_id' "$BATS_TEST_TMPDIR/hidden.xml"
	tweak --explain --evdev=evgrab,name=g "$BATS_TEST_TMPDIR/hidden.xml"
	[ "$(head -n 1 "$BATS_TEST_TMPDIR/out.xml")" = "evdev: guest=linux -- nothing says that it is Windows" ]
	tweak --explain --evdev=evgrab,name=g,guest=windows,mouse=evdev "$DATA/minimal.xml"
	diff - "$BATS_TEST_TMPDIR/out.xml" <<-EOF
	evdev: $link-kbd -- evgrab's, by <input type='evdev'>
	evdev: $link-mouse -- evgrab's, by <input type='evdev'>
	EOF
}

@test "evgrab knows a guest by libvirt's name, if that can be" {
	sed 's,<name>.*</name>,<name>my guest</name>,' "$DATA/minimal.xml" >"$BATS_TEST_TMPDIR/spaced.xml"
	refuses 1 "xmltweak: --evdev: give one by --evdev=evgrab,name=NAME: 'my guest' is no name for evgrab: up to 40 letters, digits and . _ + -" \
		"$BATS_TEST_TMPDIR/spaced.xml" --evdev=evgrab
	sed 's,<name>.*</name>,<name>win11</name>,' "$DATA/minimal.xml" >"$BATS_TEST_TMPDIR/win11.xml"
	HOST=$BATS_FILE_TMPDIR/empty
	tweak --evdev=evgrab "$BATS_TEST_TMPDIR/win11.xml"
	says "xmltweak: warning: evdev: '/dev/input/by-id/vfiokit-win11-event-kbd' is not there: the guest does not start before evgrab runs and has [guest win11] in /etc/vfiokit/evgrab.conf
xmltweak: warning: evdev: '/dev/input/by-id/vfiokit-win11-event-mouse' is not there: the guest does not start before evgrab runs and has [guest win11] in /etc/vfiokit/evgrab.conf
xmltweak: note: evdev: evgrab switches keyboard and mouse; in /etc/vfiokit/evgrab.conf the guest is [guest win11], with 'reads = passthrough'"
}

@test "a device by evdev and by passthrough is given twice" {
	tweak --evdev=evgrab,name=g "$DATA/minimal.xml"
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/both.xml"
	refuses 1 "xmltweak: $BATS_TEST_TMPDIR/both.xml:7: the input device '/dev/input/by-id/vfiokit-g-event-kbd' is given to the guest twice: remove one of the two" \
		"$BATS_TEST_TMPDIR/both.xml" --evdev=/dev/input/by-id/vfiokit-g-event-kbd,grab=all
}

@test "the stylesheet does the same alone" {
	HOST=$BATS_FILE_TMPDIR/host
	sheet_agrees input-linux.xml evdev --evdev=evgrab,name=g
	sheet_agrees virsh.xml evdev --evdev=evgrab,name=g
	sheet_agrees input-linux.xml evdev --evdev=auto
	sheet_agrees virsh.xml evdev --evdev=auto
	sheet_agrees input-linux.xml evdev --unset=evdev
}
