/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <stdlib.h>
#include <string.h>

#include "pinfixture.h"

/*
 * Emulator threads keep off the guest's cores, but where huge pages are bound to a node
 * on which they have no other CPU.
 */
static void check_emulator(const struct pin *pin, const struct pin_request *request)
{
	struct cpuset far = pin->emulator; /* without the guest's and its node's */
	struct cpuset own = CPUSET_NONE;   /* the guest's */
	struct cpuset near = CPUSET_NONE;

	for (unsigned i = 0; i < pin->n_vcpus; i++) {
		const struct cpus_core *core = cpus_find_core(&cpus, pin->cpu[i]);

		for (unsigned t = 0; t < core->n_cpus; t++) {
			ck_assert(!cpuset_has(&pin->iothread, core->cpu[t]));
			cpuset_add(&own, core->cpu[t]);
		}
	}
	cpuset_remove_all(&far, &own);
	ck_assert(!cpuset_is_empty(&far));
	for (int cpu = cpuset_next(&pin->emulator, 0); cpu >= 0;
	     cpu = cpuset_next(&pin->emulator, (unsigned)cpu + 1)) {
		if (cpus_find_core(&cpus, (unsigned)cpu)->node == pin->node)
			cpuset_add(&near, (unsigned)cpu);
	}
	if (!request->has_huge_pages || pin->node < 0) {
		ck_assert_uint_eq(cpuset_count(&far), cpuset_count(&pin->emulator));
	} else {
		ck_assert(!cpuset_is_empty(&near));
		cpuset_remove_all(&near, &own);
		ck_assert(cpuset_is_empty(&near) ||
			  cpuset_count(&far) == cpuset_count(&pin->emulator));
	}
}

/* What holds for every guest on every host. */
static void check_promises(const struct pin *pin, const struct pin_request *request)
{
	const struct cpus_core *first = &cpus.cores[0];
	enum cpus_kind kind = cpus_find_core(&cpus, pin->cpu[0])->kind;
	struct cpuset cores = CPUSET_NONE;
	struct cpuset used = CPUSET_NONE;

	ck_assert_uint_eq(pin->n_vcpus, request->n_vcpus);
	ck_assert_uint_eq(pin->sockets * pin->dies * pin->cores * pin->threads,
			  request->n_vcpus);
	for (unsigned i = 0; i < pin->n_vcpus; i++) {
		const struct cpus_core *core = cpus_find_core(&cpus, pin->cpu[i]);

		ck_assert_ptr_nonnull(core);
		ck_assert_ptr_ne(core, first);
		ck_assert_int_eq(core->kind, kind);
		ck_assert_uint_eq(core->cpu[i % pin->threads], pin->cpu[i]);
		ck_assert(!cpuset_has(&used, pin->cpu[i]));
		cpuset_add(&used, pin->cpu[i]);
		cpuset_add(&cores, core->cpu[0]);
		if (pin->node >= 0)
			ck_assert_int_eq(core->node, pin->node);
	}
	ck_assert_uint_eq(cpuset_count(&cores) * pin->threads, pin->n_vcpus);
	ck_assert_uint_le(cpuset_count(&cores),
			  cpus.n_cores - (cpus.n_cores < 4 ? 1 : 2));
	ck_assert(!cpuset_is_empty(&pin->emulator) && !cpuset_is_empty(&pin->iothread));
	check_emulator(pin, request);
	for (size_t i = 0; i < notes.n; i++)
		ck_assert_int_eq(notes.v[i].reason != NULL,
				 notes.v[i].kind == NOTE_DECISION);
}

/* A refusal names the number that works; the next one, odd or even alike, does not. */
static void check_advice(const struct layout *host, struct pin_request request,
			 const char *message)
{
	const char *advice = strstr(message, "at most ");
	unsigned refused = request.n_vcpus;
	struct error err = { 0 };
	struct pin pin = PIN_NONE;

	if (!advice)
		return;
	request.n_vcpus = (unsigned)strtoul(advice + strlen("at most "), NULL, 10);
	ck_assert_msg(choose(&pin, host, &request, &err) == 0, "%s: %s", message,
		      err.msg);
	pin_done(&pin);
	request.n_vcpus += request.n_vcpus % 2 == refused % 2 ? 2 : 1;
	ck_assert_int_lt(choose(&pin, host, &request, &err), 0);
}

START_TEST(promises_hold_for_every_guest)
{
	const struct layout *host = layouts[_i];

	for (unsigned i = 0; i < 40 * 3 * 2 * 3 * 2; i++) {
		struct pin_request request = {
			.n_vcpus = 1 + i % 40,
			.smt = (enum pin_smt)(i / 40 % 3),
			.policy = (enum pin_policy)(i / 120 % 2),
			.gpu_node = (int)(i / 240 % 3) - 1,
			.node = (int)(i / 720 % 2) - 1,
			.n_iothreads = i % 4,
			.has_huge_pages = i % 7 % 2,
		};
		struct error err = { 0 };
		struct pin pin = PIN_NONE;

		if (choose(&pin, host, &request, &err) == 0)
			check_promises(&pin, &request);
		else
			check_advice(host, request, err.msg);
		pin_done(&pin);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("pin promises");
	TCase *tc = tcase_create("all hosts");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, NULL, teardown_pin);
	tcase_add_loop_test(tc, promises_hold_for_every_guest, 0, (int)layouts_n);
	suite_add_tcase(s, tc);
	return s;
}
