/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "protocol.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"

static const struct {
	const char *word;
	bool has_name;
} verbs[] = {
	[PROTOCOL_SWITCH] = { "switch", true },
	[PROTOCOL_STARTED] = { "started", true },
	[PROTOCOL_STOPPED] = { "stopped", true },
	[PROTOCOL_STATUS] = { "status", false },
	[PROTOCOL_LIST] = { "list", false },
	[PROTOCOL_MONITOR] = { "monitor", false },
	[PROTOCOL_KEYS] = { "keys", false },
	[PROTOCOL_RELEASE] = { "release", false },
	[PROTOCOL_RELOAD] = { "reload", false },
};

static bool is_name(const char *name, size_t len)
{
	if (len == 0 || len > PROTOCOL_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isgraph((unsigned char)name[i]))
			return false;
	}
	return true;
}

int protocol_parse(struct protocol_request *ret_request, const char *line, size_t len,
		   struct error *err)
{
	size_t word = 0, verb = 0;
	size_t name = 0;

	while (word < len && line[word] != ' ')
		word++;
	while (verb < ARRAY_SIZE(verbs) && (strlen(verbs[verb].word) != word ||
					    memcmp(verbs[verb].word, line, word) != 0))
		verb++;
	if (verb == ARRAY_SIZE(verbs))
		return error_set(err, EINVAL, "there is no such request");
	if (word < len)
		name = len - word - 1;
	if (verbs[verb].has_name != (word < len) ||
	    (word < len && !is_name(line + word + 1, name))) {
		return error_set(err, EINVAL, "'%s' needs %s", verbs[verb].word,
				 verbs[verb].has_name ? "a name" : "nothing more");
	}
	*ret_request = (struct protocol_request){ .verb = verb };
	if (name)
		memcpy(ret_request->name, line + word + 1, name);
	return 0;
}

int protocol_format(char ret_line[static PROTOCOL_LINE_MAX + 1],
		    const struct protocol_request *request, struct error *err)
{
	bool has_name = verbs[request->verb].has_name;

	if (has_name && !is_name(request->name, strlen(request->name)))
		return error_set(err, EINVAL, "'%s' cannot be a name", request->name);
	(void)snprintf(ret_line, PROTOCOL_LINE_MAX + 1, "%s%s%s\n",
		       verbs[request->verb].word, has_name ? " " : "",
		       has_name ? request->name : "");
	return 0;
}

enum protocol_answer protocol_answer(const char *line, const char **ret_text)
{
	static const struct {
		const char *word;
		enum protocol_answer answer;
	} words[] = {
		{ "data ", PROTOCOL_DATA },
		{ "error ", PROTOCOL_ERROR },
	};

	*ret_text = "";
	if (strcmp(line, "ok") == 0)
		return PROTOCOL_OK;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strncmp(line, words[i].word, strlen(words[i].word)) == 0) {
			*ret_text = line + strlen(words[i].word);
			return words[i].answer;
		}
	}
	return PROTOCOL_NONSENSE;
}

char *protocol_room(struct protocol_input *input, size_t *ret_size)
{
	*ret_size = sizeof(input->data) - input->n;
	return input->data + input->n;
}

void protocol_filled(struct protocol_input *input, size_t n)
{
	input->n += n;
}

int protocol_next(struct protocol_input *input, struct protocol_request *ret_request,
		  struct error *err)
{
	char line[PROTOCOL_LINE_MAX];
	const char *end = memchr(input->data, '\n', input->n);
	size_t len;
	int r;

	if (!end && input->n == sizeof(input->data)) {
		return error_set(err, EMSGSIZE, "a request is longer than %d bytes",
				 PROTOCOL_LINE_MAX);
	}
	if (!end)
		return 0;
	len = (size_t)(end - input->data);
	memcpy(line, input->data, len);
	input->n -= len + 1;
	memmove(input->data, end + 1, input->n);
	r = protocol_parse(ret_request, line, len, err);
	return r < 0 ? r : 1;
}

bool protocol_has_next(const struct protocol_input *input)
{
	return input->n == sizeof(input->data) || memchr(input->data, '\n', input->n);
}
