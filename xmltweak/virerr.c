/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "virerr.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void say_nothing(UNUSED void *data, UNUSED virErrorPtr error)
{
}

void virerr_quiet(void)
{
	/* Read once, by virInitialize(); without it errors are logged to stderr. */
	(void)setenv("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null", 0);
	virSetErrorFunc(NULL, say_nothing);
}

static int code_of(const virError *e)
{
	switch (e ? e->code : VIR_ERR_OK) {
	case VIR_ERR_NO_DOMAIN:
		return ENOENT;
	case VIR_ERR_AUTH_FAILED:
	case VIR_ERR_AUTH_CANCELLED:
	case VIR_ERR_AUTH_UNAVAILABLE:
	case VIR_ERR_ACCESS_DENIED:
	case VIR_ERR_OPERATION_DENIED:
		return EACCES;
	case VIR_ERR_SYSTEM_ERROR:
		/* int1 is the errno */
		return e->int1 == EACCES || e->int1 == EPERM ? EACCES : EIO;
	default:
		return EIO;
	}
}

/* Debian's socket of the system daemon is for root and the group libvirt. */
static const char *advice(const virError *e, const char *uri)
{
	if (!e || !strstr(uri, ":///system"))
		return "";
	if (code_of(e) == EACCES)
		return " (this needs root or the group libvirt)";
	if (e->code == VIR_ERR_SYSTEM_ERROR &&
	    (e->int1 == ENOENT || e->int1 == ECONNREFUSED))
		return " (is libvirtd or virtqemud running?)";
	return "";
}

/*
 * libvirt puts each finding of a validation on a line of its own. After a syntax error
 * comes a picture of the place instead, which is no use in one line.
 */
static void add_joined(struct buf *buf, const virError *e)
{
	for (const char *p = e->message; *p; p++) {
		if (*p == '\n' && e->code == VIR_ERR_XML_DETAIL)
			return;
		if (*p != '\n')
			buf_addc(buf, *p);
		if (*p == '\n' && p[1])
			buf_adds(buf, "; ");
	}
}

int virerr_set(struct error *err, const char *uri, const char *fmt, ...)
{
	const virError *e = virGetLastError();
	CLEANUP_BUF struct buf msg = BUF_NONE;
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&msg, fmt, ap);
	va_end(ap);
	buf_adds(&msg, e && e->message ? ": " : ", and gives no reason");
	if (e && e->message)
		add_joined(&msg, e);
	buf_adds(&msg, advice(e, uri));
	return error_set(err, code_of(e), "libvirt (%s): %s", uri, buf_text(&msg));
}
