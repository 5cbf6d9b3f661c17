/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * How much memory in huge pages of which size a guest takes from where, as libvirt makes
 * it out of <memoryBacking>, <numatune>, the cells of <cpu><numa> and memory devices
 * (https://libvirt.org/formatdomain.html#memory-backing).
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "domain/query.h"
#include "pages.h"
#include "tweak/guest_resources.h"

#define KIB_MAX   (UINT64_C(1) << 48) /* no host has more, and sums stay in bounds */
#define CELL_MAX  (CPUSET_MAX - 1)
#define CELL_NONE (-1)

void pages_needs_done(struct pages_needs *needs)
{
	free(needs->v);
	*needs = PAGES_NEEDS_NONE;
}

static int bad_size(const char *what, struct error *err)
{
	return error_set(err, EINVAL, "%s of the domain holds no size that makes sense",
			 what);
}

static int to_kib(uint64_t *ret_kib, bool is_size, uint64_t bytes, const char *what,
		  struct error *err)
{
	if (!is_size || bytes / 1024 > KIB_MAX)
		return bad_size(what, err);
	*ret_kib = bytes / 1024 + (bytes % 1024 > 0);
	return 0;
}

/* The size that is an element's text. */
static int text_kib(uint64_t *ret_kib, const xmlNode *element, const char *what,
		    struct error *err)
{
	uint64_t bytes = 0;
	bool is_size = guest_size(&bytes, element);

	return to_kib(ret_kib, is_size, bytes, what, err);
}

/* --- the size of the pages --- */

/* libvirt takes the size of an ordinary page for no huge pages at all. */
static bool is_huge(uint64_t page_kib)
{
	return page_kib * 1024 > (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A <page> with a nodeset is for those of the guest's nodes, one without for the rest. */
static int find_page(const xmlNode **ret_page, const xmlNode *hugepages, int cell,
		     struct error *err)
{
	const xmlNode *rest = NULL;

	query_each (page, hugepages, "page") {
		const char *text = query_attr(page, "nodeset");
		struct cpuset nodes;

		if (!text) {
			rest = page;
			continue;
		}
		if (cpuset_parse(&nodes, text, "nodeset of <page>", err) < 0)
			return -err->code;
		/* a guest without nodes has the node 0 */
		if (cpuset_has(&nodes, cell == CELL_NONE ? 0 : (unsigned)cell)) {
			*ret_page = page;
			return 0;
		}
	}
	*ret_page = rest;
	return 0;
}

/* Returns 1 when the pages are huge ones, of *ret_kib (0: the host's default), else 0. */
static int read_page(uint64_t *ret_kib, const xmlNode *domain, int cell,
		     struct error *err)
{
	const xmlNode *hugepages = query_path(domain, "memoryBacking/hugepages");
	const xmlNode *page = NULL;
	uint64_t bytes = 0;
	bool is_size;
	int r = find_page(&page, hugepages, cell, err);

	if (r < 0 || !hugepages)
		return r;
	*ret_kib = 0;
	if (!page)
		return !query_child(hugepages, "page");
	is_size = guest_scale(&bytes, query_attr(page, "size"), query_attr(page, "unit"));
	r = to_kib(ret_kib, is_size && bytes > 0, bytes, "<page>", err);
	return r < 0 ? r : is_huge(*ret_kib);
}

/* --- where they come from --- */

static int read_nodes(struct pages_need *need, const char *text, const char *mode,
		      const char *what, struct error *err)
{
	struct cpuset nodes;
	int r = cpuset_parse(&nodes, text, what, err);

	if (r < 0)
		return r;
	if (mode && strcmp(mode, "preferred") == 0) {
		need->first = cpuset_next(&nodes, 0);
	} else {
		need->nodes = nodes;
	}
	return 0;
}

static const xmlNode *find_memnode(const xmlNode *numatune, int cell)
{
	char id[16];

	(void)snprintf(id, sizeof(id), "%d", cell);
	query_each (memnode, numatune, "memnode") {
		if (query_attr_is(memnode, "cellid", id))
			return memnode;
	}
	return NULL;
}

static int read_binding(struct pages_needs *needs, struct pages_need *need,
			const xmlNode *domain, int cell, struct error *err)
{
	const xmlNode *numatune = query_child(domain, "numatune");
	const xmlNode *binding = find_memnode(numatune, cell);
	const char *nodes;

	if (!binding)
		binding = query_child(numatune, "memory");
	nodes = query_attr(binding, "nodeset");
	if (nodes && !query_attr_is(binding, "placement", "auto")) {
		return read_nodes(need, nodes, query_attr(binding, "mode"),
				  "nodeset in <numatune>", err);
	}
	if (query_attr_is(binding, "placement", "auto"))
		needs->is_auto = true;
	return 0;
}

/* --- the memory --- */

static int keep(struct pages_needs *needs, const struct pages_need *need,
		struct error *err)
{
	struct pages_need *v;

	if (need->kib == 0)
		return 0;
	v = reallocarray(needs->v, needs->n + 1, sizeof(*v));
	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	needs->v = v;
	v[needs->n++] = *need;
	return 0;
}

static int add_memory(struct pages_needs *needs, const xmlNode *domain, int cell,
		      uint64_t kib, struct error *err)
{
	struct pages_need need = { .kib = kib, .first = -1 };
	int r = read_page(&need.page_kib, domain, cell, err);

	if (r <= 0)
		return r;
	r = read_binding(needs, &need, domain, cell, err);
	return r < 0 ? r : keep(needs, &need, err);
}

static int read_cell(struct pages_needs *needs, const xmlNode *domain,
		     const xmlNode *element, unsigned at, struct error *err)
{
	const char *text = query_attr(element, "id");
	uint64_t bytes = 0;
	uint64_t cell = at;
	uint64_t kib = 0;
	bool is_size;
	int r = 0;

	if (text)
		r = parse_dec(&cell, text, 0, CELL_MAX, "id of <cell>", err);
	if (r < 0)
		return r;
	is_size = guest_scale(&bytes, query_attr(element, "memory"),
			      query_attr(element, "unit"));
	r = to_kib(&kib, is_size, bytes, "<cell>", err);
	return r < 0 ? r : add_memory(needs, domain, (int)cell, kib, err);
}

static int read_memory(struct pages_needs *needs, const xmlNode *domain,
		       struct error *err)
{
	const xmlNode *memory = query_child(domain, "memory");
	uint64_t kib = 0;
	int r = text_kib(&kib, memory, "<memory>", err);

	return r < 0 ? r : add_memory(needs, domain, CELL_NONE, kib, err);
}

/* --- memory devices --- */

/* virtio-mem starts with what is requested of it, the others with all. */
static const xmlNode *device_size(const xmlNode *device)
{
	const xmlNode *target = query_child(device, "target");

	if (query_attr_is(device, "model", "dimm"))
		return query_child(target, "size");
	if (query_attr_is(device, "model", "virtio-mem"))
		return query_child(target, "requested");
	return NULL; /* is no memory of the host's, or never in huge pages */
}

static int read_device_page(struct pages_need *need, const xmlNode *domain,
			    const xmlNode *device, int cell, struct error *err)
{
	const xmlNode *size = query_path(device, "source/pagesize");
	int r;

	if (!size)
		return read_page(&need->page_kib, domain, cell, err);
	r = text_kib(&need->page_kib, size, "<pagesize>", err);
	if (r == 0 && need->page_kib == 0)
		return bad_size("<pagesize>", err);
	return r < 0 ? r : is_huge(need->page_kib);
}

static int read_device(struct pages_needs *needs, const xmlNode *domain,
		       const xmlNode *device, struct error *err)
{
	struct pages_need need = { .first = -1 };
	const xmlNode *size = device_size(device);
	const char *cell_text = query_text(query_path(device, "target/node"));
	const char *nodes = query_text(query_path(device, "source/nodemask"));
	uint64_t cell = 0;
	int r = 0;

	if (!size)
		return 0;
	if (cell_text)
		r = parse_dec(&cell, cell_text, 0, CELL_MAX, "<node>", err);
	if (r == 0)
		r = text_kib(&need.kib, size, "<target> of a <memory> device", err);
	if (r == 0)
		r = read_device_page(&need, domain, device, (int)cell, err);
	if (r <= 0)
		return r;
	r = nodes ? read_nodes(&need, nodes, NULL, "<nodemask>", err)
		  : read_binding(needs, &need, domain, (int)cell, err);
	return r < 0 ? r : keep(needs, &need, err);
}

static int read_all(struct pages_needs *needs, const xmlNode *domain, struct error *err)
{
	const xmlNode *numa = query_path(domain, "cpu/numa");
	const xmlNode *devices = query_child(domain, "devices");
	unsigned n_cells = 0;
	int r = 0;

	query_each (cell, numa, "cell") {
		if (r == 0)
			r = read_cell(needs, domain, cell, n_cells++, err);
	}
	if (n_cells == 0)
		r = read_memory(needs, domain, err);
	query_each (device, devices, "memory") {
		if (r == 0)
			r = read_device(needs, domain, device, err);
	}
	return r;
}

int pages_needs_read(struct pages_needs *ret_needs, const xmlNode *domain,
		     struct error *err)
{
	struct pages_needs needs = PAGES_NEEDS_NONE;
	int r = 0;

	if (query_path(domain, "memoryBacking/hugepages"))
		r = read_all(&needs, domain, err);
	if (r < 0) {
		pages_needs_done(&needs);
		return r;
	}
	*ret_needs = needs;
	return 0;
}
