#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load tweak.bash

@test "the first group brings <qemu:commandline> and its namespace" {
	changes minimal.xml --qemu-arg=-s --qemu-arg=-object,rng-random,,id=rng <<-'END'
		6a7,11
		>   <qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
		>     <qemu:arg value='-object'/>
		>     <qemu:arg value='rng-random,id=rng'/>
		>     <qemu:arg value='-s'/>
		>   </qemu:commandline>
	END
	says ''
	gives_back minimal.xml --unset=qemu-arg:-s --unset=qemu-arg:-object,rng-random,,id=rng
	says ''
}

@test "a new group goes behind what is there" {
	changes kubevirt.xml --qemu-arg=-s <<-'END'
		22a23
		> 		<qemu:arg value="-s"></qemu:arg>
	END
	gives_back kubevirt.xml --unset=qemu-arg:-s
}

@test "quotes of any kind come out as they went in" {
	local value="{'driver':'x',\"y\":\"<&>\",'id':'new'}"

	tweak "--qemu-arg=-device,${value//,/,,}" "$DATA/virsh.xml"
	[ "$(xmllint --xpath "string(//*[local-name()='arg'][last()]/@value)" \
		"$BATS_TEST_TMPDIR/out.xml")" = "$value" ]
	gives_back virsh.xml "--unset=qemu-arg:-device,${value//,/,,}"
}

@test "a group that is there, one argument behind the other, is left alone" {
	changes virsh.xml --qemu-arg=-object,input-linux,,id=kbd,,evdev=/dev/input/event3 \
		--qemu-arg='-device,{"driver":"ich9-intel-hda",,"id":"sound"},-object,input-linux,,id=kbd,,evdev=/dev/input/event3' </dev/null
}

@test "an object of the same option and id gets the new value in its place" {
	changes virsh.xml --qemu-arg="-device,hda,,id=sound" \
		--qemu-arg=-object,x,,id=kbd,,a=b,,,,id=no <<-'END'
		54c54
		<     <qemu:arg value='{"driver":"ich9-intel-hda","id":"sound"}'/>
		---
		>     <qemu:arg value='hda,id=sound'/>
		56c56
		<     <qemu:arg value='input-linux,id=kbd,evdev=/dev/input/event3'/>
		---
		>     <qemu:arg value='x,id=kbd,a=b,,id=no'/>
	END
}

@test "the id of JSON is that of the outermost object, with white space anywhere" {
	changes prefix.xml "--qemu-arg=-object,{'id' : 'rng'}" --qemu-arg=-object,x,,id=no <<-'END'
		27c27,29
		<     <q:arg value=' { "qom-type" : "rng-random", "x" : ["id", {"id":"no"}], "id" : "rng" } '/>
		---
		>     <q:arg value='{&apos;id&apos; : &apos;rng&apos;}'/>
		>     <q:arg value='-object'/>
		>     <q:arg value='x,id=no'/>
	END
}

@test "the same id behind another option is another object" {
	changes virsh.xml --qemu-arg=-chardev,x,,id=kbd <<-'END'
		57a58,59
		>     <qemu:arg value='-chardev'/>
		>     <qemu:arg value='x,id=kbd'/>
	END
	gives_back virsh.xml --unset=qemu-arg:-chardev,x,,id=kbd
}

@test "broken JSON is an argument like any other" {
	local value

	# shellcheck disable=SC1003 # a backslash at the end
	for value in '{' '{"id"' '{"id":' '{"id":"' '{"id":"a' '{"id":"a\' '{"id":7}' '}}' 'id=' 'x,id='; do
		tweak "--qemu-arg=-object,${value//,/,,}" "$DATA/minimal.xml"
		[ "$(xmllint --xpath "string(//*[local-name()='arg'][2]/@value)" \
			"$BATS_TEST_TMPDIR/out.xml")" = "$value" ]
		gives_back minimal.xml "--unset=qemu-arg:-object,${value//,/,,}"
	done
}

@test "unset takes out the whole group and nothing of another" {
	changes virsh.xml --unset=qemu-arg:-object,input-linux,,id=kbd,,evdev=/dev/input/event3 \
		--unset=qemu-arg:-device,other <<-'END'
		55,56d54
		<     <qemu:arg value='-object'/>
		<     <qemu:arg value='input-linux,id=kbd,evdev=/dev/input/event3'/>
	END
	says "xmltweak: note: qemu-arg: the guest has no group of arguments '-device other': nothing to take out"
}

