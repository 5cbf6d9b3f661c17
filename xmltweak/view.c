/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "view.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include <libxml/tree.h>

#include "base/buf.h"
#include "output.h"
#include "virt/client_load.h"

static void add_note(struct json_object *list, const struct note *note)
{
	struct json_object *object = json_object_new_object();

	(void)json_object_object_add(object, "tweak",
				     json_object_new_string(note->topic));
	(void)json_object_object_add(object, "decision",
				     json_object_new_string(note->text));
	(void)json_object_object_add(object, "reason",
				     note->reason ? json_object_new_string(note->reason)
						  : NULL);
	(void)json_object_array_add(list, object);
}

static int explain_json(const struct notes *notes, struct error *err)
{
	struct json_object *list = json_object_new_array();
	int r;

	for (size_t i = 0; list && i < notes->n; i++) {
		if (notes->v[i].kind == NOTE_DECISION)
			add_note(list, &notes->v[i]);
	}
	r = view_print_json(list, err);
	(void)json_object_put(list);
	return r;
}

int view_print_json(struct json_object *object, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	const char *json =
		object ? json_object_to_json_string_ext(
				 object, JSON_C_TO_STRING_PRETTY |
						 JSON_C_TO_STRING_NOSLASHESCAPE |
						 JSON_C_TO_STRING_SPACED)
		       : NULL;

	if (!json)
		return error_set(err, ENOMEM, "out of memory");
	buf_adds(&text, json);
	buf_addc(&text, '\n');
	if (buf_check(&text, err) < 0)
		return -ENOMEM;
	return output_stdout(text.data, text.len, err);
}

int view_explain(const struct view_input *input, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	const struct notes *notes = input->planner->notes;

	if (input->is_json)
		return explain_json(notes, err);
	for (size_t i = 0; i < notes->n; i++) {
		const struct note *note = &notes->v[i];

		if (note->kind != NOTE_DECISION)
			continue;
		buf_addf(&text, "%s: %s", note->topic, note->text);
		if (note->reason)
			buf_addf(&text, " -- %s", note->reason);
		buf_addc(&text, '\n');
	}
	return output_text(&text, err);
}

int view_plan(const struct view_input *input, struct error *err)
{
	xmlChar *text = NULL;
	int len = 0;
	int r;

	xmlDocDumpFormatMemory(input->planner->plan, &text, &len, 1);
	if (!text)
		return error_set(err, ENOMEM, "out of memory");
	r = output_stdout((const char *)text, (size_t)len, err);
	xmlFree(text);
	return r;
}

int view_argv(const struct view_input *input, struct notes *notes, struct error *err)
{
	CLEANUP_BUF struct buf out = BUF_NONE;
	CLEANUP_FREE char *text = NULL;
	const struct client_ops *ops;
	int r = client_load(&ops, err);

	if (r == 0)
		r = ops->argv(input->after, &text, notes, err);
	if (r < 0)
		return r;
	buf_adds(&out, text);
	if (out.len > 0 && out.data[out.len - 1] != '\n')
		buf_addc(&out, '\n');
	if (buf_check(&out, err) < 0)
		return -ENOMEM;
	return output_stdout(out.data, out.len, err);
}
