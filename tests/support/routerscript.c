/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "routerscript.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "router.h"
#include "routertext.h"

#define WORDS    64
#define NAME_LEN 16

struct script {
	struct router *router;
	struct router_options options;
	struct buf *out;
	char targets[ROUTER_TARGETS][NAME_LEN];
	char devices[ROUTER_DEVICES][NAME_LEN];
	unsigned groups[ROUTER_DEVICES];
	struct key_bits fingers[ROUTER_DEVICES];
	struct router_chord chords[ROUTER_CHORDS];
	size_t n_chords;
	bool asked[ROUTER_DEVICES];
	char answer[NAME_LEN];
	uint64_t now;
};

/* ---- what the router does, in words ---- */

static void on_send(void *ctx, unsigned target, enum role role, unsigned device,
		    const struct input_event *events, size_t n)
{
	struct script *script = ctx;

	buf_addf(script->out, "\t%s.%s: ", script->targets[target],
		 role == ROLE_CLONE ? script->devices[device]
				    : role_template(role)->name);
	routertext_format(events, n, script->out);
	buf_addc(script->out, '\n');
}

static void on_grab(void *ctx, unsigned group, enum router_grab_mode mode)
{
	struct script *script = ctx;

	script->asked[group] = true;
	buf_addf(script->out, "\tgrab %u%s\n", group,
		 mode == ROUTER_GRAB_ANYWAY ? " anyway" : "");
}

static void on_ungrab(void *ctx, unsigned group)
{
	struct script *script = ctx;

	script->asked[group] = false;
	buf_addf(script->out, "\tungrab %u\n", group);
}

static void on_leds(void *ctx, unsigned device, unsigned leds)
{
	struct script *script = ctx;

	buf_addf(script->out, "\tleds %s %u\n", script->devices[device], leds);
}

static void on_notice(void *ctx, const struct router_notice *notice)
{
	static const char *const causes[] = { "chord", "panic", "command", "life" };
	struct script *script = ctx;
	struct buf *out = script->out;

	switch (notice->kind) {
	case ROUTER_SWITCHED:
		buf_addf(out, "\tswitched %s from %s by %s\n",
			 script->targets[notice->target], script->targets[notice->from],
			 causes[notice->cause]);
		break;
	case ROUTER_NOT_LIVE:
		buf_addf(out, "\tnot live %s\n", script->targets[notice->target]);
		break;
	case ROUTER_PANICKED:
		buf_adds(out, "\tpanicked\n");
		break;
	case ROUTER_WAITS:
		buf_addf(out, "\twaits %s\n", script->devices[notice->device]);
		break;
	case ROUTER_STUCK_KEY:
		buf_addf(out, "\tstuck %s ", script->devices[notice->device]);
		routertext_key_name(notice->code, out);
		buf_addc(out, '\n');
		break;
	case ROUTER_UNKNOWN_CODE:
		buf_addf(out, "\tunknown %s %u:%u\n", script->devices[notice->device],
			 notice->type, notice->code);
		break;
	}
}

static const struct router_ops ops = {
	.send = on_send,
	.grab = on_grab,
	.ungrab = on_ungrab,
	.leds = on_leds,
	.notice = on_notice,
};

static void answer_one(struct script *script, unsigned group)
{
	const char *answer = script->answer;

	script->asked[group] = false;
	if (strcmp(answer, "busy") == 0) {
		router_not_grabbed(script->router, group, ROUTER_BUSY, script->now);
	} else if (strcmp(answer, "held") == 0) {
		router_not_grabbed(script->router, group, ROUTER_KEYS_DOWN, script->now);
	} else if (strcmp(answer, "failed") == 0) {
		router_not_grabbed(script->router, group, ROUTER_FAILED, script->now);
	} else {
		for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
			if (script->devices[i][0] && script->groups[i] == group) {
				router_set_state(script->router, i, &script->fingers[i],
						 0);
			}
		}
		router_grabbed(script->router, group);
	}
}

static void answer_all(struct script *script)
{
	for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
		if (script->asked[i] && strcmp(script->answer, "none") != 0)
			answer_one(script, i);
	}
}

/* ---- lines ---- */

static unsigned find(char names[][NAME_LEN], unsigned n, const char *name)
{
	unsigned i = 0;

	while (i < n && strcmp(names[i], name) != 0)
		i++;
	return i;
}

static bool do_model(struct script *script, char **words, size_t n)
{
	if (n != 2 || strcmp(words[1], "clone") != 0)
		return false;
	router_free(script->router);
	script->options.is_clone = true;
	script->router = router_new(&script->options, &ops, script);
	return script->router != NULL;
}

