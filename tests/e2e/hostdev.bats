#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0

setup_file() {
	"$SRCDIR/examples/hosts/unpack" "$SRCDIR/examples/hosts/amd-desktop.host" \
		"$BATS_FILE_TMPDIR/host" >&2
}

setup() {
	load tweak
	HOST=$BATS_FILE_TMPDIR/host
}

# functions XPATH-CONDITION: host function -> guest place, a line each
places() {
	xmllint --xpath '//hostdev[@type="pci"]' "$BATS_TEST_TMPDIR/out.xml" |
		grep -o "<address [^>]*>" | sed -E "s/<address //; s/ ?\/?>$//; s/['\"]//g" |
		sed -E 's/domain=0x0*([0-9a-f]{4}) bus=0x([0-9a-f]+) slot=0x([0-9a-f]+) function=0x([0-7])/\1:\2:\3.\4/'
}

@test "auto takes the GPU that is not the boot GPU, all functions on one slot" {
	changes minimal.xml --hostdev=auto --vcpus=2 <<-'EOF'
	3a4
	>   <vcpu>2</vcpu>
	6a8,33
	>   <devices>
	>     <hostdev mode='subsystem' type='pci' managed='yes'>
	>       <source>
	>         <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
	>       </source>
	>       <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0' multifunction='on'/>
	>     </hostdev>
	>     <hostdev mode='subsystem' type='pci' managed='yes'>
	>       <source>
	>         <address domain='0x0000' bus='0x01' slot='0x00' function='0x1'/>
	>       </source>
	>       <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x1'/>
	>     </hostdev>
	>     <hostdev mode='subsystem' type='pci' managed='yes'>
	>       <source>
	>         <address domain='0x0000' bus='0x01' slot='0x00' function='0x2'/>
	>       </source>
	>       <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x2'/>
	>     </hostdev>
	>     <hostdev mode='subsystem' type='pci' managed='yes'>
	>       <source>
	>         <address domain='0x0000' bus='0x01' slot='0x00' function='0x3'/>
	>       </source>
	>       <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x3'/>
	>     </hostdev>
	>   </devices>
	EOF
}

@test "what was added is taken out again" {
	tweak --hostdev=auto "$DATA/minimal.xml"
	gives_back minimal.xml --unset=hostdev:01:00
	tweak --hostdev=05:00.0 "$DATA/kubevirt.xml"
	gives_back kubevirt.xml --unset=hostdev:pci_0000_05_00_0
}

@test "the spellings of one device mean the same" {
	tweak --hostdev=auto "$DATA/virsh.xml"
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/auto.xml"
	for name in 01:00 0000:01:00 00000000:01:00 pci_0000_01_00 10de:1e87 10DE:1e87:1 10de:1ad8; do
		tweak --hostdev="$name" "$DATA/virsh.xml" || { cat "$BATS_TEST_TMPDIR/messages"; return 1; }
		diff "$BATS_TEST_TMPDIR/auto.xml" "$BATS_TEST_TMPDIR/out.xml"
	done
}

@test "a device that the guest has is completed where it is, whatever its numbers look like" {
	changes prefix.xml --hostdev=01:00,managed=no --unset=hook <<-'EOF'
	5,12d4
	<   <metadata>
	<     <guest xmlns='https://vfiokit.org/xmlns/guest/1'>
	<       <device address='0000:07:00.0' id='10de:1b80'/>
	<       <stop unit='sddm.service'/>
	<       <cores isolate='yes' irq='yes'/>
	<       <sleep/>
	<     </guest>
	<   </metadata>
	18c10
	<     <hostdev mode='subsystem' type='pci'>
	---
	>     <hostdev mode='subsystem' type='pci' managed='no'>
	22a15,33
	>       <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0' multifunction='on'/>
	>     </hostdev>
	>     <hostdev mode='subsystem' type='pci' managed='no'>
	>       <source>
	>         <address domain='0x0000' bus='0x01' slot='0x00' function='0x1'/>
	>       </source>
	>       <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x1'/>
	>     </hostdev>
	>     <hostdev mode='subsystem' type='pci' managed='no'>
	>       <source>
	>         <address domain='0x0000' bus='0x01' slot='0x00' function='0x2'/>
	>       </source>
	>       <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x2'/>
	>     </hostdev>
	>     <hostdev mode='subsystem' type='pci' managed='no'>
	>       <source>
	>         <address domain='0x0000' bus='0x01' slot='0x00' function='0x3'/>
	>       </source>
	>       <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x3'/>
	EOF
}

