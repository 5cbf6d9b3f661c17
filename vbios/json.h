/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What commands have to say, for programs, and what they keep for themselves. */

#include <json-c/json.h>

#include "base/error.h"
#include "fields.h"
#include "rom/finding.h"

/* NULL values and missing memory are taken as json-c takes them. */
void json_set(struct json_object *object, const char *key, struct json_object *value);
void json_set_text(struct json_object *object, const char *key, const char *text);
void json_set_fields(struct json_object *object, const struct fields *fields);

struct json_object *json_findings(const struct rom_findings *findings);

/* The text of a member, borrowed; NULL without one. */
const char *json_text(const struct json_object *object, const char *key);

/* Reads a file that holds one object; *ret_object is NULL when there is no such file. */
MUST_CHECK int json_read(struct json_object **ret_object, const char *path,
			 struct error *err);

/* Prints it. NULL is -ENOMEM. */
MUST_CHECK int json_print(struct json_object *object, struct error *err);
