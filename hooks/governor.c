/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The frequency governor of the CPUs that a guest is pinned to
 * (Documentation/admin-guide/pm/cpufreq.rst). Where the processor has an energy
 * preference, `performance` asks for that one too: before the governor, because under
 * that governor its drivers take no other
 * (Documentation/admin-guide/pm/intel_pstate.rst), and back after it.
 */

#include <errno.h>
#include <string.h>

#include "cores.h"
#include "host/sysfs.h"
#include "steps.h"

#define CPUFREQ     "sys/devices/system/cpu/cpufreq"
#define CLAIM       "governor" /* policy, governor */
#define PERFORMANCE "performance"

/* --- words in lists of words --- */

static int read_attr(struct hook *hook, const char *policy, const char *name,
		     char value[static SYSFS_PAGE_MAX], struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, CPUFREQ "/%s/%s", policy, name);

	if (r == 0 && !sysfs_exists(hook->root, path))
		return SHARED_LEFT;
	return r < 0 ? r : sysfs_read(hook->root, path, value, SYSFS_PAGE_MAX, err);
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; len > 0 && (at = strstr(at, word)); at += len) {
		if ((at == text || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	}
	return false;
}

/* --- the governor --- */

static int read_word(struct hook *hook, const char *policy, const char *name,
		     struct buf *ret_value, struct error *err)
{
	char text[SYSFS_PAGE_MAX];
	int r = read_attr(hook, policy, name, text, err);

	if (r == 0)
		buf_adds(ret_value, text);
	return r;
}

static int write_word(struct hook *hook, const char *policy, const char *name,
		      const char *value, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, CPUFREQ "/%s/%s", policy, name);

	return r < 0 ? r : hook_write(hook, path, value, err);
}

static int read_governor(struct hook *hook, const char *policy, struct buf *ret_value,
			 struct error *err)
{
	return read_word(hook, policy, "scaling_governor", ret_value, err);
}

static int write_governor(struct hook *hook, const char *policy, const char *value,
			  struct error *err)
{
	return write_word(hook, policy, "scaling_governor", value, err);
}

/*
 * Of several wishes `performance` is the one that hurts nobody's guest; among the others
 * the alphabet decides, so that it does not matter who came first. NULL: no wishes.
 */
static const char *choose(const struct hook *hook, const char *policy,
			  const struct undo_record *gone)
{
	struct shared_claims at = { 0 };
	const struct undo_record *claim;
	const char *chosen = NULL;

	while ((claim = shared_next_claim(hook, &at, CLAIM, gone))) {
		const char *wish = undo_field(claim, 1);

		if (strcmp(undo_field(claim, 0), policy) != 0)
			continue;
		if (!chosen || strcmp(wish, PERFORMANCE) == 0 ||
		    (strcmp(chosen, PERFORMANCE) != 0 && strcmp(wish, chosen) < 0))
			chosen = wish;
	}
	return chosen;
}

static int compute_governor(struct hook *hook, const struct shared_ask *ask,
			    struct buf *ret_value, struct error *err)
{
	const char *chosen = choose(hook, ask->key, ask->gone);

	(void)err;
	if (!chosen)
		return SHARED_LEFT;
	buf_adds(ret_value, chosen);
	return 0;
}

const struct shared_kind governor_kind = {
	.name = "scaling-governor",
	.step = "governor",
	.title = "the governor of",
	.read = read_governor,
	.write = write_governor,
	.compute = compute_governor,
};

/* --- the energy preference --- */

static int read_energy(struct hook *hook, const char *policy, struct buf *ret_value,
		       struct error *err)
{
	return read_word(hook, policy, "energy_performance_preference", ret_value, err);
}

/* Busy: somebody has chosen the governor that allows no other. */
static int write_energy(struct hook *hook, const char *policy, const char *value,
			struct error *err)
{
	int r = write_word(hook, policy, "energy_performance_preference", value, err);

	return r == -EBUSY ? SHARED_LEFT : r;
}

static int compute_energy(struct hook *hook, const struct shared_ask *ask,
			  struct buf *ret_value, struct error *err)
{
	const char *chosen = choose(hook, ask->key, ask->gone);
	char available[SYSFS_PAGE_MAX];
	int r;

	if (!chosen || strcmp(chosen, PERFORMANCE) != 0)
		return SHARED_LEFT;
	r = read_attr(hook, ask->key, "energy_performance_available_preferences",
		      available, err);
	if (r == 0 && !has_word(available, PERFORMANCE))
		r = SHARED_LEFT;
	if (r == 0)
		buf_adds(ret_value, PERFORMANCE);
	return r;
}

const struct shared_kind energy_kind = {
	.name = "energy-preference",
	.step = "governor",
	.title = "the energy preference of",
	.read = read_energy,
	.write = write_energy,
	.compute = compute_energy,
	.is_forced = true, /* a change of the governor changes it too */
};

/* --- policies --- */

typedef int policy_fn(struct hook *hook, const char *policy, struct error *err);

