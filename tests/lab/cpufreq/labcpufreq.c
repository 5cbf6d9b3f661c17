/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three frequencies for every CPU of a machine that has none, one policy for each: what a
 * governor chooses is remembered and has no effect. Governors are real.
 */
#include <linux/cpufreq.h>
#include <linux/module.h>

static struct cpufreq_frequency_table table[] = {
	{ .frequency = 1000000 },
	{ .frequency = 2000000 },
	{ .frequency = 3000000 },
	{ .frequency = CPUFREQ_TABLE_END },
};
static unsigned int current_khz[NR_CPUS];

static int lab_policy_init(struct cpufreq_policy *policy)
{
	policy->freq_table = table;
	policy->cpuinfo.transition_latency = 1000000;
	current_khz[policy->cpu] = table[0].frequency;
	cpumask_set_cpu(policy->cpu, policy->cpus);
	return 0;
}

static int lab_policy_exit(struct cpufreq_policy *policy)
{
	return 0;
}

static int lab_set(struct cpufreq_policy *policy, unsigned int index)
{
	current_khz[policy->cpu] = table[index].frequency;
	return 0;
}

static unsigned int lab_get(unsigned int cpu)
{
	return current_khz[cpu];
}

static struct cpufreq_driver driver = {
	.name = "labcpufreq",
	.init = lab_policy_init,
	.exit = lab_policy_exit,
	.verify = cpufreq_generic_frequency_table_verify,
	.target_index = lab_set,
	.get = lab_get,
	.attr = cpufreq_generic_attr,
};

static int __init lab_cpufreq_init(void)
{
	return cpufreq_register_driver(&driver);
}

static void __exit lab_cpufreq_exit(void)
{
	cpufreq_unregister_driver(&driver);
}

module_init(lab_cpufreq_init);
module_exit(lab_cpufreq_exit);
MODULE_DESCRIPTION("frequencies for tests");
MODULE_LICENSE("GPL");
