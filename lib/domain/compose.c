/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/compose.h"

#include <string.h>

#include "domain/tag.h"

static const char *body(const struct document *doc)
{
	return doc->text.data + doc->body;
}

const char *compose_lead(const struct document *doc, uint32_t span, size_t *ret_len)
{
	const char *text = body(doc);
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
	const char *text = body(doc);

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
			uint32_t parent, uint32_t before)
{
	uint32_t child = sample_child(doc, parent);
	const char *lead;
	size_t len;

	*style = (struct compose_style){ .quote = quote_near(doc, parent, before),
					 .empty = empty_style_of(doc) };
	style->unit = unit_of(doc, &style->unit_len);
	if (child == SCAN_NONE) {
		add_first_lead(style, doc, parent);
	} else {
		lead = compose_lead(doc, child, &len);
		buf_add(&style->lead, lead, len);
	}
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

/*
 * Namespaces. A binding made by a new element lives on the stack of the call that
 * writes the element; those of the source are read from the start tags around it.
 */
struct binding {
	const struct binding *outer;
	const char *prefix; /* "" for the default namespace */
	size_t prefix_len;
	const char *href;
};

struct writer {
	struct buf *out;
	const struct document *doc;
	uint32_t parent;
	const struct compose_style *style;
};

/* Whether an attribute of the source declares a prefix, and which. */
static bool declares(const struct tag_attr *attr, const char **ret_prefix,
		     size_t *ret_len)
{
	static const char xmlns[] = "xmlns";
	size_t len = strlen(xmlns);

	if (attr->name_len < len || memcmp(attr->name, xmlns, len) != 0)
		return false;
	if (attr->name_len == len) {
		*ret_prefix = "";
		*ret_len = 0;
		return true;
	}
	if (attr->name[len] != ':')
		return false;
	*ret_prefix = attr->name + len + 1;
	*ret_len = attr->name_len - len - 1;
	return true;
}

/* The start tag around a place that declares what `wanted` is looking for. */
static bool source_declares(const struct document *doc, uint32_t element,
			    bool (*wanted)(const struct tag_attr *attr,
					   const char *prefix, size_t len, void *data),
			    void *data)
{
	for (uint32_t i = element; i != SCAN_NONE; i = doc->scan.v[i].parent) {
		const struct span *span = &doc->scan.v[i];
		struct tag tag =
			tag_read(body(doc) + span->start, body(doc) + span->inner);
		struct tag_attr attr;
		const char *prefix;
		size_t len;

		while (tag_next(&tag, &attr)) {
			if (declares(&attr, &prefix, &len) &&
			    wanted(&attr, prefix, len, data))
				return true;
		}
	}
	return false;
}

struct href_search {
	const char *prefix; /* wanted */
	size_t len;
	const struct tag_attr *found;
	struct tag_attr attr;
};

static bool has_prefix(const struct tag_attr *attr, const char *prefix, size_t len,
		       void *data)
{
	struct href_search *search = data;

	if (len != search->len || memcmp(prefix, search->prefix, len) != 0)
		return false;
	search->attr = *attr;
	search->found = &search->attr;
	return true;
}

/* Whether the prefix means that namespace around the element. href "" is none. */
static bool is_bound(const struct writer *w, const struct binding *bound,
		     const char *prefix, size_t len, const char *href)
{
	struct href_search search = { .prefix = prefix, .len = len };

	for (; bound; bound = bound->outer) {
		if (bound->prefix_len == len && memcmp(bound->prefix, prefix, len) == 0)
			return strcmp(bound->href, href) == 0;
	}
	if (!source_declares(w->doc, w->parent, has_prefix, &search))
		return *href == '\0' && len == 0;
	return tag_value_is(search.found->value, search.found->value_len, href);
}

struct prefix_search {
	const char *href; /* wanted */
	bool with_prefix; /* an attribute cannot use the default namespace */
	const char *prefix;
	size_t len;
};

static bool has_href(const struct tag_attr *attr, const char *prefix, size_t len,
		     void *data)
{
	struct prefix_search *search = data;

	if (search->with_prefix && len == 0)
		return false;
	if (!tag_value_is(attr->value, attr->value_len, search->href))
		return false;
	search->prefix = prefix;
	search->len = len;
	return true;
}

/*
 * The prefix to write for a namespace: one in use around the place, else the node's own,
 * which is then declared with *ret_new set.
 */
static void choose_prefix(const struct writer *w, const struct binding *bound,
			  const xmlNs *ns, bool is_attr, struct binding *ret_new)
{
	const char *href = ns ? (const char *)ns->href : "";
	const char *own = ns && ns->prefix ? (const char *)ns->prefix : "";
	struct prefix_search search = { .href = href, .with_prefix = is_attr };

	*ret_new = (struct binding){ .outer = bound, .prefix = "", .href = href };
	if (!ns)
		return;
	for (const struct binding *b = bound; b; b = b->outer) {
		if (strcmp(b->href, href) == 0 && (b->prefix_len > 0 || !is_attr) &&
		    is_bound(w, bound, b->prefix, b->prefix_len, href)) {
			ret_new->prefix = b->prefix;
			ret_new->prefix_len = b->prefix_len;
			return;
		}
	}
	if (source_declares(w->doc, w->parent, has_href, &search) &&
	    is_bound(w, bound, search.prefix, search.len, href)) {
		ret_new->prefix = search.prefix;
		ret_new->prefix_len = search.len;
		return;
	}
	ret_new->prefix = own;
	ret_new->prefix_len = strlen(own);
}

static void add_value(struct buf *out, const char *value, char quote)
{
	/* the other quote saves a value that is full of this one from references */
	if (strchr(value, quote) && !strchr(value, quote == '"' ? '\'' : '"'))
		quote = quote == '"' ? '\'' : '"';
	buf_addc(out, quote);
	tag_encode_value(out, value, quote);
	buf_addc(out, quote);
}

static void add_declaration(struct writer *w, const struct binding *binding)
{
	buf_adds(w->out, binding->prefix_len ? " xmlns:" : " xmlns");
	buf_add(w->out, binding->prefix, binding->prefix_len);
	buf_addc(w->out, '=');
	add_value(w->out, binding->href, w->style->quote);
}

static void add_qualified(struct buf *out, const struct binding *binding,
			  const xmlChar *name)
{
	if (binding->prefix_len) {
		buf_add(out, binding->prefix, binding->prefix_len);
		buf_addc(out, ':');
	}
	buf_adds(out, (const char *)name);
}

static void add_attr(struct writer *w, const struct binding *bound, const xmlAttr *attr)
{
	struct binding ns = { 0 };

	if (attr->ns && strcmp((const char *)attr->ns->prefix, "xml") == 0) {
		ns = (struct binding){ .prefix = "xml", .prefix_len = 3 };
	} else {
		choose_prefix(w, bound, attr->ns, true, &ns);
		if (attr->ns && !is_bound(w, bound, ns.prefix, ns.prefix_len, ns.href))
			add_declaration(w, &ns);
	}
	buf_addc(w->out, ' ');
	add_qualified(w->out, &ns, attr->name);
	buf_addc(w->out, '=');
	add_value(w->out, compose_attr_value(attr), w->style->quote);
}

void compose_attr(struct buf *out, const struct document *doc, uint32_t element,
		  char quote, const xmlAttr *attr)
{
	const struct compose_style style = { .quote = quote };
	struct writer w = { .out = out, .doc = doc, .parent = element, .style = &style };

	add_attr(&w, NULL, attr);
}

bool compose_is_blank(const xmlNode *node)
{
	return (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) &&
	       node->content &&
	       tag_is_blank((const char *)node->content,
			    strlen((const char *)node->content));
}

/* Character data: white space in it means something. */
static bool has_text(const xmlNode *element)
{
	bool has_elements = false;
	bool has_blank = false;

	for (const xmlNode *node = element->children; node; node = node->next) {
		if (compose_is_blank(node)) {
			has_blank = true;
		} else if (node->type == XML_TEXT_NODE ||
			   node->type == XML_CDATA_SECTION_NODE) {
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

static void add_node(struct writer *w, const struct binding *bound, const xmlNode *node,
		     unsigned depth, bool is_inline);

static void add_content(struct writer *w, const struct binding *bound,
			const xmlNode *element, unsigned depth, bool is_inline)
{
	bool keep = is_inline || has_text(element);

	for (const xmlNode *node = element->children; node; node = node->next) {
		if (keep || !compose_is_blank(node))
			add_node(w, bound, node, depth + 1, keep);
	}
	if (!keep)
		add_lead(w, depth);
}

static void add_element(struct writer *w, const struct binding *bound,
			const xmlNode *element, unsigned depth, bool is_inline)
{
	struct binding ns;
	bool is_new;

	choose_prefix(w, bound, element->ns, false, &ns);
	is_new = !is_bound(w, bound, ns.prefix, ns.prefix_len, ns.href);

	buf_addc(w->out, '<');
	add_qualified(w->out, &ns, element->name);
	if (is_new)
		add_declaration(w, &ns);
	for (const xmlAttr *attr = element->properties; attr; attr = attr->next) {
		if (strcmp((const char *)attr->name, DOCUMENT_NUMBER) != 0)
			add_attr(w, is_new ? &ns : bound, attr);
	}
	if (!element->children && w->style->empty != EMPTY_PAIR) {
		buf_adds(w->out, empty_end(w->style->empty));
		return;
	}
	buf_addc(w->out, '>');
	if (element->children)
		add_content(w, is_new ? &ns : bound, element, depth, is_inline);
	buf_adds(w->out, "</");
	add_qualified(w->out, &ns, element->name);
	buf_addc(w->out, '>');
}

static void add_node(struct writer *w, const struct binding *bound, const xmlNode *node,
		     unsigned depth, bool is_inline)
{
	const char *content = node->content ? (const char *)node->content : "";

	if (!is_inline)
		add_lead(w, depth);
	switch (node->type) {
	case XML_ELEMENT_NODE:
		add_element(w, bound, node, depth, is_inline);
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
	struct writer w = { .out = out, .doc = doc, .parent = parent, .style = style };

	if (style->lead.failed)
		out->failed = true;
	add_node(&w, NULL, node, 0, is_inline);
}
