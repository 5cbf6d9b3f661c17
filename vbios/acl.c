/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "acl.h"

#include <stdint.h>

#define VERSION    2
#define HEADER_LEN 4
#define ENTRY_LEN  8

enum tag {
	TAG_OWNER = 0x01,
	TAG_USER = 0x02,
	TAG_GROUP_OF_FILE = 0x04,
	TAG_GROUP = 0x08,
	TAG_MASK = 0x10,
	TAG_OTHER = 0x20,
};

struct entry {
	unsigned tag;
	unsigned rwx;
	uint32_t id;
};

struct list {
	const uint8_t *data; /* behind the header */
	size_t n;
};

static unsigned le16(const uint8_t *p)
{
	return (unsigned)(p[0] | p[1] << 8);
}

static struct entry entry_at(const struct list *list, size_t i)
{
	const uint8_t *p = list->data + i * ENTRY_LEN;

	return (struct entry){ .tag = le16(p),
			       .rwx = le16(p + 2),
			       .id = le16(p + 4) | (uint32_t)le16(p + 6) << 16 };
}

/* What the first entry with this tag, and this id where a tag has one, gives; or none. */
static bool find(unsigned *ret_rwx, const struct list *list, unsigned tag,
		 const uint32_t *id)
{
	for (size_t i = 0; i < list->n; i++) {
		struct entry entry = entry_at(list, i);

		if (entry.tag == tag && (!id || entry.id == *id)) {
			*ret_rwx = entry.rwx;
			return true;
		}
	}
	return false;
}

/* Groups: one that gives it all is enough. */
static bool groups_let(bool *ret_is_member, const struct user *user,
		       const struct stat *st, const struct list *list, unsigned rwx)
{
	*ret_is_member = false;
	for (size_t i = 0; i < list->n; i++) {
		struct entry entry = entry_at(list, i);
		gid_t gid = entry.tag == TAG_GROUP ? entry.id : st->st_gid;

		if ((entry.tag != TAG_GROUP && entry.tag != TAG_GROUP_OF_FILE) ||
		    !user_is_in(user, gid))
			continue;
		*ret_is_member = true;
		if ((entry.rwx & rwx) == rwx)
			return true;
	}
	return false;
}

bool acl_lets(const struct user *user, const struct stat *st, const void *data,
	      size_t len, unsigned rwx)
{
	struct list list = { .data = (const uint8_t *)data + HEADER_LEN };
	unsigned mask = 7;
	uint32_t uid = user->uid;
	unsigned has = 0;
	bool is_member;

	if (user->uid == 0)
		return true;
	if (len < HEADER_LEN || (len - HEADER_LEN) % ENTRY_LEN != 0 ||
	    le16(data) != VERSION)
		return false;
	list.n = (len - HEADER_LEN) / ENTRY_LEN;
	if (st->st_uid == user->uid)
		return find(&has, &list, TAG_OWNER, NULL) && (has & rwx) == rwx;
	(void)find(&mask, &list, TAG_MASK, NULL);
	if (find(&has, &list, TAG_USER, &uid))
		return (has & mask & rwx) == rwx;
	if (groups_let(&is_member, user, st, &list, rwx))
		return (mask & rwx) == rwx;
	return !is_member && find(&has, &list, TAG_OTHER, NULL) && (has & rwx) == rwx;
}
