#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load tweak.bash

BLIND='xmltweak: note: hook: the devices are written without their identities, as nothing is known of the host: the hook will not check them'

# pci_device ADDRESS VENDOR DEVICE CLASS BOOT_VGA
pci_device() {
	host_file "sys/bus/pci/devices/$1/vendor" "0x$2"
	host_file "sys/bus/pci/devices/$1/device" "0x$3"
	host_file "sys/bus/pci/devices/$1/subsystem_vendor" 0x1458
	host_file "sys/bus/pci/devices/$1/subsystem_device" 0x3702
	host_file "sys/bus/pci/devices/$1/class" "0x$4"
	host_file "sys/bus/pci/devices/$1/boot_vga" "$5"
}

# the host that virsh.xml was written for
host() {
	pci_device 0000:01:00.0 10de 1b80 030000 1
	pci_device 0000:05:10.2 8086 10ed 020000 0
	host_file usr/share/vgabios/gpu.rom rom
}

@test "a guest without <metadata> gets one, behind what stands before it" {
	changes minimal.xml --hook=stop=display-manager.service,isolate,irq=no,governor=performance \
		--hook=shmem-user=anna,sleep <<-'END'
		2a3,10
		>   <metadata>
		>     <v:guest xmlns:v='https://vfiokit.org/xmlns/guest/1'>
		>       <v:stop unit='display-manager.service'/>
		>       <v:cores isolate='yes' irq='no' governor='performance'/>
		>       <v:shmem name='looking-glass' user='anna'/>
		>       <v:sleep/>
		>     </v:guest>
		>   </metadata>
	END
	says ''
	gives_back minimal.xml --unset=hook
	says ''
}

@test "devices are written with their identities, and libvirt manages them no more" {
	host
	changes virsh.xml --hook <<-'END'
		7a8,12
		>     <v:guest xmlns:v="https://vfiokit.org/xmlns/guest/1">
		>       <v:device address="0000:01:00.0" id="10de:1b80" subsystem="1458:3702" boot-gpu="yes"/>
		>       <v:device address="0000:05:10.2" id="8086:10ed" subsystem="1458:3702"/>
		>       <v:rom address="0000:01:00.0" sha256="536420c2118147215f2a017569e02d3a60d9479219416fe37e4ae3b6a26185e8"/>
		>     </v:guest>
		17c22
		<     <interface type='hostdev' managed='yes'>
		---
		>     <interface type='hostdev' managed='no'>
		27c32
		<     <hostdev mode='subsystem' type='pci' managed='yes'>
		---
		>     <hostdev mode='subsystem' type='pci' managed='no'>
	END
	says ''
}

@test "beside a default namespace inside metadata" {
	changes kubevirt.xml --hook <<-'END'
		10a11,13
		> 		<v:guest xmlns:v="https://vfiokit.org/xmlns/guest/1">
		> 			<v:device address="0000:01:00.0"></v:device>
		> 		</v:guest>
	END
	says "$BLIND"
	gives_back kubevirt.xml --unset=hook
	says "xmltweak: note: hook: taken out; whether libvirt managed 0000:01:00.0 before is not guessed: --hostdev=ADDR,managed=yes gives a device back to it"
}

@test "an element that is there is brought up to date, in the prefix it has" {
	changes prefix.xml --hook=stop=b.service,irq=no,sleep=no <<-'END'
		7d6
		<       <device address='0000:07:00.0' id='10de:1b80'/>
		9,10c8,10
		<       <cores isolate='yes' irq='yes'/>
		<       <sleep/>
		---
		>       <cores isolate='yes' irq='no'/>
		>       <device address='0000:01:00.0'/>
		>       <stop unit='b.service'/>
	END
}

@test "without a host, what was known of a device stays" {
	host
	tweak --hook=boot-gpu=no "$DATA/virsh.xml"
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/known.xml"
	HOST=none changes "$BATS_TEST_TMPDIR/known.xml" --hook </dev/null
	says "$BLIND"
	changes "$BATS_TEST_TMPDIR/known.xml" --hook </dev/null
	grep -q 'boot-gpu="no"' "$BATS_TEST_TMPDIR/out.xml"
}

