/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/compose.h"

#include <string.h>

#include "domain/query.h"
#include "domain/scope.h"
#include "domain/tag.h"

const char *compose_lead(const struct document *doc, uint32_t span, size_t *ret_len)
{
	const char *text = document_body(doc);
	const char *end = text + doc->scan.v[span].start;
	const char *p = end;

	while (p > text && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	if (p == text || p[-1] != '\n') {
		*ret_len = 0;
		return "";
	}
	p--;
	if (p > text && p[-1] == '\r')
		p--;
	*ret_len = (size_t)(end - p);
	return p;
}

char compose_quote(const struct document *doc, size_t start, size_t end)
{
	const char *text = document_body(doc);

	/* a '=' with a quote behind it, outside of values: found from the end */
	for (size_t i = end; i > start + 1; i--) {
		char c = text[i - 1];
		const char *open;

		if (c != '"' && c != '\'')
			continue;
		open = memrchr(text + start, c, i - 1 - start);
		if (open && open > text + start && open[-1] == '=')
			return c;
	}
	return 0;
}

/* The first child that begins a line, else the first that is not text. */
static uint32_t sample_child(const struct document *doc, uint32_t element)
{
	const struct scan *scan = &doc->scan;
	uint32_t sample = SCAN_NONE;
	uint32_t child = scan_first_child(scan, element);
	size_t len;

	for (; child != SCAN_NONE; child = scan_next_sibling(scan, child)) {
		if (scan->v[child].type == SPAN_TEXT)
			continue;
		(void)compose_lead(doc, child, &len);
		if (len > 0)
			return child;
		if (sample == SCAN_NONE)
			sample = child;
	}
	return sample;
}

/* The indentation that the first child of the root has more than the root. */
static const char *unit_of(const struct document *doc, size_t *ret_len)
{
	uint32_t child = sample_child(doc, doc->scan.root);
	const char *newline = NULL;
	const char *lead = "";
	size_t root_len;
	size_t len = 0;
	size_t skip;

	(void)compose_lead(doc, doc->scan.root, &root_len);
	if (child != SCAN_NONE)
		lead = compose_lead(doc, child, &len);
	if (len > 0)
		newline = memchr(lead, '\n', len);
	skip = newline ? (size_t)(newline - lead) + 1 : len;
	if (root_len > skip)
		skip = root_len;
	if (len <= skip) {
		*ret_len = 2;
		return "  ";
	}
	*ret_len = len - skip;
	return lead + skip;
}

/* As the sibling before has them, else the parent, else the root. */
static char quote_near(const struct document *doc, uint32_t parent, uint32_t before)
{
	const struct scan *scan = &doc->scan;
	const struct span *around = &scan->v[parent];
	const struct span *root = &scan->v[scan->root];
	char quote = 0;

	if (before != SCAN_NONE && scan->v[before].type == SPAN_ELEMENT)
		quote = compose_quote(doc, scan->v[before].start, scan->v[before].inner);
	if (!quote)
		quote = compose_quote(doc, around->start, around->inner);
	if (!quote)
		quote = compose_quote(doc, root->start, root->inner);
	if (!quote)
		quote = '\'';
	return quote;
}

/* The line end and indentation for the first child that an element ever gets. */
static void add_first_lead(struct compose_style *style, const struct document *doc,
			   uint32_t parent)
{
	size_t len;
	const char *lead = compose_lead(doc, parent, &len);

	if (len == 0 && parent != doc->scan.root)
		return; /* everything stands on one line here */
	if (len == 0)
		buf_addc(&style->lead, '\n');
	buf_add(&style->lead, lead, len);
	buf_add(&style->lead, style->unit, style->unit_len);
}

void compose_style_init(struct compose_style *style, const struct document *doc,
			uint32_t parent)
{
	uint32_t child = sample_child(doc, parent);
	const char *lead;
	size_t len;

	*style = (struct compose_style){ .empty = empty_style_of(doc) };
	style->unit = unit_of(doc, &style->unit_len);
	if (child == SCAN_NONE) {
		add_first_lead(style, doc, parent);
	} else {
		lead = compose_lead(doc, child, &len);
		buf_add(&style->lead, lead, len);
	}
}

void compose_style_behind(struct compose_style *style, const struct document *doc,
			  uint32_t parent, uint32_t before)
{
	style->quote = quote_near(doc, parent, before);
}

void compose_style_done(struct compose_style *style)
{
	buf_done(&style->lead);
}

const char *compose_attr_value(const xmlAttr *attr)
{
	return attr->children && attr->children->content
		       ? (const char *)attr->children->content
		       : "";
}

struct writer {
	struct buf *out;
	const struct compose_style *style;
	struct scope scope;
};

static void add_value(struct buf *out, const char *value, char quote)
{
	/* the other quote saves a value that is full of this one from references */
	if (strchr(value, quote) && !strchr(value, quote == '"' ? '\'' : '"'))
		quote = quote == '"' ? '\'' : '"';
	buf_addc(out, quote);
	tag_encode_value(out, value, quote);
	buf_addc(out, quote);
}

static void add_declaration(struct writer *w, const struct scope_binding *binding)
{
	buf_adds(w->out, binding->prefix_len ? " xmlns:" : " xmlns");
	buf_add(w->out, scope_prefix(binding), binding->prefix_len);
	buf_addc(w->out, '=');
	add_value(w->out, binding->href, w->style->quote);
}

static void add_qualified(struct buf *out, const struct scope_binding *binding,
			  const xmlChar *name)
{
	if (binding->prefix_len) {
		buf_add(out, scope_prefix(binding), binding->prefix_len);
		buf_addc(out, ':');
	}
	buf_adds(out, (const char *)name);
}

static void add_attr(struct writer *w, const xmlAttr *attr)
{
	struct scope_binding ns;

	if (document_is_number(attr))
		return;
	if (scope_choose(&w->scope, attr->ns, true, &ns))
		add_declaration(w, &ns);
	buf_addc(w->out, ' ');
	add_qualified(w->out, &ns, attr->name);
	buf_addc(w->out, '=');
	add_value(w->out, compose_attr_value(attr), w->style->quote);
}

static void writer_done(struct writer *w)
{
	if (w->scope.failed)
		w->out->failed = true;
	scope_done(&w->scope);
}

void compose_attrs(struct buf *out, const struct document *doc, uint32_t element,
		   char quote, const xmlNode *node, const void *written)
{
	const struct compose_style style = { .quote = quote };
	struct writer w = { .out = out,
			    .style = &style,
			    .scope = { .doc = doc, .element = element } };

	for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
		if (attr->_private != written)
			add_attr(&w, attr);
	}
	writer_done(&w);
}

