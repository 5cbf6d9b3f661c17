#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

setup() {
	host=$BATS_TEST_TMPDIR/host
}

amd_desktop() {
	"$SRCDIR/examples/hosts/unpack" "$SRCDIR/examples/hosts/amd-desktop.host" "$host"
}

# make_host OPTION...: eight cores, and what the options add
make_host() {
	"$SRCDIR/tests/support/mkhost" --llc 8x2 --tree "$host" "$@"
}

# The list, with NAME for the names: they change with the pci.ids that is installed.
list() {
	local columns='  [0-9a-f:.]+  [0-9a-f:]{9}  (group [0-9]+|no group) +(no driver|[^ ]+) +'

	"$XMLTWEAK" --host="$host" --list |
		sed -E "s/^($columns).*( \[(boot GPU|node).*)/\1NAME\4/; t; s/^($columns).*/\1NAME/"
}

# section HEADING: the lines of the list below a heading, up to the next empty one
section() {
	list | sed -n "/^$1:/,/^\$/p" | sed '1d; /^$/d'
}

# json EXPRESSION: prints the value of a Python expression on d, the whole list
json() {
	"$XMLTWEAK" --host="$host" --list --json |
		python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"
}

@test "a desktop is listed in full" {
	amd_desktop
	diff -u - <(list) <<-'END'
		IOMMU: on (AMD-Vi), 28 groups

		GPUs:
		  0000:01:00.0  10de:1e87  group 14   nvidia         NAME
		  0000:01:00.1  10de:10f8  group 14   snd_hda_intel  NAME
		  0000:01:00.2  10de:1ad8  group 14   xhci_hcd       NAME
		  0000:01:00.3  10de:1ad9  group 14   nvidia-gpu     NAME
		               --hostdev=0000:01:00
		  0000:09:00.0  1002:164e  group 21   amdgpu         NAME [boot GPU: boot_vga]
		               --hostdev=0000:09:00.0

		Other devices that a guest could get:
		  0000:02:00.0  144d:a80c  group 15   nvme           NAME
		               --hostdev=0000:02:00
		  0000:05:00.0  10ec:8125  group 17   r8169          NAME
		               --hostdev=0000:05:00
		  0000:06:00.0  1022:43f7  group 18   xhci_hcd       NAME
		               --hostdev=0000:06:00
		  0000:07:00.0  1022:43f6  group 19   ahci           NAME
		               --hostdev=0000:07:00
		  0000:08:00.0  144d:a80a  group 20   nvme           NAME
		               --hostdev=0000:08:00
		  0000:09:00.1  1002:1640  group 22   snd_hda_intel  NAME
		               --hostdev=0000:09:00.1
		  0000:09:00.3  1022:15b6  group 24   xhci_hcd       NAME
		               --hostdev=0000:09:00.3
		  0000:09:00.4  1022:15b7  group 25   xhci_hcd       NAME
		               --hostdev=0000:09:00.4
		  0000:09:00.6  1022:15e3  group 26   snd_hda_intel  NAME
		               --hostdev=0000:09:00.6
		  0000:0a:00.0  1022:15b8  group 27   xhci_hcd       NAME
		               --hostdev=0000:0a:00

		Cores and caches:
		  L3 32 MiB, node 0: 8 cores, 2 threads each: CPUs 0-7,16-23
		  L3 32 MiB, node 0: 8 cores, 2 threads each: CPUs 8-15,24-31

		Memory: 62.0 GiB, 46.5 GiB available
		  huge pages of 2 MiB: 0 set aside, 0 free
		  huge pages of 1 GiB: 0 set aside, 0 free

		Keyboards:
		  Logitech USB Keyboard
		               --evdev=/dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd,grab=all
		  Logitech G502 HERO Gaming Mouse Keyboard (keys of a mouse)
		               --evdev=/dev/input/by-id/usb-Logitech_G502_HERO_Gaming_Mouse-if01-event-kbd

		Mice:
		  Logitech G502 HERO Gaming Mouse
		               --evdev=/dev/input/by-id/usb-Logitech_G502_HERO_Gaming_Mouse-event-mouse
	END
}

@test "devices have their names" {
	amd_desktop
	"$XMLTWEAK" --host="$host" --list | grep -q '^  0000:01:00.0 .* nvidia  .*GeForce RTX 2080'
	[[ $(json 'd["devices"][0]["name"]') == *'GeForce RTX 2080'* ]]
}

@test "every option that is listed can be pasted" {
	local option n=0

	amd_desktop
	while read -r option; do
		"$XMLTWEAK" --host="$host" "$option" "$SRCDIR/examples/win11.xml" >"$BATS_TEST_TMPDIR/out"
		[ "$(<"$BATS_TEST_TMPDIR/out")" != "$(<"$SRCDIR/examples/win11.xml")" ]
		n=$((n + 1))
	done < <("$XMLTWEAK" --host="$host" --list | grep -o -- '--\(hostdev\|evdev\)=.*')
	[ "$n" -eq 15 ]
}

