/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "result.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

#define LINE_MAX_COLUMNS 90
#define FINDING_INDENT   23

void result_done(struct result *result)
{
	input_done(&result->input);
	rom_findings_done(&result->findings);
}

/* Prints words, with new lines at the column `indent`. */
static void print_wrapped(const char *text, int indent)
{
	int column = indent;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column > indent && column + 1 + len > LINE_MAX_COLUMNS) {
			(void)printf("\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			(void)putchar(' ');
			column++;
		}
		(void)printf("%.*s", len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	(void)putchar('\n');
}

static void print_findings(const struct rom_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct rom_finding *finding = &findings->v[i];

		(void)printf("  R%02u %-7s 0x%-6" PRIx64 " ", finding->rule,
			     rom_severity_name(finding->severity), finding->at);
		print_wrapped(finding->text, FINDING_INDENT);
		if (finding->advice) {
			(void)printf("%*s", FINDING_INDENT, "=> ");
			print_wrapped(finding->advice, FINDING_INDENT);
		}
	}
	if (findings->n > 0)
		(void)putchar('\n');
}

/* The reasons, each once; a cell of the table has the number of its own. */
struct reasons {
	const char *v[ROM_N_FIRMWARES * 2];
	size_t n;
};

static size_t find_reason(struct reasons *reasons, const char *why)
{
	for (size_t i = 0; i < reasons->n; i++) {
		if (strcmp(reasons->v[i], why) == 0)
			return i + 1;
	}
	reasons->v[reasons->n++] = why;
	return reasons->n;
}

static void print_table(const struct result *result)
{
	struct reasons reasons = { .n = 0 };

	(void)printf("  %-20s %-24s %s\n", "", "ROM BAR on", "ROM BAR off");
	for (int firmware = 0; firmware < ROM_N_FIRMWARES; firmware++) {
		const struct rom_verdict *verdicts = result->verdicts[firmware];
		char cell[2][64];

		for (int bar = 1; bar >= 0; bar--) {
			(void)snprintf(cell[bar], sizeof(cell[bar]), "%s [%zu]",
				       rom_outcome_name(&verdicts[bar]),
				       find_reason(&reasons, verdicts[bar].why));
		}
		(void)printf("  %-20s %-24s %s\n",
			     rom_firmware_name((enum rom_firmware)firmware), cell[1],
			     cell[0]);
	}
	(void)putchar('\n');
	for (size_t i = 0; i < reasons.n; i++) {
		(void)printf("  [%zu] ", i + 1);
		print_wrapped(reasons.v[i], 6);
	}
}

static void print_conclusion(const struct result *result)
{
	const char *bar = result->bar ? "on" : "off";

	if (!result->can_start) {
		(void)printf("%sno: the guest does not start with this file\n",
			     result->is_file ? "\n" : "");
	} else if (!result->is_file) {
		(void)printf("no: there is no file\n");
	} else if (result->is_unread) {
		(void)printf("\nno: with the ROM BAR off QEMU starts without the file\n");
	} else if (result->firmwares == 0) {
		(void)printf("\n%s, with the ROM BAR %s\n",
			     result->will_run ? "yes: there is firmware that runs it"
					      : "no: no firmware runs it",
			     bar);
	} else {
		(void)printf("\n%s, with the ROM BAR %s\n",
			     result->will_run
				     ? "yes: the guest's firmware runs it"
				     : "no: the guest's firmware does not run it",
			     bar);
	}
}

void result_print_text(const struct result *result)
{
	(void)printf("%s", *result->path ? result->path : "(no file)");
	if (*result->target_name)
		(void)printf(", for %s", result->target_name);
	(void)printf("\n\n");
	print_findings(&result->findings);
	if (result->is_file)
		print_table(result);
	print_conclusion(result);
}

static struct json_object *verdicts_json(const struct result *result)
{
	static const char *const keys[] = { "seabios", "ovmf", "ovmf,secureboot" };
	static const char *const outcomes[] = { "runs",    "loads", "may load", "ignored",
						"refused", "hangs", "may fit" };
	struct json_object *list = json_object_new_array();

	for (int i = 0; result->is_file && i < ROM_N_FIRMWARES * 2; i++) {
		const struct rom_verdict *verdict = &result->verdicts[i / 2][1 - i % 2];
		struct json_object *object = json_object_new_object();

		json_set_text(object, "firmware", keys[i / 2]);
		json_set_text(object, "bar", i % 2 ? "off" : "on");
		json_set_text(object, "outcome", outcomes[verdict->outcome]);
		json_set_text(object, "why", verdict->why);
		(void)json_object_array_add(list, object);
	}
	return list;
}

struct json_object *result_json(const struct result *result)
{
	struct json_object *object = json_object_new_object();

	json_set_text(object, "path", result->path);
	json_set_text(object, "device",
		      *result->target_name ? result->target_name : NULL);
	json_set(object, "will_run", json_object_new_boolean(result->will_run));
	json_set(object, "findings", json_findings(&result->findings));
	json_set(object, "verdicts", verdicts_json(result));
	return object;
}
