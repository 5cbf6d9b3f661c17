/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Looking Glass: how large the shared memory has to be, and where it lies.
 *
 * Sizes: "Determining memory" in the project's documentation, in two generations that
 * differ. B4 to B7 (the host application): two frames and 10 MiB, twice as much for HDR.
 * The indirect display driver that follows them (IDD): three frames whose lines are
 * padded to 256 bytes, and 4 MiB; HDR needs no more. Either way QEMU wants a power of
 * two.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "domain/query.h"
#include "host/sysfs.h"
#include "tweak/tweaks.h"

#define TOPIC "looking-glass"
#define MIB   UINT64_C(1048576)

static uint64_t power_of_two(uint64_t mib)
{
	uint64_t size = 1;

	while (size < mib)
		size *= 2;
	return size;
}

static uint64_t mib_b7(const struct looking_glass_wish *wish)
{
	uint64_t frame = (uint64_t)wish->width * wish->height * (wish->hdr ? 8 : 4);

	return (frame * 2 + MIB - 1) / MIB + 10;
}

static uint64_t mib_idd(const struct looking_glass_wish *wish)
{
	uint64_t pitch = ((uint64_t)wish->width * 4 + 255) / 256 * 256;

	return (pitch * wish->height * 3 + 4 * MIB + MIB - 1) / MIB;
}

static uint64_t needed_mib(const struct looking_glass_wish *wish)
{
	uint64_t b7 = mib_b7(wish);
	uint64_t idd = mib_idd(wish);

	switch (wish->release) {
	case LOOKING_GLASS_B7:
		return b7;
	case LOOKING_GLASS_IDD:
		return idd;
	default:
		return b7 > idd ? b7 : idd;
	}
}

static uint64_t choose_size(struct planner *planner,
			    const struct looking_glass_wish *wish)
{
	uint64_t needed = needed_mib(wish);
	uint64_t size = wish->size ? wish->size : power_of_two(needed);

	notes_add(planner->notes, NOTE_DECISION, TOPIC,
		  "%" PRIu64 " MiB of shared memory", size);
	if (wish->size) {
		notes_because(planner->notes, "asked for; %ux%u%s needs %" PRIu64 " MiB",
			      wish->width, wish->height, wish->hdr ? " HDR" : "", needed);
	} else if (wish->release == LOOKING_GLASS_EITHER) {
		notes_because(planner->notes,
			      "%ux%u%s needs %" PRIu64
			      " MiB with releases B4 to B7, %" PRIu64
			      " with the indirect display driver; the next power of two "
			      "serves both",
			      wish->width, wish->height, wish->hdr ? " HDR" : "",
			      mib_b7(wish), mib_idd(wish));
	} else {
		notes_because(planner->notes,
			      "%ux%u%s needs %" PRIu64 " MiB; the next power of two",
			      wish->width, wish->height, wish->hdr ? " HDR" : "", needed);
	}
	if (size < needed) {
		notes_add(planner->notes, NOTE_WARNING, TOPIC,
			  "%" PRIu64 " MiB is less than the %" PRIu64
			  " MiB that %ux%u needs: the picture will be cut or refused",
			  size, needed, wish->width, wish->height);
	}
	return size;
}

/*
 * kvmfr: what has to stand on the host. Each line that is missing is a warning that
 * names the line and its file.
 */

static bool host_file_has(const struct planner *planner, const char *file,
			  const char *text)
{
	CLEANUP_BUF struct buf content = BUF_NONE;
	struct error ignored = { 0 };
	CLEANUP_CLOSE int fd = root_openat(planner->root, file, 0);

	return fd >= 0 && file_read_fd(&content, fd, file, &ignored) == 0 &&
	       strstr(buf_text(&content), text);
}

/* The module keeps its parameter to itself (its mode is 0), so what sets it is read. */
static void check_module(struct planner *planner, uint64_t size)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	struct error ignored = { 0 };
	char wanted[64];

	(void)snprintf(wanted, sizeof(wanted), "static_size_mb=%" PRIu64 "\n", size);
	if (sysfs_list(&names, planner->root, "etc/modprobe.d", &ignored) < 0)
		names = SYSFS_NAMES_NONE;
	for (size_t i = 0; i < names.n; i++) {
		char path[SYSFS_PATH_MAX];

		if (sysfs_path(path, &ignored, "etc/modprobe.d/%s", names.v[i]) == 0 &&
		    host_file_has(planner, path, wanted))
			return;
	}
	notes_add(planner->notes, NOTE_WARNING, TOPIC,
		  "no file in /etc/modprobe.d gives the module kvmfr its size: put "
		  "'options kvmfr static_size_mb=%" PRIu64
		  "' into /etc/modprobe.d/kvmfr.conf and 'kvmfr' "
		  "into /etc/modules-load.d/kvmfr.conf",
		  size);
}

