/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <string.h>

#include "pinfixture.h"

#define ON(layout) .host = &layout_##layout
#define ASK(...)   ASK_AT(-1, -1, __VA_ARGS__)
#define ASK_AT(gpu, wanted, ...) \
	.request = { .gpu_node = (gpu), .node = (wanted), .n_vcpus = __VA_ARGS__ }
#define FREQUENCY  .policy = PIN_POLICY_FREQUENCY
#define SMT_ON     .smt = PIN_SMT_ON
#define SMT_OFF    .smt = PIN_SMT_OFF
#define LIST(cpus) .list = (cpus)

static const struct choice {
	const struct layout *host;
	struct pin_request request;
	const char *vcpus;    /* the CPU of each */
	const char *topology; /* sockets, dies, cores, threads */
	const char *emulator;
	const char *iothread;
	int node;
	unsigned n_warnings;
} choices[] = {
	/* two chiplets: the one without CPU 0 while it suffices, then both alike */
	{ ON(dual_ccd), ASK(16), "8,24,9,25,10,26,11,27,12,28,13,29,14,30,15,31",
	  "1,1,8,2", "0-1,16-17", "0-1,16-17", -1, 0 },
	{ ON(dual_ccd), ASK(8), "12,28,13,29,14,30,15,31", "1,1,4,2", "0-1,16-17", "8,24",
	  -1, 0 },
	{ ON(dual_ccd), ASK(8, .n_iothreads = 3), "12,28,13,29,14,30,15,31", "1,1,4,2",
	  "0-1,16-17", "8-9,24-25", -1, 0 },
	{ ON(dual_ccd), ASK(28),
	  "1,17,2,18,3,19,4,20,5,21,6,22,7,23,9,25,10,26,11,27,12,28,13,29,14,30,15,31",
	  "1,2,7,2", "0,8,16,24", "8,24", -1, 0 },
	{ ON(dual_ccd), ASK(18), "4,20,5,21,6,22,7,23,11,27,12,28,13,29,14,30,15,31",
	  "1,1,9,2", "0-1,16-17", "1,17", -1, 1 },
	{ ON(dual_ccd), ASK(7), "9,10,11,12,13,14,15", "1,1,7,1", "0-1,16-17", "8,24", -1,
	  0 },
	{ ON(dual_ccd), ASK(8, SMT_OFF), "8,9,10,11,12,13,14,15", "1,1,8,1", "0-1,16-17",
	  "0-1,16-17", -1, 0 },
	{ ON(dual_ccd), ASK(1), "15", "1,1,1,1", "0-1,16-17", "8,24", -1, 0 },

	/* 3D V-cache: policy decides, also against CPU 0; what it does not hold it loses
	 */
	{ ON(vcache_first), ASK(14), "1,17,2,18,3,19,4,20,5,21,6,22,7,23", "1,1,7,2",
	  "0,8,16,24", "0,8,16,24", -1, 0 },
	{ ON(vcache_first), ASK(8), "4,20,5,21,6,22,7,23", "1,1,4,2", "0,8,16,24", "1,17",
	  -1, 0 },
	{ ON(vcache_first), ASK(14, FREQUENCY),
	  "9,25,10,26,11,27,12,28,13,29,14,30,15,31", "1,1,7,2", "0-1,16-17", "8,24", -1,
	  0 },
	{ ON(vcache_first), ASK(16), "8,24,9,25,10,26,11,27,12,28,13,29,14,30,15,31",
	  "1,1,8,2", "0-1,16-17", "0-1,16-17", -1, 1 },
	{ ON(vcache_second), ASK(16), "8,24,9,25,10,26,11,27,12,28,13,29,14,30,15,31",
	  "1,1,8,2", "0-1,16-17", "0-1,16-17", -1, 0 },
	{ ON(vcache_second), ASK(14, FREQUENCY), "1,17,2,18,3,19,4,20,5,21,6,22,7,23",
	  "1,1,7,2", "0,8,16,24", "0,8,16,24", -1, 0 },
	{ ON(two_sizes), ASK(10), "7,19,8,20,9,21,10,22,11,23", "1,1,5,2", "0-1,12-13",
	  "6,18", -1, 0 },

	/* hybrid: P cores for the guest, E cores for the host */
	{ ON(raptor_lake), ASK(14), "2,3,4,5,6,7,8,9,10,11,12,13,14,15", "1,1,7,2",
	  "16-31", "16", -1, 0 },
	{ ON(raptor_lake), ASK(6, SMT_OFF), "4,6,8,10,12,14", "1,1,6,1", "16-31", "16",
	  -1, 0 },
	{ ON(lunar_lake), ASK(3), "1,2,3", "1,1,3,1", "4-7", "4-7", -1, 0 },
	{ ON(lunar_lake), ASK(2), "2,3", "1,1,2,1", "4-7", "1", -1, 0 },
	{ ON(p_and_lp), ASK(10), "2,3,4,5,6,7,8,9,10,11", "1,1,5,2", "12-13", "12-13", -1,
	  0 },
	{ ON(strix_point), ASK(6), "1,13,2,14,3,15", "1,1,3,2", "4-11,16-23",
	  "4-11,16-23", -1, 0 },

	/* nodes: the GPU's, the one asked for, the emptiest, and several */
	{ ON(dual_socket), ASK_AT(1, -1, 12), "10,26,11,27,12,28,13,29,14,30,15,31",
	  "1,1,6,2", "8,24", "8,24", 1, 0 },
	{ ON(dual_socket), ASK_AT(1, -1, 16),
	  "8,24,9,25,10,26,11,27,12,28,13,29,14,30,15,31", "1,1,8,2", "0-1,16-17",
	  "0-1,16-17", 1, 1 },
	/* huge pages of a node need a CPU of that node for the emulator */
	{ ON(dual_socket), ASK_AT(1, -1, 16, .has_huge_pages = true),
	  "8,24,9,25,10,26,11,27,12,28,13,29,14,30,15,31", "1,1,8,2", "0-1,16-17,31",
	  "0-1,16-17", 1, 1 },
	{ ON(dual_socket), ASK_AT(1, -1, 8, SMT_OFF, .has_huge_pages = true),
	  "8,9,10,11,12,13,14,15", "1,1,8,1", "0-1,16-17,24-31", "0-1,16-17", 1, 1 },
	{ ON(dual_socket),
	  ASK_AT(1, -1, 16, .has_huge_pages = true, .memory = UINT64_C(48) << 30),
	  "8,24,9,25,10,26,11,27,12,28,13,29,14,30,15,31", "1,1,8,2", "0-1,16-17",
	  "0-1,16-17", -1, 2 },
	{ ON(dual_socket), ASK_AT(1, -1, 12, .has_huge_pages = true),
	  "10,26,11,27,12,28,13,29,14,30,15,31", "1,1,6,2", "8,24", "8,24", 1, 0 },
	{ ON(dual_socket), ASK_AT(0, -1, 8), "4,20,5,21,6,22,7,23", "1,1,4,2",
	  "0-1,16-17", "1,17", 0, 0 },
	{ ON(dual_socket), ASK(4), "14,30,15,31", "1,1,2,2", "8,24", "8,24", 1, 0 },
	{ ON(dual_socket), ASK_AT(7, -1, 4), "14,30,15,31", "1,1,2,2", "8,24", "8,24", 1,
	  0 },
	{ ON(dual_socket), ASK_AT(1, 0, 4), "6,22,7,23", "1,1,2,2", "0-1,16-17", "1,17",
	  0, 1 },
	{ ON(dual_socket), ASK_AT(1, -1, 24),
	  "2,18,3,19,4,20,5,21,6,22,7,23,10,26,11,27,12,28,13,29,14,30,15,31", "1,2,6,2",
	  "0-1,16-17", "1,17", -1, 1 },
	{ ON(dual_socket), ASK_AT(1, -1, 4, .memory = UINT64_C(48) << 30), "14,30,15,31",
	  "1,1,2,2", "8,24", "8,24", -1, 1 },
	{ ON(memoryless_node), ASK(4), "12,13,14,15", "1,1,4,1", "8", "8", -1, 1 },
	{ ON(small_nodes), ASK_AT(2, -1, 20),
	  "11,43,12,44,13,45,14,46,15,47,19,51,20,52,21,53,22,54,23,55", "1,2,5,2",
	  "8,40", "8,40", -1, 1 },
	{ ON(epyc), ASK(4), "70,198,71,199", "1,1,2,2", "72,200", "64,192", 1, 0 },
	{ ON(epyc), ASK_AT(0, -1, 24),
	  "10,138,11,139,12,140,13,141,14,142,15,143,18,146,19,147,20,148,21,149,22,150,"
	  "23,151",
	  "1,2,6,2", "0-1,128-129", "8,136", 0, 0 },

	/* threads missing, CPUs offline or isolated */
	{ ON(no_smt), ASK(6), "2,3,4,5,6,7", "1,1,6,1", "0-1", "1", -1, 0 },
	{ ON(offline), ASK(10), "1,9,2,10,4,12,5,13,7,15", "1,1,5,2", "0,3,8", "3", -1,
	  0 },
	{ ON(offline), ASK(5), "2,3,4,5,7", "1,1,5,1", "0-1,8-9", "1,9", -1, 0 },
	{ ON(isolated), ASK(8), "1,9,2,10,3,11,4,12", "1,1,4,2", "0,5,8,13", "5,13", -1,
	  0 },
	{ ON(isolated), ASK(12), "1,9,2,10,3,11,4,12,6,14,7,15", "1,1,6,2", "0,5,8,13",
	  "5,13", -1, 0 },

	/* ordinary and small machines, both ways to number siblings */
	{ ON(eight_cores), ASK(12), "2,10,3,11,4,12,5,13,6,14,7,15", "1,1,6,2", "0-1,8-9",
	  "1,9", -1, 0 },
	{ ON(eight_adjacent), ASK(12), "4,5,6,7,8,9,10,11,12,13,14,15", "1,1,6,2", "0-3",
	  "2-3", -1, 0 },
	{ ON(six_cores), ASK(8, SMT_ON), "2,8,3,9,4,10,5,11", "1,1,4,2", "0-1,6-7", "1,7",
	  -1, 0 },
	{ ON(four_cores), ASK(4), "2,6,3,7", "1,1,2,2", "0-1,4-5", "1,5", -1, 0 },
	{ ON(four_threads), ASK(2), "2,3", "1,1,2,1", "0-1", "1", -1, 0 },
	{ ON(three_cores), ASK(2), "1,2", "1,1,2,1", "0", "0", -1, 0 },
	{ ON(two_cores), ASK(1), "1", "1,1,1,1", "0", "0", -1, 0 },
	{ ON(uneven), ASK(10), "2,3,4,5,6,7,8,9,10,11", "1,1,10,1", "0-1", "1", -1, 1 },

	/* lists: the topology follows them */
	{ ON(eight_cores), ASK(4, LIST("2,10,3,11")), "2,10,3,11", "1,1,2,2", "0-1,8-9",
	  "1,9", -1, 0 },
	{ ON(eight_cores), ASK(4, LIST("2-5")), "2,3,4,5", "1,1,4,1", "0-1,8-9", "1,9",
	  -1, 0 },
	{ ON(eight_cores), ASK(3, LIST("2,10,3")), "2,10,3", "1,1,3,1", "0-1,8-9", "1,9",
	  -1, 1 },
	{ ON(eight_cores), ASK(4, LIST("2,3,10,11")), "2,3,10,11", "1,1,4,1", "0-1,8-9",
	  "1,9", -1, 1 },
	{ ON(dual_ccd), ASK(4, LIST("1,17,8,24")), "1,17,8,24", "1,2,1,2", "0,2,16,18",
	  "2,18", -1, 0 },
	{ ON(dual_ccd), ASK(4, LIST("1,8,2,9")), "1,8,2,9", "1,1,4,1", "0,3,16,19",
	  "3,19", -1, 1 },
	{ ON(dual_ccd), ASK(3, LIST("1,2,8")), "1,2,8", "1,1,3,1", "0,3,16,19", "3,19",
	  -1, 1 },
	{ ON(dual_ccd), ASK(2, LIST("0,16")), "0,16", "1,1,1,2", "8-9,24-25", "1,17", -1,
	  1 },
	{ ON(dual_socket), ASK(2, LIST("7,8")), "7,8", "1,2,1,1", "0-1,16-17", "1,17", -1,
	  1 },
	{ ON(dual_socket), ASK_AT(1, -1, 1, LIST("7")), "7", "1,1,1,1", "0-1,16-17",
	  "1,17", 0, 1 },
	{ ON(raptor_lake), ASK(4, LIST("14-17")), "14,15,16,17", "1,1,4,1", "18-31", "18",
	  -1, 2 },
	{ ON(four_cores), ASK(4, LIST("0-3")), "0,1,2,3", "1,1,4,1", "4-7", "4-7", -1,
	  2 },
	{ ON(four_threads), ASK(4, LIST("0-3")), "0,1,2,3", "1,1,4,1", "", "", -1, 3 },
};

