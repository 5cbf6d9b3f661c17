/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A guest's document, and what is found to be wrong with it. */

#include <string.h>

#include "faketree.h"
#include "suite.h"
#include "tweak/check.h"

struct rule {
	const char *guest;
	const char *found; /* as assert_found() has it */
};

static struct document doc;
static struct findings found;
static struct faketree tree;

static inline void setup_guest(void)
{
	doc = DOCUMENT_NONE;
	found = FINDINGS_NONE;
	faketree_setup(&tree);
}

static inline void teardown_guest(void)
{
	faketree_teardown(&tree);
	findings_done(&found);
	document_done(&doc);
}

static inline void parse(const char *text)
{
	struct error err = { 0 };

	ck_assert_msg(document_parse(&doc, "guest.xml", text, strlen(text), &err) == 0,
		      "%s", err.msg);
}

static inline void check(struct findings *ret_findings, const struct root *root)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_PLANNER struct planner planner = PLANNER_NONE;
	struct error err = { 0 };

	planner.doc = &doc;
	planner.root = root;
	planner.notes = &notes;
	ck_assert_msg(check_guest(ret_findings, &planner, &err) == 0, "%s", err.msg);
}

/* "LINE: text" for each finding, one below the other. */
static inline void assert_found(const char *expected)
{
	CLEANUP_BUF struct buf text = BUF_NONE;

	for (size_t i = 0; i < found.n; i++) {
		buf_addf(&text, "%s%zu: %s", i ? "\n" : "", found.v[i].line,
			 found.v[i].text);
	}
	ck_assert_str_eq(buf_text(&text), expected);
}
