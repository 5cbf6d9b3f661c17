/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What a bench has seen, as one page that needs nothing else: no scripts, no files. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "bench.h"

#define EXCERPT_MAX 8192
#define IMAGE_MAX   67108864

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<title>Option ROMs tried</title>\n<style>\n"
	"body { font: 15px/1.5 sans-serif; max-width: 75em; margin: 2em auto; "
	"padding: 0 1em; color: #222; background: #fff; }\n"
	"h2 { margin-top: 2em; border-top: 1px solid #ccc; padding-top: 1em; }\n"
	"table { border-collapse: collapse; width: 100%; }\n"
	"th, td { text-align: left; vertical-align: top; padding: .4em .8em; "
	"border-bottom: 1px solid #ccc; white-space: nowrap; }\n"
	"td.said { white-space: normal; overflow-wrap: anywhere; width: 40%; }\n"
	"td.name { white-space: normal; overflow-wrap: anywhere; min-width: 10em; }\n"
	"td.time { text-align: right; }\n"
	"small { display: block; color: #555; }\n"
	"dl { display: grid; grid-template-columns: max-content auto; gap: 0 1em; }\n"
	"dd { margin: 0; overflow-wrap: anywhere; }\n"
	"pre { background: #f4f4f4; padding: .6em; overflow: auto; max-height: 20em; }\n"
	"img { max-width: min(100%, 45em); border: 1px solid #ccc; }\n"
	"summary { cursor: pointer; }\n"
	".yes { color: #176317; } .no { color: #a11; font-weight: bold; }\n"
	"</style>\n</head>\n<body>\n";

/* What files and guests call themselves, and what they say, is no markup. */
static void add_text(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '<') {
			buf_adds(out, "&lt;");
		} else if (c == '>') {
			buf_adds(out, "&gt;");
		} else if (c == '&') {
			buf_adds(out, "&amp;");
		} else if (c == '"') {
			buf_adds(out, "&quot;");
		} else if ((c >= ' ' && c < 0x7f) || c == '\n' || c == '\t') {
			buf_addc(out, (char)c);
		} else if (c != '\r') {
			buf_addc(out, '.');
		}
	}
}

static void add(struct buf *out, const char *text)
{
	add_text(out, text ? text : "", text ? strlen(text) : 0);
}

static const char *file_name(const struct trial *trial)
{
	const char *slash = strrchr(trial->path, '/');

	return slash ? slash + 1 : trial->path;
}

static void add_small(struct buf *out, const char *text)
{
	if (!text || !*text)
		return;
	buf_adds(out, "<small>");
	add(out, text);
	buf_adds(out, "</small>");
}

static void add_row(struct buf *out, const struct trial *trial, size_t nth)
{
	bool agrees = bench_agrees(trial);

	buf_addf(out, "<tr><td class=\"name\"><a href=\"#rom%zu\">", nth);
	add(out, file_name(trial));
	buf_adds(out, "</a></td><td class=\"said\">");
	buf_adds(out, bench_predicted_name(trial));
	add_small(out, trial->why);
	buf_adds(out, "</td><td class=\"said\">");
	buf_adds(out, bench_seen_name(trial->seen));
	add_small(out, trial->by);
	buf_addf(out, "</td><td class=\"%s\">%s</td>", agrees ? "yes" : "no",
		 agrees ? "yes" : "no");
	buf_addf(out, "<td class=\"time\">%" PRIu64 ".%" PRIu64 " s</td></tr>\n",
		 trial->ms / 1000, trial->ms % 1000 / 100);
}

static int add_excerpt(struct buf *out, const struct bench *bench, size_t nth,
		       const char *name, const char *title, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	int r = probe_read(&text, bench, nth, name, EXCERPT_MAX, err);

	if (r < 0 || text.len == 0)
		return r;
	buf_addf(out, "<details><summary>%s</summary><pre>", title);
	add_text(out, text.data, text.len);
	buf_adds(out, "</pre></details>\n");
	return 0;
}