@test "a single function is left for libvirt to place, unless a place is asked for" {
	changes minimal.xml --hostdev=05:00.0,boot=1,alias=ua-nic,rombar=off <<-'EOF'
	6a7,16
	>   <devices>
	>     <hostdev mode='subsystem' type='pci' managed='yes'>
	>       <source>
	>         <address domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>
	>       </source>
	>       <boot order='1'/>
	>       <alias name='ua-nic'/>
	>       <rom bar='off'/>
	>     </hostdev>
	>   </devices>
	EOF
	tweak --hostdev=05:00.0,guest=00:10 "$DATA/minimal.xml"
	[ "$(places)" = "$(printf '0000:05:00.0\ntype=pci 0000:00:10.0')" ]
}

@test "rom, boot, alias and x-vga go to the display function" {
	tweak --hostdev=01:00,rom=/roms/gpu.rom,boot=2,alias=ua-gpu,x-vga=on "$DATA/minimal.xml"
	run xmllint --xpath 'concat(count(//rom), //hostdev[rom and boot and alias]/source/address/@function, //boot/@order, //alias/@name, //*[local-name()="device"]/@alias)' "$BATS_TEST_TMPDIR/out.xml"
	[ "$output" = "10x02ua-gpuua-gpu" ]
	gives_back minimal.xml --unset=hostdev:01:00
}

