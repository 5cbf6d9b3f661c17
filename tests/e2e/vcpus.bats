#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0

setup() {
	load tweak
}

@test "only the number changes where nothing else depends on it" {
	changes virsh.xml --vcpus=6 <<-'EOF'
	10c10
	<   <vcpu placement='static'>4</vcpu>
	---
	>   <vcpu placement='static'>6</vcpu>
	EOF
	says ""
}

@test "a guest that does not say gets the element" {
	changes minimal.xml --vcpus=2 <<-'EOF'
	3a4
	>   <vcpu>2</vcpu>
	EOF
	changes kubevirt.xml --vcpus=2 <<-'EOF'
	11a12
	> 	<vcpu>2</vcpu>
	EOF
	says ""
}

@test "everything that counts vCPUs agrees with the new number" {
	changes tuned.xml --vcpus=8 <<-'EOF'
	EOF
	says ""
}

@test "a topology that does not divide becomes plain" {
	changes tuned.xml --vcpus=6 <<-'EOF'
	EOF
	says ""
}

@test "more vCPUs take nothing out" {
	changes tuned.xml --vcpus=32 <<-'EOF'
	EOF
	says ""
}

@test "vCPUs are not divided among NUMA cells" {
	refuses 1 "x" cells.xml --vcpus=6
	tweak --vcpus=8 "$DATA/cells.xml"
	diff "$DATA/cells.xml" "$BATS_TEST_TMPDIR/out.xml"
}

@test "a number that is none is refused" {
	refuses 1 "x" minimal.xml --vcpus=2
}

@test "the stylesheet does the same alone" {
	sheet_agrees tuned.xml vcpus --vcpus=6
	sheet_agrees minimal.xml vcpus --vcpus=6
}
