#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0

setup() {
	load tweak
}

# size OPTION: MiB of the shared memory
size() {
	tweak --looking-glass="$1" "$DATA/minimal.xml"
	xmllint --xpath 'string(//shmem/size)' "$BATS_TEST_TMPDIR/out.xml"
}

@test "the size holds two or three frames, by release" {
	while read -r resolution b7 hdr idd either either_hdr; do
		[ "$(size "$resolution,release=b7")" = "$b7" ]
		[ "$(size "$resolution,release=b7,hdr")" = "$hdr" ]
		[ "$(size "$resolution,release=idd")" = "$idd" ]
		[ "$(size "$resolution,release=idd,hdr")" = "$idd" ]
		[ "$(size "$resolution")" = "$either" ]
		[ "$(size "$resolution,hdr")" = "$either_hdr" ]
	done <<-'EOF'
	1280x720  32 32 16 32 32
	1920x1080 32 64 32 32 64
	1920x1200 32 64 32 32 64
	2560x1080 32 64 64 64 64
	2560x1440 64 128 64 64 128
	3440x1440 64 128 64 64 128
	3840x1600 64 128 128 128 128
	3840x2160 128 256 128 128 256
	5120x1440 128 128 128 128 128
	5120x2160 128 256 256 256 256
	5120x2880 128 256 256 256 256
	7680x4320 512 1024 512 512 1024
	EOF
}

@test "what Looking Glass wants is set, and taken out again" {
	changes minimal.xml --looking-glass=1920x1080 <<-'EOF'
	6a7,13
	>   <devices>
	>     <memballoon model='none'/>
	>     <shmem name='looking-glass'>
	>       <model type='ivshmem-plain'/>
	>       <size unit='M'>32</size>
	>     </shmem>
	>   </devices>
	EOF
	gives_back minimal.xml --unset=looking-glass
	changes kubevirt.xml --looking-glass=1920x1080 <<-'EOF'
	19a20,27
	> 		<video>
	> 			<model type="vga"></model>
	> 		</video>
	> 		<memballoon model="none"></memballoon>
	> 		<shmem name="looking-glass">
	> 			<model type="ivshmem-plain"></model>
	> 			<size unit="M">32</size>
	> 		</shmem>
	EOF
	gives_back kubevirt.xml --unset=looking-glass
}

@test "video, balloon and tablet of a real guest are replaced" {
	"$XMLTWEAK" --host=none --looking-glass=2560x1440 "$SRCDIR/examples/win11.xml" \
		>"$BATS_TEST_TMPDIR/out.xml"
	run xmllint --xpath 'concat(//video/model/@type, count(//video/model/@vram), //memballoon/@model, count(//memballoon/*), count(//input[@type="tablet"]), count(//graphics[@type="spice"]))' \
		"$BATS_TEST_TMPDIR/out.xml"
	[ "$output" = "vga0none001" ]
}

@test "what libvirt takes with a virtio model only goes with it" {
	while IFS='|' read -r before after; do
		sed "/<video>/,/<\\/video>/c\\<video>$before</video>" "$SRCDIR/examples/win11.xml" \
			>"$BATS_TEST_TMPDIR/virtio.xml"
		tweak --check=schema --looking-glass=1920x1080 "$BATS_TEST_TMPDIR/virtio.xml"
		[ "$(xmllint --xpath '//video' "$BATS_TEST_TMPDIR/out.xml")" = "<video>$after</video>" ]
	done <<-'EOF'
	<driver name="vhostuser"/><model type="virtio"/>|<model type="vga"/>
	<driver iommu="on" ats="on" packed="on" page_per_vq="on"/><model type="virtio"/>|<model type="vga"/>
	<driver iommu="on" vgaconf="io"/><model type="virtio"/>|<driver vgaconf="io"/><model type="vga"/>
	<model type="virtio"><acceleration accel3d="yes"/><resolution x="800" y="600"/></model>|<model type="vga"><resolution x="800" y="600"/></model>
	<driver vgaconf="on"/><model type="vga"/>|<driver vgaconf="on"/><model type="vga"/>
	EOF
}

