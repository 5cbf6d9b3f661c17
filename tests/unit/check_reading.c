/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The hook's reader of domains, by expat: what it refuses, and that its tree is
 * libxml2's. */

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "domain/document.h"
#include "domain/guest.h"
#include "domain/query.h"
#include "domain/reading.h"
#include "domain/scan.h"
#include "sametree.h"
#include "suite.h"

static struct reading reading;

static void setup(void)
{
	reading = READING_NONE;
}

static void teardown(void)
{
	reading_done(&reading);
}

static int parse(const char *text, size_t len, struct error *err)
{
	reading_done(&reading);
	return reading_parse_domain(&reading, "x", text, len, err);
}

static const xmlNode *top(const char *text)
{
	struct error err = { 0 };

	ck_assert_msg(parse(text, strlen(text), &err) == 0, "%s: %s", text, err.msg);
	return reading.top;
}

/* --- what is refused --- */

#define TEXT(text) (text), sizeof(text) - 1
#define LAUGH(a, b) \
	"<!ENTITY " a " '&" b ";&" b ";&" b ";&" b ";&" b ";&" b ";&" b ";&" b ";'>"
#define NO_DOCTYPE \
	"a document type or entity declaration is not allowed in a domain; remove it"

static const struct {
	const char *text;
	size_t len;
	int code;
	const char *message;
} refused[] = {
	{ TEXT(""), EBADMSG, "x:1: not well-formed: no element found" },
	{ TEXT(" \n\n"), EBADMSG, "x:3: not well-formed: no element found" },
	{ TEXT("rubbish"), EBADMSG, "x:1: not well-formed: syntax error" },
	{ TEXT("<domain"), EBADMSG, "x:1: not well-formed: unclosed token" },
	{ TEXT("<domain>\n<name>a</domain>"), EBADMSG,
	  "x:2: not well-formed: mismatched tag" },
	{ TEXT("<domain/><domain/>"), EBADMSG,
	  "x:1: not well-formed: junk after document element" },
	{ TEXT("<domain a='1' a='2'/>"), EBADMSG,
	  "x:1: not well-formed: duplicate attribute" },
	{ TEXT("<domain xmlns:p='u' xmlns:q='u' p:a='' q:a=''/>"), EBADMSG,
	  "x:1: not well-formed: duplicate attribute" },
	{ TEXT("<domain><v:guest/></domain>"), EBADMSG,
	  "x:1: not well-formed: unbound prefix" },
	{ TEXT("<domain a='<'/>"), EBADMSG, "x:1: not well-formed: invalid token" },
	{ TEXT("<domain>\0</domain>"), EBADMSG, "x:1: not well-formed: invalid token" },
	{ TEXT("<domain a='&#0;'/>"), EBADMSG,
	  "x:1: not well-formed: reference to invalid character number" },
	{ TEXT("<domain a='&#1;'/>"), EBADMSG,
	  "x:1: not well-formed: reference to invalid character number" },
	{ TEXT("<domain xmlns='a\x01name'/>"), EBADMSG,
	  "x:1: not well-formed: invalid token" },
	{ TEXT("<domain>\xff</domain>"), EBADMSG, "x:1: not well-formed: invalid token" },
	{ TEXT("<domain>\xed\xa0\x80</domain>"), EBADMSG,
	  "x:1: not well-formed: invalid token" },
	{ TEXT("<domain>&x;</domain>"), EBADMSG,
	  "x:1: not well-formed: undefined entity" },
	{ TEXT("<!DOCTYPE d [" LAUGH("a", "b") LAUGH("b", "c")
		       LAUGH("c", "d") "<!ENTITY d 'ha'>]><domain>&a;</domain>"),
	  EBADMSG, "x:1: " NO_DOCTYPE },
	{ TEXT("\n<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/shadow'>]>"
	       "<domain>&x;</domain>"),
	  EBADMSG, "x:2: " NO_DOCTYPE },
	{ TEXT("<!DOCTYPE d SYSTEM 'http://example.org/d'><domain/>"), EBADMSG,
	  "x:1: " NO_DOCTYPE },
	{ TEXT("<!DOCTYPE domain><domain/>"), EBADMSG, "x:1: " NO_DOCTYPE },
	{ TEXT("<network/>"), EBADMSG,
	  "x: the document is a <network>, not a libvirt <domain>" },
	{ TEXT("<domain xmlns='urn:x'/>"), EBADMSG,
	  "x: the document is a <domain>, not a libvirt <domain>" },
	{ TEXT("<?xml version='1.0' encoding='klingon'?><domain/>"), EINVAL,
	  "x: unknown encoding 'klingon'; convert it to UTF-8" },
	{ TEXT("<?xml version='1.0' encoding='UTF-7'?><domain>+</domain>\xff"), EILSEQ,
	  "x: cannot be converted from UTF-7 to UTF-8" },
};

