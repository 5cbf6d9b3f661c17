# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The emulated host, as arguments for QEMU: q35 with an Intel IOMMU, two NUMA nodes, each a
# socket of one core with two threads, UEFI with a framebuffer on the boot GPU, and
#
#	01:00.0 .1   virtio-vga and HD audio: the boot GPU
#	02:00.0 .1   bochs-display and HD audio with an output, which is a sound card:
#	             the second GPU
#	03:00.0      NVMe disk
#	04:00.0      \ two identical e1000e NICs
#	05:00.0      /
#	06:00.0      xHCI controller with a USB keyboard and a USB mouse
#	07:00.0 ...  what the tests want (wishes.bash)
#
# Each is an IOMMU group of its own. Software emulation always: whether the machine that
# runs it has KVM must not matter.
#
# shellcheck disable=SC2034,SC2154 # boot.bash, wishes.bash and this file share variables
# shellcheck disable=SC2054 # QEMU's commas

firmware=/usr/share/OVMF

# machine_port N: the root port N, which becomes bus N
machine_port() {
	local slot
	printf -v slot %#x $((15 + $1))
	machine+=(-device "pcie-root-port,id=rp$1,chassis=$1,slot=$1,addr=$slot")
}

# machine_card N DEVICE...: its functions
machine_card() {
	local bus=rp$1 function=0 device multi=',multifunction=on'
	machine_port "$1"
	shift
	[[ $# -gt 1 ]] || multi=
	for device; do
		machine+=(-device "$device,bus=$bus,addr=0.$function$multi")
		function=$((function + 1)) multi=
	done
}

# The CPU has threads, which an AMD one of QEMU has not, and not what the kernel would load
# modules for.
machine_board() {
	local half=$((wish_memory / 2))M
	machine+=(-accel 'tcg,thread=multi' -M 'q35,kernel-irqchip=split'
		-cpu max,vendor=GenuineIntel,-aes,-pclmulqdq,-avx,-avx2
		-smp 4,sockets=2,cores=1,threads=2 -m "${wish_memory}M"
		-object "memory-backend-ram,id=m0,size=$half" -numa node,nodeid=0,cpus=0-1,memdev=m0
		-object "memory-backend-ram,id=m1,size=$half" -numa node,nodeid=1,cpus=2-3,memdev=m1
		-nodefaults -no-user-config -display none -no-reboot
		-device 'intel-iommu,intremap=on,caching-mode=on'
		-drive "if=pflash,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.fd"
		-drive "if=pflash,format=raw,file=$lab/vars.fd")
}

# machine_plumbing: what the host is made of: the machine's own /, the folder it shares
# with us, and a disk if it has to remember
machine_plumbing() {
	machine+=(-fsdev 'local,id=root,path=/,security_model=none,readonly=on,multidevs=remap'
		-device virtio-9p-pci,fsdev=root,mount_tag=root
		-fsdev "local,id=lab,path=$lab/share,security_model=none"
		-device virtio-9p-pci,fsdev=lab,mount_tag=lab
		-serial "file:$lab/console")
	if [[ ${#wish_then[@]} -gt 0 ]]; then
		machine+=(-drive "if=virtio,format=raw,file=$lab/state.img")
	fi
}

machine_devices() {
	machine_card 1 virtio-vga intel-hda
	machine_card 2 bochs-display intel-hda,id=hda2
	machine+=(-audiodev none,id=quiet -device hda-output,bus=hda2.0,audiodev=quiet)
	machine_card 3 nvme,serial=lab0,drive=nvme0
	machine+=(-drive "if=none,id=nvme0,file=$lab/nvme.img,format=raw")
	machine_card 4 e1000e
	machine_card 5 e1000e
	machine_card 6 qemu-xhci,id=usb
	machine+=(-device usb-kbd,bus=usb.0,serial=K1 -device usb-mouse,bus=usb.0,serial=M1)
}

# machine_rom N: the option that gives the Nth of these cards its ROM, if it is to have one
machine_rom() {
	local parts
	[[ ${wish_rom[$1]:-} ]] || return 0
	read -ra parts <<<"${wish_rom[$1]}"
	"$build/bin/mkrom" "$lab/gpu$1.rom" "${parts[@]}" && echo ",romfile=$lab/gpu$1.rom"
}

# machine_gpus: cards with any ids, from a plugin
machine_gpus() {
	local port=7 card i ids names rom n=0 plugin=file=$lab/fakegpu.so
	[[ ${#wish_gpu[@]} -gt 0 ]] || return 0
	cc -O2 -Wall -Wextra -Werror -shared -fPIC -o "$lab/fakegpu.so" "$here/fakegpu.c" || return
	for i in "${!wish_gpu[@]}"; do
		card=${wish_gpu[i]}
		rom=$(machine_rom "$i") || return
		names=()
		for ids in $card; do
			plugin+=,dev=lab$n:$ids
			names+=("lab$n$rom")
			rom=''
			n=$((n + 1))
		done
		machine_card $port "${names[@]}"
		port=$((port + 1))
	done
	machine+=(-plugin "$plugin")
}

# machine_monitor: a port in the host that leads to the monitor of the QEMU which it runs in
machine_monitor() {
	local socket=socket,path=$lab/monitor
	[[ $wish_monitor ]] || return 0
	machine+=(-chardev "$socket,id=monitor,server=on,wait=off"
		-mon chardev=monitor,mode=control
		-chardev "$socket,id=port" -device virtio-serial-pci,id=serial
		-device virtserialport,bus=serial.0,chardev=port,name=lab.monitor)
}

machine_kernel() {
	local append=(console=ttyS0 quiet 'panic=-1' rdinit=/init intel_iommu=on iommu=pt
		systemd.show_status=0 systemd.mask=systemd-tmpfiles-clean.timer)
	# a busy machine that emulates makes timers late; speed; drivers of cards that are none
	append+=(no_timer_check mitigations=off nowatchdog
		modprobe.blacklist=nouveau,amdgpu,radeon,i915)
	if [[ $wish_apparmor ]]; then
		append+=(apparmor=1 security=apparmor) # which says by audit what it denies
	else
		append+=(apparmor=0 audit=0)
	fi
	append+=("${wish_append[@]}")
	machine+=(-kernel "$kernel_root/boot/vmlinuz-$kernel_version" -initrd "$lab/initrd"
		-append "${append[*]}")
}

# machine_build: sets machine to all arguments. Wants lab, the directory for its files,
# here, and what wishes.bash and kernel.bash set.
machine_build() {
	machine=()
	machine_board
	machine_plumbing
	machine_devices
	machine_gpus || return
	machine_monitor
	machine_kernel
	machine+=("${wish_qemu[@]}")
	cp $firmware/OVMF_VARS_4M.fd "$lab/vars.fd" && truncate -s 64M "$lab/nvme.img" || return
	if [[ ${#wish_then[@]} -gt 0 ]]; then
		truncate -s 4G "$lab/state.img" && mkfs.ext4 -q -F "$lab/state.img"
	fi
}
