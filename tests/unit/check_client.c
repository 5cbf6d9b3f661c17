/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The client as xmltweak uses it: loaded, against libvirt's test driver. All connections
 * of a process to test:///default see the same guests while one of them is open.
 */

#include <dlfcn.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <libvirt/libvirt.h>
#include <string.h>

#include "base/buf.h"
#include "suite.h"
#include "virt/client_load.h"

#define URI    "test:///default"
#define PREFIX "libvirt (" URI "): "
#define UUID   "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

#define NO_CONNECT "libvirt (test:///nonexistent.xml): cannot connect: "
#define NO_GUEST   PREFIX "cannot find guest 'berta': "
#define REFUSED    PREFIX "cannot define the document: XML document failed to validate"

static const char guest[] = "<domain type='test'><name>anna</name><uuid>" UUID "</uuid>"
			    "<memory>1024</memory><vcpu>1</vcpu>"
			    "<os><type>hvm</type></os></domain>";

static const struct client_ops *ops;
static struct client *client;
static virConnectPtr conn;
static virDomainPtr dom;

static void setup(void)
{
	struct error err = { 0 };

	ck_assert_msg(client_load_file(&ops, CLIENT_MODULE, &err) == 0, "%s", err.msg);
	ck_assert_msg(ops->open(&client, URI, &err) == 0, "%s", err.msg);
	conn = virConnectOpen(URI);
	ck_assert_ptr_nonnull(conn);
	dom = virDomainDefineXML(conn, guest);
	ck_assert_ptr_nonnull(dom);
}

static void teardown(void)
{
	ck_assert_int_eq(virDomainFree(dom), 0);
	ops->close(client);
	ck_assert_int_ge(virConnectClose(conn), 0);
}

/* The definition with its first occurrence of `from` replaced. */
static void define_changed(const char *xml, const char *from, const char *to, int want,
			   struct notes *notes, struct error *err)
{
	CLEANUP_BUF struct buf changed = BUF_NONE;
	const char *at = strstr(xml, from);

	ck_assert_ptr_nonnull(at);
	buf_add(&changed, xml, (size_t)(at - xml));
	buf_adds(&changed, to);
	buf_adds(&changed, at + strlen(from));
	ck_assert_int_eq(ops->define(client, buf_text(&changed), notes, err), want);
}

START_TEST(missing_module_is_named)
{
	const struct client_ops *none = NULL;
	struct error err = { 0 };

	ck_assert_int_eq(client_load_file(&none, "/nonexistent/module.so", &err),
			 -ENOENT);
	ck_assert_str_eq(err.msg, "load the libvirt client '/nonexistent/module.so' "
				  "(is vfiokit installed completely?): "
				  "No such file or directory");
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(other_library_is_refused)
{
	const struct client_ops *none = NULL;
	struct error err = { 0 };
	Dl_info libc;

	ck_assert_int_ne(dladdr((void *)gnu_get_libc_version, &libc), 0);
	ck_assert_int_eq(client_load_file(&none, libc.dli_fname, &err), -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.msg, "': it belongs to another version of "
					      "xmltweak"));
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(unknown_uri_is_named)
{
	struct client *none = NULL;
	struct error err = { 0 };

	ck_assert_int_eq(ops->open(&none, "test:///nonexistent.xml", &err), -EIO);
	ck_assert_msg(
		strncmp(err.msg,
			"libvirt (test:///nonexistent.xml): cannot connect: ", 51) == 0,
		"%s", err.msg);
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(unknown_guest_is_named)
{
	struct error err = { 0 };
	char *xml = NULL;

	ck_assert_int_eq(ops->read(client, "berta", &xml, &err), -ENOENT);
	ck_assert_msg(strncmp(err.msg, NO_GUEST, strlen(NO_GUEST)) == 0, "%s", err.msg);
	ck_assert_ptr_null(xml);
}
END_TEST

START_TEST(guest_is_found_by_uuid)
{
	CLEANUP_FREE char *xml = NULL;
	struct error err = { 0 };

	ck_assert_msg(ops->read(client, UUID, &xml, &err) == 0, "%s", err.msg);
	ck_assert_ptr_nonnull(strstr(xml, "<name>anna</name>"));
}
END_TEST

START_TEST(definition_is_replaced_without_a_word)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_FREE char *xml = NULL;
	CLEANUP_FREE char *now = NULL;
	struct error err = { 0 };

	ck_assert_int_eq(ops->read(client, "anna", &xml, &err), 0);
	define_changed(xml, ">1</vcpu>", ">3</vcpu>", 0, &notes, &err);
	ck_assert_uint_eq(notes.n, 0);
	ck_assert_int_eq(ops->read(client, "anna", &now, &err), 0);
	ck_assert_ptr_nonnull(strstr(now, ">3</vcpu>"));
}
END_TEST

START_TEST(change_by_somebody_else_is_kept)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_FREE char *xml = NULL;
	CLEANUP_FREE char *now = NULL;
	struct error err = { 0 };

	ck_assert_int_eq(ops->read(client, "anna", &xml, &err), 0);
	ck_assert_int_eq(virDomainSetVcpusFlags(dom, 1, VIR_DOMAIN_AFFECT_CONFIG), 0);
	ck_assert_int_eq(virDomainSetMetadata(dom, VIR_DOMAIN_METADATA_TITLE, "theirs",
					      NULL, NULL, VIR_DOMAIN_AFFECT_CONFIG),
			 0);
	define_changed(xml, ">1</vcpu>", ">3</vcpu>", -ESTALE, &notes, &err);
	ck_assert_str_eq(err.msg, PREFIX "guest 'anna' was changed by somebody else "
					 "meanwhile; nothing was defined");
	ck_assert_int_eq(ops->read(client, "anna", &now, &err), 0);
	ck_assert_ptr_nonnull(strstr(now, "<title>theirs</title>"));
}
END_TEST

