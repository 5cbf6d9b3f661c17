#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios store: ROMs kept by their content.

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	host=$BATS_TEST_TMPDIR/host
	store=$BATS_TEST_TMPDIR/var/store
	mkdir "$host"
	"$MKROM" a.rom legacy,last
	"$MKROM" b.rom legacy efi,last,ids=1002:731f
	a=$(sha256sum <a.rom | cut -d ' ' -f 1)
	b=$(sha256sum <b.rom | cut -d ' ' -f 1)
}

# says STATUS OPTION...: with this status, standard output and error are standard input
says() {
	local want=$1 status=0
	shift
	"$VBIOS" store --host="$host" --store="$store" "$@" >out 2>&1 || status=$?
	diff -u - out
	[ "$status" -eq "$want" ] || { echo "status $status"; return 1; }
}

@test "a file is kept by its content, and what is said of it" {
	says 0 add a.rom --from='the card itself' --note='before the update' <<-END
		'$store/$a.rom'
	END
	says 0 add b.rom <<-END
		'$store/$b.rom'
	END
	cmp a.rom "$store/$a.rom"
	[ "$(stat -c %a "$store/$a.rom")" = 644 ]
	"$VBIOS" store --store="$store" list | sed "s/$(date -u +%F)/DATE/" >out
	{
		printf '%.12s  10de:1b80      1024  DATE  a.rom\n' "$a"
		echo '    from: the card itself'
		echo '    note: before the update'
		printf '%.12s  10de:1b80      2048  DATE  b.rom\n' "$b"
	} >want
	# by SHA-256
	[[ $a < $b ]] || { tail -n 1 want; head -n 3 want; } >turned
	[[ $a < $b ]] || mv turned want
	diff -u want out
	[ "$("$VBIOS" store --store="$store" list --json | python3 -c '
import json, sys
print(sorted((e["name"], e["size"], e["ids"], e["from"]) for e in json.load(sys.stdin)))')" = \
		"[('a.rom', 1024, '10de:1b80', 'the card itself'), ('b.rom', 2048, '10de:1b80', None)]" ]
}

@test "the same content again keeps what is remembered" {
	says 0 add a.rom --from=here <<<"'$store/$a.rom'"
	cp a.rom c.rom
	says 0 add c.rom --note=twice <<<"'$store/$a.rom'"
	"$VBIOS" store --store="$store" list | sed 1d | diff -u - <(printf '    from: here\n    note: twice\n')
	"$VBIOS" store --store="$store" list | head -n 1 | grep ' a.rom$'
}

@test "verify reads everything again" {
	says 0 verify </dev/null
	says 0 add a.rom <<<"'$store/$a.rom'"
	says 0 verify <<<"${a:0:12}  as it was added"
	printf x | dd of="$store/$a.rom" bs=1 seek=100 conv=notrunc status=none
	says 1 verify <<-END
		${a:0:12}  its content has changed
		vbios: 1 of 1 files are not as they were added
	END
}

@test "what is damaged does not keep the others from being shown" {
	local first=$a second=$b
	[[ $a < $b ]] || { first=$b second=$a; }
	says 0 list </dev/null
	says 0 add a.rom <<<"'$store/$a.rom'"
	says 0 add b.rom <<<"'$store/$b.rom'"
	echo '{' >"$store/$first.json"
	run "$VBIOS" store --store="$store" list
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == "vbios: '$store/$first.json' is no JSON object" || ${lines[1]} == "vbios: '$store/$first.json' is no JSON object" ]]
	[[ $output == *"${second:0:12}  10de:1b80 "* ]]
	says 1 verify <<-END
		${first:0:12}  '$store/$first.json' is no JSON object
		${second:0:12}  as it was added
		vbios: 1 of 2 files are not as they were added
	END
	rm "$store/$second.rom"
	mkdir "$store/$second.rom"
	run "$VBIOS" store --store="$store" list
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 2 ]
}

@test "what is no option ROM is not kept" {
	"$MKROM" flash nvgi=3 legacy,last
	says 1 add flash <<-'END'
		vbios: 'flash' is no option ROM that a guest could be given; 'vbios check' says why
	END
	[ ! -e "$store" ]
}

@test "the line that AppArmor needs is shown, and written when that is asked for" {
	mkdir -p "$host/sys/module/apparmor/parameters" "$host/etc/apparmor.d/abstractions" \
		"$host/etc/apparmor.d/local/abstractions"
	echo Y >"$host/sys/module/apparmor/parameters/enabled"
	echo '  /usr/share/vgabios/** r,' >"$host/etc/apparmor.d/abstractions/libvirt-qemu"
	local=$host/etc/apparmor.d/local/abstractions/libvirt-qemu
	printf '# mine' >"$local"
	says 0 add a.rom <<-END
		'$store/$a.rom'
		AppArmor does not let QEMU read it, until this line is in '/etc/apparmor.d/local/abstractions/libvirt-qemu' (--apparmor writes it): "$store/*.rom" r,
	END
	says 0 add a.rom --apparmor <<-END
		'$store/$a.rom'
		'/etc/apparmor.d/local/abstractions/libvirt-qemu' has now the line: "$store/*.rom" r,
	END
	diff -u - "$local" <<-END
		# mine
		"$store/*.rom" r,
	END
	says 0 add b.rom --apparmor <<<"'$store/$b.rom'"
	[ "$(wc -l <"$local")" -eq 2 ]
}

@test "a call that makes no sense" {
	for call in 'add' 'list a.rom' 'forget'; do
		# shellcheck disable=SC2086 # words
		says 2 $call <<-'END'
			vbios: 'store' is called as: vbios store add FILE, vbios store list, or vbios store verify; see 'vbios store --help'
		END
	done
}