# commandline ARG...: a guest with these arguments alone, guest.xml
commandline() {
	local file=$BATS_TEST_TMPDIR/guest.xml

	sed '/<\/domain>/d' "$DATA/minimal.xml" >"$file"
	{
		echo "  <qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
		printf "    <qemu:arg value='%s'/>\n" "$@"
		echo "  </qemu:commandline>"
		echo "</domain>"
	} >>"$file"
}

# becomes ARGS OPTION...: what the options make of guest.xml, once and twice
becomes() {
	local want=$1 dir=$BATS_TEST_TMPDIR
	shift
	tweak "$@" "$dir/guest.xml"
	diff <(echo "$want") <(sed -n "s/.*<qemu:arg value='\(.*\)'.*/\1/p" "$dir/out.xml" | xargs)
	sheet_agrees "$dir/guest.xml" qemu-arg "$@"
	"$XMLTWEAK" --host=none "$@" "$dir/out.xml" >"$dir/again.xml" 2>"$dir/again"
	diff "$dir/out.xml" "$dir/again.xml"
}

@test "part of a group is neither there nor taken out" {
	commandline -foo bar
	becomes '-foo bar' --unset=qemu-arg:-foo
	says "xmltweak: note: qemu-arg: the guest has no group of arguments '-foo': nothing to take out"
	becomes '-foo bar' --unset=qemu-arg:bar
	becomes '-foo bar -foo' --qemu-arg=-foo
	becomes '-foo' --qemu-arg=-foo --unset=qemu-arg:-foo,bar
	says ''
	commandline -device a -device b
	becomes '-device a -device b' --unset=qemu-arg:-device --unset=qemu-arg:a,-device
	becomes '-device b' --unset=qemu-arg:-device,a
}

@test "a wish of several groups is taken out as a whole" {
	commandline -a 1 -b -c 2
	becomes '-c 2' --unset=qemu-arg:-a,1,-b
	becomes '-a 1 -b -c 2' --unset=qemu-arg:-a,1,-b,-c --unset=qemu-arg:1,-b
	becomes '-a 1 -b -c 2' --qemu-arg=-b --unset=qemu-arg:-a,1,-b
	becomes '-a 1 -b -c 2' --qemu-arg=-a,1,-b --unset=qemu-arg:-b
}

@test "an argument before any option is a group of its own" {
	commandline disk other -a 1
	becomes 'other -a 1' --unset=qemu-arg:disk
	becomes 'disk -a 1' --unset=qemu-arg:other
	becomes 'disk' --unset=qemu-arg:other,-a,1
	commandline disk
	becomes 'disk -a' --qemu-arg=-a
	refuses 2 "xmltweak: --qemu-arg: 'disk,-a' begins with no option: the first argument of a group is one, such as -device; see 'xmltweak --help'" \
		minimal.xml --qemu-arg=disk,-a
}

@test "the value that takes the place of another is not taken out with it" {
	commandline -device x,id=a -s
	becomes '-device y,id=a -s' --qemu-arg=-device,y,,id=a --unset=qemu-arg:-device,x,,id=a
}

@test "a comment keeps <qemu:commandline> when its last argument goes" {
	changes prefix.xml '--unset=qemu-arg:-object, { "qom-type" : "rng-random",, "x" : ["id",, {"id":"no"}],, "id" : "rng" } ' <<-'END'
		26,27d25
		<     <q:arg value='-object'/>
		<     <q:arg value=' { "qom-type" : "rng-random", "x" : ["id", {"id":"no"}], "id" : "rng" } '/>
	END
}

@test "two groups for one object are refused" {
	refuses 2 "xmltweak: --qemu-arg: 'x,id=a' and 'y,id=a' have the same id" \
		minimal.xml --qemu-arg=-device,y,,id=a --qemu-arg=-device,x,,id=a
}

@test "the stylesheet does the same under xsltproc" {
	sheet_agrees virsh.xml qemu-arg --qemu-arg=-device,hda,,id=sound --qemu-arg=-s \
		--unset=qemu-arg:-object,input-linux,,id=kbd,,evdev=/dev/input/event3
	sheet_agrees minimal.xml qemu-arg --qemu-arg=-s
}
