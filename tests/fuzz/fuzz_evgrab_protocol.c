/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What a client of evgrab's daemon sends, in pieces of any size: the requests are the
 * same as when it comes at once, and each of them would be written as it was read.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

static void check_request(const struct protocol_request *request)
{
	struct protocol_request again;
	char line[PROTOCOL_LINE_MAX + 1];
	struct error err = { 0 };

	check(strlen(request->name) <= PROTOCOL_NAME_MAX);
	check(protocol_format(line, request, &err) == 0);
	check(protocol_parse(&again, line, strlen(line) - 1, &err) == 0);
	check(again.verb == request->verb && strcmp(again.name, request->name) == 0);
}

/* A number that depends on the requests and the mistakes, in their order. */
static unsigned long run(const uint8_t *data, size_t size, size_t piece)
{
	struct protocol_input input = { 0 };
	unsigned long sum = 0;

	while (size > 0) {
		struct protocol_request request;
		struct error err = { 0 };
		size_t room, take;
		char *to = protocol_room(&input, &room);
		int r;

		take = room < piece ? room : piece;
		take = take < size ? take : size;
		check(take > 0);
		memcpy(to, data, take);
		protocol_filled(&input, take);
		data += take;
		size -= take;
		while ((r = protocol_next(&input, &request, &err)) != 0) {
			sum = sum * 31 + (unsigned long)(r > 0 ? request.verb : -r);
			if (r == -EMSGSIZE)
				return sum;
			if (r > 0)
				check_request(&request);
		}
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(run(data, size, 1) == run(data, size, PROTOCOL_LINE_MAX));
	return 0;
}
