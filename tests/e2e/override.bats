#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load tweak.bash

@test "the first property brings its containers, in the prefix the document uses" {
	changes prefix.xml --override=ua-gpu.x-vga=bool:on --override=ua-gpu.rombar=unsigned:0x10de <<-'END'
		28a29,36
		>   <q:override>
		>     <q:device alias='ua-gpu'>
		>       <q:frontend>
		>         <q:property name='rombar' type='unsigned' value='4318'/>
		>         <q:property name='x-vga' type='bool' value='true'/>
		>       </q:frontend>
		>     </q:device>
		>   </q:override>
	END
	says ''
	gives_back prefix.xml --unset=override:ua-gpu.rombar --unset=override:ua-gpu.x-vga
	says ''
}

@test "tabs and double quotes stay the style of a document that has them" {
	changes kubevirt.xml --override=ua-hostdevice-gpu1.x-vga=bool:true <<-'END'
		23a24,30
		> 	<qemu:override>
		> 		<qemu:device alias="ua-hostdevice-gpu1">
		> 			<qemu:frontend>
		> 				<qemu:property name="x-vga" type="bool" value="true"></qemu:property>
		> 			</qemu:frontend>
		> 		</qemu:device>
		> 	</qemu:override>
	END
	gives_back kubevirt.xml --unset=override:ua-hostdevice-gpu1.x-vga
}

@test "a property is added to the device that is there, others change in place" {
	changes virsh.xml --override=ua-gpu.x-vga=bool:true \
		--override=ua-gpu.x-pci-sub-device-id=remove \
		--override=ua-gpu.x-pci-vendor-id=string:a\<b <<-'END'
		62,63c62,64
		<         <qemu:property name='x-pci-sub-device-id' type='unsigned' value='4318'/>
		<         <qemu:property name='x-pci-vendor-id' type='remove'/>
		---
		>         <qemu:property name='x-pci-sub-device-id' type='remove'/>
		>         <qemu:property name='x-pci-vendor-id' type='string' value='a&lt;b'/>
		>         <qemu:property name='x-vga' type='bool' value='true'/>
	END
}

@test "unset takes out the property and leaves its neighbours" {
	changes virsh.xml --unset=override:ua-gpu.x-pci-vendor-id <<-'END'
		63d62
		<         <qemu:property name='x-pci-vendor-id' type='remove'/>
	END
}

@test "unset of the last property takes the containers along" {
	changes virsh.xml --unset=override:ua-gpu.x-pci-vendor-id \
		--unset=override:ua-gpu.x-pci-sub-device-id <<-'END'
		59,66d58
		<   <qemu:override>
		<     <qemu:device alias='ua-gpu'>
		<       <qemu:frontend>
		<         <qemu:property name='x-pci-sub-device-id' type='unsigned' value='4318'/>
		<         <qemu:property name='x-pci-vendor-id' type='remove'/>
		<       </qemu:frontend>
		<     </qemu:device>
		<   </qemu:override>
	END
}

@test "what is not there is not taken out, and what is as wished stays" {
	changes virsh.xml --unset=override:ua-gpu.x-vga --unset=override:ua-other.x \
		--override=ua-gpu.x-pci-sub-device-id=unsigned:4318 </dev/null
	says ''
}

@test "x-vga of a host device and an override of it must be the same wish" {
	refuses 2 "xmltweak: --override: 'ua-gpu.x-vga' contradicts what another option wants of it" \
		virsh.xml --hostdev=01:00.0,x-vga=on,group=partial --override=ua-gpu.x-vga=bool:false
	tweak --hostdev=01:00.0,x-vga=on --override=ua-gpu.x-vga=bool:true "$DATA/virsh.xml"
	[ "$(grep -c x-vga "$BATS_TEST_TMPDIR/out.xml")" -eq 1 ]
}

@test "the stylesheet does the same under xsltproc" {
	sheet_agrees virsh.xml override --override=ua-gpu.x-vga=bool:true \
		--unset=override:ua-gpu.x-pci-vendor-id
	sheet_agrees kubevirt.xml override --override=ua-hostdevice-gpu1.x-vga=bool:true
}