START_TEST(what_is_no_domain_is_refused)
{
	struct error err = { 0 };

	ck_assert_int_eq(parse(refused[_i].text, refused[_i].len, &err),
			 -refused[_i].code);
	ck_assert_str_eq(err.msg, refused[_i].message);
	ck_assert(!reading.top && !reading.blocks);
}
END_TEST

static void nest(struct buf *text, unsigned depth)
{
	buf_adds(text, "<domain>\n");
	for (unsigned i = 1; i < depth; i++)
		buf_adds(text, "<a>");
	for (unsigned i = 1; i < depth; i++)
		buf_adds(text, "</a>");
	buf_adds(text, "</domain>");
}

START_TEST(what_is_too_deep_is_refused)
{
	CLEANUP_BUF struct buf deep = BUF_NONE;
	CLEANUP_BUF struct buf too_deep = BUF_NONE;
	CLEANUP_BUF struct buf abyss = BUF_NONE;
	struct error err = { 0 };

	nest(&deep, SCAN_MAX_DEPTH);
	ck_assert_msg(parse(deep.data, deep.len, &err) == 0, "%s", err.msg);
	nest(&too_deep, SCAN_MAX_DEPTH + 1);
	ck_assert_int_eq(parse(too_deep.data, too_deep.len, &err), -E2BIG);
	ck_assert_str_eq(err.msg, "x:2: elements are nested more than 250 deep");
	nest(&abyss, 1000000);
	ck_assert_int_eq(parse(abyss.data, abyss.len, &err), -E2BIG);
}
END_TEST

START_TEST(no_beginning_of_a_document_is_one)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct error err = { 0 };
	size_t end;

	ck_assert_msg(file_read(&text, EXAMPLES "/win11.xml", &err) == 0, "%s", err.msg);
	end = text.len;
	while (text.data[end - 1] != '>')
		end--;
	for (size_t len = 0; len < end; len++) {
		/* a block of its own, which ends where the text does */
		char *copy = malloc(len + 1);

		ck_assert(copy);
		memcpy(copy, text.data, len);
		err = (struct error){ 0 };
		ck_assert_int_eq(parse(copy, len, &err), -EBADMSG);
		ck_assert_msg(strncmp(err.msg, "x:", 2) == 0, "%s", err.msg);
		free(copy);
	}
	ck_assert_int_eq(parse(text.data, end, &err), 0);
}
END_TEST

/* --- what is read --- */

START_TEST(a_huge_attribute_is_taken)
{
	const size_t size = 8UL * 1024 * 1024;
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct error err = { 0 };
	const char *value;

	buf_adds(&text, "<domain a='");
	for (size_t i = 0; i < size; i++)
		buf_addc(&text, 'x');
	buf_adds(&text, "'><name>b</name></domain>");
	ck_assert_msg(parse(text.data, text.len, &err) == 0, "%s", err.msg);
	value = query_attr(reading.top, "a");
	ck_assert_uint_eq(strlen(value), size);
	ck_assert_uint_eq(strspn(value, "x"), size);
	ck_assert_str_eq(query_text(query_child(reading.top, "name")), "b");
}
END_TEST

static const struct {
	const char *name;  /* an element with this content */
	const char *value; /* has this text, or none */
} texts[] = {
	{ "<name>plain</name>", "plain" },
	{ "<name/>", "" },
	{ "<name></name>", "" },
	{ "<name> </name>", " " },
	{ "<name>a &lt;&amp;&gt; b\n c&#x20AC;</name>", "a <&> b\n c\xe2\x82\xac" },
	{ "<name>a\r\nb\rc</name>", "a\nb\nc" },
	{ "<name><![CDATA[a <b> & c]]></name>", "a <b> & c" },
	{ "<name>a<![CDATA[ b ]]>c</name>", "a b c" },
	{ "<name><![CDATA[]]></name>", "" },
	{ "<name>a<!-- b -->c</name>", NULL },
	{ "<name><!-- b --></name>", NULL },
	{ "<name><?a b?></name>", NULL },
	{ "<name>a<b/></name>", NULL },
};

/* A text that comes in many pieces is one node, whatever is in it. */
START_TEST(a_text_is_one_node)
{
	CLEANUP_BUF struct buf text = BUF_NONE;

	buf_addf(&text, "<domain>\n%s\n</domain>", texts[_i].name);
	(void)top(buf_text(&text));
	ck_assert_pstr_eq(query_text(query_child(reading.top, "name")), texts[_i].value);
}
END_TEST

