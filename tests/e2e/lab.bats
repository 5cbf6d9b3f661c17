#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a bats file of tests/lab says about the host that it needs, where no host is booted for
# it; that the rest of it comes true is in tests/lab/wishes.bats.

bats_require_minimum_version 1.5.0

setup() {
	lab=$SRCDIR/tests/lab
	cd "$BATS_TEST_TMPDIR" || return
}

# file NAME LINE...: a bats file with these wishes
file() {
	local name=$1
	shift
	printf '# lab: %s\n' "$@" >"$name"
}

# wishes FILE...: what has been read, one variable a line
wishes() {
	bash -uc '. "$0/wishes.bash" && wishes_read "$@" && declare -p ${!wish_@}' "$lab" "$@"
}

@test "a line that says nothing about a host is refused" {
	file one.bats limit=10 hugepages
	run -125 "$lab/run" one.bats
	[ "$output" = "lab: $PWD/one.bats: 'hugepages' says nothing about a host" ]
	file one.bats then=sleep
	run -125 "$lab/run" one.bats
	[ "$output" = "lab: $PWD/one.bats: 'then=sleep' says nothing about a host" ]
	file one.bats memory=0
	run -125 "$lab/run" one.bats
	[ "$output" = "lab: $PWD/one.bats: 'memory=0' says nothing about a host" ]
}

@test "files that need different hosts do not share a boot" {
	file one.bats memory=5120
	file two.bats memory=5120 cpufreq
	run -125 "$lab/run" one.bats two.bats
	[ "$output" = "lab: $PWD/two.bats needs another host than $PWD/one.bats" ]
}

@test "a long test is skipped unless it is asked for" {
	file one.bats long
	LONG_TESTS='' run -77 "$lab/run" one.bats
	[ "$output" = 'skipped: a long test, with LONG_TESTS=1 only' ]
}

@test "words become arguments, lines of a kind add up" {
	file one.bats 'append=quiet a=b' append=c 'gpu=1:2:3:4 5:6:7:8' gpu=9:a:b:c then=reset
	run -0 wishes one.bats
	[[ $output == *'wish_append=([0]="quiet" [1]="a=b" [2]="c")'* ]]
	[[ $output == *'wish_gpu=([0]="1:2:3:4 5:6:7:8" [1]="9:a:b:c")'* ]]
	[[ $output == *'wish_then=([0]="reset")'* ]]
	[[ $output == *'wish_memory="4096"'* ]]
	[[ $output == *'wish_cpufreq=""'* ]]
}

@test "files that share a boot have the sum of their times, 300 s where nothing is said" {
	file one.bats cpufreq limit=20
	file two.bats limit=3 cpufreq
	file three.bats cpufreq
	run -0 wishes one.bats two.bats three.bats
	[[ $output == *'wish_limit="323"'* ]]
	[[ $output == *'wish_cpufreq="yes"'* ]]
}
