/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "output.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define LIBVIRT_STATE "/etc/libvirt/qemu"

int output_may_replace(const char *file, struct error *err)
{
	CLEANUP_FREE char *target = realpath(file, NULL);
	CLEANUP_FREE char *copy = strdup(file);
	size_t len = strlen(LIBVIRT_STATE);

	if (!target && errno == ENOENT && copy) /* a new file: its directory counts */
		target = realpath(dirname(copy), NULL);
	if (!target)
		return error_sys(err, errno, "open '%s'", file);
	if (strncmp(target, LIBVIRT_STATE, len) != 0 ||
	    (target[len] && target[len] != '/'))
		return 0;
	return error_set(
		err, EPERM,
		"'%s' belongs to libvirt, which would not notice the change: use "
		"--domain and --define",
		target);
}

int output_file(const char *file, const struct buf *text, bool is_private,
		struct error *err)
{
	return file_replace(file, buf_text(text), text->len, 0666, is_private, err);
}

static void make_plain(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p; p++) {
		bool is_c1 = p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;

		if (is_c1)
			p[1] = '?';
		if (is_c1 || (*p < 0x20 && *p != '\n') || *p == 0x7f)
			*p = '?';
	}
}

int output_text(struct buf *text, struct error *err)
{
	int r = buf_check(text, err);

	if (r < 0 || text->len == 0)
		return r;
	make_plain(text->data);
	return output_stdout(text->data, text->len, err);
}

int output_stdout(const char *text, size_t len, struct error *err)
{
	return file_write_fd(STDOUT_FILENO, text, len, "standard output", err);
}

void output_notes(const struct notes *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		struct note *note = &notes->v[i];

		if (note->kind == NOTE_DECISION)
			continue;
		make_plain(note->text);
		(void)fprintf(stderr, "xmltweak: %s: %s: %s\n",
			      note->kind == NOTE_WARNING ? "warning" : "note",
			      note->topic, note->text);
	}
}
