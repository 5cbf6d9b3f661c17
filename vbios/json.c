/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "json.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

void json_set(struct json_object *object, const char *key, struct json_object *value)
{
	(void)json_object_object_add(object, key, value);
}

void json_set_text(struct json_object *object, const char *key, const char *text)
{
	json_set(object, key, text ? json_object_new_string(text) : NULL);
}

void json_set_fields(struct json_object *object, const struct fields *fields)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct field *field = &fields->v[i];

		switch (field->kind) {
		case FIELD_NUMBER:
			json_set(object, field->key,
				 json_object_new_uint64(field->number));
			break;
		case FIELD_SWITCH:
			json_set(object, field->key,
				 json_object_new_boolean(field->number != 0));
			break;
		case FIELD_TEXT:
			json_set_text(object, field->key, field->text);
			break;
		}
	}
}

struct json_object *json_findings(const struct rom_findings *findings)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < findings->n; i++) {
		const struct rom_finding *finding = &findings->v[i];
		struct json_object *object = json_object_new_object();
		char rule[16];

		(void)snprintf(rule, sizeof(rule), "R%02u", finding->rule);
		json_set_text(object, "rule", rule);
		json_set_text(object, "severity", rom_severity_name(finding->severity));
		json_set(object, "at", json_object_new_uint64(finding->at));
		json_set_text(object, "concerns", finding->concerns);
		json_set_text(object, "text", finding->text);
		json_set_text(object, "advice", finding->advice);
		(void)json_object_array_add(list, object);
	}
	return list;
}

const char *json_text(const struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

int json_read(struct json_object **ret_object, const char *path, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct json_object *object;
	int r;

	*ret_object = NULL;
	if (access(path, F_OK) < 0)
		return 0;
	r = file_read(&text, path, err);
	if (r < 0)
		return r;
	object = json_tokener_parse(buf_text(&text));
	if (!json_object_is_type(object, json_type_object)) {
		(void)json_object_put(object);
		return error_set(err, EBADMSG, "'%s' is no JSON object", path);
	}
	*ret_object = object;
	return 0;
}

int json_print(struct json_object *object, struct error *err)
{
	const char *text =
		object ? json_object_to_json_string_ext(
				 object, JSON_C_TO_STRING_PRETTY |
						 JSON_C_TO_STRING_SPACED |
						 JSON_C_TO_STRING_NOSLASHESCAPE)
		       : NULL;

	if (!text)
		return error_set(err, ENOMEM, "out of memory");
	if (puts(text) < 0)
		return error_sys(err, errno, "write to standard output");
	return 0;
}
