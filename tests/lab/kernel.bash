# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's kernel for the emulated host: its packages are unpacked into a cache, nothing is
# installed. A kernel that is there is used as it is; delete it to get the current one.

kernel_cache=${XDG_CACHE_HOME:-$HOME/.cache}/vfiokit-lab

# kernel_fetch DIR PACKAGE...: downloads these packages into DIR
kernel_fetch() {
	local dir=$1
	shift
	(cd "$dir" && apt-get -q -o APT::Sandbox::User=root download "$@") >"$dir/log" 2>&1
}

# kernel_package: the name of the package that linux-image-amd64 stands for
kernel_package() {
	apt-cache depends linux-image-amd64 2>/dev/null |
		sed -n 's/.*Depends: \(linux-image-[0-9].*-amd64\)$/\1/p' | head -n 1
}

# kernel_unpack DIR NAME: the packages in DIR become NAME in the cache, whole or not at all;
# who loses a race against another that does the same takes that one's
kernel_unpack() {
	local dir=$1 name=$2 deb
	[[ $name ]] || return
	[[ ! -d $kernel_cache/$name ]] || return 0
	for deb in "$dir"/*.deb; do
		dpkg-deb -x "$deb" "$dir/root" || return
	done
	[[ $name != linux-image-* ]] || depmod -b "$dir/root" "${name#linux-image-}" || return
	mv -T "$dir/root" "$kernel_cache/$name" 2>/dev/null || [[ -d $kernel_cache/$name ]]
}

# kernel_download: gets the current kernel; apt's lists may be missing or too old for it
kernel_download() {
	local dir package
	mkdir -p "$kernel_cache"
	dir=$(mktemp -d "$kernel_cache/new.XXXXXX") || return
	package=$(kernel_package)
	if [[ ! $package ]] || ! kernel_fetch "$dir" "$package"; then
		apt-get -q update >"$dir/log" 2>&1
		package=$(kernel_package)
		[[ ! $package ]] || kernel_fetch "$dir" "$package"
	fi
	kernel_end "$dir" "$package" "cannot get the package linux-image-amd64"
}

# kernel_end DIR NAME COMPLAINT: unpacks what was downloaded into DIR, which goes
kernel_end() {
	local status=0
	kernel_unpack "$1" "$2" 2>>"$1/log" || {
		status=1
		tail -n 5 "$1/log" >&2
		echo "lab: $3" >&2
	}
	rm -rf "$1"
	return $status
}

# kernel_newest: prints the name of the newest one in the cache
kernel_newest() {
	find "$kernel_cache" -maxdepth 1 -name 'linux-image-*' -printf '%f\n' 2>/dev/null |
		sort -V | tail -n 1
}

# kernel_find: sets kernel_version, and kernel_root, where its files are
kernel_find() {
	local name
	name=$(kernel_newest)
	if [[ ! $name ]]; then
		kernel_download || return
		name=$(kernel_newest)
	fi
	kernel_version=${name#linux-image-}
	kernel_root=$kernel_cache/$name
}

# kernel_unpacked: the kernel as it runs, on standard output. What a bootable image unpacks by
# itself takes an emulated CPU longer than the kernel needs to boot. Where it is in the image:
# Documentation/x86/boot.rst, setup_sects, payload_offset and payload_length.
kernel_unpacked() {
	local image=$kernel_root/boot/vmlinuz-$kernel_version sectors offset length
	sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$image") &&
		read -r offset length < <(od -An -tu4 -j $((0x248)) -N 8 "$image") || return
	# its last four bytes are its size unpacked
	tail -c "+$(((sectors + 1) * 512 + offset + 1))" "$image" | head -c $((length - 4)) | xz -dc
}

# kernel_modules MODULE...: prints the files to load for these, in order
kernel_modules() {
	modprobe -d "$kernel_root" -S "$kernel_version" --show-depends -a "$@" |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# kernel_headers: sets kernel_headers_root, where what modules are built with is unpacked
kernel_headers() {
	local name=linux-headers-$kernel_version dir packages
	kernel_headers_root=$kernel_cache/$name
	[[ ! -d $kernel_headers_root ]] || return 0
	packages=("$name" "${name%-*}-common" "linux-kbuild-${kernel_version%.*}")
	dir=$(mktemp -d "$kernel_cache/new.XXXXXX") || return
	if ! kernel_fetch "$dir" "${packages[@]}"; then
		apt-get -q update >"$dir/log" 2>&1
		kernel_fetch "$dir" "${packages[@]}"
	fi
	kernel_end "$dir" "$name" \
		"cannot get ${packages[*]}; for those of a newer kernel delete $kernel_root"
}

# kernel_module DIR: builds the module whose source is DIR there. Debian's makefile of a
# kernel includes another by its installed path.
kernel_module() {
	local src
	kernel_headers || return
	src=$kernel_headers_root/usr/src/linux-headers-$kernel_version
	make -s -C "$src" -f "${src%-*}-common/Makefile" M="$1" CC=gcc modules >"$1/log" 2>&1 || {
		tail -n 5 "$1/log" >&2
		echo "lab: cannot build the kernel module of $1" >&2
		return 1
	}
}