static void check_access(struct planner *planner, const char *device)
{
	CLEANUP_BUF struct buf line = BUF_NONE;

	buf_addf(&line, "\"%s\"", device);
	if (!host_file_has(planner, "etc/libvirt/qemu.conf", buf_text(&line))) {
		notes_add(
			planner->notes, NOTE_WARNING, TOPIC,
			"add \"%s\" to cgroup_device_acl in /etc/libvirt/qemu.conf (keep "
			"the entries of its default) and restart libvirtd",
			device);
	}
	buf_cut(&line, 0);
	buf_addf(&line, "%s rw", device);
	if (!host_file_has(planner, "etc/apparmor.d/local/abstractions/libvirt-qemu",
			   buf_text(&line))) {
		notes_add(planner->notes, NOTE_WARNING, TOPIC,
			  "with AppArmor, add the line '%s rw,' to "
			  "/etc/apparmor.d/local/abstractions/libvirt-qemu",
			  device);
	}
}

static void add_pair(xmlNodePtr element, const char *option, const char *value)
{
	xmlNodePtr pair = planner_add_in(element, "pair");

	planner_set(pair, "option", option);
	planner_set(pair, "value", value);
}

/*
 * QEMU 6.2 and libvirt 7.9 create devices given as JSON after libvirt's own, so that this
 * one takes no slot that libvirt has planned for another.
 */
static int plan_kvmfr(xmlNodePtr element, const char *device, uint64_t size,
		      struct error *err)
{
	CLEANUP_BUF struct buf object = BUF_NONE;

	buf_addf(&object,
		 "{\"qom-type\":\"memory-backend-file\",\"id\":\"looking-glass\","
		 "\"mem-path\":\"%s\",\"size\":%" PRIu64 ",\"share\":true}",
		 device, size * MIB);
	planner_set(element, "kvmfr", device);
	/* not "shmem0": libvirt gives that name to the first <shmem> */
	add_pair(element, "-device",
		 "{\"driver\":\"ivshmem-plain\",\"id\":\"looking-glass-shmem\","
		 "\"memdev\":\"looking-glass\"}");
	add_pair(element, "-object", buf_text(&object));
	return buf_check(&object, err);
}

static void note_guest(struct planner *planner, const char *video)
{
	const xmlNode *devices = query_child(planner_domain(planner), "devices");
	bool has_spice = false;

	query_each (graphics, devices, "graphics")
		has_spice = has_spice || query_attr_is(graphics, "type", "spice");
	notes_add(planner->notes, NOTE_DECISION, TOPIC,
		  "video model %s, no memory balloon, no tablet", video);
	notes_because(
		planner->notes,
		"the display of a QXL or virtio device gets in the way, the balloon "
		"costs latency, and the tablet fights with the captured mouse");
	if (!has_spice) {
		notes_add(
			planner->notes, NOTE_WARNING, TOPIC,
			"the guest has no <graphics type='spice'>: Looking Glass will show "
			"its picture but bring no keyboard, mouse or clipboard");
	}
}

static int plan_unset(struct planner *planner)
{
	planner_set(planner_add(planner, TOPIC), "unset", "yes");
	notes_add(
		planner->notes, NOTE_INFO, TOPIC,
		"taken out; the video model, tablet and memory balloon that it replaced "
		"are not guessed back");
	return 0;
}

int looking_glass_plan(struct planner *planner, struct error *err)
{
	const struct looking_glass_wish *wish = &planner->wishes->looking_glass;
	const char *video = wish->video_none ? "none" : "vga";
	xmlNodePtr element;
	uint64_t size;
	int r = 0;

	if (wish->wish == WISH_NOTHING)
		return 0;
	if (wish->wish == WISH_UNSET)
		return plan_unset(planner);

	size = choose_size(planner, wish);
	element = planner_add(planner, TOPIC);
	planner_setf(element, "size", "%" PRIu64, size);
	planner_set(element, "video", video);
	if (wish->kvmfr)
		r = plan_kvmfr(element, wish->kvmfr, size, err);
	if (r == 0 && wish->kvmfr && planner->root) {
		check_module(planner, size);
		check_access(planner, wish->kvmfr);
	}
	note_guest(planner, video);
	return r;
}
