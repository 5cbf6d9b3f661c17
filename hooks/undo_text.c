/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "undo_text.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"

#define HEAD      "vfiokit-undo 1"
#define WORDS_MAX (UNDO_FIELDS_MAX + 3)
#define LOST_MAX  64 /* records in a row that cannot be read */

/* A field that is empty is a lone '%'. */
void undo_text_field(struct buf *line, const char *text)
{
	buf_addc(line, ' ');
	if (!*text)
		buf_addc(line, '%');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c <= ' ' || c == '%' || c == 0x7f) {
			buf_addf(line, "%%%02x", c);
		} else {
			buf_addc(line, *text);
		}
	}
}

void undo_text_head(struct buf *line, const char *boot_id, const char *guest)
{
	buf_adds(line, HEAD);
	undo_text_field(line, boot_id);
	undo_text_field(line, guest);
	buf_addc(line, '\n');
}

void undo_text_record(struct buf *line, const struct undo_record *record)
{
	buf_addf(line, "+ %u", record->number);
	undo_text_field(line, record->kind);
	for (unsigned i = 0; i < record->n_fields; i++)
		undo_text_field(line, record->field[i]);
	buf_addc(line, '\n');
}

size_t undo_text_whole_lines(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] != '\n')
		len--;
	return len;
}

/* Decodes in place; false for what undo_text_field() does not write. */
static bool decode(char *text)
{
	struct error ignored;
	uint64_t value;
	char *out = text;

	if (strcmp(text, "%") == 0) {
		*text = '\0';
		return true;
	}
	for (; *text; text++) {
		if (*text != '%') {
			*out++ = *text;
			continue;
		}
		if (!text[1] || !text[2] ||
		    parse_hex_part(&value, text + 1, 2, "byte", &ignored) < 0 ||
		    value == 0)
			return false;
		*out++ = (char)value;
		text += 2;
	}
	*out = '\0';
	return true;
}

/* The words of a line, cut in place; 0 when one cannot be decoded or there are too many.
 */
static size_t split(char *words[WORDS_MAX], char *line)
{
	size_t n = 0;

	for (char *rest = line, *word; (word = strsep(&rest, " "));) {
		if (n == WORDS_MAX || !decode(word))
			return 0;
		words[n++] = word;
	}
	return n;
}

static struct undo_record *find_number(const struct undo_log *log, const char *text)
{
	struct error ignored;
	uint64_t number;

	if (parse_dec(&number, text, 1, log->n, "record", &ignored) < 0)
		return NULL;
	return &log->v[number - 1];
}

static bool set_string(char **at, const char *text)
{
	char *copy = strdup(text);

	free(*at);
	*at = copy;
	return copy;
}

static struct undo_record *grow(struct undo_log *log)
{
	struct undo_record *v = reallocarray(log->v, log->n + 1, sizeof(*v));

	if (!v)
		return NULL;
	log->v = v;
	v[log->n] = (struct undo_record){ .number = (unsigned)log->n + 1 };
	return &v[log->n];
}

/* Takes the place of a record that cannot be read. */
static bool add_lost(struct undo_log *log)
{
	struct undo_record *record = grow(log);

	if (!record)
		return false;
	record->kind = strdup("lost");
	record->state = UNDO_DONE;
	log->is_damaged = true;
	log->n += record->kind != NULL;
	return record->kind;
}

static bool fill_record(struct undo_record *record, char *words[], size_t n)
{
	record->kind = strdup(words[0]);
	for (size_t i = 1; record->kind && i < n; i++) {
		record->field[i - 1] = strdup(words[i]);
		if (!record->field[i - 1])
			break;
		record->n_fields++;
	}
	if (record->kind && record->n_fields == n - 1)
		return true;
	undo_record_done(record);
	return false;
}

/* "+ NUMBER KIND FIELD...": numbers count up, so that it shows when one is missing. */
static bool read_record(struct undo_log *log, char *words[], size_t n)
{
	struct undo_record *record;
	struct error ignored;
	uint64_t number;

	if (n < 3 || n - 3 > UNDO_FIELDS_MAX ||
	    parse_dec(&number, words[1], log->n + 1, log->n + LOST_MAX, "record",
		      &ignored) < 0)
		return false;
	while (log->n + 1 < number) {
		if (!add_lost(log))
			return false;
	}
	record = grow(log);
	if (!record || !fill_record(record, words + 2, n - 2))
		return false;
	log->n++;
	return true;
}

static bool read_amendment(struct undo_log *log, char *words[], size_t n)
{
	struct undo_record *record = n == 4 ? find_number(log, words[1]) : NULL;
	struct error ignored;
	uint64_t field;

	if (!record || record->n_fields == 0 ||
	    parse_dec(&field, words[2], 0, record->n_fields - 1, "field", &ignored) < 0)
		return false;
	return set_string(&record->field[field], words[3]);
}

static bool read_mark(struct undo_log *log, char *words[], size_t n,
		      enum undo_state state)
{
	struct undo_record *record = n == 2 ? find_number(log, words[1]) : NULL;

	if (!record)
		return false;
	record->state = state;
	return true;
}

static bool read_line(struct undo_log *log, char *line)
{
	char *words[WORDS_MAX];
	size_t n = split(words, line);

	if (n == 0 || strlen(words[0]) != 1)
		return false;
	switch (words[0][0]) {
	case '+':
		return read_record(log, words, n);
	case '=':
		return read_amendment(log, words, n);
	case '-':
		return read_mark(log, words, n, UNDO_DONE);
	case '!':
		return read_mark(log, words, n, UNDO_WEDGED);
	case '~':
		log->is_released = true;
		return n == 1;
	case '*':
		log->is_released = false;
		return n == 1;
	default:
		return false;
	}
}

static bool read_head(struct undo_log *log, char *line, const char *boot_id)
{
	char *words[WORDS_MAX];
	size_t n;

	if (strncmp(line, HEAD " ", strlen(HEAD " ")) != 0)
		return false;
	n = split(words, line + strlen(HEAD " "));
	if (n != 2)
		return false;
	log->is_stale = strcmp(words[0], boot_id) != 0;
	return set_string(&log->guest, words[1]);
}

int undo_text_read(struct undo_log *log, const char *text, const char *boot_id,
		   struct error *err)
{
	CLEANUP_FREE char *copy = strdup(text);
	char *rest = copy;
	char *line;
	bool is_first = true;

	if (!copy)
		return error_set(err, ENOMEM, "out of memory");
	while ((line = strsep(&rest, "\n"))) {
		if (!rest)
			break; /* behind the last newline */
		if (!(is_first ? read_head(log, line, boot_id) : read_line(log, line)))
			log->is_damaged = true;
		is_first = false;
	}
	if (!log->guest)
		log->guest = strdup(""); /* torn before its head was whole: empty */
	if (!log->guest)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}