/* Whether one of the policy's CPUs is among these. */
static int holds(struct hook *hook, const char *policy, const struct cpuset *cpus,
		 struct error *err)
{
	char text[SYSFS_PAGE_MAX];
	struct cpuset mine;
	struct cpuset apart;
	int r = read_attr(hook, policy, "affected_cpus", text, err);

	if (r != 0)
		return r < 0 ? r : 0;
	for (char *c = text; *c; c++) {
		if (*c == ' ')
			*c = ',';
	}
	r = cpuset_parse(&mine, text, policy, err);
	if (r < 0)
		return r;
	apart = mine;
	cpuset_remove_all(&apart, cpus);
	cpuset_remove_all(&mine, &apart);
	return !cpuset_is_empty(&mine);
}

/* Calls fn for each policy that holds one of the CPUs; returns how many there are. */
static int each_policy(struct hook *hook, const struct cpuset *cpus, policy_fn *fn,
		       struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	int r = sysfs_list(&names, hook->root, CPUFREQ, err);
	int n = 0;

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		if (strncmp(names.v[i], "policy", strlen("policy")) != 0)
			continue;
		r = holds(hook, names.v[i], cpus, err);
		if (r <= 0)
			continue;
		r = fn(hook, names.v[i], err);
		n++;
	}
	return r < 0 ? r : n;
}

/* --- checking --- */

static void warn_of_others(struct hook *hook, const char *policy)
{
	struct shared_claims at = { 0 };
	const struct undo_record *claim;

	while ((claim = shared_next_claim(hook, &at, CLAIM, NULL))) {
		const char *wish = undo_field(claim, 1);

		if (strcmp(undo_field(claim, 0), policy) == 0 &&
		    strcmp(wish, hook->needs.governor) != 0) {
			notes_add(&hook->notes, NOTE_WARNING, "governor",
				  "the guest '%s' wants the governor '%s' for '%s', this "
				  "one '%s'",
				  at.guest, wish, policy, hook->needs.governor);
		}
	}
}

static int check_policy(struct hook *hook, const char *policy, struct error *err)
{
	const char *governor = hook->needs.governor;
	char available[SYSFS_PAGE_MAX] = "";
	char now[SYSFS_PAGE_MAX] = "";
	int r = read_attr(hook, policy, "scaling_available_governors", available, err);

	if (r >= 0)
		r = read_attr(hook, policy, "scaling_governor", now, err);
	if (r < 0)
		return r;
	if (!has_word(available, governor)) {
		available[strcspn(available, "\n")] = '\0';
		return error_set(err, EINVAL,
				 "there is no governor '%s' for the guest's CPUs ('%s'); "
				 "there are: %s",
				 governor, policy, *available ? available : "none");
	}
	warn_of_others(hook, policy);
	notes_add(&hook->notes, NOTE_DECISION, "governor", "the governor of '%s': %s%s%s",
		  policy, now, strcmp(now, governor) == 0 ? ", as wanted" : " -> ",
		  strcmp(now, governor) == 0 ? "" : governor);
	return 0;
}

static int governor_check(struct hook *hook, struct error *err)
{
	struct cores_pins pins;
	int r;

	if (!hook->needs.governor)
		return 0;
	r = cores_needed(hook, "governor", &pins, err);
	if (r < 0 || cpuset_is_empty(&pins.cpus))
		return r;
	r = each_policy(hook, &pins.cpus, check_policy, err);
	if (r == 0) {
		notes_add(&hook->notes, NOTE_WARNING, "governor",
			  "the kernel does not set the frequency of the guest's CPUs "
			  "(/" CPUFREQ " has no policy for them): no governor '%s'",
			  hook->needs.governor);
	}
	return r < 0 ? r : 0;
}

/* --- there and back --- */

static int apply_policy(struct hook *hook, const char *policy, struct error *err)
{
	int r = undo_log_add(hook->log, NULL, err, CLAIM, policy, hook->needs.governor,
			     NULL);

	if (r == 0)
		r = shared_set(hook, &energy_kind, policy, err);
	if (r >= 0)
		r = shared_set(hook, &governor_kind, policy, err);
	return r < 0 ? r : 0;
}

static int governor_apply(struct hook *hook, struct error *err)
{
	struct cores_pins pins;
	int r;

	if (!hook->needs.governor)
		return 0;
	r = cores_pins_read(&pins, hook->needs.domain, err);
	if (r < 0 || cpuset_is_empty(&pins.cpus))
		return r;
	r = each_policy(hook, &pins.cpus, apply_policy, err);
	return r < 0 ? r : 0;
}

const struct step governor_step = {
	.name = "governor",
	.check = governor_check,
	.apply = governor_apply,
};

static int undo_governor(struct hook *hook, struct undo_log *log,
			 struct undo_record *record, struct error *err)
{
	const char *policy = undo_field(record, 0);
	int r = shared_undo(hook, &governor_kind, policy, record, err);

	(void)log;
	return r < 0 ? r : shared_undo(hook, &energy_kind, policy, record, err);
}

const struct undo_kind governor_undo = {
	.name = CLAIM,
	.step = "governor",
	.says = "the governor '{1}' for the CPUs of '{0}'",
	.undo = undo_governor,
};
