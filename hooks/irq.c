/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Keeping interrupts off the cores of a guest (Documentation/core-api/irq/irq-affinity).
 * What comes up later, a device's interrupts at its next probe, gets the default.
 */

#include <errno.h>
#include <string.h>

#include "cores.h"
#include "host/sysfs.h"
#include "steps.h"

#define IRQ     "proc/irq/"
#define DEFAULT "default"

/* --- the settings: the default by that name, an interrupt by its number --- */

static int irq_path(char path[static SYSFS_PATH_MAX], const char *key, struct error *err)
{
	if (strcmp(key, DEFAULT) == 0)
		return sysfs_path(path, err, IRQ "default_smp_affinity");
	return sysfs_path(path, err, IRQ "%s/smp_affinity_list", key);
}

static int read_irq(struct hook *hook, const char *key, struct buf *ret_value,
		    struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = irq_path(path, key, err);

	if (r < 0)
		return r;
	return strcmp(key, DEFAULT) == 0 ? cores_read_mask(hook, path, ret_value, err)
					 : cores_read_list(hook, path, ret_value, err);
}

static int write_irq(struct hook *hook, const char *key, const char *value,
		     struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = irq_path(path, key, err);

	if (r < 0)
		return r;
	return strcmp(key, DEFAULT) == 0 ? cores_write_mask(hook, path, value, err)
					 : hook_write(hook, path, value, err);
}

static int compute_irq(struct hook *hook, const struct shared_ask *ask,
		       struct buf *ret_value, struct error *err)
{
	return cores_compute(hook, IRQ_CLAIM, ask, ret_value, err);
}

const struct shared_kind irq_kind = {
	.name = "irq-affinity",
	.step = "irq",
	.title = "the affinity of interrupt",
	.read = read_irq,
	.write = write_irq,
	.compute = compute_irq,
	.may_be_refused = true, /* those that the kernel manages itself */
	.is_many = true,
	.titles = "affinities of interrupts are changed",
};

/* --- all of them --- */

static bool is_number(const char *name)
{
	return *name && name[strspn(name, "0123456789")] == '\0';
}

static int list_irqs(struct hook *hook, struct sysfs_names *ret_names, struct error *err)
{
	return sysfs_list(ret_names, hook->root, "proc/irq", err);
}

/* Whether it may come up on one of these CPUs. */
static int is_on(struct hook *hook, const char *irq, const struct cpuset *cpus,
		 struct error *err)
{
	CLEANUP_BUF struct buf list = BUF_NONE;
	struct cpuset now;
	struct cpuset apart;
	int r = read_irq(hook, irq, &list, err);

	if (r == 0)
		r = cpuset_parse(&now, buf_text(&list), "affinity", err);
	if (r != 0)
		return r < 0 ? r : 0;
	apart = now;
	cpuset_remove_all(&apart, cpus);
	cpuset_remove_all(&now, &apart);
	return !cpuset_is_empty(&now);
}

static int check_irqs(struct hook *hook, const struct cpuset *pins,
		      const struct cpuset *share, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	CLEANUP_BUF struct buf list = BUF_NONE;
	unsigned n_all = 0;
	unsigned n_on = 0;
	int r = list_irqs(hook, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		if (!is_number(names.v[i]))
			continue;
		r = is_on(hook, names.v[i], pins, err);
		n_all++;
		n_on += r > 0;
	}
	if (r < 0)
		return r;
	cpuset_format(share, &list);
	notes_add(&hook->notes, NOTE_DECISION, "irq",
		  "interrupts: %u of %u may come up on the guest's CPUs -> %s, as far as "
		  "the kernel lets them",
		  n_on, n_all, buf_text(&list));
	return 0;
}

/* It looks at all interrupts every ten seconds. */
static void check_irqbalance(struct hook *hook, const struct cpuset *pins)
{
	static const char unit[] = "irqbalance.service";
	CLEANUP_BUF struct buf list = BUF_NONE;
	enum bus_unit_state state;
	struct error ignored;

	for (size_t i = 0; i < hook->needs.n_stop; i++) {
		if (strcmp(hook->needs.stop[i], unit) == 0)
			return;
	}
	if (bus_unit_state(hook->bus, unit, &state, &ignored) < 0 ||
	    state != BUS_UNIT_ACTIVE)
		return;
	cpuset_format(pins, &list);
	notes_add(&hook->notes, NOTE_WARNING, "irq",
		  "irqbalance runs, and will put interrupts back on the guest's CPUs; "
		  "stop it, or start it with IRQBALANCE_BANNED_CPULIST=%s",
		  buf_text(&list));
}

static int irq_check(struct hook *hook, struct error *err)
{
	struct cores_pins pins;
	struct cpuset share;
	int r;

	if (!hook->needs.irq)
		return 0;
	r = cores_needed(hook, "irq", &pins, err);
	if (r < 0 || cpuset_is_empty(&pins.cpus))
		return r;
	r = cores_share(hook, IRQ_CLAIM, NULL, &pins.cpus, &share, err);
	if (r == 0)
		r = check_irqs(hook, &pins.cpus, &share, err);
	if (r == 0)
		check_irqbalance(hook, &pins.cpus);
	return r;
}

/* --- there and back --- */

/* The default first, for those that come up in the meantime. */
static int set_all(struct hook *hook, unsigned *ret_n_left, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	int r = shared_set(hook, &irq_kind, DEFAULT, err);

	if (r >= 0)
		r = list_irqs(hook, &names, err);
	*ret_n_left = 0;
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		char path[SYSFS_PATH_MAX];

		if (!is_number(names.v[i]))
			continue;
		r = shared_set(hook, &irq_kind, names.v[i], err);
		if (r == SHARED_LEFT && irq_path(path, names.v[i], err) == 0 &&
		    sysfs_exists(hook->root, path))
			++*ret_n_left;
	}
	return r < 0 ? r : 0;
}

static int irq_apply(struct hook *hook, struct error *err)
{
	struct cores_pins pins;
	unsigned n_left;
	int r;

	if (!hook->needs.irq)
		return 0;
	r = cores_pins_read(&pins, hook->needs.domain, err);
	if (r < 0 || cpuset_is_empty(&pins.cpus))
		return r;
	r = cores_add_claim(hook, IRQ_CLAIM, &pins.cpus, err);
	if (r == 0)
		r = set_all(hook, &n_left, err);
	if (r == 0 && n_left > 0) {
		account_add(&hook->account, LOG_INFO,
			    "interrupts keep off the guest's CPUs, but for %u that only "
			    "the kernel moves",
			    n_left);
	} else if (r == 0) {
		account_add(&hook->account, LOG_INFO,
			    "interrupts keep off the guest's CPUs");
	}
	return r;
}

const struct step irq_step = {
	.name = "irq",
	.check = irq_check,
	.apply = irq_apply,
};

static int undo_irq(struct hook *hook, struct undo_log *log, struct undo_record *record,
		    struct error *err)
{
	(void)log;
	return shared_undo_all(hook, &irq_kind, record, err);
}

const struct undo_kind irq_undo = {
	.name = IRQ_CLAIM,
	.step = "irq",
	.says = "interrupts keep off the CPUs {0}",
	.undo = undo_irq,
};
