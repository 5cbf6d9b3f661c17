/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "vnode.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "match.h"

#define READS 16 /* of a batch each; uinput's own queue has room for 16 events */

/* --- what it is to be --- */

/* Of the characters that udev leaves alone in a link, those that are no trouble. */
static void make_plain(char *text)
{
	for (; *text; text++) {
		if (!isascii((unsigned char)*text) ||
		    (!isalnum((unsigned char)*text) && !strchr("._+-", *text)))
			*text = '_';
	}
}

static int guest_name(char ret_text[static VNODE_GUEST_MAX + 1], const char *guest,
		      struct error *err)
{
	if (strlen(guest) > VNODE_GUEST_MAX) {
		return error_set(err, ENAMETOOLONG,
				 "guest '%s': its name has more than %d characters",
				 guest, VNODE_GUEST_MAX);
	}
	memcpy(ret_text, guest, strlen(guest) + 1);
	make_plain(ret_text);
	return 0;
}

static const char *role_link(enum role role)
{
	return role < N_ROLES ? role_template(role)->link : "clone";
}

int vnode_name(char ret_name[static VNODE_NAME_MAX], const char *guest, enum role role,
	       struct error *err)
{
	char text[VNODE_GUEST_MAX + 1];
	int r = guest_name(text, guest, err);

	if (r == 0) {
		(void)snprintf(ret_name, VNODE_NAME_MAX, "vfiokit-%s-event-%s", text,
			       role_link(role));
	}
	return r;
}

static void add_code(struct device_info *info, unsigned type, unsigned code)
{
	info->types |= 1u << type;
	if (type == EV_KEY) {
		keys_set(&info->keys, code, true);
	} else if (type == EV_REL) {
		info->rel |= 1u << code;
	} else if (type == EV_LED) {
		info->leds |= 1u << code;
	}
}

static void describe_role(struct device_info *info, const struct role_template *template)
{
	info->id.product = template->product;
	for (size_t i = 0; i < template->n_codes; i++) {
		const struct role_codes *codes = &template->codes[i];

		for (unsigned code = codes->first; code <= codes->last; code++)
			add_code(info, codes->type, code);
	}
	for (size_t i = 0; i < template->n_axes; i++) {
		const struct role_axis *axis = &template->axes[i];

		info->types |= 1u << EV_ABS;
		info->axes |= UINT64_C(1) << axis->code;
		info->abs[axis->code] = (struct input_absinfo){
			.value = axis->rest,
			.minimum = axis->min,
			.maximum = axis->max,
			.fuzz = axis->fuzz,
			.flat = axis->flat,
			.resolution = axis->resolution,
		};
	}
}

/* Axes whose bounds make no sense are refused by the kernel: those become harmless. */
static void mend_axes(struct device_info *info)
{
	for (unsigned code = 0; code < ABS_CNT; code++) {
		struct input_absinfo *abs = &info->abs[code];

		if (!(info->axes >> code & 1))
			continue;
		if (abs->maximum < abs->minimum) {
			int swap = abs->maximum;

			abs->maximum = abs->minimum;
			abs->minimum = swap;
		}
		if (abs->minimum == abs->maximum && code != ABS_MT_SLOT) {
			abs->maximum =
				abs->minimum < INT32_MAX ? abs->minimum + 1 : INT32_MAX;
		}
	}
}

/* Forces need somebody who plays them, and without one readers wait for half a minute. */
static void describe_clone(struct device_info *info, const struct device_info *clone)
{
	const uint32_t types = 1u << EV_SYN | 1u << EV_KEY | 1u << EV_REL | 1u << EV_ABS |
			       1u << EV_MSC | 1u << EV_LED;

	*info = *clone;
	info->types &= types;
	info->rdev = 0;
	info->uniq[0] = '\0';
	info->id.bustype = BUS_VIRTUAL;
	mend_axes(info);
}

int vnode_describe(struct device_info *ret_info, const char *guest, enum role role,
		   const struct device_info *clone, struct error *err)
{
	struct device_info info = { .id = { .bustype = BUS_VIRTUAL, .version = 1 } };
	char text[VNODE_GUEST_MAX + 1];
	int r = guest_name(text, guest, err);

	if (r < 0)
		return r;
	if (clone) {
		describe_clone(&info, clone);
	} else {
		describe_role(&info, role_template(role));
	}
	(void)snprintf(info.phys, sizeof(info.phys), MATCH_OWN_PHYS "%s/%.160s", text,
		       clone ? clone->phys : role_template(role)->name);
	/* a clone is for the host, which knows the device by its name */
	if (!clone)
		r = vnode_name(info.name, guest, role, err);
	if (r == 0)
		*ret_info = info;
	return r;
}