@test "q35: a free root port is taken, else the bus behind the last" {
	tweak --hostdev=01:00 "$SRCDIR/examples/win11.xml"
	free=$(xmllint --xpath 'string(//hostdev[1]/address/@bus)' "$BATS_TEST_TMPDIR/out.xml")
	[ "$(xmllint --xpath "count(//controller[@model='pcie-root-port'])" "$SRCDIR/examples/win11.xml")" -ge 14 ]
	[ "$(xmllint --xpath "count(//devices/*[not(self::hostdev)]/address[@type='pci' and @bus='$free'])" "$BATS_TEST_TMPDIR/out.xml")" -eq 0 ]
	tweak --hostdev=01:00 "$DATA/virsh.xml"
	[ "$(xmllint --xpath "string(//hostdev[source/address/@function='0x1']/address/@bus)" "$BATS_TEST_TMPDIR/out.xml")" = 0x01 ]
}

@test "q35: the bridge added for a conventional card goes with the last device behind it" {
	HOST=$BATS_TEST_TMPDIR/conventional
	"$SRCDIR/tests/support/mkhost" --llc 4x2 --tree "$HOST" \
		--pci 0000:04:01.0,id=1102:0004,class=040100,group=9,bus=conventional \
		--pci 0000:04:01.1,id=1102:7003,class=098000,group=9,bus=conventional \
		--pci 0000:04:02.0,id=1106:3044,class=0c0010,group=9,bus=conventional
	local win11=$SRCDIR/examples/win11.xml out=$BATS_TEST_TMPDIR/out.xml
	local bridge="<controller type='pci' index='15' model='pcie-to-pci-bridge'/>"
	tweak --hostdev=04:01,group=partial "$win11"
	grep -qF "$bridge" "$out"
	cp "$out" "$BATS_TEST_TMPDIR/bridged.xml"
	gives_back "$win11" --unset=hostdev:04:01
	sheet_agrees "$BATS_TEST_TMPDIR/bridged.xml" hostdev --unset=hostdev:04:01

	# while there is another, or one takes its place, or somebody said more of it, it stays
	tweak --unset=hostdev:04:01.1 "$BATS_TEST_TMPDIR/bridged.xml"
	grep -qF "$bridge" "$out"
	tweak --unset=hostdev:04:01 --hostdev=04:02.0,guest=0f:02,group=partial \
		"$BATS_TEST_TMPDIR/bridged.xml"
	grep -qF "$bridge" "$out"
	tweak --unset=hostdev:04:01 \
		<(sed "s|$bridge|${bridge%/>}><alias name='ua-b'/></controller>|" "$BATS_TEST_TMPDIR/bridged.xml")
	grep -q pcie-to-pci-bridge "$out"
}

# cards FUNCTION,KEY...: a host with these, each bus a group
cards() {
	local card args=()
	HOST=$BATS_TEST_TMPDIR/cards
	for card; do
		args+=(--pci "$card,id=1102:0004,class=040100,group=${card:6:1}")
	done
	"$SRCDIR/tests/support/mkhost" --llc 4x2 --tree "$HOST" "${args[@]}"
}

# q35 ELEMENT...: a guest with these devices, as $guest
q35() {
	guest=$BATS_TEST_TMPDIR/guest.xml
	cat >"$guest" <<-EOF
	<domain type='qemu'>
	  <name>q35</name>
	  <memory unit='MiB'>64</memory>
	  <os><type arch='x86_64' machine='q35'>hvm</type></os>
	  <devices>
	$(printf '    %s\n' "$@")
	    <memballoon model='none'/>
	  </devices>
	</domain>
	EOF
}

PORT="<controller type='pci' index='1' model='pcie-root-port'/>"

@test "q35: without a free root port the bridge gets one of its own" {
	cards 0000:01:00.0,bus=conventional 0000:01:00.1,bus=conventional
	q35 "$PORT" "<rng model='virtio'><backend model='random'/><address type='pci' bus='1'/></rng>"
	changes "$guest" --hostdev=01:00 <<-'EOF'
	8a9,24
	>     <hostdev mode='subsystem' type='pci' managed='yes'>
	>       <source>
	>         <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
	>       </source>
	>       <address type='pci' domain='0x0000' bus='0x03' slot='0x01' function='0x0' multifunction='on'/>
	>     </hostdev>
	>     <hostdev mode='subsystem' type='pci' managed='yes'>
	>       <source>
	>         <address domain='0x0000' bus='0x01' slot='0x00' function='0x1'/>
	>       </source>
	>       <address type='pci' domain='0x0000' bus='0x03' slot='0x01' function='0x1'/>
	>     </hostdev>
	>     <controller type='pci' index='2' model='pcie-root-port'/>
	>     <controller type='pci' index='3' model='pcie-to-pci-bridge'>
	>       <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>
	>     </controller>
	EOF
	gives_back "$guest" --unset=hostdev:01:00
	sheet_agrees "$guest" hostdev --hostdev=01:00
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/bridged.xml"
	sheet_agrees "$BATS_TEST_TMPDIR/bridged.xml" hostdev --unset=hostdev:01:00
}

@test "q35: several conventional cards share a bridge, and it goes with the last of them" {
	cards 0000:01:00.0,bus=conventional 0000:01:00.1,bus=conventional \
		0000:02:00.0,bus=conventional 0000:02:00.1,bus=conventional
	q35
	tweak --hostdev=01:00 --hostdev=02:00 "$guest"
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/together.xml"
	[ "$(grep -c "<controller" "$BATS_TEST_TMPDIR/out.xml")" -eq 2 ]
	[ "$(places | grep -o "type=.*")" = "$(printf 'type=pci %s multifunction=on\ntype=pci %s\n' \
		0000:02:01.0 0000:02:01.1 0000:02:02.0 0000:02:02.1)" ]
	tweak --hostdev=01:00 "$guest"
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/one.xml"
	tweak --hostdev=02:00 "$BATS_TEST_TMPDIR/one.xml"
	diff <(canonical "$BATS_TEST_TMPDIR/together.xml") <(canonical "$BATS_TEST_TMPDIR/out.xml")
	gives_back "$BATS_TEST_TMPDIR/one.xml" --unset=hostdev:02:00
	gives_back "$guest" --unset=hostdev:01:00 --unset=hostdev:02:00
}

@test "q35: a port that was free before stays when the bridge in it goes" {
	cards 0000:01:00.0,bus=conventional 0000:01:00.1,bus=conventional
	q35 "$PORT"
	tweak --hostdev=01:00 "$guest"
	grep -qF "    <controller type='pci' index='2' model='pcie-to-pci-bridge'/>" "$BATS_TEST_TMPDIR/out.xml"
	[ "$(grep -c "<controller" "$BATS_TEST_TMPDIR/out.xml")" -eq 2 ]
	gives_back "$guest" --unset=hostdev:01:00
}

@test "q35: bridge and port stay when somebody said more of one, or put something there" {
	local bridged=$BATS_TEST_TMPDIR/bridged.xml change
	cards 0000:01:00.0,bus=conventional 0000:01:00.1,bus=conventional
	q35
	tweak --hostdev=01:00 "$guest"
	cp "$BATS_TEST_TMPDIR/out.xml" "$bridged"
	for change in "s|$PORT|${PORT%/>}><target chassis='7'/></controller>|" \
		"s|$PORT||" \
		"s|</controller>|<model name='pcie-pci-bridge'/>&|" \
		"s|\(bus='0x01' slot='0x00' function='0x0'\)/></c|\1 multifunction='on'/></c|" \
		"s|<memballoon[^>]*>|<shmem name='s'><address type='pci' bus='2' slot='7'/></shmem>|" \
		"s|<memballoon[^>]*>|<shmem name='s'><address type='pci' bus='1' function='1'/></shmem>|"; do
		# the address beside its bridge, for the patterns
		sed -z "s|>\n *\(<address[^>]*>\)\n *</controller>|>\1</controller>|; $change" "$bridged" \
			>"$BATS_TEST_TMPDIR/changed.xml"
		run ! cmp -s "$bridged" "$BATS_TEST_TMPDIR/changed.xml"
		tweak --unset=hostdev:01:00 "$BATS_TEST_TMPDIR/changed.xml" ||
			{ cat "$BATS_TEST_TMPDIR/messages"; return 1; }
		[ "$(grep -c "<hostdev" "$BATS_TEST_TMPDIR/out.xml")" -eq 0 ]
		diff <(grep "<controller" "$BATS_TEST_TMPDIR/changed.xml") \
			<(grep "<controller" "$BATS_TEST_TMPDIR/out.xml")
	done
}

@test "q35: a free port goes to one of bridge and card, in one run and in two" {
	cards 0000:01:00.0,bus=conventional 0000:01:00.1,bus=conventional 0000:02:00.0 0000:02:00.1
	q35 "$PORT"
	tweak --hostdev=01:00 --hostdev=02:00 "$guest"
	grep -qF "<controller type='pci' index='2' model='pcie-to-pci-bridge'/>" "$BATS_TEST_TMPDIR/out.xml"
	[ "$(places | grep -o "type=.*")" = "$(printf 'type=pci %s\n' \
		"0000:02:01.0 multifunction=on" 0000:02:01.1 "0000:03:00.0 multifunction=on" \
		0000:03:00.1)" ]
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/together.xml"
	tweak --hostdev=01:00 "$guest"
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/one.xml"
	tweak --hostdev=02:00 "$BATS_TEST_TMPDIR/one.xml"
	diff <(canonical "$BATS_TEST_TMPDIR/together.xml") <(canonical "$BATS_TEST_TMPDIR/out.xml")

	# the other way round the card has it, and the bridge gets one of its own
	tweak --hostdev=02:00 "$guest"
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/one.xml"
	tweak --hostdev=01:00 "$BATS_TEST_TMPDIR/one.xml"
	grep -qF "<controller type='pci' index='2' model='pcie-root-port'/>" "$BATS_TEST_TMPDIR/out.xml"
	gives_back "$BATS_TEST_TMPDIR/one.xml" --unset=hostdev:01:00
}

@test "a place that is asked for is not given to another device" {
	cards 0000:01:00.0,bus=conventional 0000:01:00.1,bus=conventional \
		0000:02:00.0 0000:02:00.1 0000:03:00.0 0000:04:00.0
	q35 "$PORT"
	tweak --hostdev=01:00 --hostdev=02:00 --hostdev=03:00.0,guest=01:00 \
		--hostdev=04:00.0,guest=03:00 "$guest"
	[ "$(places | grep -o "type=.*")" = "$(printf 'type=pci %s\n' \
		"0000:04:01.0 multifunction=on" 0000:04:01.1 "0000:05:00.0 multifunction=on" \
		0000:05:00.1 0000:01:00.0 0000:03:00.0)" ]
	grep -qF "<controller type='pci' index='2' model='pcie-root-port'/>" "$BATS_TEST_TMPDIR/out.xml"
}

@test "q35: a card with one PCI Express function goes into a port, all of it" {
	cards 0000:01:00.0 0000:01:00.1,bus=conventional
	q35
	tweak --hostdev=01:00 "$guest"
	[ "$(places | grep -o "type=.*")" = "$(printf 'type=pci %s\n' \
		"0000:01:00.0 multifunction=on" 0000:01:00.1)" ]
	run ! grep "<controller" "$BATS_TEST_TMPDIR/out.xml"
}

# refused FILE...: what libvirt's QEMU driver, below $BATS_TEST_TMPDIR, says against these
refused() {
	mkdir -p "$BATS_TEST_TMPDIR/libvirt"
	virsh -q -c "qemu:///embed?root=$BATS_TEST_TMPDIR/libvirt" \
		"$(printf 'define --validate %s; undefine q35;' "$@")" 2>&1
}

@test "q35: libvirt accepts the bridge, whatever ports there are" {
	local rng="<rng model='virtio'><backend model='random'>/dev/random</backend>"
	local devices n=0 dir=$BATS_TEST_TMPDIR
	cards 0000:01:00.0,bus=conventional 0000:01:00.1,bus=conventional 0000:02:00.0 0000:02:00.1
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	q35
	run refused "$guest"
	[ -z "$output" ] || skip "virsh or libvirt's QEMU driver does not work here: $output"
	for devices in "" "$PORT" "$PORT$rng</rng>" "$PORT$rng<address type='pci' bus='1'/></rng>"; do
		q35 "$devices"
		tweak --hostdev=01:00 "$guest"
		cp "$dir/out.xml" "$dir/$((n += 1)).xml"
		tweak --hostdev=02:00 "$dir/$n.xml"
		cp "$dir/out.xml" "$dir/$((n += 1)).xml"
		tweak --hostdev=01:00 --hostdev=02:00 "$guest"
		cp "$dir/out.xml" "$dir/$((n += 1)).xml"
		tweak --unset=hostdev:01:00 "$dir/$n.xml"
		cp "$dir/out.xml" "$dir/$((n += 1)).xml"
	done
	run refused "$dir"/[0-9]*.xml
	[ "$n" -eq 16 ]
	[ -z "$output" ] || { echo "$output"; return 1; }
}

@test "with the IOMMU off auto says so, and links to groups are leftovers" {
	HOST=$BATS_TEST_TMPDIR/off
	"$SRCDIR/tests/support/mkhost" --llc 4x2 --tree "$HOST" \
		--pci 0000:01:00.0,id=10de:2786,class=030000,group=1 \
		--pci 0000:02:00.0,id=1002:164e,class=030000,group=2,boot-vga=1
	tweak --hostdev=auto "$DATA/minimal.xml"
	rm -r "$HOST/sys/kernel/iommu_groups"
	local off="xmltweak: --hostdev: no GPU can be given away by itself: 0000:01:00.0 (10de:2786) has no IOMMU group; 0000:02:00.0 (1002:164e) is the boot GPU; the IOMMU is off (AMD-Vi): enable IOMMU (AMD-Vi) in the firmware setup"
	refuses 1 "$off" minimal.xml --hostdev=auto
	mkdir "$HOST/sys/kernel/iommu_groups"
	refuses 1 "$off" minimal.xml --hostdev=auto
	rm "$HOST"/sys/bus/pci/devices/*/iommu_group
	refuses 1 "$off" minimal.xml --hostdev=auto
}

@test "with the IOMMU off a device is given all the same, with a warning" {
	HOST=$BATS_TEST_TMPDIR/off
	"$SRCDIR/tests/support/mkhost" --llc 4x2 --tree "$HOST" \
		--pci 0000:01:00.0,id=10de:2786,class=030000,group=1 \
		--pci 0000:02:00.0,id=10ec:8125,class=020000,group=1
	refuses 1 "xmltweak: --hostdev: '0000:01:00.0' shares IOMMU group 1 with '0000:02:00.0' (10ec:8125, driver none), which would stay behind: give the whole device or group=all, or accept it by group=partial" \
		minimal.xml --hostdev=01:00
	rm -r "$HOST/sys/kernel/iommu_groups"
	tweak --hostdev=01:00 "$DATA/minimal.xml"
	says "xmltweak: warning: hostdev: '0000:01:00.0' has no IOMMU group: the guest will not start before the IOMMU is on; see 'xmltweak --list'"
	"$XMLTWEAK" --host="$HOST" --explain --hostdev=01:00 "$DATA/minimal.xml" >"$BATS_TEST_TMPDIR/why" 2>&1
	grep -q "10de:2786, a GPU, no IOMMU group" "$BATS_TEST_TMPDIR/why"
}

@test "auto on a host without a GPU says that, whatever the IOMMU" {
	HOST=$BATS_TEST_TMPDIR/none
	"$SRCDIR/tests/support/mkhost" --llc 4x2 --tree "$HOST" \
		--pci 0000:02:00.0,id=10ec:8125,class=020000
	refuses 1 "xmltweak: --hostdev: no GPU can be given away by itself: this host has no GPU; see 'xmltweak --list'" \
		minimal.xml --hostdev=auto
}

@test "what would stay behind in the IOMMU group is named" {
	refuses 1 "xmltweak: --hostdev: '0000:01:00.0' shares IOMMU group 14 with '0000:01:00.1' (10de:10f8, driver snd_hda_intel), which would stay behind: give the whole device or group=all, or accept it by group=partial" \
		minimal.xml --hostdev=01:00.0
	tweak --hostdev=01:00.0,group=all "$DATA/minimal.xml"
	[ "$(xmllint --xpath 'count(//hostdev)' "$BATS_TEST_TMPDIR/out.xml")" -eq 4 ]
	tweak --hostdev=01:00.1,group=partial "$DATA/minimal.xml"
	[ "$(xmllint --xpath 'count(//hostdev)' "$BATS_TEST_TMPDIR/out.xml")" -eq 1 ]
	grep -q "^xmltweak: warning: hostdev: '0000:01:00.0' of IOMMU group 14 stays behind" \
		"$BATS_TEST_TMPDIR/messages"
}

@test "mistakes in a name are named" {
	refuses 1 "xmltweak: --hostdev: no PCI device '77:00.0' on this host; see 'xmltweak --list'" \
		minimal.xml --hostdev=77:00.0
	refuses 1 "xmltweak: --hostdev: no PCI device '1234:5678' on this host, bridges aside" \
		minimal.xml --hostdev=1234:5678
	refuses 1 "xmltweak: --hostdev: '0000:00:01.1' is a bridge (class 060400): bridges stay with the host" \
		minimal.xml --hostdev=00:01.1
	refuses 1 "xmltweak: --hostdev: '0000:01:00.0' is 10de:1e87, not 10de:1e82: the addresses of this host have changed" \
		minimal.xml --hostdev=01:00,id=10de:1e82
	refuses 2 "xmltweak: --hostdev: '0000:01:00.0' is named twice, with different values of managed" \
		minimal.xml --hostdev=01:00,managed=no --hostdev=10de:1e87,managed=yes
	refuses 2 "xmltweak: --hostdev: '0000:01:00.0' is both set and unset" \
		prefix.xml --hostdev=10de:1e87 --unset=hostdev:01:00.0
}

@test "set and unset of one device contradict each other in any spelling" {
	refuses 2 "xmltweak: --hostdev: '0000:01:00.0' is both set and unset" \
		minimal.xml --hostdev=auto --unset=hostdev:01:00
	refuses 2 "xmltweak: --hostdev: '0000:01:00.1' is both set and unset" \
		minimal.xml --hostdev=01:00.0,group=all --unset=hostdev:01:00.1
	refuses 2 "xmltweak: --hostdev: '0000:05:00.0' is both set and unset" \
		minimal.xml --hostdev=05:00.0 --unset=hostdev:10ec:8125
}

@test "without a host only addresses can be named" {
	HOST=none
	refuses 1 "xmltweak: --hostdev: 'auto' has to be looked for on the host; with --host=none give an address" \
		minimal.xml --hostdev=auto
	refuses 1 "xmltweak: --hostdev: the IOMMU group of '01:00.0' has to be looked for on the host; with --host=none name its devices" \
		minimal.xml --hostdev=01:00.0,group=all
	tweak --hostdev=77:00.0 "$DATA/minimal.xml"
	says ""
}

@test "the stylesheet alone does the same" {
	sheet_agrees virsh.xml hostdev --hostdev=01:00 --hostdev=05:00.0
}

@test "a second guest device on the slot that is asked for is refused" {
	tweak --hostdev=05:00.0,guest=00:10 "$DATA/minimal.xml"
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/taken.xml"
	run -1 "$XMLTWEAK" --host="$HOST" --hostdev=02:00.0,guest=00:10 "$BATS_TEST_TMPDIR/taken.xml"
	[[ $output == *"0000:00:10.0"* ]]
}

@test "a slot that the bus does not have is refused" {
	HOST=none
	refuses 1 "xmltweak: $DATA/prefix.xml:17: <hostdev> has the guest address 0000:21:00.0, but the slots of its bus begin at 1: give it another, or remove its <address> and libvirt will choose" \
		prefix.xml --hostdev=24:00.0,guest=21:00
	refuses 1 "xmltweak: $DATA/tuned-linux.xml:51: <hostdev> has the guest address 0000:02:01.0, but its bus is a port with one slot: give it slot 0 of a bus that is free, or remove its <address> and libvirt will choose" \
		tuned-linux.xml --hostdev=24:00.0,guest=02:01
}
