#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios bench, with real SeaBIOS, in guests of a libvirtd of the test's own: for a network
# card that QEMU emulates. With a passed-through device: tests/lab/vbios-bench.bats.

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
	guest
	own=legacy,ids=$NIC,class=020000,pnp
	"$MKROM" good.rom "$own,says=H,last"
}

teardown() {
	libvirtd_run virsh -q destroy g-vbios 2>/dev/null || :
	libvirtd_run virsh -q destroy g 2>/dev/null || :
	libvirtd_run virsh -q undefine g
}

# guest: defines 'g', with a disk that is its user's
guest() {
	truncate -s 1M disk
	cat >g.xml <<-END
		<domain type='qemu'>
		  <name>g</name>
		  <memory unit='MiB'>64</memory>
		  <os><type machine='pc'>hvm</type></os>
		  <devices>
		    <controller type='usb' model='none'/>
		    <disk type='file'><source file='$PWD/disk'/><target dev='hda'/></disk>
		    <interface type='user'><mac address='$MAC'/><model type='e1000e'/></interface>
		    <video><model type='vga'/></video>
		    <graphics type='vnc' autoport='yes'/>
		    <memballoon model='none'/>
		  </devices>
		</domain>
	END
	libvirtd_run virsh -q define g.xml
}

bench() {
	libvirtd_run "$VBIOS" bench --work="$PWD/work" "$@"
}

# seen FILE: what results.json has for it: "PREDICTED SEEN"
seen() {
	python3 -c '
import json, sys
for t in json.load(open("work/results.json"))["trials"]:
    if t["file"] == sys.argv[1]:
        print(t["predicted"], "/", t["seen"], "/", t["agrees"])' "$1"
}

# balanced FILE: each element that is opened is closed
balanced() {
	python3 -c '
import html.parser, sys
class Parser(html.parser.HTMLParser):
    open = []
    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()
parser = Parser()
parser.feed(open(sys.argv[1]).read())
assert not parser.open' "$1"
}

# ten: makes ten ROMs, one for each way of SeaBIOS with them; their names
ten() {
	"$MKROM" sum.rom "$own,says=H,last" byte=100:1
	"$MKROM" ids.rom "legacy,ids=8086:1111,class=020000,pnp,says=H,last"
	"$MKROM" nvgi.rom nvgi=1 "$own,says=H,last"
	"$MKROM" hang.rom "efi,ids=$NIC,class=020000" byte=50:0 byte=51:0
	"$MKROM" quiet.rom "$own,last"
	"$MKROM" late.rom "legacy,ids=$NIC,class=020000,says=H,last"
	: >empty.rom
	echo good.rom sum.rom ids.rom nvgi.rom hang.rom quiet.rom late.rom empty.rom \
		/usr/lib/ipxe/qemu/pxe-e1000e.rom /usr/lib/ipxe/qemu/pxe-rtl8139.rom
}

@test "ten ROMs are seen as predicted, and reported on one page" {
	read -ra roms <<<"$(ten)"
	run -0 --separate-stderr bench --timeout=15 --report="$PWD/report" g $MAC "${roms[@]}"
	[[ $output == *$'\n10 of 10 as predicted' ]]
	[ "$(seen good.rom)" = 'runs / runs / True' ]
	[ "$(seen sum.rom)" = 'ignored / ignored / True' ]
	[ "$(seen hang.rom)" = 'hangs / no answer / True' ]
	[ "$(seen quiet.rom)" = 'runs / runs / True' ]
	[ "$(seen empty.rom)" = 'does not start / does not start / True' ]
	[ "$(grep -c '^\[' <<<"$stderr")" -eq 11 ]
	[ "$(grep -c '<tr><td ' report/index.html)" -eq 10 ]
	[ "$(grep -c 'class="yes"' report/index.html)" -eq 10 ]
	grep -q 'src="data:image/png;base64,' report/index.html
	grep -q 'Running option rom at' report/index.html
	grep -q 'QEMU refuses an empty file' report/index.html
	grep -q 'is empty' report/index.html
	# all that it needs is in it
	run -1 grep -E '<script|src="[^d]|href="[^#]|url\(' report/index.html
	balanced report/index.html
	[ "$(libvirtd_run virsh list --all --name | xargs)" = g ]
	[ ! -s disk ] || cmp disk <(head -c 1M /dev/zero)
}