static const char *text_of(const struct cpuset *set, struct buf *buf)
{
	cpuset_format(set, buf);
	return buf_text(buf);
}

static unsigned count_warnings(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < notes.n; i++) {
		ck_assert_str_eq(notes.v[i].topic, "pin");
		n += notes.v[i].kind == NOTE_WARNING;
	}
	return n;
}

START_TEST(choice_is_the_documented_one)
{
	const struct choice *want = &choices[_i];
	struct buf text[4] = { BUF_NONE, BUF_NONE, BUF_NONE, BUF_NONE };
	struct pin pin = PIN_NONE;
	struct error err = { 0 };

	ck_assert_msg(choose(&pin, want->host, &want->request, &err) == 0, "%s", err.msg);
	for (unsigned i = 0; i < pin.n_vcpus; i++)
		buf_addf(&text[0], "%s%u", i ? "," : "", pin.cpu[i]);
	buf_addf(&text[1], "%u,%u,%u,%u", pin.sockets, pin.dies, pin.cores, pin.threads);
	ck_assert_str_eq(buf_text(&text[0]), want->vcpus);
	ck_assert_str_eq(buf_text(&text[1]), want->topology);
	ck_assert_str_eq(text_of(&pin.emulator, &text[2]), want->emulator);
	ck_assert_str_eq(text_of(&pin.iothread, &text[3]), want->iothread);
	ck_assert_int_eq(pin.node, want->node);
	ck_assert_int_eq(pin.needs_topoext, want->host->is_amd);
	ck_assert_uint_eq(count_warnings(), want->n_warnings);
	pin_done(&pin);
	for (size_t i = 0; i < ARRAY_SIZE(text); i++)
		buf_done(&text[i]);
}
END_TEST

