#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# As in kills.bats: the hook is killed in its steps that take devices from the host.
#
# lab: append=modprobe.blacklist=virtio_gpu
# lab: cpufreq
# lab: limit=1800

bats_require_minimum_version 1.5.0

setup_file() {
	load lab
	load guest
	load kills
	kills_begin
}

teardown_file() {
	kills_end
}

setup() {
	load lab
	load guest
	load kills
	kills_setup
}

teardown() {
	kills_teardown
}

@test "sound" {
	dies win +sound
	dies win +sound send:uevent recv
	count
}

@test "units and holders" {
	dies win +stop
	dies win +unit
	dies win +unit send:StopUnit
	dies win +unit send:StopUnit recv fork
	count
}

@test "console and framebuffer" {
	dies boot +console
	dies boot +console send:vtconsole
	dies boot +console send:vtconsole recv
	dies boot +framebuffer
	dies boot +framebuffer send:unbind
	dies boot +framebuffer send:unbind recv
	count
}

@test "device" {
	dies win +device
	dies win +device +device +device send:driver_override
	dies win +device send:unbind
	dies win +device send:unbind recv
	dies win +device send:drivers_probe recv send:drivers_probe
	dies win +device send:drivers_probe recv send:drivers_probe recv send:drivers_probe recv
	count
}

@test "irq" {
	dies win +irq
	dies win +irq-affinity send:default_smp_affinity
	dies win +irq-affinity +irq-affinity +irq-affinity send:smp_affinity_list recv
	count
}
