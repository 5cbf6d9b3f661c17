/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The testbench: ROMs tried in a copy of a guest, with a table of what was seen. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/exit.h"
#include "bench.h"
#include "command.h"
#include "dump.h"
#include "host/pcidev.h"
#include "json.h"

#define WORK_DIR      "/var/lib/vfiokit/bench"
#define CLASS_STORAGE 0x01
#define CLASS_USB     0x0c03
#define ROMS_MAX      1000

static void trial_done(struct trial *trial)
{
	free(trial->why);
	free(trial->by);
}

static void bench_done(struct bench *bench)
{
	for (size_t i = 0; i < bench->n; i++)
		trial_done(&bench->trials[i]);
	free(bench->trials);
	trial_done(&bench->baseline);
	if (bench->has_serial)
		regfree(&bench->serial);
	if (bench->signals >= 0)
		(void)close(bench->signals);
	guest_done(&bench->guest);
	buf_done(&bench->xml);
	if (bench->client)
		bench->ops->close(bench->client);
	free(bench->work);
	free(bench->copy);
	root_close(&bench->root);
}

#define CLEANUP_BENCH CLEANUP(bench_done)

/* --- what is to be tried, and in what --- */

/* Before libvirt has threads: they shall not get what is meant for us. */
static int catch_signals(struct bench *bench, struct error *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_sys(err, errno, "block signals");
	bench->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return bench->signals < 0 ? error_sys(err, errno, "wait for signals") : 0;
}

static int compile_serial(struct bench *bench, struct error *err)
{
	const char *text = bench->options->serial;
	char why[128];
	int r;

	if (!text)
		return 0;
	r = regcomp(&bench->serial, text, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
	if (r != 0) {
		(void)regerror(r, &bench->serial, why, sizeof(why));
		return error_set(err, EBADRQC, "--serial: '%s': %s", text, why);
	}
	bench->has_serial = true;
	return 0;
}

static int read_guest(struct bench *bench, struct error *err)
{
	const char *name = bench->options->operands[0];
	CLEANUP_FREE char *text = NULL;
	bool is_active = false;
	int r = client_load(&bench->ops, err);

	if (r == 0) {
		r = bench->ops->open(&bench->client, guest_uri(bench->options->connect),
				     err);
	}
	if (r == 0)
		r = bench->ops->is_active(bench->client, name, &is_active, err);
	if (r == 0 && is_active) {
		return error_set(err, EBUSY,
				 "the guest '%s' is running: its devices go to the copy "
				 "only when it is shut off",
				 name);
	}
	if (r == 0)
		r = bench->ops->read(bench->client, name, &text, err);
	if (r == 0)
		r = guest_load(&bench->guest_ops, err);
	if (r < 0)
		return r;
	buf_adds(&bench->xml, text);
	r = buf_check(&bench->xml, err);
	if (r < 0)
		return r;
	checksum_data(bench->definition, bench->xml.data, bench->xml.len);
	return bench->guest_ops->parse(&bench->guest, name, buf_text(&bench->xml),
				       bench->xml.len, err);
}

/* By address, or a network card that QEMU emulates by its MAC address. */
static int find_device(struct bench *bench, struct error *err)
{
	const char *name = bench->options->operands[1];
	const struct guest_device *found = NULL;
	struct error ignored;
	struct bdf bdf;

	if (bdf_parse(&bdf, NULL, name, &ignored) == 0) {
		found = guest_find_device(&bench->guest, &bdf);
	} else {
		found = guest_find_nic(&bench->guest, name);
	}
	if (!found) {
		return error_set(err, ENODEV,
				 "the guest '%s' has no device of the host "
				 "and no network card %s",
				 bench->guest.name, name);
	}
	bench->device = *found;
	if (bench->options->has_bar) {
		bench->device.has_bar = true;
		bench->device.is_bar_off = bench->options->bar_off;
	}
	bench->target = *found->ids ? found->ids : bench->device.address;
	bench->firmware = !bench->guest.is_uefi    ? ROM_SEABIOS
			  : bench->guest.is_secure ? ROM_OVMF_SECUREBOOT
						   : ROM_OVMF;
	return 0;
}

/* Disks and what they may be plugged into, by class; and what is not known at all. */
static int drop_storage(struct bench *bench, struct error *err)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	int r = pcidevs_list(&devs, &bench->root, err);

	for (size_t i = 0; i < bench->guest.n_devices && r == 0; i++) {
		struct guest_device *device = &bench->guest.devices[i];
		const struct pcidev *dev = NULL;

		r = pcidevs_get(&dev, &devs, &device->bdf, &bench->root, err);
		if (strcmp(device->address, bench->device.address) != 0) {
			device->is_dropped = !dev || dev->class >> 16 == CLASS_STORAGE ||
					     dev->class >> 8 == CLASS_USB;
		}
	}
	return r;
}