@test "JSON has an option for each function" {
	amd_desktop
	[ "$(json '[f["option"] for f in d["devices"] if f["address"].startswith("0000:01:")]')" = \
		"['--hostdev=0000:01:00', '--hostdev=0000:01:00', '--hostdev=0000:01:00']" ]
	[ "$(json '[f["option"][-4:] for f in d["devices"] if f["address"].startswith("0000:09:")]')" = \
		"['00.0', '00.1', '00.3', '00.4', '00.6']" ]
	[ "$(json '[f["address"] for f in d["devices"] if f["boot_vga"]]')" = "['0000:09:00.0']" ]
	[ "$(json 'd["iommu"]')" = "{'on': True, 'kind': 'AMD-Vi', 'groups': 28, 'missing': None}" ]
	[ "$(json 'len(d["cpus"]["cores"]), len(d["cpus"]["caches"])')" = '16 2' ]
}

@test "functions of one group in a slot of several go together" {
	make_host --pci 0000:01:00.0,id=10de:2786,class=030000,group=1 \
		--pci 0000:01:00.1,id=10de:22bc,class=040300,group=1 \
		--pci 0000:01:00.2,id=1022:1649,class=108000,group=1 \
		--pci 0000:01:00.3,id=1022:15b6,class=0c0330,group=2 \
		--pci 0000:01:00.4,id=1022:1649,class=108000,group=3
	diff -u - <(section GPUs) <<-'END'
		  0000:01:00.0  10de:2786  group 1    no driver  NAME
		  0000:01:00.1  10de:22bc  group 1    no driver  NAME
		  0000:01:00.2  1022:1649  group 1    no driver  NAME
		               --hostdev=0000:01:00.0,group=all
	END
	diff -u - <(section 'Other devices.*') <<-'END'
		  0000:01:00.3  1022:15b6  group 2    no driver  NAME
		               --hostdev=0000:01:00.3
	END
	[ "$(json 'd["devices"][1]["option"]')" = '--hostdev=0000:01:00.1,group=all' ]
}

@test "another slot of the group is named and taken along" {
	make_host --pci 0000:01:00.0,id=10de:2786,class=030000,group=1,driver=nouveau \
		--pci 0000:02:00.0,id=144d:a80a,class=010802,group=1,driver=nvme
	diff -u - <(section GPUs) <<-'END'
		  0000:01:00.0  10de:2786  group 1    nouveau  NAME
		               shares the group: 0000:02:00.0
		               --hostdev=0000:01:00,group=all
	END
}

@test "with the IOMMU off there is no option, but what to do" {
	make_host --pci 0000:01:00.0,id=10de:2786,class=030000,boot-vga=1,driver=nouveau
	[ "$(list | head -n 1)" = \
		'IOMMU: off (AMD-Vi): enable IOMMU (AMD-Vi) in the firmware setup' ]
	diff -u - <(section GPUs) <<-'END'
		  0000:01:00.0  10de:2786  no group   nouveau  NAME [boot GPU: boot_vga]
	END
	[ "$(section 'Other devices.*')" = '  none' ]
	[ "$(json 'd["devices"][0]["option"], d["devices"][0]["group"], d["iommu"]["on"]')" = \
		'None None False' ]
}

@test "with the IOMMU off links to groups are leftovers" {
	make_host --pci 0000:01:00.0,id=10de:2786,class=030000,group=1,driver=nouveau
	rm -r "$host/sys/kernel/iommu_groups"
	diff -u - <(section GPUs) <<-'END'
		  0000:01:00.0  10de:2786  no group   nouveau  NAME
	END
	[ "$(json 'd["devices"][0]["option"], d["devices"][0]["group"], d["iommu"]["on"]')" = \
		'None None False' ]
}

@test "two sockets show the node of cores and devices" {
	"$SRCDIR/tests/support/mkhost" --tree "$host" --llc 4x2,package=0,node=0 \
		--llc 4x2,package=1,node=1,l3=16M --offline 15 \
		--pci 0000:81:00.0,id=10de:2786,class=030000,group=1,node=1
	diff -u - <(section GPUs) <<-'END'
		  0000:81:00.0  10de:2786  group 1    no driver  NAME [node 1]
		               --hostdev=0000:81:00
	END
	diff -u - <(section 'Cores and caches') <<-'END'
		  L3 32 MiB, node 0: 4 cores, 2 threads each: CPUs 0-3,8-11
		  L3 16 MiB, node 1: 4 cores, 1 to 2 threads each: CPUs 4-7,12-14
		  offline: CPUs 15
	END
	[ "$(json 'd["devices"][0]["numa_node"], d["cpus"]["offline"]')" = '1 15' ]
}

@test "a tree without CPUs still lists its devices" {
	make_host --pci 0000:01:00.0,id=10de:2786,class=030000,group=1
	rm -r "$host/sys/devices/system/cpu"
	[ "$(section GPUs | wc -l)" -eq 2 ]
	[ "$(section 'Cores and caches')" = "  read the CPU topology below '$host': no CPU in '/sys/devices/system/cpu' has 'topology/core_cpus' or 'topology/thread_siblings', or the list of either" ]
}

@test "no host, no list" {
	run "$XMLTWEAK" --host=none --list
	[ "$status" -eq 1 ]
	[ "$output" = 'xmltweak: --list needs a host; --host=none has nothing' ]
}
