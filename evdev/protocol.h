/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What evgrab and its daemon say to each other, over a stream socket: lines of text.
 *
 * A request is a word and what it is about: "switch win11", "status". The answer is any
 * number of lines "data {...}", each a JSON object, and then "ok" or "error TEXT". Only
 * "monitor" goes on with data until somebody hangs up. A client may send several
 * requests; they are answered in order.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define PROTOCOL_LINE_MAX 128 /* of a request, newline included */
#define PROTOCOL_NAME_MAX 48

enum protocol_verb {
	PROTOCOL_SWITCH,  /* to name, "host", "next", "prev" or "back" */
	PROTOCOL_STARTED, /* the guest `name` runs: of the hook */
	PROTOCOL_STOPPED,
	PROTOCOL_STATUS,
	PROTOCOL_LIST,
	PROTOCOL_MONITOR,
	PROTOCOL_KEYS, /* monitor, with the names of keys */
	PROTOCOL_RELEASE,
	PROTOCOL_RELOAD,
};

struct protocol_request {
	enum protocol_verb verb;
	char name[PROTOCOL_NAME_MAX + 1]; /* "" for those that are about nothing */
};

/* A line without its newline. */
MUST_CHECK int protocol_parse(struct protocol_request *ret_request, const char *line,
			      size_t len, struct error *err);

/* The line with its newline; at most PROTOCOL_LINE_MAX bytes, and a NUL. */
MUST_CHECK int protocol_format(char ret_line[static PROTOCOL_LINE_MAX + 1],
			       const struct protocol_request *request, struct error *err);

enum protocol_answer {
	PROTOCOL_DATA,
	PROTOCOL_OK,
	PROTOCOL_ERROR,
	PROTOCOL_NONSENSE,
};

/* What a line of an answer is; *ret_text is what follows the word. */
enum protocol_answer protocol_answer(const char *line, const char **ret_text);

/* Requests, as they arrive in pieces. */
struct protocol_input {
	char data[PROTOCOL_LINE_MAX];
	size_t n;
};

/* Where the next bytes go; there is always room until protocol_next() has failed. */
char *protocol_room(struct protocol_input *input, size_t *ret_size);
void protocol_filled(struct protocol_input *input, size_t n);

/*
 * The next request: 1; 0 if it is not complete yet. -EMSGSIZE: the line is too long, and
 * nothing that follows makes sense. -EINVAL: this one made no sense, those after it may.
 */
MUST_CHECK int protocol_next(struct protocol_input *input,
			     struct protocol_request *ret_request, struct error *err);

/* Whether protocol_next() would have something to say. */
bool protocol_has_next(const struct protocol_input *input);
