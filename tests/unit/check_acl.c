/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <string.h>

#include "acl.h"
#include "suite.h"

#define NOBODY 0xffffffff

enum { OWNER = 1, USER = 2, GROUP_OF_FILE = 4, GROUP = 8, MASK = 0x10, OTHER = 0x20 };

static const struct user qemu = {
	.uid = 100, .gid = 200, .groups = { 201 }, .n_groups = 1
};
static const struct stat foreign = { .st_uid = 1, .st_gid = 2 };

struct list {
	unsigned char data[256];
	size_t len;
};

static void put(struct list *list, unsigned value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		list->data[list->len++] = (unsigned char)(value >> 8 * i);
}

static struct list empty(void)
{
	struct list list = { .len = 0 };

	put(&list, 2, 4);
	return list;
}

static void add(struct list *list, unsigned tag, unsigned rwx, unsigned id)
{
	put(list, tag, 2);
	put(list, rwx, 2);
	put(list, id, 4);
}

/* What every list has, with these rights for the file's group and for others. */
static struct list basic(unsigned group, unsigned other)
{
	struct list list = empty();

	add(&list, OWNER, 6, NOBODY);
	add(&list, GROUP_OF_FILE, group, NOBODY);
	add(&list, OTHER, other, NOBODY);
	return list;
}

static bool lets(const struct list *list, const struct stat *st)
{
	return acl_lets(&qemu, st, list->data, list->len, 4);
}

START_TEST(named_user_is_let_within_the_mask)
{
	struct list list = basic(0, 0);

	add(&list, USER, 4, 100);
	ck_assert(lets(&list, &foreign));
	add(&list, MASK, 4, NOBODY);
	ck_assert(lets(&list, &foreign));
	list = basic(0, 0);
	add(&list, USER, 4, 100);
	add(&list, MASK, 1, NOBODY);
	ck_assert(!lets(&list, &foreign));
}
END_TEST

START_TEST(named_user_is_shut_out_whatever_others_may)
{
	struct list list = basic(4, 4);

	add(&list, USER, 0, 100);
	ck_assert(!lets(&list, &foreign));
}
END_TEST

START_TEST(user_of_another_name_is_one_of_the_others)
{
	struct list list = basic(0, 4);

	add(&list, USER, 0, 101);
	ck_assert(lets(&list, &foreign));
	list = basic(4, 0);
	add(&list, USER, 4, 101);
	ck_assert(!lets(&list, &foreign));
}
END_TEST

START_TEST(one_group_that_gives_it_is_enough)
{
	struct list list = basic(0, 0);

	add(&list, GROUP, 0, 200);
	add(&list, GROUP, 4, 201);
	add(&list, MASK, 7, NOBODY);
	ck_assert(lets(&list, &foreign));
}
END_TEST

START_TEST(member_of_a_group_that_gives_nothing_is_none_of_the_others)
{
	struct list list = basic(0, 4);

	add(&list, GROUP, 0, 201);
	ck_assert(!lets(&list, &foreign));
	list = basic(0, 4);
	ck_assert(!lets(&list, &(struct stat){ .st_uid = 1, .st_gid = 200 }));
}
END_TEST

START_TEST(mask_bounds_groups_and_not_the_owner)
{
	struct list list = basic(4, 0);

	add(&list, MASK, 0, NOBODY);
	ck_assert(!lets(&list, &(struct stat){ .st_uid = 1, .st_gid = 200 }));
	ck_assert(lets(&list, &(struct stat){ .st_uid = 100, .st_gid = 2 }));
}
END_TEST

START_TEST(list_that_makes_no_sense_lets_nobody)
{
	struct list list = basic(4, 4);

	ck_assert(lets(&list, &foreign));
	list.len--;
	ck_assert(!lets(&list, &foreign));
	list = basic(4, 4);
	list.data[0] = 1;
	ck_assert(!lets(&list, &foreign));
	ck_assert(!acl_lets(&qemu, &foreign, "", 0, 4));
	ck_assert(acl_lets(&(struct user){ .uid = 0 }, &foreign, "", 0, 4));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("acl");
	TCase *tc = tcase_create("lists");

	tcase_add_test(tc, named_user_is_let_within_the_mask);
	tcase_add_test(tc, named_user_is_shut_out_whatever_others_may);
	tcase_add_test(tc, user_of_another_name_is_one_of_the_others);
	tcase_add_test(tc, one_group_that_gives_it_is_enough);
	tcase_add_test(tc, member_of_a_group_that_gives_nothing_is_none_of_the_others);
	tcase_add_test(tc, mask_bounds_groups_and_not_the_owner);
	tcase_add_test(tc, list_that_makes_no_sense_lets_nobody);
	suite_add_tcase(s, tc);
	return s;
}
