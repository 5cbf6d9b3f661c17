/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What holds whatever happens (routermodel.h), over random streams; and that the router
 * allocates nothing once it is there.
 */

#include <stdio.h>
#include <stdlib.h>

#include "routermodel.h"
#include "suite.h"

#define STREAMS 150
#define STEPS   1500
#define RESTS   50 /* steps between two quiet points */

/* The linker leads the router's calls of the allocator here. */
static unsigned long allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *mem, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *mem, size_t size);

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	allocations++;
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *mem, size_t size)
{
	allocations++;
	return __real_realloc(mem, size);
}

static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 32);
}

/* The allocations made; Check makes some of its own in between. */
static unsigned long run_stream(struct routermodel *model, uint64_t seed)
{
	unsigned long made = 0;
	uint64_t state = seed;

	for (unsigned step = 1; step <= STEPS; step++) {
		unsigned long before = allocations;
		const char *broken = routermodel_step(model, next_random(&state));

		if (!broken && step % RESTS == 0)
			broken = routermodel_rest(model);
		made += allocations - before;
		ck_assert_msg(!broken, "stream %llu, step %u: %s",
			      (unsigned long long)seed, step, broken);
	}
	return made;
}

static void run_streams(bool is_clone, uint64_t first)
{
	unsigned long presses = 0, switches = 0;

	for (uint64_t seed = first; seed < first + STREAMS; seed++) {
		struct routermodel *model = routermodel_new(is_clone);

		ck_assert_ptr_nonnull(model);
		ck_assert_uint_eq(run_stream(model, seed), 0);
		presses += routermodel_presses(model);
		switches += routermodel_switches(model);
		routermodel_free(model);
	}
	/* else the promises were kept by doing nothing */
	ck_assert_uint_gt(presses, 20 * STREAMS);
	ck_assert_uint_gt(switches, 20 * STREAMS);
}

START_TEST(promises_are_kept_when_the_host_keeps_its_devices)
{
	run_streams(false, 1);
}
END_TEST

START_TEST(promises_are_kept_when_the_host_has_clones)
{
	run_streams(true, 100001);
}
END_TEST

START_TEST(the_counter_of_allocations_counts)
{
	unsigned long before = allocations;

	routermodel_free(routermodel_new(false));
	ck_assert_uint_gt(allocations, before);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("router_promises");
	TCase *tc = tcase_create("promises");

	tcase_set_timeout(tc, 50);
	tcase_add_test(tc, the_counter_of_allocations_counts);
	tcase_add_test(tc, promises_are_kept_when_the_host_keeps_its_devices);
	tcase_add_test(tc, promises_are_kept_when_the_host_has_clones);
	suite_add_tcase(s, tc);
	return s;
}