START_TEST(eight_chiplets_are_eight_dies)
{
	struct pin_request request = { .n_vcpus = 128, .node = 1, .gpu_node = -1 };
	CLEANUP_PIN struct pin pin = PIN_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(choose(&pin, &layout_epyc, &request, &err), 0);
	for (unsigned i = 0; i < 64; i++) {
		ck_assert_uint_eq(pin.cpu[2 * i], 64 + i);
		ck_assert_uint_eq(pin.cpu[2 * i + 1], 192 + i);
	}
	ck_assert_uint_eq(pin.dies, 8);
	ck_assert_uint_eq(pin.cores, 8);
}
END_TEST

static const struct refusal {
	const struct layout *host;
	struct pin_request request;
	const char *message;
} refusals[] = {
	{ ON(dual_socket), ASK_AT(-1, 1, 24),
	  "24 vCPUs need 12 cores with SMT, but NUMA node 1 has 8 free for a guest "
	  "(8 cores): ask for at most 16 vCPUs, or leave out node=1, or name the CPUs with "
	  "--pin=LIST" },
	{ ON(small_nodes), ASK_AT(1, 0, 64),
	  "64 vCPUs need 32 cores with SMT, but NUMA node 0 has 7 free for a guest "
	  "(8 cores, less 1 for the host): ask for at most 14 vCPUs, or name the CPUs with "
	  "--pin=LIST" },
	{ ON(dual_ccd), ASK(30),
	  "30 vCPUs need 15 cores with SMT, but the host has 14 free for a guest (16 cores, "
	  "less 2 for the host): ask for at most 28 vCPUs, or name the CPUs with "
	  "--pin=LIST" },
	{ ON(dual_ccd), ASK(15),
	  "15 vCPUs need 15 cores with one thread each, but the host has 14 free for a "
	  "guest (16 cores, less 2 for the host): ask for at most 14 vCPUs, or ask for an "
	  "even number of vCPUs, or name the CPUs with --pin=LIST" },
	{ ON(dual_ccd), ASK(16, SMT_OFF),
	  "16 vCPUs need 16 cores with one thread each, but the host has 14 free for a "
	  "guest (16 cores, less 2 for the host): ask for at most 14 vCPUs, or leave out "
	  "smt=off, or name the CPUs with --pin=LIST" },
	{ ON(raptor_lake), ASK(16),
	  "16 vCPUs need 8 P cores with SMT, but the host has 7 free for a guest (8 P "
	  "cores, less 1 for the host): ask for at most 14 vCPUs, or name the CPUs with "
	  "--pin=LIST" },
	{ ON(offline), ASK(12),
	  "12 vCPUs need 6 cores with SMT, but the host has 5 free for a guest (7 cores, "
	  "less 1 without a second thread online, less 1 for the host): ask for at most 10 "
	  "vCPUs, or name the CPUs with --pin=LIST" },
	{ ON(four_cores), ASK(6),
	  "6 vCPUs need 3 cores with SMT, but the host has 2 free for a guest (4 cores, "
	  "less 2 for the host): ask for at most 4 vCPUs, or name the CPUs with --pin=LIST" },
	{ ON(two_cores), ASK(2),
	  "2 vCPUs need 2 cores with one thread each, but the host has 1 free for a guest "
	  "(2 cores, less 1 for the host): ask for at most 1 vCPU, or name the CPUs with "
	  "--pin=LIST" },
	{ ON(one_core), ASK(1),
	  "1 vCPU needs 1 core with one thread each, but the host has 0 free for a guest "
	  "(1 core, less 1 for the host): name the CPUs with --pin=LIST" },
	{ ON(dual_ccd), ASK(7, SMT_ON),
	  "smt=on: 7 vCPUs do not make pairs of threads, ask for an even number" },
	{ ON(no_smt), ASK(4, SMT_ON),
	  "smt=on: no core of the host has two threads online" },
	{ ON(dual_socket), ASK_AT(-1, 5, 4),
	  "node=5: the host's NUMA nodes with CPUs are 0-1" },
	{ ON(two_cores), ASK_AT(-1, 0, 1), "node=0: the host has no NUMA nodes" },
	{ ON(eight_cores), ASK(0), "pin vCPUs: the guest has none" },

	{ ON(eight_cores), ASK(2, LIST("2,16")),
	  "there is no CPU 16, the host has CPUs 0-15" },
	{ ON(offline), ASK(2, LIST("2,11")),
	  "CPU 11 is offline, write 1 to '/sys/devices/system/cpu/cpu11/online' "
	  "or leave it out" },
	{ ON(eight_cores), ASK(4, LIST("1-3,2")),
	  "CPU 2 is listed twice, for vCPU 1 and vCPU 3" },
	{ ON(eight_cores), ASK(2, LIST("2,3,4")), "3 CPUs are listed for 2 vCPUs" },
	{ ON(eight_cores), ASK(2, LIST("2")), "1 CPU is listed for 2 vCPUs" },
	{ ON(eight_cores), ASK(2, LIST("2,")), "CPU '' is not a number" },
	{ ON(eight_cores), ASK(2, LIST("0x2,3")), "CPU '0x2' is not a number" },
	{ ON(eight_cores), ASK(2, LIST("5-3")),
	  "last CPU of a range '3' is not between 5 and 8191" },
};