/* --- making it --- */

static void set_link(struct vnode *vnode, const struct device_info *info)
{
	(void)snprintf(vnode->link, sizeof(vnode->link), VNODE_LINKS "%.*s",
		       VNODE_NAME_MAX, info->name);
}

int vnode_create(struct vnode *vnode, const struct vnode_ops *ops, void *ops_data,
		 const struct device_info *info, struct error *err)
{
	int r;

	*vnode = (struct vnode){ .ops = ops, .ops_data = ops_data, .fd = -1 };
	set_link(vnode, info);
	vnode->fd = ops->create(ops_data, info);
	if (vnode->fd < 0) {
		r = error_sys(err, -vnode->fd,
			      "make the virtual device '%s' by '/dev/uinput'",
			      info->name);
		vnode->fd = -1;
		return r;
	}
	r = ops->place(ops_data, vnode->fd, &vnode->place);
	if (r < 0) {
		vnode_close(vnode);
		return error_sys(err, -r, "find the virtual device '%s'", info->name);
	}
	return 0;
}

int vnode_adopt(struct vnode *vnode, const struct vnode_ops *ops, void *ops_data, int fd,
		const struct device_info *info, struct error *err)
{
	struct vnode adopted = { .ops = ops, .ops_data = ops_data, .fd = fd };
	struct device_state state = { 0 };
	int r = ops->place(ops_data, fd, &adopted.place);

	if (r < 0)
		return error_sys(err, -r, "adopt the virtual device '%s'", info->name);
	if (strcmp(adopted.place.phys, info->phys) != 0 ||
	    strcmp(adopted.place.name, info->name) != 0) {
		return error_set(err, ESTALE, "adopt the virtual device '%s': it is '%s'",
				 info->name, adopted.place.name);
	}
	if (*adopted.place.path)
		r = vnode_state(&adopted, &state, err);
	if (r < 0)
		return r;
	adopted.leds = state.leds;
	set_link(&adopted, info);
	*vnode = adopted;
	return 0;
}

void vnode_close(struct vnode *vnode)
{
	if (vnode->fd >= 0)
		vnode->ops->close(vnode->ops_data, vnode->fd);
	vnode->fd = -1;
}

/* --- using it --- */

int vnode_write(const struct vnode *vnode, const struct input_event *events, size_t n)
{
	ssize_t done;

	do {
		done = vnode->ops->write(vnode->ops_data, vnode->fd, events, n);
	} while (done == -EINTR);
	if (done < 0)
		return (int)done;
	return (size_t)done == n ? 0 : -EIO;
}

bool vnode_read(struct vnode *vnode)
{
	struct input_event events[DEVICE_BATCH];
	uint32_t before = vnode->leds;

	for (unsigned i = 0; i < READS; i++) {
		ssize_t n = vnode->ops->read(vnode->ops_data, vnode->fd, events,
					     DEVICE_BATCH);

		if (n <= 0)
			break;
		for (ssize_t j = 0; j < n; j++) {
			uint32_t bit = 1u << (events[j].code % 32);

			if (events[j].type != EV_LED || events[j].code >= LED_CNT)
				continue;
			vnode->leds =
				events[j].value ? vnode->leds | bit : vnode->leds & ~bit;
		}
	}
	return vnode->leds != before;
}

int vnode_state(const struct vnode *vnode, struct device_state *ret_state,
		struct error *err)
{
	int r = vnode->ops->state(vnode->ops_data, vnode->place.path, ret_state);

	return r < 0 ? error_sys(err, -r, "ask for the keys of '%s'", vnode->place.path)
		     : 0;
}

bool vnode_is_grabbed(const struct vnode *vnode)
{
	return vnode->ops->grabbed(vnode->ops_data, vnode->place.path) != 0;
}

bool vnode_is_linked(struct vnode *vnode)
{
	dev_t node;
	dev_t link;

	/* with evdev a module that is still being loaded, there was none at first */
	if (!*vnode->place.path &&
	    (vnode->ops->place(vnode->ops_data, vnode->fd, &vnode->place) < 0 ||
	     !*vnode->place.path))
		return false;
	return vnode->ops->number(vnode->ops_data, vnode->place.path, &node) == 0 &&
	       vnode->ops->number(vnode->ops_data, vnode->link, &link) == 0 &&
	       node == link;
}
