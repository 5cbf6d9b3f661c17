/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <json-c/json.h>

#include "list.h"
#include "view.h"

static void set(struct json_object *object, const char *key, struct json_object *value)
{
	(void)json_object_object_add(object, key, value);
}

static void set_text(struct json_object *object, const char *key, const char *text)
{
	set(object, key, *text ? json_object_new_string(text) : NULL);
}

static void set_number(struct json_object *object, const char *key, uint64_t number)
{
	set(object, key, json_object_new_uint64(number));
}

/* -1 is null */
static void set_index(struct json_object *object, const char *key, int index)
{
	set(object, key, index < 0 ? NULL : json_object_new_int(index));
}

static void set_bool(struct json_object *object, const char *key, bool value)
{
	set(object, key, json_object_new_boolean(value));
}

static void set_id(struct json_object *object, const char *key, unsigned id)
{
	char text[8];

	(void)snprintf(text, sizeof(text), "%04x", id);
	set_text(object, key, text);
}

static struct json_object *iommu(const struct list *list)
{
	struct json_object *object = json_object_new_object();

	set_bool(object, "on", list->iommu.n_groups > 0);
	set_text(object, "kind", iommu_kind_name(list->iommu.kind));
	set_number(object, "groups", list->iommu.n_groups);
	set_text(object, "missing", list->iommu.missing);
	return object;
}

static struct json_object *device(const struct list *list, const struct pcidev *dev)
{
	struct json_object *object = json_object_new_object();
	char text[PCINAMES_TEXT_MAX];
	char bdf[BDF_TEXT_MAX];

	set_text(object, "address", bdf_format(&dev->bdf, bdf));
	set_id(object, "vendor", dev->vendor);
	set_id(object, "device", dev->device);
	(void)snprintf(text, sizeof(text), "%06x", dev->class);
	set_text(object, "class", text);
	set_text(object, "class_name", pcinames_class(&list->names, dev, text));
	set_text(object, "name", pcinames_device(&list->names, dev, text));
	set_index(object, "group", dev->group);
	set_text(object, "driver", dev->driver);
	set_bool(object, "boot_vga", dev->is_boot_vga);
	set_index(object, "numa_node", dev->numa_node);
	set_bool(object, "gpu", pcidev_is_display(dev));
	set_bool(object, "viable", iommu_is_viable(&list->devs, dev));
	set_text(object, "option", list_option(list, dev).text);
	return object;
}

static struct json_object *devices(const struct list *list)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->devs.n; i++) {
		if (!pcidev_is_bridge(&list->devs.v[i]) &&
		    list_is_passable(&list->devs.v[i])) {
			(void)json_object_array_add(array,
						    device(list, &list->devs.v[i]));
		}
	}
	return array;
}

static struct json_object *core(const struct cpus_core *core)
{
	static const char *const kinds[] = { "P", "E", "LPE" };
	struct json_object *object = json_object_new_object();
	struct json_object *threads = json_object_new_array();

	for (unsigned t = 0; t < core->n_cpus; t++)
		(void)json_object_array_add(threads, json_object_new_int64(core->cpu[t]));
	set(object, "cpus", threads);
	set_text(object, "kind", kinds[core->kind]);
	set_index(object, "package", core->package);
	set_index(object, "die", core->die);
	set_index(object, "node", core->node);
	set_number(object, "cache", core->llc);
	return object;
}

static struct json_object *cpus(const struct list *list)
{
	struct json_object *object = json_object_new_object();
	struct json_object *cores = json_object_new_array();
	struct json_object *caches = json_object_new_array();
	struct cpuset offline = list->cpus.present;
	CLEANUP_BUF struct buf text = BUF_NONE;

	for (size_t i = 0; i < list->cpus.n_cores; i++)
		(void)json_object_array_add(cores, core(&list->cpus.cores[i]));
	for (size_t i = 0; i < list->cpus.n_llcs; i++) {
		struct json_object *cache = json_object_new_object();

		set_number(cache, "level", list->cpus.llcs[i].level);
		set_number(cache, "size", list->cpus.llcs[i].size);
		(void)json_object_array_add(caches, cache);
	}
	cpuset_remove_all(&offline, &list->cpus.online);
	cpuset_format(&offline, &text);
	set(object, "cores", cores);
	set(object, "caches", caches);
	set_text(object, "offline", buf_text(&text));
	set_text(object, "missing", list->cpus_missing);
	return object;
}

static struct json_object *memory(const struct list *list)
{
	const struct hugepages_area *host = &list->pages.host;
	struct json_object *object = json_object_new_object();
	struct json_object *pools = json_object_new_array();

	for (size_t i = 0; i < host->n_pools; i++) {
		struct json_object *pool = json_object_new_object();

		set_number(pool, "size_kib", host->pools[i].page_kib);
		set_number(pool, "total", host->pools[i].n_total);
		set_number(pool, "free", host->pools[i].n_free);
		(void)json_object_array_add(pools, pool);
	}
	set_number(object, "total_kib", host->total_kib);
	set_number(object, "available_kib", host->free_kib);
	set(object, "huge_pages", pools);
	return object;
}

static struct json_object *inputs(const struct list *list)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->inputs.n; i++) {
		const struct input *input = &list->inputs.v[i];
		struct json_object *object = json_object_new_object();

		set_text(object, "kind",
			 input->kind == INPUT_KEYBOARD ? "keyboard" : "mouse");
		set_text(object, "name", input->name);
		set_text(object, "path", input->path);
		set_bool(object, "stable", input->is_stable);
		set_bool(object, "extra", input->is_extra);
		(void)json_object_array_add(array, object);
	}
	return array;
}

int list_print_json(const struct list *list, struct error *err)
{
	struct json_object *object = json_object_new_object();
	int r;

	set(object, "iommu", iommu(list));
	set(object, "devices", devices(list));
	set(object, "cpus", cpus(list));
	set(object, "memory", memory(list));
	set(object, "inputs", inputs(list));
	r = view_print_json(object, err);
	(void)json_object_put(object);
	return r;
}