@test "a browser shows the page whole: no word is broken, nothing is cut off, images are there" {
	[[ ${LONG_TESTS:-} ]] || skip "a long test, with LONG_TESTS=1 only"
	command -v chromium >/dev/null || skip "chromium is not installed"
	"$MKROM" "a-rom-with-a-name-that-is-rather-long-as-those-of-makers-are.rom" "$own,last"
	"$MKROM" sum.rom "$own,says=H,last" byte=100:1
	: >empty.rom
	run -0 bench --timeout=30 --report="$PWD/report" g $MAC ./*.rom
	# measured by a script of the test's in a copy of the page
	{
		cat report/index.html
		cat <<-'END'
			<script>
			const all = (what) => Array.from(document.querySelectorAll(what));
			const result = {
				header: all("th").every((th) => th.offsetHeight < 45),
				cells: all("td.yes, td.no, td.time").every((td) => td.scrollWidth <= td.clientWidth),
				width: document.documentElement.scrollWidth <= window.innerWidth,
				images: all("img").length > 0 && all("img").every((img) => img.naturalWidth > 100),
			};
			document.body.innerHTML = "measured " + JSON.stringify(result);
			</script>
		END
	} >measured.html
	for width in 400 800 1600; do
		chromium --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/profile" \
			--window-size=$width,900 --virtual-time-budget=10000 --dump-dom "file://$PWD/measured.html" \
			2>browser.log >dom
		[ "$(grep -o 'measured {.*}' dom)" = 'measured {"header":true,"cells":true,"width":true,"images":true}' ]
	done
}

@test "the copy has nothing of the user's" {
	# a device of which nothing is known may be a disk
	sed -i "s|<os>|<metadata><v:guest xmlns:v='https://vfiokit.org/xmlns/guest/1'>\
<v:device address='ffff:1f:1f.7'/><v:sleep/></v:guest></metadata>&|; s|<video>|\
<hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0xffff' bus='0x1f'\
 slot='0x1f' function='7'/></source></hostdev>\
<filesystem><source dir='$PWD'/><target dir='home'/></filesystem>&|" g.xml
	libvirtd_run virsh -q undefine g
	libvirtd_run virsh -q define g.xml
	libvirtd_run virsh domuuid g >uuid
	"$MKROM" sum.rom "$own,last" byte=100:1
	# a command that succeeds is an answer, and not the predicted one
	run -1 bench --timeout=20 --command='virsh dumpxml "$VBIOS_GUEST" >copy.xml' g $MAC sum.rom
	[ "$(xmllint --xpath 'string(/domain/name)' copy.xml)" = g-vbios ]
	[ "$(xmllint --xpath 'string(/domain/uuid)' copy.xml)" != "$(xargs <uuid)" ]
	[ "$(xmllint --xpath 'count(//disk)' copy.xml)" = 0 ]
	[ "$(xmllint --xpath 'count(//hostdev) + count(//filesystem)' copy.xml)" = 0 ]
	[ "$(xmllint --xpath "count(//*[local-name() = 'device'])" copy.xml)" = 0 ]
	[ "$(xmllint --xpath "count(//*[local-name() = 'sleep'])" copy.xml)" = 1 ]
	[ "$(xmllint --xpath 'count(//interface)' copy.xml)" = 1 ]
}

# killed_by SIGNAL: a bench over three, in its second
killed_by() {
	local i
	"$MKROM" a.rom "$own,says=A,last"
	"$MKROM" hang.rom "efi,ids=$NIC,class=020000" byte=50:0 byte=51:0
	bench --timeout=40 g $MAC a.rom hang.rom good.rom >out 2>said 3>&- &
	job=$!
	for ((i = 0; i < 300; i++)); do
		grep -q '^\[2/3\]' said && libvirtd_run virsh list --name | grep -q g-vbios && break
		sleep 0.1
	done
	# the program is the child of nsenter, or what nsenter became
	kill "-$1" "$(pgrep -f "^$VBIOS bench --work=$PWD/work")"
	status=0
	wait $job || status=$?
	for ((i = 0; i < 100; i++)); do
		[[ $(libvirtd_run virsh list --all --name | xargs) == g ]] && break
		sleep 0.1
	done
	[ "$(libvirtd_run virsh list --all --name | xargs)" = g ]
	[ ! -e work/vars.fd ]
}

# goes_on: the next bench takes what was seen, and comes to its end
goes_on() {
	run -0 --separate-stderr bench --timeout=5 g $MAC a.rom hang.rom good.rom
	[[ $stderr == *'a.rom: runs (seen before)'*'hang.rom: no answer'*'good.rom: runs' ]]
	run -0 --separate-stderr bench --timeout=5 g $MAC a.rom
	[[ $stderr == *'a.rom: runs' ]]
}

@test "killed in the middle: nothing is left, and it goes on there" {
	killed_by KILL
	[ "$status" -eq 137 ]
	goes_on
}

@test "interrupted: the same, and it says so" {
	killed_by INT
	[ "$status" -eq 3 ]
	[ "$(tail -n 1 said)" = 'vbios: interrupted' ]
	goes_on
}

@test "the ROM BAR off" {
	"$MKROM" ids.rom "legacy,ids=8086:1111,class=020000,pnp,says=H,last"
	bench g $MAC ids.rom
	[ "$(seen ids.rom)" = 'ignored / ignored / True' ]
	: >empty.rom
	"$MKROM" long.rom "$own,says=H,last" fill=0:40000
	bench --bar=off g $MAC ids.rom empty.rom long.rom
	[ "$(seen ids.rom)" = 'runs / runs / True' ]
	[ "$(seen empty.rom)" = 'ignored / ignored / True' ]
	[ "$(seen long.rom)" = 'ignored / ignored / True' ]
}

@test "probes: the serial port, and a command" {
	local ipxe=/usr/lib/ipxe/qemu/pxe-e1000e.rom
	run -0 --separate-stderr bench --timeout=20 --serial='iPXE .* Open Source' g $MAC "$ipxe"
	[[ $output == *'runs'*'serial port'* ]]
	"$MKROM" quiet.rom "$own,last"
	run -0 --separate-stderr bench --timeout=20 --command='[ "$VBIOS_ROM" = quiet.rom ]' g $MAC quiet.rom
	[[ $output == *'runs'*'command'* ]]
	run -2 bench --serial='(' g $MAC quiet.rom
	[[ $output == "vbios: --serial: '(': "*"; see 'vbios bench --help'" ]]
}

@test "with disks, a copy that does not shut down is left running, unless forced" {
	"$MKROM" quiet.rom "$own,last"
	run -3 --separate-stderr bench --with-disks --timeout=3 g $MAC quiet.rom
	[[ $stderr == *"vbios: 'g-vbios' has disks and does not shut down: it is left running; 'virsh destroy g-vbios' ends it as a loss of power would" ]]
	[ "$(libvirtd_run virsh domstate g-vbios | xargs)" = running ]
	libvirtd_run virsh dumpxml g-vbios | grep -q "$PWD/disk"
	libvirtd_run virsh -q destroy g-vbios
	run -0 --separate-stderr bench --with-disks --force --timeout=3 g $MAC quiet.rom
	[ "$(libvirtd_run virsh list --all --name | xargs)" = g ]
}

@test "two at once, and a report that cannot be written" {
	"$MKROM" hang.rom "efi,ids=$NIC,class=020000" byte=50:0 byte=51:0
	bench --timeout=15 g $MAC hang.rom >out 2>said 3>&- &
	job=$!
	for ((i = 0; i < 300; i++)); do
		grep -q '^\[1/1\]' said && break
		sleep 0.1
	done
	run -3 bench g $MAC good.rom
	[ "$output" = "vbios: another bench is at work in '$PWD/work'" ]
	wait $job
	tail -n 1 out | grep '^1 of 1 as predicted'
	# told before an hour of trials, and not after it
	run -3 bench --report="$PWD/good.rom/report" g $MAC good.rom
	[ "$output" = "vbios: make the directory '$PWD/good.rom/report': Not a directory" ]
}

@test "what kept the copy from starting is asked again" {
	sed 's|<name>g<|<name>g-vbios<|; /<disk/d; /<graphics/d' g.xml >other.xml
	libvirtd_run virsh -q create other.xml
	run -3 --separate-stderr bench g $MAC good.rom
	[[ $stderr == *$'\nvbios: the copy does not start, even without a ROM: '*"'g-vbios' already exists"* ]]
	libvirtd_run virsh -q destroy g-vbios
	run -0 --separate-stderr bench g $MAC good.rom
	[[ $output == *$'\n1 of 1 as predicted' ]]
}

@test "a guest that runs, and what is not there" {
	libvirtd_run virsh -q start g
	run -3 bench g $MAC good.rom
	[ "$output" = "vbios: the guest 'g' is running: its devices go to the copy only when it is shut off" ]
	libvirtd_run virsh -q destroy g
	run -3 bench g 52:54:00:00:00:00 good.rom
	[ "$output" = "vbios: the guest 'g' has no device of the host and no network card 52:54:00:00:00:00" ]
	run -3 bench g $MAC none.rom
	[ "$output" = "vbios: open '$PWD/none.rom': No such file or directory" ]
	mkfifo pipe
	run -3 bench g $MAC good.rom pipe
	[ "$output" = "vbios: 'pipe' is no regular file, and not tried" ]
}
