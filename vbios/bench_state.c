/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What a bench has seen, kept after each ROM: one that was interrupted goes on there. */

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "bench.h"
#include "json.h"

static const char *const seen_names[SEEN_N] = { "not tried", "runs", "ignored",
						"does not start", "no answer" };

const char *bench_seen_name(enum seen seen)
{
	return seen_names[seen];
}

const char *bench_predicted_name(const struct trial *trial)
{
	static const char *const names[] = { "runs",    "loads", "may load", "ignored",
					     "refused", "hangs", "may fit" };

	return trial->starts ? names[trial->predicted] : "does not start";
}

bool bench_agrees(const struct trial *trial)
{
	if (!trial->starts)
		return trial->seen == SEEN_REFUSED;
	switch (trial->predicted) {
	case ROM_RUNS:
	case ROM_LOADS:
		return trial->seen == SEEN_RUNS;
	case ROM_UNSURE:
		return trial->seen == SEEN_RUNS || trial->seen == SEEN_IGNORED;
	case ROM_IGNORED:
	case ROM_REFUSED: /* by the firmware, which goes on */
		return trial->seen == SEEN_IGNORED;
	case ROM_HANGS:
		return trial->seen == SEEN_SILENT;
	case ROM_MAY_FIT:
		return trial->seen == SEEN_RUNS || trial->seen == SEEN_SILENT;
	}
	return false;
}

static struct json_object *trial_json(const struct trial *trial)
{
	struct json_object *object = json_object_new_object();

	json_set_text(object, "file", trial->path);
	json_set_text(object, "sha256", trial->sha256);
	json_set_text(object, "predicted",
		      trial->why ? bench_predicted_name(trial) : NULL);
	json_set_text(object, "why", trial->why);
	json_set_text(object, "seen", bench_seen_name(trial->seen));
	json_set_text(object, "by", trial->by);
	json_set(object, "milliseconds", json_object_new_uint64(trial->ms));
	json_set(object, "run", json_object_new_int64(trial->n_run));
	json_set(object, "agrees", json_object_new_boolean(bench_agrees(trial)));
	return object;
}

struct json_object *bench_json(const struct bench *bench, bool is_complete)
{
	struct json_object *object = json_object_new_object();
	struct json_object *trials = json_object_new_array();

	json_set_text(object, "guest", bench->guest.name);
	json_set_text(object, "definition", bench->definition);
	json_set_text(object, "device", bench->device.address);
	json_set_text(object, "firmware", rom_firmware_name(bench->firmware));
	json_set_text(object, "bar", bench->device.is_bar_off ? "off" : "on");
	json_set(object, "complete", json_object_new_boolean(is_complete));
	json_set(object, "baseline", trial_json(&bench->baseline));
	for (size_t i = 0; i < bench->n; i++)
		(void)json_object_array_add(trials, trial_json(&bench->trials[i]));
	json_set(object, "trials", trials);
	return object;
}

static char *results_path(const struct bench *bench)
{
	char *path;

	return asprintf(&path, "%s/results.json", bench->work) < 0 ? NULL : path;
}

int bench_save(const struct bench *bench, bool is_complete, struct error *err)
{
	CLEANUP_FREE char *path = results_path(bench);
	struct json_object *object = bench_json(bench, is_complete);
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	int r = path && text ? file_replace(path, text, strlen(text), 0600, true, err)
			     : error_set(err, ENOMEM, "out of memory");

	(void)json_object_put(object);
	return r;
}

static const char *text_of(struct json_object *object, const char *key)
{
	const char *text = json_text(object, key);

	return text ? text : "";
}

static uint64_t number_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value)
		       ? (uint64_t)json_object_get_int64(value)
		       : 0;
}

/* The same guest, device and configuration, and it did not come to its end. */
static bool goes_on(const struct bench *bench, struct json_object *object)
{
	struct json_object *complete;

	return json_object_object_get_ex(object, "complete", &complete) &&
	       !json_object_get_boolean(complete) &&
	       strcmp(text_of(object, "definition"), bench->definition) == 0 &&
	       strcmp(text_of(object, "device"), bench->device.address) == 0 &&
	       strcmp(text_of(object, "bar"), bench->device.is_bar_off ? "off" : "on") ==
		       0;
}

static void take(struct trial *trial, struct json_object *object)
{
	const char *seen = text_of(object, "seen");
	const char *by = text_of(object, "by");

	if (strcmp(text_of(object, "sha256"), trial->sha256) != 0 ||
	    strcmp(text_of(object, "file"), trial->path ? trial->path : "") != 0)
		return;
	for (int i = SEEN_RUNS; i < SEEN_N; i++) {
		if (strcmp(seen, seen_names[i]) == 0)
			trial->seen = (enum seen)i;
	}
	free(trial->by);
	trial->by = *by ? strdup(by) : NULL;
	trial->ms = number_of(object, "milliseconds");
	trial->n_run = (unsigned)number_of(object, "run");
}

static void take_all(struct bench *bench, struct json_object *object)
{
	struct json_object *baseline;
	struct json_object *list;

	if (json_object_object_get_ex(object, "baseline", &baseline))
		take(&bench->baseline, baseline);
	/* whatever kept the copy from starting may be gone */
	if (bench->baseline.seen == SEEN_REFUSED)
		bench->baseline.seen = SEEN_NOTHING_YET;
	if (!json_object_object_get_ex(object, "trials", &list) ||
	    !json_object_is_type(list, json_type_array))
		return;
	/* what a trial left behind is in the directory of its number */
	for (size_t i = 0; i < bench->n && i < json_object_array_length(list); i++)
		take(&bench->trials[i], json_object_array_get_idx(list, i));
}

int bench_load(struct bench *bench, struct error *err)
{
	CLEANUP_FREE char *path = results_path(bench);
	struct json_object *object;
	int r;

	if (!path)
		return error_set(err, ENOMEM, "out of memory");
	r = json_read(&object, path, err);
	if (r < 0)
		return error_wrap(err, "what was seen before (--again leaves it)");
	if (object && goes_on(bench, object))
		take_all(bench, object);
	(void)json_object_put(object);
	return 0;
}