static const char *const identities[][2] = {
	{ ">anna<", ">berta<" },
	{ UUID, "6ba7b811-9dad-11d1-80b4-00c04fd430c8" },
};

START_TEST(second_guest_is_not_made)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_FREE char *xml = NULL;
	struct error err = { 0 };

	ck_assert_int_eq(ops->read(client, "anna", &xml, &err), 0);
	define_changed(xml, identities[_i][0], identities[_i][1], -EINVAL, &notes, &err);
	ck_assert_str_eq(err.msg, PREFIX
			 "the document is no longer guest 'anna' with the UUID " UUID
			 "; defining it would make a second guest; nothing was "
			 "defined");
}
END_TEST

START_TEST(uuid_may_be_spelt_differently)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_FREE char *xml = NULL;
	struct error err = { 0 };

	ck_assert_int_eq(ops->read(client, "anna", &xml, &err), 0);
	define_changed(xml, UUID, "6BA7B8109DAD11D180B400C04FD430C8", 0, &notes, &err);
}
END_TEST

START_TEST(document_against_the_schema_is_refused_in_one_line)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_FREE char *xml = NULL;
	struct error err = { 0 };

	ck_assert_int_eq(ops->read(client, "anna", &xml, &err), 0);
	define_changed(xml, "<os>", "<nonsense/><os>", -EIO, &notes, &err);
	ck_assert_msg(strncmp(err.msg, REFUSED, strlen(REFUSED)) == 0, "%s", err.msg);
	ck_assert_ptr_null(strchr(err.msg, '\n'));
}
END_TEST

START_TEST(running_guest_is_told_when)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(virDomainCreate(dom), 0);
	ck_assert_int_eq(ops->define(client, guest, &notes, &err), 0);
	ck_assert_uint_eq(notes.n, 1);
	ck_assert_int_eq(notes.v[0].kind, NOTE_WARNING);
	ck_assert_str_eq(notes.v[0].topic, "define");
	ck_assert_str_eq(notes.v[0].text,
			 "guest 'anna' is running: the change takes effect at its next "
			 "start, not at a reboot from inside");
}
END_TEST

START_TEST(saved_guest_is_told_what_its_next_start_does)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(virDomainCreate(dom), 0);
	ck_assert_int_eq(virDomainManagedSave(dom, 0), 0);
	ck_assert_int_eq(ops->define(client, guest, &notes, &err), 0);
	ck_assert_uint_eq(notes.n, 1);
	ck_assert_str_eq(notes.v[0].text,
			 "guest 'anna' has a managed-save image: its next start resumes "
			 "that with the old definition, only the one after it takes the "
			 "new; 'virsh managedsave-remove anna' gives the saved state up");
}
END_TEST