static int add_screen(struct buf *out, const struct bench *bench, size_t nth,
		      struct error *err)
{
	CLEANUP_BUF struct buf image = BUF_NONE;
	CLEANUP_BUF struct buf uri = BUF_NONE;
	int r = probe_read(&image, bench, nth, "screen", IMAGE_MAX, err);

	if (r < 0 || image.len == 0)
		return r;
	image_add(&uri, &image);
	r = buf_check(&uri, err);
	if (r == 0 && uri.len > 0) {
		buf_addf(out, "<p><img alt=\"the guest's screen\" src=\"%s\"></p>\n",
			 buf_text(&uri));
	}
	return r;
}

static int add_trial(struct buf *out, const struct bench *bench, size_t nth,
		     struct error *err)
{
	const struct trial *trial = &bench->trials[nth - 1];
	int r;

	buf_addf(out, "<h2 id=\"rom%zu\">", nth);
	add(out, file_name(trial));
	buf_adds(out, "</h2>\n<dl><dt>File</dt><dd>");
	add(out, trial->is_own ? "the device's own ROM" : trial->path);
	buf_addf(out,
		 "</dd>\n<dt>SHA-256</dt><dd><code>%s</code></dd>\n"
		 "<dt>Predicted</dt><dd>%s: ",
		 trial->sha256, bench_predicted_name(trial));
	add(out, trial->why);
	buf_addf(out, "</dd>\n<dt>Seen</dt><dd>%s%s", bench_seen_name(trial->seen),
		 trial->by ? ": " : "");
	add(out, trial->by);
	buf_adds(out, "</dd></dl>\n");
	r = add_screen(out, bench, nth, err);
	if (r == 0)
		r = add_excerpt(out, bench, nth, "log", "Firmware's log", err);
	if (r == 0)
		r = add_excerpt(out, bench, nth, "serial", "Serial port", err);
	if (r == 0)
		r = add_excerpt(out, bench, nth, "debug", "Debug port", err);
	if (r == 0)
		r = add_excerpt(out, bench, nth, "qemu.log", "QEMU's log", err);
	return r;
}

static void add_summary(struct buf *out, const struct bench *bench)
{
	size_t n = 0;

	for (size_t i = 0; i < bench->n; i++)
		n += bench_agrees(&bench->trials[i]);
	buf_adds(out, "<h1>Option ROMs tried</h1>\n<p>Guest <b>");
	add(out, bench->guest.name);
	buf_addf(out, "</b>, device %s, %s, ROM BAR %s. %zu of %zu as predicted.</p>\n",
		 bench->device.address, rom_firmware_name(bench->firmware),
		 bench->device.is_bar_off ? "off" : "on", n, bench->n);
	buf_adds(out, "<table>\n<thead><tr><th>ROM</th><th>Predicted</th><th>Seen</th>"
		      "<th>Agree</th><th>Time</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < bench->n; i++)
		add_row(out, &bench->trials[i], i + 1);
	buf_adds(out, "</tbody>\n</table>\n");
}

int bench_report_dir(const char *dir, struct error *err)
{
	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		return error_sys(err, errno, "make the directory '%s'", dir);
	if (access(dir, W_OK | X_OK) < 0)
		return error_sys(err, errno, "write to the directory '%s'", dir);
	return 0;
}

int bench_report(const struct bench *bench, const char *dir, struct error *err)
{
	CLEANUP_BUF struct buf out = BUF_NONE;
	CLEANUP_FREE char *path = NULL;
	int r = 0;

	if (asprintf(&path, "%s/index.html", dir) < 0) {
		path = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	buf_adds(&out, head);
	add_summary(&out, bench);
	for (size_t i = 1; i <= bench->n && r == 0; i++)
		r = add_trial(&out, bench, i, err);
	buf_adds(&out, "</body>\n</html>\n");
	if (r == 0)
		r = buf_check(&out, err);
	if (r == 0)
		r = file_replace(path, out.data, out.len, 0666, false, err);
	return r;
}