@test "an entry of another size is resized, an equal one in other words stays" {
	sed 's|</domain>|  <devices>\n    <shmem name="looking-glass">\n      <model type="ivshmem-plain"/>\n      <size unit="KiB">32768</size>\n    </shmem>\n    <memballoon model="none"/>\n  </devices>\n&|' \
		"$DATA/minimal.xml" >"$BATS_TEST_TMPDIR/sized.xml"
	tweak --looking-glass=1920x1080 "$BATS_TEST_TMPDIR/sized.xml"
	diff "$BATS_TEST_TMPDIR/sized.xml" "$BATS_TEST_TMPDIR/out.xml"
	tweak --looking-glass=3840x2160 "$BATS_TEST_TMPDIR/sized.xml"
	run diff "$BATS_TEST_TMPDIR/sized.xml" "$BATS_TEST_TMPDIR/out.xml"
	[ "$output" = "$(printf '10c10\n<       <size unit="KiB">32768</size>\n---\n>       <size unit="M">128</size>')" ]
}

@test "kvmfr is a pair of QEMU arguments, found again in any spelling" {
	changes minimal.xml --looking-glass=1920x1080,kvmfr=kvmfr0 <<-'EOF'
	6a7,15
	>   <devices>
	>     <memballoon model='none'/>
	>   </devices>
	>   <qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
	>     <qemu:arg value='-device'/>
	>     <qemu:arg value='{"driver":"ivshmem-plain","id":"looking-glass-shmem","memdev":"looking-glass"}'/>
	>     <qemu:arg value='-object'/>
	>     <qemu:arg value='{"qom-type":"memory-backend-file","id":"looking-glass","mem-path":"/dev/kvmfr0","size":33554432,"share":true}'/>
	>   </qemu:commandline>
	EOF
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/kvmfr.xml"
	gives_back minimal.xml --unset=looking-glass
	tweak --looking-glass=3840x2160,kvmfr=kvmfr0 "$BATS_TEST_TMPDIR/kvmfr.xml"
	[ "$(grep -c 'qemu:arg' "$BATS_TEST_TMPDIR/out.xml")" -eq 4 ]
	grep -q '"size":134217728' "$BATS_TEST_TMPDIR/out.xml"
	tweak --looking-glass=1920x1080 "$BATS_TEST_TMPDIR/kvmfr.xml"
	[ "$(grep -c 'qemu:' "$BATS_TEST_TMPDIR/out.xml")" -eq 0 ]
	[ "$(grep -c '<shmem' "$BATS_TEST_TMPDIR/out.xml")" -eq 1 ]
}

@test "each host line that kvmfr lacks is named" {
	HOST=$BATS_TEST_TMPDIR/host
	mkdir -p "$HOST/etc/modprobe.d" "$HOST/etc/libvirt"
	tweak --looking-glass=1920x1080,kvmfr=kvmfr0 "$DATA/minimal.xml"
	grep -q "options kvmfr static_size_mb=32" "$BATS_TEST_TMPDIR/messages"
	grep -q 'add "/dev/kvmfr0" to cgroup_device_acl' "$BATS_TEST_TMPDIR/messages"
	grep -q "'/dev/kvmfr0 rw,'" "$BATS_TEST_TMPDIR/messages"
	echo 'options kvmfr static_size_mb=32' >"$HOST/etc/modprobe.d/looking-glass.conf"
	echo 'cgroup_device_acl = [ "/dev/null", "/dev/kvmfr0" ]' >"$HOST/etc/libvirt/qemu.conf"
	tweak --looking-glass=1920x1080,kvmfr=kvmfr0 "$DATA/minimal.xml"
	[ "$(grep -c 'kvmfr' "$BATS_TEST_TMPDIR/messages")" -eq 1 ]
}

@test "the stylesheet alone does the same" {
	sheet_agrees virsh.xml looking-glass --looking-glass=2560x1440
	sheet_agrees kubevirt.xml looking-glass --looking-glass=2560x1440,kvmfr=kvmfr0
}