/* Character data: white space in it means something. */
static bool has_text(const xmlNode *element)
{
	bool has_elements = false;
	bool has_blank = false;

	for (const xmlNode *node = element->children; node; node = node->next) {
		if (query_is_blank(node)) {
			has_blank = true;
		} else if (query_is_text(node)) {
			return true;
		} else {
			has_elements = true;
		}
	}
	return has_blank && !has_elements;
}

static void add_lead(struct writer *w, unsigned depth)
{
	if (w->style->lead.len == 0)
		return;
	buf_add(w->out, w->style->lead.data, w->style->lead.len);
	for (unsigned i = 0; i < depth; i++)
		buf_add(w->out, w->style->unit, w->style->unit_len);
}

static void add_node(struct writer *w, const xmlNode *node, unsigned depth,
		     bool is_inline);

static void add_content(struct writer *w, const xmlNode *element, unsigned depth,
			bool is_inline)
{
	bool keep = is_inline || has_text(element);

	for (const xmlNode *node = element->children; node; node = node->next) {
		if (keep || !query_is_blank(node))
			add_node(w, node, depth + 1, keep);
	}
	if (!keep)
		add_lead(w, depth);
}

static void add_element(struct writer *w, const xmlNode *element, unsigned depth,
			bool is_inline)
{
	size_t n_outer = w->scope.n;
	struct scope_binding ns;
	bool is_new = scope_choose(&w->scope, element->ns, false, &ns);

	buf_addc(w->out, '<');
	add_qualified(w->out, &ns, element->name);
	if (is_new)
		add_declaration(w, &ns);
	for (const xmlAttr *attr = element->properties; attr; attr = attr->next)
		add_attr(w, attr);
	if (!element->children && w->style->empty != EMPTY_PAIR) {
		buf_adds(w->out, empty_end(w->style->empty));
	} else {
		buf_addc(w->out, '>');
		if (element->children)
			add_content(w, element, depth, is_inline);
		buf_adds(w->out, "</");
		add_qualified(w->out, &ns, element->name);
		buf_addc(w->out, '>');
	}
	w->scope.n = n_outer;
}

static void add_node(struct writer *w, const xmlNode *node, unsigned depth,
		     bool is_inline)
{
	const char *content = node->content ? (const char *)node->content : "";

	if (!is_inline)
		add_lead(w, depth);
	switch (node->type) {
	case XML_ELEMENT_NODE:
		add_element(w, node, depth, is_inline);
		break;
	case XML_TEXT_NODE:
	case XML_CDATA_SECTION_NODE:
		tag_encode_text(w->out, content);
		break;
	case XML_COMMENT_NODE:
		buf_addf(w->out, "<!--%s-->", content);
		break;
	case XML_PI_NODE:
		buf_addf(w->out, "<?%s%s%s?>", (const char *)node->name,
			 *content ? " " : "", content);
		break;
	default:
		break; /* no other kind exists in a document without declarations */
	}
}

void compose_node(struct buf *out, const struct document *doc, uint32_t parent,
		  const struct compose_style *style, const xmlNode *node, bool is_inline)
{
	struct writer w = { .out = out,
			    .style = style,
			    .scope = { .doc = doc, .element = parent } };

	if (style->lead.failed)
		out->failed = true;
	add_node(&w, node, 0, is_inline);
	writer_done(&w);
}