static bool do_guest(struct script *script, char **words, size_t n)
{
	struct router_guest guest = { 0 };
	struct error err = { 0 };
	bool is_live = false;
	unsigned target;

	for (size_t i = 2; i < n; i++) {
		enum role role = role_find(words[i]);

		if (role < N_ROLES) {
			guest.roles |= ROLE_BIT(role);
		} else if (strcmp(words[i], "input-linux") == 0) {
			guest.is_input_linux = true;
		} else if (strcmp(words[i], "live") == 0) {
			is_live = true;
		} else {
			return false;
		}
	}
	if (n < 2 || router_guest_add(script->router, &guest, &target, &err) < 0)
		return false;
	(void)snprintf(script->targets[target], NAME_LEN, "%s", words[1]);
	router_set_live(script->router, target, is_live);
	return true;
}

static bool do_chord(struct script *script, char **words, size_t n)
{
	struct router_chord chord = { .kind = ROUTER_CHORD_TARGET };
	struct error err = { 0 };

	if (n != 3 || script->n_chords == ROUTER_CHORDS ||
	    chord_parse(&chord.chord, words[2], &err) < 0)
		return false;
	if (strcmp(words[1], "next") == 0) {
		chord.kind = ROUTER_CHORD_NEXT;
	} else if (strcmp(words[1], "prev") == 0) {
		chord.kind = ROUTER_CHORD_PREV;
	} else if (strcmp(words[1], "back") == 0) {
		chord.kind = ROUTER_CHORD_BACK;
	} else {
		chord.target = find(script->targets, ROUTER_TARGETS, words[1]);
		if (chord.target == ROUTER_TARGETS)
			return false;
	}
	script->chords[script->n_chords++] = chord;
	router_set_chords(script->router, script->chords, script->n_chords);
	return true;
}

static bool take_keys(char **words, size_t n, struct key_bits *ret_keys)
{
	*ret_keys = KEY_BITS_NONE;
	for (size_t i = 0; i < n; i++) {
		int code = routertext_key(words[i]);

		if (code < 0)
			return false;
		keys_set(ret_keys, (unsigned)code, true);
	}
	return true;
}

static bool take_flag(struct router_device *info, const char *word)
{
	if (strcmp(word, "leds") == 0) {
		info->has_leds = true;
	} else if (strcmp(word, "wheel") == 0) {
		info->has_wheel = info->has_hwheel = true;
	} else if (strcmp(word, "hi-res") == 0) {
		info->has_wheel_hi_res = info->has_hwheel_hi_res = true;
	} else if (strcmp(word, "absolute") == 0) {
		info->abs[ABS_X] = info->abs[ABS_Y] = (struct router_absinfo){ 0, 1000 };
	} else if (role_find(word) < N_ROLES) {
		info->role = role_find(word);
	} else {
		return false;
	}
	return true;
}

/* device NAME GROUP [FLAG...] [down KEY...] */
static bool do_device(struct script *script, char **words, size_t n)
{
	struct router_device info = { .role = ROLE_MOUSE };
	struct error err = { 0 };
	unsigned device = 0;
	size_t i = 3;

	if (n < 3)
		return false;
	info.group = (unsigned)strtoul(words[2], NULL, 10);
	for (; i < n && strcmp(words[i], "down") != 0; i++) {
		if (!take_flag(&info, words[i]))
			return false;
	}
	if (i < n && !take_keys(words + i + 1, n - i - 1, &info.keys))
		return false;
	/* its name is needed in what the router does at once */
	while (script->devices[device][0])
		device++;
	(void)snprintf(script->devices[device], NAME_LEN, "%s", words[1]);
	script->groups[device] = info.group;
	script->fingers[device] = info.keys;
	return router_device_add(script->router, &info, &device, &err) == 0;
}

static bool do_unplug(struct script *script, char **words, size_t n)
{
	unsigned device =
		n == 2 ? find(script->devices, ROUTER_DEVICES, words[1]) : ROUTER_DEVICES;

	if (device == ROUTER_DEVICES)
		return false;
	router_device_remove(script->router, device);
	script->devices[device][0] = '\0';
	return true;
}

static bool do_resync(struct script *script, char **words, size_t n)
{
	unsigned device =
		n >= 2 ? find(script->devices, ROUTER_DEVICES, words[1]) : ROUTER_DEVICES;
	struct key_bits keys;

	if (device == ROUTER_DEVICES || !take_keys(words + 2, n - 2, &keys))
		return false;
	script->fingers[device] = keys;
	router_resync(script->router, device, &keys);
	return true;
}

static bool do_adopted(struct script *script, char **words, size_t n)
{
	struct key_bits keys;
	unsigned target;

	if (n < 3 || !take_keys(words + 3, n - 3, &keys))
		return false;
	target = find(script->targets, ROUTER_TARGETS, words[1]);
	if (target == ROUTER_TARGETS || role_find(words[2]) == N_ROLES)
		return false;
	router_adopted(script->router, target, role_find(words[2]), &keys, 0);
	return true;
}