static int name_copy(struct bench *bench, struct error *err)
{
	uint8_t random[16];

	if (asprintf(&bench->copy, "%s-vbios", bench->guest.name) < 0) {
		bench->copy = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return error_sys(err, errno, "make a UUID");
	random[6] = (uint8_t)((random[6] & 0x0f) | 0x40);
	random[8] = (uint8_t)((random[8] & 0x3f) | 0x80);
	for (size_t i = 0, at = 0; i < sizeof(random); i++) {
		at += (size_t)snprintf(
			bench->uuid + at, sizeof(bench->uuid) - at, "%s%02x",
			i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", random[i]);
	}
	return 0;
}

/* Another bench at work there would take the files away under this one. */
static int lock_work(const struct bench *bench, struct error *err)
{
	int fd = open(bench->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, errno, "open '%s'", bench->work);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		(void)close(fd);
		return error_set(err, EBUSY, "another bench is at work in '%s'",
				 bench->work);
	}
	return 0; /* held until the process ends */
}

static int make_work(struct bench *bench, struct error *err)
{
	const char *option = bench->options->work;
	CLEANUP_FREE char *path = NULL;

	if (!option && mkdir("/var/lib/vfiokit", 0755) < 0 && errno != EEXIST)
		return error_sys(err, errno, "make the directory '/var/lib/vfiokit'");
	if (!option && mkdir(WORK_DIR, 0711) < 0 && errno != EEXIST)
		return error_sys(err, errno, "make the directory '" WORK_DIR "'");
	if (asprintf(&path, "%s%s%s", option ? option : WORK_DIR, option ? "" : "/",
		     option ? "" : bench->guest.name) < 0) {
		path = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	if (mkdir(path, 0711) < 0 && errno != EEXIST)
		return error_sys(err, errno, "make the directory '%s'", path);
	bench->work = realpath(path, NULL);
	if (!bench->work)
		return error_sys(err, errno, "find the directory '%s'", path);
	return lock_work(bench, err);
}

/* From the device itself, which has to be readable now, as by 'vbios dump'. */
static int predict_own(const struct bench *bench, struct trial *trial, struct error *err)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	CLEANUP_DUMP struct dump dump = DUMP_NONE;
	const struct pcidev *dev = NULL;
	struct rom_target target = { .has_ids = true, .has_class = true };
	char vga_before[VGA_NAME_MAX];
	struct rom_verdict verdict;
	struct rom rom;
	int r = 0;

	if (*bench->device.ids)
		return error_set(err, EINVAL, "'none' is for devices of the host");
	r = pcidevs_list(&devs, &bench->root, err);
	if (r == 0)
		r = pcidevs_get(&dev, &devs, &bench->device.bdf, &bench->root, err);
	if (r == 0 && !dev)
		return error_set(err, ENODEV, "the host has no device %s", bench->target);
	if (r == 0)
		r = dump_read(&dump, &bench->root, dev, false, err);
	if (r < 0 || !dev)
		return r;
	target.vendor = dev->vendor;
	target.device = dev->device;
	target.class = dev->class;
	if (vga_is_before(vga_before, &bench->guest, &bench->device, &bench->root))
		target.vga_before = vga_before;
	rom_read(&rom, (const uint8_t *)dump.content.data, dump.content.len,
		 dump.content.len);
	verdict = rom_judge(&rom, &target, bench->firmware, !bench->device.is_bar_off);
	/* without a file only a BAR shows it to firmware */
	trial->predicted = bench->device.is_bar_off ? ROM_IGNORED : verdict.outcome;
	trial->starts = true;
	trial->is_own = true;
	checksum_data(trial->sha256, dump.content.data, dump.content.len);
	trial->why = strdup(bench->device.is_bar_off ? "the device shows no ROM"
						     : verdict.why);
	return trial->why ? 0 : error_set(err, ENOMEM, "out of memory");
}

static int predict(const struct bench *bench, struct trial *trial, struct error *err)
{
	const struct examine_job what = { .root = &bench->root,
					  .guest = &bench->guest,
					  .device = &bench->device,
					  .target = bench->target,
					  .firmwares = 1U << bench->firmware,
					  .is_new = true };
	CLEANUP_RESULT struct result result = RESULT_NONE;
	const struct rom_verdict *verdict;
	bool is_refused;
	int r = examine(&result, &what, trial->path, err);

	if (r < 0)
		return r;
	if (!result.is_file) { /* QEMU would wait for a pipe, and libvirt for QEMU */
		return error_set(err, EINVAL, "'%s' is no regular file, and not tried",
				 trial->path);
	}
	verdict = &result.verdicts[bench->firmware][result.bar];
	memcpy(trial->sha256, result.input.sha256, CHECKSUM_MAX);
	is_refused = result.bar && !rom_can_be_bar(&result.input.rom);
	trial->starts = result.can_start;
	trial->predicted = result.is_unread ? ROM_IGNORED : verdict->outcome;
	trial->why = strdup(is_refused || (trial->starts && !result.is_unread)
				    ? verdict->why
				    : "QEMU cannot, or must not, read the file");
	return trial->why ? 0 : error_set(err, ENOMEM, "out of memory");
}

static int add_trials(struct bench *bench, struct error *err)
{
	size_t n = bench->options->n_operands - 2;
	int r = 0;

	bench->trials = calloc(n, sizeof(*bench->trials));
	if (!bench->trials)
		return error_set(err, ENOMEM, "out of memory");
	bench->n = n;
	for (size_t i = 0; i < n && r == 0; i++) {
		bench->trials[i].path = bench->options->operands[2 + i];
		r = strcmp(bench->trials[i].path, "none") == 0
			    ? predict_own(bench, &bench->trials[i], err)
			    : predict(bench, &bench->trials[i], err);
	}
	return r;
}

static int prepare(struct bench *bench, struct error *err)
{
	const struct options *options = bench->options;
	int r = catch_signals(bench, err);

	bench->has_late_probe = options->serial || options->agent || options->command;
	if (r == 0)
		r = compile_serial(bench, err);
	if (r == 0)
		r = root_open(&bench->root, "/", err);
	if (r == 0)
		r = read_guest(bench, err);
	if (r == 0)
		r = find_device(bench, err);
	if (r == 0)
		r = drop_storage(bench, err);
	if (r == 0)
		r = name_copy(bench, err);
	if (r == 0)
		r = add_trials(bench, err);
	if (r == 0)
		r = make_work(bench, err);
	if (r == 0 && options->report)
		r = bench_report_dir(options->report, err);
	return r == 0 && !options->again ? bench_load(bench, err) : r;
}

/* --- one after the other --- */

static void progress(const struct bench *bench, size_t nth, const struct trial *trial)
{
	(void)fprintf(stderr, "[%zu/%zu] %s: ", nth, bench->n,
		      trial->path ? trial->path : "without a ROM");
	(void)fflush(stderr);
}

static int try_one(struct bench *bench, struct trial *trial, size_t nth,
		   struct error *err)
{
	bool is_old = trial->seen != SEEN_NOTHING_YET;
	int r = 0;

	progress(bench, nth, trial);
	if (!is_old)
		r = bench_try(bench, trial, nth, err);
	if (r < 0) {
		trial->seen = SEEN_NOTHING_YET;
		(void)fprintf(stderr, "not done\n");
		return r;
	}
	(void)fprintf(stderr, "%s%s\n",
		      trial->path ? bench_seen_name(trial->seen) : "done",
		      is_old ? " (seen before)" : "");
	return is_old ? 0 : bench_save(bench, false, err);
}

/* What SeaBIOS runs of its own has to be known to see one more. */
static int try_all(struct bench *bench, struct error *err)
{
	int r = bench_save(bench, false, err);

	if (r == 0 && bench->firmware == ROM_SEABIOS)
		r = try_one(bench, &bench->baseline, 0, err);
	if (r == 0 && bench->baseline.seen == SEEN_REFUSED) {
		return error_set(err, EIO,
				 "the copy does not start, even without a ROM: %s",
				 bench->baseline.by ? bench->baseline.by : "");
	}
	for (size_t i = 0; i < bench->n && r == 0; i++)
		r = try_one(bench, &bench->trials[i], i + 1, err);
	return r == 0 ? bench_save(bench, true, err) : r;
}

/* Whether all are as predicted. */
static bool show(const struct bench *bench)
{
	size_t n = 0;

	(void)printf("%-32s %-15s %-15s %7s  %s\n", "ROM", "predicted", "seen", "s",
		     "by");
	for (size_t i = 0; i < bench->n; i++) {
		const struct trial *trial = &bench->trials[i];
		const char *slash = strrchr(trial->path, '/');

		n += bench_agrees(trial);
		(void)printf("%-32s %-15s %-15s %5" PRIu64 ".%" PRIu64 "%s%s\n",
			     slash ? slash + 1 : trial->path, bench_predicted_name(trial),
			     bench_seen_name(trial->seen), trial->ms / 1000,
			     trial->ms % 1000 / 100, bench_agrees(trial) ? "  " : "! ",
			     trial->by ? trial->by : "");
	}
	(void)printf("\n%zu of %zu as predicted\n", n, bench->n);
	return n == bench->n;
}

static int run_bench(const struct options *options, struct error *err)
{
	CLEANUP_BENCH struct bench bench = { .options = options,
					     .root = ROOT_NONE,
					     .signals = -1 };
	struct json_object *object;
	bool all_agree = true;
	int r = prepare(&bench, err);

	if (r == 0)
		r = try_all(&bench, err);
	if (r == 0 && options->report)
		r = bench_report(&bench, options->report, err);
	if (r < 0)
		return r;
	if (!options->json)
		return show(&bench) ? EXIT_OK : EXIT_NO;
	object = bench_json(&bench, true);
	r = json_print(object, err);
	(void)json_object_put(object);
	for (size_t i = 0; i < bench.n; i++)
		all_agree &= bench_agrees(&bench.trials[i]);
	return r < 0 ? r : all_agree ? EXIT_OK : EXIT_NO;
}

const struct command command_bench = {
	.name = "bench",
	.args = "GUEST BDF|MAC ROM...",
	.help = "try ROMs in a copy of a guest, one after the other",
	.options = &options_bench,
	.min_operands = 3,
	.max_operands = 2 + ROMS_MAX,
	.failed = EXIT_NO_LOOK,
	.run = run_bench,
};
