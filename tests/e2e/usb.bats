#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load tweak.bash

# usb_device NAME BUS DEVICE VENDOR PRODUCT: one that is plugged in
usb_device() {
	host_file "sys/bus/usb/devices/$1/busnum" "$2"
	host_file "sys/bus/usb/devices/$1/devnum" "$3"
	host_file "sys/bus/usb/devices/$1/idVendor" "$4"
	host_file "sys/bus/usb/devices/$1/idProduct" "$5"
	host_file "sys/bus/usb/devices/$1:1.0/bInterfaceClass" 03
}

@test "a device is added by its ids or by its address, with <devices> if need be" {
	changes minimal.xml --usb=046d:c52b,optional --usb=1.4 <<-'END'
		6a7,19
		>   <devices>
		>     <hostdev mode='subsystem' type='usb' managed='no'>
		>       <source startupPolicy='optional'>
		>         <vendor id='0x046d'/>
		>         <product id='0xc52b'/>
		>       </source>
		>     </hostdev>
		>     <hostdev mode='subsystem' type='usb' managed='no'>
		>       <source>
		>         <address bus='1' device='4'/>
		>       </source>
		>     </hostdev>
		>   </devices>
	END
	says ''
	gives_back minimal.xml --unset=usb:046d:c52b --unset=usb:1.4
	says ''
}

@test "tabs and double quotes stay the style of a document that has them" {
	changes kubevirt.xml --usb=046d:c52b <<-'END'
		19a20,25
		> 		<hostdev mode="subsystem" type="usb" managed="no">
		> 			<source>
		> 				<vendor id="0x046d"></vendor>
		> 				<product id="0xc52b"></product>
		> 			</source>
		> 		</hostdev>
	END
	gives_back kubevirt.xml --unset=usb:046d:c52b
}

@test "a device that is there, in hexadecimal or decimal, stays, with its policy" {
	changes virsh.xml --usb=046d:c52b --usb=1.4 </dev/null
}

@test "optional changes the policy of a device that is there" {
	changes virsh.xml --usb=046d:c52b,optional <<-'END'
		35c35
		<       <source startupPolicy='mandatory'>
		---
		>       <source startupPolicy='optional'>
	END
}

@test "unset finds the device however its numbers are written" {
	changes virsh.xml --unset=usb:046d:c52b --unset=usb:1.4 <<-'END'
		34,44d33
		<     <hostdev mode='subsystem' type='usb' managed='no'>
		<       <source startupPolicy='mandatory'>
		<         <vendor id='1133'/>
		<         <product id='0xC52B'/>
		<       </source>
		<     </hostdev>
		<     <hostdev mode='subsystem' type='usb' managed='no'>
		<       <source>
		<         <address bus='0x1' device='4'/>
		<       </source>
		<     </hostdev>
	END
}

@test "unset of a device that is not there says so and changes nothing" {
	changes virsh.xml --unset=usb:1234:5678 </dev/null
	says "xmltweak: note: usb: the guest has no '1234:5678' to take out"
}

@test "a device that is plugged in needs no word, one that is not gets one" {
	usb_device 1-3 1 4 046d c52b
	tweak --usb=046d:c52b "$DATA/minimal.xml"
	says ''
	tweak --usb=1234:5678 "$DATA/minimal.xml"
	says "xmltweak: warning: usb: '1234:5678' is not plugged in: the guest will not start without it, unless it is 'optional'"
	tweak --usb=1234:5678,optional "$DATA/minimal.xml"
	says "xmltweak: note: usb: '1234:5678' is not plugged in; the guest starts without it"
	tweak --usb=1.9 "$DATA/minimal.xml"
	says "xmltweak: warning: usb: '1.9' is not plugged in: the guest will not start without it"
}

@test "an address is told to be passing, if the ids would name the device" {
	usb_device 1-3 1 4 046d c52b
	tweak --usb=1.4 "$DATA/minimal.xml"
	says "xmltweak: note: usb: '1.4' is another device, or none, after the next plugging; '046d:c52b' stays the same"
	usb_device 3-10.2 3 12 046d c52b
	tweak --usb=1.4 "$DATA/minimal.xml"
	says ''
}

@test "two equal devices have to be told apart by address" {
	usb_device 1-3 1 14 046d c52b
	usb_device 1-10 1 4 046d c52b
	refuses 1 "xmltweak: --usb: the host has several devices '046d:c52b'; name one by its address: 1.4, 1.14" \
		minimal.xml --usb=046d:c52b
}

@test "the stylesheet does the same under xsltproc" {
	sheet_agrees virsh.xml usb --usb=046d:c52b,optional --unset=usb:1.4 --usb=2.1
	sheet_agrees minimal.xml usb --usb=046d:c52b
}

@test "a guest that has no USB is refused" {
	refuses 1 "xmltweak: $DATA/kubevirt-windows.xml:13: the guest gets a USB device of the host, but <controller type='usb' model='none'> says that it has no USB: remove one of the two" \
		kubevirt-windows.xml --usb=1.4
}