START_TEST(a_long_text_is_one_node)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	CLEANUP_BUF struct buf expected = BUF_NONE;

	buf_adds(&text, "<domain><name>");
	for (unsigned i = 0; i < 100000; i++) {
		buf_addf(&text, "%u\n&amp;", i);
		buf_addf(&expected, "%u\n&", i);
	}
	buf_adds(&text, "</name></domain>");
	ck_assert_str_eq(query_text(query_child(top(buf_text(&text)), "name")),
			 buf_text(&expected));
}
END_TEST

START_TEST(layout_is_not_in_the_tree)
{
	const xmlNode *domain = top("<domain>\n  <a/>\n  <!-- x -->\n  <b> </b>\n"
				    "  <c> <d/> text</c>\n</domain>");
	const xmlNode *c = query_child(domain, "c");

	ck_assert(query_is(domain->children, "a") && query_is(domain->last, "c"));
	ck_assert_int_eq(domain->children->next->type, XML_COMMENT_NODE);
	ck_assert_str_eq(query_text(query_child(domain, "b")), " ");
	ck_assert(query_is_blank(c->children) && query_is(c->children->next, "d"));
	ck_assert_str_eq((const char *)c->last->content, " text");
}
END_TEST

START_TEST(only_our_namespace_is_ours)
{
	static const char *const others[] = {
		"<guest/>",
		"<guest xmlns='https://vfiokit.org/xmlns/guest/2'/>",
		"<guest xmlns='https://vfiokit.org/xmlns/guest/1/'/>",
		"<v:guest xmlns:v='HTTPS://vfiokit.org/xmlns/guest/1'/>",
		"<guest v='https://vfiokit.org/xmlns/guest/1'/>",
		"<v:guests xmlns:v='https://vfiokit.org/xmlns/guest/1'/>",
		"<a><v:guest xmlns:v='https://vfiokit.org/xmlns/guest/1'/></a>",
	};
	static const char *const ours[] = {
		"<guest xmlns='https://vfiokit.org/xmlns/guest/1'/>",
		"<v:guest xmlns:v='https://vfiokit.org/xmlns/guest/1'/>",
		"<v:guest xmlns:v='https://vfiokit.org/xmlns/guest/&#49;'/>",
		"<v:guest v:a='' xmlns:v='https://vfiokit.org/xmlns/guest/1'/>",
	};
	CLEANUP_BUF struct buf text = BUF_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		buf_cut(&text, 0);
		buf_addf(&text, "<domain><metadata>%s</metadata></domain>", others[i]);
		ck_assert_msg(!guest_find(top(buf_text(&text))), "%s", others[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		buf_cut(&text, 0);
		buf_addf(&text, "<domain><metadata>%s</metadata></domain>", ours[i]);
		ck_assert_msg(guest_find(top(buf_text(&text))), "%s", ours[i]);
	}
}
END_TEST

static const struct {
	const char *text;
	size_t len;
} encoded[] = {
	{ TEXT("<domain><name>\xc3\xa4</name></domain>") },
	{ TEXT("\xef\xbb\xbf<domain><name>\xc3\xa4</name></domain>") },
	{ TEXT("<?xml version='1.0' encoding='utf-8'?>"
	       "<domain><name>\xc3\xa4</name></domain>") },
	{ TEXT("<?xml version='1.0' encoding='ISO-8859-1'?>"
	       "<domain><name>\xe4</name></domain>") },
	{ TEXT("<\0d\0o\0m\0a\0i\0n\0>\0<\0n\0a\0m\0e\0>\0\xe4\0<\0/\0n\0a\0m\0e\0>\0"
	       "<\0/\0d\0o\0m\0a\0i\0n\0>\0") },
};

START_TEST(other_encodings_are_read)
{
	struct error err = { 0 };

	ck_assert_msg(parse(encoded[_i].text, encoded[_i].len, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(query_text(query_child(reading.top, "name")), "\xc3\xa4");
}
END_TEST

START_TEST(any_document_may_be_read)
{
	static const char text[] =
		"<domstatus><domain><name>a</name></domain></domstatus>";
	struct error err = { 0 };

	ck_assert_int_eq(reading_parse(&reading, "x", text, strlen(text), &err), 0);
	ck_assert_str_eq(query_text(query_path(reading.top, "domain/name")), "a");
}
END_TEST

/* --- the same as libxml2's --- */

static void compare(const char *what, const char *text, size_t len)
{
	CLEANUP_DOCUMENT struct document doc = DOCUMENT_NONE;
	struct error theirs = { 0 };
	struct error ours = { 0 };

	ck_assert_msg(document_parse(&doc, "x", text, len, &theirs) == 0, "%s: %s", what,
		      theirs.msg);
	ck_assert_msg(parse(text, len, &ours) == 0, "%s: %s", what, ours.msg);
	ck_assert_msg(sametree(reading.top, xmlDocGetRootElement(doc.tree)), "%s", what);
}

START_TEST(files_are_read_as_libxml2_reads_them)
{
	glob_t files = { 0 };
	struct error err;

	ck_assert_int_eq(glob(EXAMPLES "/*.xml", 0, NULL, &files), 0);
	ck_assert_int_eq(glob(TEST_DATA "/*.xml", GLOB_APPEND, NULL, &files), 0);
	ck_assert_uint_gt(files.gl_pathc, 10);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		CLEANUP_BUF struct buf text = BUF_NONE;

		ck_assert_int_eq(file_read(&text, files.gl_pathv[i], &err), 0);
		compare(files.gl_pathv[i], buf_text(&text), text.len);
	}
	globfree(&files);
}
END_TEST

static const char *const same[] = {
	"<domain/>",
	"<domain a='' b=\"&quot;\" c=' \t&#10;x&#x9;'/>",
	"<?xml version='1.0'?><!-- a --><?b c?><domain/><!-- d --><?e?>",
	"<domain xmlns:p='urn:p' p:a='1' a='2' xml:lang='de'><p:b/><b/></domain>",
	"<domain><a xmlns='urn:a'><b xmlns=''/><c xmlns='urn:c'/><d/></a></domain>",
	"<domain xmlns:p='urn:1'><p:a/><b xmlns:p='urn:2'><p:a p:x=''/></b><p:c/></domain>",
	"<domain>\n\n<a>x</a> <![CDATA[ ]]> <b/>\n</domain>",
	"<domain><a>x<![CDATA[<y>]]>&lt;<!-- z -->w<?q r?>v</a></domain>",
	"<domain>&#32;<a/>&#x20;</domain>",
	"<domain><a>\n<b/>text\n</a></domain>",
	"<domain xmlns:p='urn:p&amp;'><p:a/></domain>",
};

START_TEST(odd_texts_are_read_as_libxml2_reads_them)
{
	compare(same[_i], same[_i], strlen(same[_i]));
}
END_TEST

/* What the comparison is worth. */
START_TEST(trees_that_differ_are_told_apart)
{
	static const char *const pairs[][2] = {
		{ "<domain a='1'/>", "<domain a='2'/>" },
		{ "<domain a='1'/>", "<domain b='1'/>" },
		{ "<domain a='1'/>", "<domain/>" },
		{ "<domain/>", "<domain a=''/>" },
		{ "<domain><a/></domain>", "<domain><b/></domain>" },
		{ "<domain><a/></domain>", "<domain><a/><a/></domain>" },
		{ "<domain><a xmlns='u'/></domain>", "<domain><a/></domain>" },
		{ "<domain><a xmlns='u'/></domain>", "<domain><a xmlns='w'/></domain>" },
		{ "<domain>x</domain>", "<domain>y</domain>" },
		{ "<domain><!--x--></domain>", "<domain>x</domain>" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		CLEANUP_DOCUMENT struct document doc = DOCUMENT_NONE;
		struct error err = { 0 };

		ck_assert_int_eq(
			document_parse(&doc, "x", pairs[i][1], strlen(pairs[i][1]), &err),
			0);
		ck_assert(!sametree(top(pairs[i][0]), xmlDocGetRootElement(doc.tree)));
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("reading");
	TCase *tc = tcase_create("reading");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, what_is_no_domain_is_refused, 0, ARRAY_SIZE(refused));
	tcase_add_test(tc, what_is_too_deep_is_refused);
	tcase_add_test(tc, no_beginning_of_a_document_is_one);
	tcase_add_test(tc, a_huge_attribute_is_taken);
	tcase_add_loop_test(tc, a_text_is_one_node, 0, ARRAY_SIZE(texts));
	tcase_add_test(tc, a_long_text_is_one_node);
	tcase_add_test(tc, layout_is_not_in_the_tree);
	tcase_add_test(tc, only_our_namespace_is_ours);
	tcase_add_loop_test(tc, other_encodings_are_read, 0, ARRAY_SIZE(encoded));
	tcase_add_test(tc, any_document_may_be_read);
	tcase_add_test(tc, files_are_read_as_libxml2_reads_them);
	tcase_add_loop_test(tc, odd_texts_are_read_as_libxml2_reads_them, 0,
			    ARRAY_SIZE(same));
	tcase_add_test(tc, trees_that_differ_are_told_apart);
	suite_add_tcase(s, tc);
	return s;
}