@test "another device at the address, or another ROM, is written at the next run" {
	host
	tweak --hook "$DATA/virsh.xml"
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/known.xml"
	pci_device 0000:01:00.0 1002 731f 030000 0
	host_file usr/share/vgabios/gpu.rom other
	changes "$BATS_TEST_TMPDIR/known.xml" --hook <<-'END'
		9c9
		<       <v:device address="0000:01:00.0" id="10de:1b80" subsystem="1458:3702" boot-gpu="yes"/>
		---
		>       <v:device address="0000:01:00.0" id="1002:731f" subsystem="1458:3702"/>
		11c11
		<       <v:rom address="0000:01:00.0" sha256="536420c2118147215f2a017569e02d3a60d9479219416fe37e4ae3b6a26185e8"/>
		---
		>       <v:rom address="0000:01:00.0" sha256="7e4fa2eb8c7ac089739d5defc4489fad68a100d92082ca35c6b40a4524821f87"/>
	END
}

@test "devices that come and go in the same run count" {
	pci_device 0000:06:00.0 10de 1b80 030000 0
	host_file new.rom rom
	tweak --hook --hostdev=06:00.0,group=partial,rom=/new.rom --unset=hostdev:01:00.0 \
		"$DATA/kubevirt.xml"
	diff - <(grep -o '<v:.*' "$BATS_TEST_TMPDIR/out.xml") <<-'END'
				<v:guest xmlns:v="https://vfiokit.org/xmlns/guest/1">
					<v:device address="0000:06:00.0" id="10de:1b80" subsystem="1458:3702"></v:device>
					<v:rom address="0000:06:00.0" sha256="536420c2118147215f2a017569e02d3a60d9479219416fe37e4ae3b6a26185e8"></v:rom>
	END
}

@test "what the host does not have, or cannot tell, is said" {
	host
	rm -r "${HOST:?}/sys/bus/pci/devices/0000:05:10.2" "${HOST:?}/usr/share"
	tweak --hook "$DATA/virsh.xml"
	diff - <(grep ' hook: ' "$BATS_TEST_TMPDIR/messages") <<-'END'
		xmltweak: warning: hook: the host has no device 0000:05:10.2: it is written without its identity, so the hook will not check it
		xmltweak: warning: hook: the option ROM of 0000:01:00.0 goes without a checksum: open '/usr/share/vgabios/gpu.rom': No such file or directory
	END
	tweak --hook=boot-gpu "$DATA/minimal.xml"
	says 'xmltweak: warning: hook: boot-gpu has no effect: no device of the guest is the host'\''s boot GPU'
}

@test "managed=yes contradicts the hook" {
	refuses 2 "xmltweak: --hook: '01:00.0' cannot be managed=yes, as the hook hands the devices over itself" \
		virsh.xml --hook --hostdev=01:00.0,managed=yes
}

@test "unset takes out the element and keeps other metadata" {
	changes prefix.xml --unset=hook <<-'END'
		5,12d4
		<   <metadata>
		<     <guest xmlns='https://vfiokit.org/xmlns/guest/1'>
		<       <device address='0000:07:00.0' id='10de:1b80'/>
		<       <stop unit='sddm.service'/>
		<       <cores isolate='yes' irq='yes'/>
		<       <sleep/>
		<     </guest>
		<   </metadata>
	END
	changes virsh.xml --unset=hook </dev/null
	says 'xmltweak: note: hook: the guest has no element of the hook to take out'
}

@test "what others keep in metadata stays as it is, byte for byte" {
	local other="<a:app xmlns:a='urn:a' ><a:guest\tx = \"1\"/> t&#65; <![CDATA[<]]></a:app>"
	printf "<domain type='kvm'>\n  <name>a</name>\n  <metadata>\n    %b\n  </metadata>\n</domain>\n" \
		"$other" >"$BATS_TEST_TMPDIR/other.xml"
	tweak --check=none --hook "$BATS_TEST_TMPDIR/other.xml"
	diff - "$BATS_TEST_TMPDIR/out.xml" <<-END
		<domain type='kvm'>
		  <name>a</name>
		  <metadata>
		    $(printf '%b' "$other")
		    <v:guest xmlns:v='https://vfiokit.org/xmlns/guest/1'/>
		  </metadata>
		</domain>
	END
	gives_back "$BATS_TEST_TMPDIR/other.xml" --check=none --unset=hook
}

@test "the stylesheet does the same under xsltproc" {
	host
	sheet_agrees virsh.xml hook --hook=stop=a.service,sleep,isolate
	sheet_agrees minimal.xml hook --hook=sleep
	sheet_agrees prefix.xml hook --unset=hook
}
