/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define LIBVIRT_STATE "/etc/libvirt/qemu/"

int output_may_replace(const char *file, struct error *err)
{
	CLEANUP_FREE char *target = realpath(file, NULL);

	if (!target)
		return error_sys(err, errno, "open '%s'", file);
	if (strncmp(target, LIBVIRT_STATE, strlen(LIBVIRT_STATE)) != 0)
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

int output_stdout(const char *text, size_t len, struct error *err)
{
	return file_write_fd(STDOUT_FILENO, text, len, "standard output", err);
}

void output_notes(const struct notes *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		const struct note *note = &notes->v[i];

		if (note->kind == NOTE_DECISION)
			continue;
		(void)fprintf(stderr, "xmltweak: %s: %s: %s\n",
			      note->kind == NOTE_WARNING ? "warning" : "note",
			      note->topic, note->text);
	}
}