static bool do_switch(struct script *script, char **words, size_t n)
{
	unsigned target =
		n == 2 ? find(script->targets, ROUTER_TARGETS, words[1]) : ROUTER_TARGETS;

	if (target == ROUTER_TARGETS)
		return false;
	if (router_switch(script->router, target, ROUTER_BY_COMMAND) < 0)
		buf_adds(script->out, "\trefused\n");
	return true;
}

/* live NAME, dead NAME, forget NAME, leds NAME BITS */
static bool do_target(struct script *script, char **words, size_t n)
{
	unsigned target =
		n >= 2 ? find(script->targets, ROUTER_TARGETS, words[1]) : ROUTER_TARGETS;

	if (target == ROUTER_TARGETS)
		return false;
	if (strcmp(words[0], "leds") == 0) {
		router_set_leds(script->router, target,
				n == 3 ? (unsigned)strtoul(words[2], NULL, 10) : 0);
	} else if (strcmp(words[0], "forget") == 0) {
		router_guest_remove(script->router, target);
		script->targets[target][0] = '\0';
	} else {
		router_set_live(script->router, target, strcmp(words[0], "live") == 0);
	}
	return true;
}

/* next, prev, panic */
static bool do_word(struct script *script, char **words, size_t n)
{
	if (n != 1)
		return false;
	if (strcmp(words[0], "panic") == 0) {
		router_panic(script->router);
	} else {
		router_switch_next(script->router, strcmp(words[0], "prev") == 0,
				   ROUTER_BY_COMMAND);
	}
	return true;
}

static bool do_time(struct script *script, char **words, size_t n)
{
	if (n != 2)
		return false;
	script->now += 1000 * strtoull(words[1], NULL, 10);
	if (router_deadline(script->router) <= script->now)
		router_tick(script->router, script->now);
	return true;
}

static bool do_answer(struct script *script, char **words, size_t n)
{
	if (n != 2)
		return false;
	(void)snprintf(script->answer, sizeof(script->answer), "%s", words[1]);
	return true;
}

static bool do_frame(struct script *script, char **words, size_t n)
{
	struct input_event events[WORDS];
	unsigned device;

	words[0][strlen(words[0]) - 1] = '\0';
	device = find(script->devices, ROUTER_DEVICES, words[0]);
	if (device == ROUTER_DEVICES)
		return false;
	for (size_t i = 1; i < n; i++) {
		struct input_event *event = &events[i - 1];

		if (!routertext_parse(words[i], event))
			return false;
		if (event->type == EV_KEY)
			keys_set(&script->fingers[device], event->code, event->value > 0);
	}
	router_frame(script->router, device, events, n - 1);
	return true;
}

static bool run_line(struct script *script, char **words, size_t n)
{
	static const struct {
		const char *word;
		bool (*run)(struct script *script, char **words, size_t n);
	} lines[] = {
		{ "model", do_model },     { "guest", do_guest },
		{ "chord", do_chord },     { "device", do_device },
		{ "unplug", do_unplug },   { "resync", do_resync },
		{ "switch", do_switch },   { "live", do_target },
		{ "dead", do_target },     { "leds", do_target },
		{ "forget", do_target },   { "next", do_word },
		{ "prev", do_word },       { "panic", do_word },
		{ "time", do_time },       { "answer", do_answer },
		{ "adopted", do_adopted },
	};

	if (words[0][strlen(words[0]) - 1] == ':')
		return do_frame(script, words, n);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (strcmp(words[0], lines[i].word) == 0)
			return lines[i].run(script, words, n);
	}
	return false;
}

static int take_line(struct script *script, char *line, struct error *err)
{
	char *words[WORDS];
	size_t n = 0;
	char *rest = NULL;

	if (line[0] == '\t')
		return 0;
	buf_addf(script->out, "%s\n", line);
	if (line[0] == '#' || line[0] == '\0')
		return 0;
	for (char *word = strtok_r(line, " ", &rest); word && n < WORDS;
	     word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	if (n == 0 || !run_line(script, words, n))
		return error_set(err, EINVAL, "cannot understand '%s'", line);
	answer_all(script);
	return 0;
}

int routerscript_run(const char *text, struct buf *out, struct error *err)
{
	struct script script = {
		.options = { .release_us = 2000000,
			     .retry_us = 100000,
			     .retry_max_us = 400000 },
		.out = out,
		.targets = { "host" },
		.answer = "ok",
	};
	CLEANUP_FREE char *copy = strdup(text);
	char *rest = NULL;
	int r = 0;

	script.router = router_new(&script.options, &ops, &script);
	if (!copy || !script.router)
		r = error_set(err, ENOMEM, "out of memory");
	rest = copy;
	while (r == 0 && rest && *rest)
		r = take_line(&script, strsep(&rest, "\n"), err);
	router_free(script.router);
	return r;
}
