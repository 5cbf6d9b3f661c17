#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest that starts with the host, beside a display manager that wants the same GPU, and
# the host's going down under the guest: by reboot, with and without libvirt-guests, and
# by a loss of power. What the host was like before the first start is compared with
# what it is like after each of them.
#
# lab: then=reboot
# lab: then=reboot
# lab: then=poweroff
# lab: then=reset
# lab: limit=600

bats_require_minimum_version 1.5.0
dm=lightdm.service # also known as display-manager.service
kept=/var/lib/lab-boots
units=/etc/systemd/system

setup() {
	load lab
	load guest
}

teardown() {
	[[ $BATS_TEST_COMPLETED ]] || journalctl -b -t vfiokit-hook -t libvirtd -o short-monotonic
}

# display_manager: one that has the second GPU open and is ready then, under the names
# that the true ones have
display_manager() {
	local card=/dev/dri/by-path/pci-0000:02:00.0-card
	cat >"$units/$dm" <<-END
		[Service]
		Type=notify
		NotifyAccess=all
		ExecStartPre=/bin/sh -c 'until [ -e $card ]; do sleep 1; done'
		ExecStart=/bin/sh -c 'exec 3<$card; systemd-notify --ready; exec sleep infinity'
		Restart=always
	END
	ln -s "$dm" "$units/display-manager.service"
	# the time for a guest to start in, if it is to be faster
	cat >"$units/lab-guest.service" <<-END
		[Service]
		Type=oneshot
		TimeoutStartSec=300
		ExecStart=/bin/sh -c '$(until_guest)'
	END
	systemctl daemon-reload
}

# until_guest: a shell's command that waits until the guest has started, or a test has
# seen it
until_guest() {
	echo 'until [ -e /run/libvirt/qemu/gpu.pid -o -e /run/lab-seen ]; do sleep 1; done'
}

# late_driver: in the boots to come the second GPU's is loaded when the hook is at work
late_driver() {
	cat >/usr/local/sbin/lab-late <<-'END'
		#!/bin/sh
		# run by udev, which ends it after three minutes
		for n in $(seq 150); do
			[ -d /run/vfiokit ] && sleep 2 && touch /run/lab-late && break
			sleep 1
		done
		exec /sbin/modprobe --ignore-install bochs
	END
	chmod 755 /usr/local/sbin/lab-late
	echo 'install bochs /usr/local/sbin/lab-late' >/etc/modprobe.d/lab-late.conf
}

# order UNIT LINE...: in the boots to come these lines are part of it, and of no other
order() {
	local unit=$1
	rm -rf "$units/$dm.d" "$units/libvirtd.service.d"
	shift
	mkdir "$units/$unit.d"
	printf '%s\n' "$@" >"$units/$unit.d/lab.conf"
	systemctl daemon-reload
}

# autostarted: libvirtd is up, and has started the guest by itself
autostarted() {
	lab_wait 180 systemctl is-active libvirtd
	lab_wait 120 sh -c '[ "$(virsh domstate gpu | head -n 1)" = running ]'
	touch /run/lab-seen
}

# held: the guest has what it wants
held() {
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	[ "$(driver 0000:02:00.1)" = vfio-pci ]
	# failed: it was stopped in the middle of its start
	[[ $(systemctl is-active $dm) =~ ^(inactive|failed)$ ]]
	[ "$(systemctl show -P Job $dm)" = '' ]
	[ "$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages)" -ge 128 ]
	[ "$(systemctl show -P AllowedCPUs system.slice)" = 0-2 ]
	systemd-inhibit --list | grep vfiokit
}

# unchanged [REGEX]: the host is as it was before the first start of all, but for these lines;
# virtlogd comes with the first guest of a boot
unchanged() {
	[ "$(systemctl is-active $dm)" = active ]
	[ "$(driver 0000:02:00.0)" = bochs-drm ]
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare $kept/before "$BATS_TEST_TMPDIR/after" "^unit virtlogd${1:+|$1}"
	[ -z "$(ls -A /run/vfiokit 2>/dev/null)" ]
	[ ! -e /etc/systemd/system.control ]
}

# went_down LINE: the last boot ended, which logind announced with this line, while the
# guest ran; in time, and with nobody in the way of it. Its journal from there on is in end.
went_down() {
	end=$BATS_TEST_TMPDIR/end
	journalctl -b -1 -o short-monotonic | sed -n "/systemd-logind.*: $1/,\$p" >"$end"
	cat "$end"
	[ "$(grep -cE 'timed out|Failed to start|Starting lightdm' "$end")" = 0 ]
	[ "$(journalctl -b -1 -t vfiokit-hook -p err -o cat)" = '' ]
	awk -F '[][]' 'NR == 1 { first = $2 } { last = $2 }
		END { print last - first, "s"; exit (NR == 0 || last - first > 60) }' "$end"
}

