/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <libxml/parser.h>
#include <libxslt/xslt.h>

#include "domain/splice.h"
#include "suite.h"
#include "tweak/pipeline.h"

#define SHEET_HEAD                                          \
	"<xsl:stylesheet version='1.0' "                    \
	"xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>" \
	"<xsl:template match='@*|node()'><xsl:copy>"        \
	"<xsl:apply-templates select='@*|node()'/></xsl:copy></xsl:template>"
#define SHEET_TAIL "</xsl:stylesheet>"
#define COPY_AND(what) \
	"<xsl:copy><xsl:apply-templates select='@*|node()'/>" what "</xsl:copy>"

/* What makes an element of a template the one that it matched. */
#define NUMBER "<xsl:copy-of select='@" DOCUMENT_NUMBER "'/>"

#define SHEET_FILE "/tmp/check_splice-XXXXXX"

static char sheet_file[] = SHEET_FILE;

static void write_sheet(const char *templates)
{
	FILE *file = fopen(sheet_file, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(fprintf(file, "%s%s%s", SHEET_HEAD, templates, SHEET_TAIL), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* What becomes of the source when the templates are added to the identity. */
static char *spliced(const char *source, size_t len, const char *templates)
{
	CLEANUP_DOCUMENT struct document doc = DOCUMENT_NONE;
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_BUF struct buf out = BUF_NONE;
	CLEANUP_XMLDOC xmlDocPtr plan = xmlNewDoc(BAD_CAST "1.0");
	struct pipeline_stage stage = { .file = sheet_file };
	struct error err = { 0 };

	write_sheet(templates);
	ck_assert_msg(document_parse(&doc, "in.xml", source, len, &err) == 0, "%s",
		      err.msg);
	ck_assert_int_eq(document_number(&doc, &err), 0);
	ck_assert_msg(pipeline_run(&doc.tree, plan, &stage, 1, &notes, &err) == 0, "%s",
		      err.msg);
	ck_assert_msg(splice(&out, &doc, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(document_encode(&doc, &out, &err), 0);
	return buf_take(&out);
}

static void setup(void)
{
	int fd;

	strcpy(sheet_file, SHEET_FILE); /* without forking it is still the last test's */
	fd = mkstemp(sheet_file);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

static void teardown(void)
{
	(void)unlink(sheet_file);
	xsltCleanupGlobals();
	xmlCleanupParser();
}

static const char *const odd_documents[] = {
	"<domain/>",
	"<domain></domain>",
	"\xef\xbb\xbf<?xml version='1.0'?>\r\n<domain  type = \"kvm\"\r\n\ttype2='&#x41;'>\r\n"
	"</domain>\r\n<!-- behind -->\r\n",
	"<!-- a --><?pi x?><domain>&amp;&#65;<![CDATA[<x>]]> t\xc3\xa4xt<a\n/><b ></b ></domain>",
	"<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><metadata>"
	"<kubevirt xmlns=\"http://kubevirt.io\"><uid/></kubevirt></metadata>"
	"<q:commandline><q:arg value='a\"b'/></q:commandline></domain>",
	"<domain>\n  <a x='1'\n     y=\"2\"/> <!-- c1 --><!-- c2 -->\n\n\t<b>text</b></domain>\n",
	"<domain><a x='>' y='a&lt;b&#10;c'/><!-- > --><?p <a>?></domain>",
};

START_TEST(nothing_changed_is_nothing_written)
{
	const char *source = odd_documents[_i];
	CLEANUP_FREE char *text = spliced(source, strlen(source), "");

	ck_assert_str_eq(text, source);
}
END_TEST

static const struct {
	const char *what;
	const char *source;
	const char *templates;
	const char *want;
} changes[] = {
	{ "a changed attribute keeps its quotes and its neighbours",
	  "<domain>\n  <a  x = \"1\"\ty='2'/>\n</domain>",
	  "<xsl:template match='@x'><xsl:attribute name='x'>7&amp;'</xsl:attribute>"
	  "</xsl:template>",
	  "<domain>\n  <a  x = \"7&amp;'\"\ty='2'/>\n</domain>" },
	{ "a new attribute stands last, in the quotes of its neighbours",
	  "<domain>\n  <a x=\"1\" />\n</domain>",
	  "<xsl:template match='a'><xsl:copy><xsl:apply-templates select='@*'/>"
	  "<xsl:attribute name='y'>2</xsl:attribute></xsl:copy></xsl:template>",
	  "<domain>\n  <a x=\"1\" y=\"2\" />\n</domain>" },
	{ "an attribute goes with the space in front of it",
	  "<domain><a x='1'\n y='2' z='3'/></domain>", "<xsl:template match='@y'/>",
	  "<domain><a x='1' z='3'/></domain>" },
	{ "text is replaced inside its tags",
	  "<domain>\n  <vcpu  placement='static'>4</vcpu>\n</domain>",
	  "<xsl:template match='vcpu/text()'>8</xsl:template>",
	  "<domain>\n  <vcpu  placement='static'>8</vcpu>\n</domain>" },
	{ "a new element is indented as its siblings, with their line ends",
	  "<domain type='kvm'>\r\n\t<devices>\r\n\t\t<a/>\r\n\t</devices>\r\n</domain>",
	  "<xsl:template match='devices'>" COPY_AND(
		  "<b x='1'><c/></b>") "</xsl:template>",
	  "<domain type='kvm'>\r\n\t<devices>\r\n\t\t<a/>\r\n\t\t<b x='1'>\r\n\t\t\t<c/>\r\n"
	  "\t\t</b>\r\n\t</devices>\r\n</domain>" },
	{ "a self-closed element opens", "<domain>\n    <devices />\n</domain>",
	  "<xsl:template match='devices'>" COPY_AND("<b/>") "</xsl:template>",
	  "<domain>\n    <devices>\n        <b />\n    </devices>\n</domain>" },
	{ "an empty pair of tags opens", "<domain>\n    <devices></devices>\n</domain>",
	  "<xsl:template match='devices'>" COPY_AND("<b/>") "</xsl:template>",
	  "<domain>\n    <devices>\n        <b></b>\n    </devices>\n</domain>" },
	{ "an element that lost its content closes",
	  "<domain>\n  <devices>\n    <a/>\n  </devices>\n</domain>",
	  "<xsl:template match='a'/>", "<domain>\n  <devices/>\n</domain>" },
	{ "an element that lost its content is written as other empty ones are",
	  "<domain>\n  <devices>\n    <a></a>\n  </devices>\n  <b></b>\n</domain>",
	  "<xsl:template match='a'/>",
	  "<domain>\n  <devices></devices>\n  <b></b>\n</domain>" },
	{ "an element goes with its line",
	  "<domain>\n  <a/>\n\n  <b/>\n  <c/>\n</domain>", "<xsl:template match='b'/>",
	  "<domain>\n  <a/>\n  <c/>\n</domain>" },
	{ "a comment behind an element that goes stays on its line",
	  "<domain>\n  <a/>\n  <b/> <!-- note -->\n</domain>",
	  "<xsl:template match='b'/>", "<domain>\n  <a/>\n  <!-- note -->\n</domain>" },
	{ "a comment behind an element stays there when something follows",
	  "<domain>\n  <a/> <!-- of a -->\n  <c/>\n</domain>",
	  "<xsl:template match='a'><xsl:copy-of select='.'/><b/></xsl:template>",
	  "<domain>\n  <a/> <!-- of a -->\n  <b/>\n  <c/>\n</domain>" },
	{ "a document on one line stays on one line",
	  "<domain><devices><a/></devices></domain>",
	  "<xsl:template match='devices'>" COPY_AND("<b><c/></b>") "</xsl:template>",
	  "<domain><devices><a/><b><c/></b></devices></domain>" },
	{ "a namespace in use keeps its prefix",
	  "<domain xmlns:q='urn:q'>\n  <a/>\n</domain>",
	  "<xsl:template match='domain'>" COPY_AND(
		  "<p:x xmlns:p='urn:q'/>") "</xsl:template>",
	  "<domain xmlns:q='urn:q'>\n  <a/>\n  <q:x/>\n</domain>" },
	{ "a new namespace is declared where it is needed", "<domain>\n  <a/>\n</domain>",
	  "<xsl:template match='domain'>" COPY_AND(
		  "<p:x xmlns:p='urn:q'><p:y/></p:x>") "</xsl:template>",
	  "<domain>\n  <a/>\n  <p:x xmlns:p='urn:q'>\n    <p:y/>\n  </p:x>\n</domain>" },
	{ "an element without namespace is kept out of a default one",
	  "<domain>\n  <m xmlns='urn:m'>\n    <n/>\n  </m>\n</domain>",
	  "<xsl:template match='m:m' xmlns:m='urn:m'>" COPY_AND("<x/>") "</xsl:template>",
	  "<domain>\n  <m xmlns='urn:m'>\n    <n/>\n    <x xmlns=''/>\n  </m>\n</domain>" },
	{ "an element that changes its namespace is written anew, with a declaration",
	  "<domain>\n  <a  x = '1'>\n    <b/>\n  </a>\n  <c/>\n</domain>",
	  "<xsl:template match='a'><xsl:element name='a' namespace='urn:q'>"
	  "<xsl:apply-templates select='@*|node()'/></xsl:element></xsl:template>",
	  "<domain>\n  <a xmlns='urn:q' x='1'>\n    <b xmlns=''/>\n  </a>\n  <c/>\n"
	  "</domain>" },
	{ "an element that leaves its namespace is written anew",
	  "<domain xmlns:q='urn:q'>\n  <q:a  x='1'/>\n</domain>",
	  "<xsl:template match='q:a' xmlns:q='urn:q'><a><xsl:copy-of select='@*'/></a>"
	  "</xsl:template>",
	  "<domain xmlns:q='urn:q'>\n  <a x='1'/>\n</domain>" },
	{ "the same prefix for another namespace is declared anew",
	  "<domain xmlns:q='urn:q'>\n  <q:a  x='1'/>\n</domain>",
	  "<xsl:template match='q:a' xmlns:q='urn:q'><q:a xmlns:q='urn:other'>" NUMBER
	  "</q:a>"
	  "</xsl:template>",
	  "<domain xmlns:q='urn:q'>\n  <q:a xmlns:q='urn:other'/>\n</domain>" },
	{ "another prefix for the same namespace is no change",
	  "<domain xmlns:q='urn:q'>\n  <q:a  q:x='1'/>\n</domain>",
	  "<xsl:template match='q:a' xmlns:q='urn:q'><p:a p:x='1' xmlns:p='urn:q'>" NUMBER
	  "</p:a>"
	  "</xsl:template>",
	  "<domain xmlns:q='urn:q'>\n  <q:a  q:x='1'/>\n</domain>" },
	{ "a default namespace that an element is taken out of",
	  "<domain>\n  <m xmlns='urn:m'>\n    <n  x='1'/>\n  </m>\n</domain>",
	  "<xsl:template match='m:n' xmlns:m='urn:m'><n><xsl:copy-of select='@*'/></n>"
	  "</xsl:template>",
	  "<domain>\n  <m xmlns='urn:m'>\n    <n xmlns='' x='1'/>\n  </m>\n</domain>" },
	{ "an attribute that changes its namespace takes no prefix from its neighbours",
	  "<domain xmlns:q='urn:q'>\n  <a q:x='1' q:y='2'/>\n</domain>",
	  "<xsl:template match='@q:x' xmlns:q='urn:q'>"
	  "<xsl:attribute name='q:x' namespace='urn:other'>1</xsl:attribute>"
	  "</xsl:template>",
	  "<domain xmlns:q='urn:q'>\n  <a q:y='2' xmlns:ns1='urn:other' ns1:x='1'/>\n"
	  "</domain>" },
	{ "a made prefix is one that is free",
	  "<domain xmlns:q='urn:q' xmlns:ns1='urn:1'>\n  <a q:x='1'/>\n</domain>",
	  "<xsl:template match='@q:x' xmlns:q='urn:q'>"
	  "<xsl:attribute name='q:x' namespace='urn:other'>1</xsl:attribute>"
	  "</xsl:template>",
	  "<domain xmlns:q='urn:q' xmlns:ns1='urn:1'>\n  <a xmlns:ns2='urn:other' "
	  "ns2:x='1'/>\n</domain>" },
	{ "an attribute that enters or leaves a namespace",
	  "<domain xmlns:q='urn:q'>\n  <a  z='0' q:x='1' y='2'/>\n</domain>",
	  "<xsl:template match='a'><a z='0' x='1' q:y='2' xmlns:q='urn:q'>" NUMBER
	  "</a></xsl:template>",
	  "<domain xmlns:q='urn:q'>\n  <a  z='0' x='1' q:y='2'/>\n</domain>" },
	{ "attributes of one new namespace declare it once",
	  "<domain>\n  <a/>\n</domain>",
	  "<xsl:template match='a'><a p:x='1' p:y='2' xmlns:p='urn:p'>" NUMBER "</a>"
	  "<b p:x='1' p:y='2' xmlns:p='urn:p'><p:c/></b></xsl:template>",
	  "<domain>\n  <a xmlns:p='urn:p' p:x='1' p:y='2'/>\n"
	  "  <b xmlns:p='urn:p' p:x='1' p:y='2'>\n    <p:c/>\n  </b>\n</domain>" },
	{ "the namespace of xml needs no declaration",
	  "<domain>\n  <a  xml:lang='en'/>\n</domain>",
	  "<xsl:template match='a'><a xml:lang='de'>" NUMBER
	  "</a><b xml:lang='de'/></xsl:template>",
	  "<domain>\n  <a  xml:lang='de'/>\n  <b xml:lang='de'/>\n</domain>" },
	{ "an element that comes twice is written anew the second time",
	  "<domain>\n  <a x='1'><!-- c --></a>\n</domain>",
	  "<xsl:template match='a'><xsl:copy-of select='.'/><xsl:copy-of select='.'/>"
	  "</xsl:template>",
	  "<domain>\n  <a x='1'><!-- c --></a>\n  <a x='1'>\n    <!-- c -->\n  </a>\n</domain>" },
	{ "a renamed copy in front of the element itself",
	  "<domain>\n  <a  x='1'><!-- c --></a>\n</domain>",
	  "<xsl:template match='a'><b><xsl:copy-of select='@*'/></b>"
	  "<xsl:copy-of select='.'/></xsl:template>",
	  "<domain>\n  <b x='1'/>\n  <a  x='1'><!-- c --></a>\n</domain>" },
	{ "elements in another order", "<domain>\n  <a/>\n  <b/>\n  <c/>\n</domain>",
	  "<xsl:template match='domain'><xsl:copy><xsl:apply-templates select='b'/>"
	  "<xsl:apply-templates select='c'/><xsl:apply-templates select='a'/></xsl:copy>"
	  "</xsl:template>",
	  "<domain>\n  <b/>\n  <c/>\n  <a/>\n</domain>" },
	{ "a renamed element", "<domain>\n  <a x='1'/>\n</domain>",
	  "<xsl:template match='a'><b><xsl:apply-templates select='@*'/></b></xsl:template>",
	  "<domain>\n  <b x='1'/>\n</domain>" },
	{ "mixed content gets no white space of ours",
	  "<domain><d>one <b>two</b> three</d></domain>",
	  "<xsl:template match='b'><i>2</i><xsl:copy-of select='.'/></xsl:template>",
	  "<domain><d>one <i>2</i><b>two</b> three</d></domain>" },
	{ "comments that a stylesheet drops are gone",
	  "<domain>\n  <!-- one -->\n  <a/>\n  <!-- two -->\n</domain>",
	  "<xsl:template match='comment()'/>", "<domain>\n  <a/>\n</domain>" },
	{ "values full of one quote stand in the other",
	  "<domain>\n  <a x='1'/>\n</domain>",
	  "<xsl:template match='domain'>" COPY_AND(
		  "<b><xsl:attribute name='x'>it's &lt; &amp;&#10;</xsl:attribute></b>") "</xsl:template>",
	  "<domain>\n  <a x='1'/>\n  <b x=\"it's &lt; &amp;&#10;\"/>\n</domain>" },
	{ "white space stripped by the stylesheet is still there",
	  "<domain>\n  <a/>\n\n  <b/>\n</domain>",
	  "<xsl:strip-space elements='*'/><xsl:template match='b'><xsl:copy>"
	  "<xsl:apply-templates select='@*'/><c/></xsl:copy></xsl:template>",
	  "<domain>\n  <a/>\n\n  <b>\n    <c/>\n  </b>\n</domain>" },
};

START_TEST(a_change_is_written_as_its_neighbours_are)
{
	CLEANUP_FREE char *text = spliced(changes[_i].source, strlen(changes[_i].source),
					  changes[_i].templates);

	ck_assert_msg(strcmp(text, changes[_i].want) == 0, "%s:\n%s\n--- wanted:\n%s",
		      changes[_i].what, text, changes[_i].want);
}
END_TEST

/* Both took long when every attribute, or every new element, looked at all others. */
START_TEST(many_attributes_and_many_new_elements_take_no_time)
{
	CLEANUP_BUF struct buf source = BUF_NONE;
	CLEANUP_BUF struct buf want = BUF_NONE;
	CLEANUP_FREE char *text = NULL;

	buf_adds(&source, "<domain");
	for (unsigned i = 0; i < 1000; i++)
		buf_addf(&source, " a%u='%u'", i, i);
	buf_adds(&source, ">");
	buf_add(&want, source.data, source.len);
	for (unsigned i = 0; i < 4000; i++) {
		buf_adds(&source, "<a/>");
		buf_adds(&want, "<a/>");
	}
	buf_adds(&source, "</domain>");
	for (unsigned i = 0; i < 4000; i++)
		buf_adds(&want, "<b/>");
	buf_adds(&want, "</domain>");
	text = spliced(buf_text(&source), source.len,
		       "<xsl:template match='domain'><xsl:copy>"
		       "<xsl:apply-templates select='@*|node()'/>"
		       "<xsl:for-each select='a'><b/></xsl:for-each></xsl:copy>"
		       "</xsl:template>");
	ck_assert(strcmp(text, buf_text(&want)) == 0);
}
END_TEST

START_TEST(another_encoding_comes_back)
{
	static const char source[] = "<?xml version='1.0' encoding='ISO-8859-1'?>\n"
				     "<domain>\n  <a x='\xe4'/>\n</domain>\n";
	static const char want[] =
		"<?xml version='1.0' encoding='ISO-8859-1'?>\n"
		"<domain>\n  <a x='\xe4'/>\n  <b y='\xfc'/>\n</domain>\n";
	CLEANUP_FREE char *text = spliced(source, strlen(source),
					  "<xsl:template match='domain'>" COPY_AND(
						  "<b y='\xc3\xbc'/>") "</xsl:template>");

	ck_assert_str_eq(text, want);
}
END_TEST

static size_t n_nodes_named(const xmlNode *parent, const char *name)
{
	size_t n = 0;

	for (const xmlNode *node = parent->children; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE) {
			n += xmlStrEqual(node->name, BAD_CAST name);
			n += n_nodes_named(node, name);
		}
	}
	return n;
}

START_TEST(what_is_sealed_leaves_the_tree_and_stays_in_the_text)
{
	static const char source[] =
		"<domain><metadata><app xmlns='urn:a'><x /></app>"
		"<guest xmlns='urn:g'><x /></guest></metadata>"
		"<cpu><x /></cpu><devices><disk><x /></disk></devices></domain>";
	static const char *const names[] = { "metadata", "guest" };
	CLEANUP_DOCUMENT struct document doc = DOCUMENT_NONE;
	CLEANUP_BUF struct buf out = BUF_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(document_parse(&doc, "in.xml", source, strlen(source), &err), 0);
	ck_assert_int_eq(document_seal(&doc, names, (size_t)_i, &err), 0);
	/* named: nothing, metadata, the guest element in it as well */
	ck_assert_uint_eq(n_nodes_named((xmlNodePtr)doc.tree, "x"), _i == 2 ? 1 : 0);
	ck_assert_uint_eq(n_nodes_named((xmlNodePtr)doc.tree, "app"), _i == 0 ? 0 : 1);
	ck_assert_uint_eq(n_nodes_named((xmlNodePtr)doc.tree, "disk"), 1);
	ck_assert_int_eq(document_number(&doc, &err), 0);
	ck_assert_msg(splice(&out, &doc, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(buf_text(&out), source);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("splice");
	TCase *tc = tcase_create("text");

	tcase_set_timeout(tc, 100); /* by far: with sanitizers, on a busy machine */
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, nothing_changed_is_nothing_written, 0,
			    ARRAY_SIZE(odd_documents));
	tcase_add_loop_test(tc, a_change_is_written_as_its_neighbours_are, 0,
			    ARRAY_SIZE(changes));
	tcase_add_test(tc, many_attributes_and_many_new_elements_take_no_time);
	tcase_add_test(tc, another_encoding_comes_back);
	tcase_add_loop_test(tc, what_is_sealed_leaves_the_tree_and_stays_in_the_text, 0,
			    3);
	suite_add_tcase(s, tc);
	return s;
}