START_TEST(refusal_says_the_numbers_and_what_to_do)
{
	const struct refusal *want = &refusals[_i];
	struct pin pin = PIN_NONE;
	struct error err = { 0 };

	ck_assert_int_lt(choose(&pin, want->host, &want->request, &err), 0);
	ck_assert_str_eq(err.msg, want->message);
	ck_assert_ptr_null(pin.cpu);
}
END_TEST

static const struct remark {
	const struct layout *host;
	struct pin_request request;
	const char *text;   /* of one of the notes */
	const char *reason; /* NULL: it is a warning or information */
} remarks[] = {
	{ ON(dual_ccd), ASK(8), "8 vCPUs on 4 cores, two each",
	  "the host has SMT, and the number is even" },
	{ ON(dual_ccd), ASK(7), "7 vCPUs on 7 cores, one each",
	  "an odd number makes no pairs: the siblings stay idle" },
	{ ON(dual_ccd), ASK(1), "vCPUs in order on CPU 15",
	  "each vCPU has a core to itself" },
	{ ON(dual_ccd), ASK(16),
	  "cores of one last-level cache, L3 of 32 MiB (CPUs 8-15,24-31)",
	  "it is the only one with 8 cores free" },
	{ ON(dual_ccd), ASK(14),
	  "cores of one last-level cache, L3 of 32 MiB (CPUs 8-15,24-31)",
	  "it holds the guest, and CPU 0 is on another" },
	{ ON(epyc), ASK(4),
	  "cores of one last-level cache, L3 of 32 MiB (CPUs 64-71,192-199)",
	  "of those that hold the guest alike it is the first" },
	{ ON(vcache_first), ASK(14),
	  "cores of one last-level cache, L3 of 96 MiB (CPUs 0-7,16-23)",
	  "policy=cache: it is the one with 3D V-cache, though CPU 0 is on it" },
	{ ON(vcache_second), ASK(14),
	  "cores of one last-level cache, L3 of 96 MiB (CPUs 8-15,24-31)",
	  "policy=cache: it is the one with 3D V-cache" },
	{ ON(vcache_second), ASK(14, FREQUENCY),
	  "cores of one last-level cache, L3 of 32 MiB (CPUs 0-7,16-23)",
	  "policy=frequency: cores without 3D V-cache clock higher" },
	{ ON(vcache_first), ASK(16),
	  "the 3D V-cache has 7 cores free, the guest needs 8: ask for at most 14 vCPUs to "
	  "get it",
	  NULL },
	{ ON(dual_ccd), ASK(28),
	  "7 cores of L3 of 32 MiB (CPUs 8-15,24-31), 7 cores of L3 of 32 MiB (CPUs "
	  "0-7,16-23)",
	  "no last-level cache has more than 8 cores free" },
	{ ON(dual_ccd), ASK(28), "topology of 1 socket, 2 dies, 7 cores, 2 threads",
	  "a die is what shares a last-level cache" },
	{ ON(dual_ccd), ASK(18),
	  "9 cores do not spread evenly over 2 last-level caches: the guest sees one die and "
	  "cannot tell which cores share a cache",
	  NULL },
	{ ON(dual_ccd), ASK(8), "CPU feature topoext",
	  "on AMD a guest without it sees neither threads nor shared caches" },
	{ ON(raptor_lake), ASK(8), "P cores only",
	  "a guest's scheduler cannot tell them from the 16 others, which are for the host" },
	{ ON(raptor_lake), ASK(8), "emulator threads on CPUs 16-31",
	  "they are reserved for the host" },
	{ ON(raptor_lake), ASK(8), "1 I/O thread on CPU 16",
	  "left by the guest on its last-level cache" },
	{ ON(raptor_lake), ASK(8), "the host keeps 20 of 24 cores: CPUs 0-7,16-31",
	  "its interrupts and kernel threads run on CPU 0, and 2 cores are the least it is "
	  "left" },
	{ ON(dual_socket), ASK_AT(1, -1, 8), "cores of NUMA node 1", "the GPU is on it" },
	{ ON(dual_socket), ASK_AT(1, 0, 8), "cores of NUMA node 0", "node= says so" },
	{ ON(dual_socket), ASK_AT(1, 0, 8),
	  "the GPU is on NUMA node 1, but no core of the guest is", NULL },
	{ ON(dual_socket), ASK(8), "cores of NUMA node 1", "it has most cores free" },
	{ ON(dual_socket), ASK(8), "memory strictly from NUMA node 1",
	  "all cores of the guest are on it" },
	{ ON(dual_socket), ASK_AT(1, -1, 24),
	  "NUMA node 1 has 8 of the guest's 12 cores free: the guest spans NUMA nodes 0-1, "
	  "and its memory is bound to none",
	  NULL },
	{ ON(dual_socket), ASK_AT(1, -1, 16),
	  "the guest has all cores of its NUMA node that it may have: its emulator threads "
	  "run on another",
	  NULL },
	{ ON(dual_socket), ASK_AT(1, -1, 16, .has_huge_pages = true),
	  "the guest has all cores of its NUMA node that it may have: its emulator threads "
	  "run on another, and also on CPU 31 of the guest's own, as QEMU has huge pages "
	  "allocated by CPUs of their node",
	  NULL },
	{ ON(dual_socket), ASK_AT(1, -1, 4, .memory = UINT64_C(48) << 30),
	  "the guest's memory of 49152 MiB is more than the 32768 MiB of NUMA node 1: it is "
	  "bound to no node",
	  NULL },
	{ ON(memoryless_node), ASK(4),
	  "NUMA node 1 of the guest's cores has no memory: the guest's is bound to no node",
	  NULL },
	{ ON(isolated), ASK(12),
	  "isolcpus= isolates CPUs 1-4,9-12, but the guest gets CPUs 6-7,14-15", NULL },
	{ ON(eight_cores), ASK(4, LIST("2,10,3,11")), "vCPUs in order on CPUs 2,10,3,11",
	  "they are listed in this order" },
	{ ON(eight_cores), ASK(4, LIST("2,3,10,11")),
	  "CPUs 2 and 10 are threads of one core, but the guest takes them for two cores: it "
	  "sees them as one if all the list is such pairs, '2,10,...'",
	  NULL },
	{ ON(eight_cores), ASK(1, LIST("8")),
	  "the guest gets the core of CPU 0, where the host's interrupts and kernel threads "
	  "run",
	  NULL },
	{ ON(raptor_lake), ASK(2, LIST("14,16")),
	  "the list mixes P and E cores: the guest takes them for alike and its fast threads "
	  "wait for the slow ones",
	  NULL },
	{ ON(dual_socket), ASK(2, LIST("7,8")),
	  "the list crosses the NUMA nodes 0-1: the guest's memory is bound to none",
	  NULL },
	{ ON(dual_ccd), ASK(3, LIST("1,2,8")),
	  "the list does not take equal shares of 2 last-level caches one after the other: "
	  "the guest sees one die and cannot tell which cores share a cache",
	  NULL },
	{ ON(four_threads), ASK(4, LIST("0-3")),
	  "every CPU of the host has a vCPU: the emulator threads are not pinned and will "
	  "take time from the guest",
	  NULL },
	{ ON(four_threads), ASK(4, LIST("0-3")),
	  "the guest has all 4 cores: the host keeps none", NULL },
};