# released: before the end all was given back, but for what only a host that stays up needs
released() {
	grep "the host is going down: the unit 'lightdm.service' is not started" "$end"
	grep '0000:02:00.0: back to bochs-drm' "$end"
	grep 'vfiokit-hook.* released$' "$end"
}

@test "first boot: a guest starts and stops, and the host is as it was" {
	mkdir -p $kept
	vfiokit-hook install
	mkdir /etc/vfiokit
	# a host that comes up is slow, an emulated one all the more
	printf '%s\n' '[deadline]' wait=60 prepare=240 >/etc/vfiokit/hook.conf
	display_manager
	lab_libvirtd
	systemctl start $dm
	guest_define gpu --hostdev=02:00 --hugepages=2M \
		--hook=stop=display-manager.service,isolate,irq,sleep
	virsh vcpupin gpu 0 3 --config
	snapshot $kept/before
	virsh start gpu
	held
	virsh destroy gpu
	unchanged
}

@test "first boot: from now on the guest starts with the host" {
	virsh autostart gpu
	systemctl add-wants lab.target libvirtd.service $dm
	order libvirtd.service '[Unit]' After=display-manager.service
	[ -d /var/log/journal ] # it is kept
}

# bats test_tags=boot:2
@test "a display manager that runs before the guest starts is stopped for it" {
	autostarted
	held
	journalctl -b -t vfiokit-hook -o cat | grep "unit 'lightdm.service': active -> inactive"
	virsh destroy gpu
	lab_wait 20 systemctl is-active $dm
	unchanged
}

# bats test_tags=boot:2
@test "second boot: the host goes down while the guest runs" {
	virsh start gpu
	held
	order $dm '[Unit]' Wants=lab-guest.service After=lab-guest.service
}

# bats test_tags=boot:3
@test "a reboot ended the guest and was not held up" {
	went_down 'System is rebooting'
	grep 'Killing process .*qemu' "$end"
	# a libvirtd that goes before it has noticed calls no hook
	if grep 'vfiokit-hook\[' "$end"; then
		released
	fi
}

# bats test_tags=boot:3
@test "a display manager that is about to start waits for the guest's end" {
	autostarted
	# which the display manager had to wait for
	lab_wait 60 sh -c '[ "$(systemctl show -P ActiveState lab-guest.service)" = inactive ]'
	held
	virsh destroy gpu
	lab_wait 20 systemctl is-active $dm
	unchanged
}

# bats test_tags=boot:3
@test "third boot: the host goes down while the guest runs, which libvirt-guests asks to stop" {
	printf '%s\n' ON_SHUTDOWN=shutdown SHUTDOWN_TIMEOUT=40 >/etc/default/libvirt-guests
	systemctl start libvirt-guests
	virsh start gpu
	held
	# this one has no operating system that would
	systemd-run -u lab-obedient -p DefaultDependencies=no sh -c \
		'virsh qemu-monitor-event gpu --event POWERDOWN && virsh qemu-monitor-command gpu --hmp quit'
	order $dm '[Service]' TimeoutStartSec=300 "ExecStartPre=/bin/sh -c '$(until_guest)'"
	late_driver
}

# bats test_tags=boot:4
@test "a guest that libvirt-guests stopped was released, and the display manager not started" {
	went_down 'System is powering down'
	grep 'libvirt-guests.sh' "$end"
	released
}

# bats test_tags=boot:4
@test "a display manager that is just starting is stopped, a driver on its way waited for" {
	autostarted
	held
	[ -e /run/lab-late ]
	virsh destroy gpu
	lab_wait 20 systemctl is-active $dm
	# that unit waits for such a driver too, for three minutes at most
	unchanged '^unit systemd-udev-settle'
}

# bats test_tags=boot:4
@test "fourth boot: the power goes while the guest runs" {
	virsh autostart --disable gpu
	order libvirtd.service '[Unit]' After=display-manager.service
	rm /etc/modprobe.d/lab-late.conf
	virsh start gpu
	held
}

# bats test_tags=boot:5
@test "after a loss of power there is nothing left of the guest" {
	lab_wait 180 systemctl is-active libvirtd
	lab_wait 180 systemctl is-active $dm
	[ "$(virsh domstate gpu | head -n 1)" = "shut off" ]
	[ ! -e /run/vfiokit ]
	unchanged
}

# bats test_tags=boot:5
@test "and it can start and stop again" {
	virsh start gpu
	held
	virsh destroy gpu
	unchanged
}