/* Both need QEMU and its driver, and say which package is missing otherwise. */
START_TEST(command_line_shows_no_trace_of_its_making)
{
	static const char plain[] = "<domain type='qemu'><name>anna</name>"
				    "<memory>65536</memory>"
				    "<os><type arch='x86_64'>hvm</type></os></domain>";
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_FREE char *text = NULL;
	struct error err = { 0 };
	int r = ops->argv(plain, &text, &notes, &err);

	if (r == -ENOPKG) {
		ck_assert_ptr_nonnull(strstr(err.msg, "; install "));
		return;
	}
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_ptr_nonnull(strstr(text, " \\\n-name guest=anna"));
	ck_assert_ptr_nonnull(strstr(text, "/var/lib/libvirt/qemu/"));
	ck_assert_ptr_null(strstr(text, "/tmp/"));
}
END_TEST

START_TEST(check_finds_what_the_schema_does_not)
{
	static const char twice[] =
		"<domain type='qemu'><name>anna</name><memory>65536</memory>"
		"<vcpu>2</vcpu><os><type arch='x86_64'>hvm</type></os><cputune>"
		"<vcpupin vcpu='0' cpuset='0'/><vcpupin vcpu='0' cpuset='1'/></cputune>"
		"</domain>";
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(ops->check(twice, &notes, &err), -EIO);
	ck_assert_ptr_nonnull(strstr(err.msg, "): refuses this document: "));
	ck_assert_ptr_nonnull(strstr(err.msg, "duplicate vcpupin for vcpu '0'"));
}
END_TEST

static const char copy[] = "<domain type='test'><name>copy</name><memory>1024</memory>"
			   "<vcpu>1</vcpu><os><type>hvm</type></os></domain>";

START_TEST(transient_guest_is_started_looked_at_and_ended)
{
	CLEANUP_BUF struct buf image = BUF_NONE;
	struct error err = { 0 };
	bool is_active = true;

	ck_assert_int_eq(ops->is_active(client, "anna", &is_active, &err), 0);
	ck_assert(!is_active);
	ck_assert_int_eq(ops->is_active(client, "berta", &is_active, &err), -ENOENT);
	ck_assert(!ops->runs(client));
	ck_assert_int_eq(ops->screenshot(client, &image, &err), -ENOENT);
	/* the test driver cannot end a guest with its connection, so this one stays */
	ck_assert_msg(ops->start(client, copy, true, &err) == 0, "%s", err.msg);
	ck_assert(ops->runs(client));
	ck_assert_int_eq(ops->is_active(client, "copy", &is_active, &err), 0);
	ck_assert(is_active);
	ck_assert_msg(ops->destroy(client, &err) == 0, "%s", err.msg);
	ck_assert(!ops->runs(client));
	ck_assert_int_eq(ops->is_active(client, "copy", &is_active, &err), -ENOENT);
	ck_assert_msg(ops->destroy(client, &err) == 0, "%s", err.msg);
}
END_TEST

START_TEST(transient_guest_that_is_refused_is_none)
{
	struct error err = { 0 };

	ck_assert_int_lt(ops->start(client, "<domain/>", true, &err), 0);
	ck_assert(strncmp(err.msg, PREFIX "cannot start the guest: ",
			  strlen(PREFIX "cannot start the guest: ")) == 0);
	ck_assert(!ops->runs(client));
	ck_assert(!ops->agent_answers(client));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("client");
	TCase *tc = tcase_create("load");

	tcase_add_test(tc, missing_module_is_named);
	tcase_add_test(tc, other_library_is_refused);
	suite_add_tcase(s, tc);

	tc = tcase_create("connection");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, transient_guest_is_started_looked_at_and_ended);
	tcase_add_test(tc, transient_guest_that_is_refused_is_none);
	tcase_add_test(tc, unknown_uri_is_named);
	tcase_add_test(tc, unknown_guest_is_named);
	tcase_add_test(tc, guest_is_found_by_uuid);
	tcase_add_test(tc, definition_is_replaced_without_a_word);
	tcase_add_test(tc, change_by_somebody_else_is_kept);
	tcase_add_loop_test(tc, second_guest_is_not_made, 0, ARRAY_SIZE(identities));
	tcase_add_test(tc, uuid_may_be_spelt_differently);
	tcase_add_test(tc, document_against_the_schema_is_refused_in_one_line);
	tcase_add_test(tc, running_guest_is_told_when);
	tcase_add_test(tc, saved_guest_is_told_what_its_next_start_does);
	suite_add_tcase(s, tc);

	tc = tcase_create("embedded");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, command_line_shows_no_trace_of_its_making);
	tcase_add_test(tc, check_finds_what_the_schema_does_not);
	suite_add_tcase(s, tc);
	return s;
}