START_TEST(note_gives_the_reason)
{
	const struct remark *want = &remarks[_i];
	CLEANUP_PIN struct pin pin = PIN_NONE;
	struct error err = { 0 };
	size_t i = 0;

	ck_assert_msg(choose(&pin, want->host, &want->request, &err) == 0, "%s", err.msg);
	while (i < notes.n && strcmp(notes.v[i].text, want->text) != 0)
		i++;
	ck_assert_msg(i < notes.n, "no note says: %s", want->text);
	ck_assert_int_eq(notes.v[i].kind == NOTE_DECISION, want->reason != NULL);
	ck_assert_pstr_eq(notes.v[i].reason, want->reason);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("pin");
	TCase *tc = tcase_create("choices");

	tcase_add_checked_fixture(tc, NULL, teardown_pin);
	tcase_add_loop_test(tc, choice_is_the_documented_one, 0, ARRAY_SIZE(choices));
	tcase_add_test(tc, eight_chiplets_are_eight_dies);
	tcase_add_loop_test(tc, refusal_says_the_numbers_and_what_to_do, 0,
			    ARRAY_SIZE(refusals));
	tcase_add_loop_test(tc, note_gives_the_reason, 0, ARRAY_SIZE(remarks));
	suite_add_tcase(s, tc);
	return s;
}
