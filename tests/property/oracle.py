#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether libvirt's own drivers accept what random combinations of tweaks make.

Of documents that they accept as they are. XMLTWEAK is the program, ORACLE the one that asks
qemu:///embed and test:///default, SRCDIR the source. Speaks TAP.
"""

import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import cases
from tap import Tap

NOT_INSTALLED = 77


def refused(files):
    """The exit status of the oracle, and what it says of those that it does not accept."""
    process = subprocess.run([os.environ["ORACLE"], *map(str, files)], check=False, text=True,
                             errors="replace", stdout=subprocess.PIPE)
    lines = [line for line in process.stdout.splitlines() if not line.endswith(": ok")]
    return process.returncode, lines


def make_cases(arguments, accepted, host):
    """The first so many that the program accepts."""
    number = 0
    found = []
    while len(found) < arguments.trials and number < 10 * arguments.trials:
        case = cases.random_case("%s/%d" % (arguments.seed, number), host, accepted)
        number += 1
        if case.result.status == 0:
            found.append(case)
    return found


def judge(tap, tried, directory):
    by_file = {}
    for number, case in enumerate(tried):
        file = directory / ("%d.xml" % number)
        file.write_bytes(case.result.out)
        by_file[str(file)] = case
    status, lines = refused(by_file)
    said = {line.split(": ")[0]: line for line in lines}
    why = "".join("%s\n%s\n" % (by_file[file].command(by_file[file].name), said[file])
                  for file in sorted(said) if file in by_file)
    tap.say(status == 0, "libvirt accepts %d random results" % len(tried),
            why or "\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10 ** 6)))
    arguments = parser.parse_args()
    if os.environ.get("LONG_TESTS"):
        arguments.trials *= 20
    print("# %d cases, --seed=%s" % (arguments.trials, arguments.seed), flush=True)

    tap = Tap()
    with tempfile.TemporaryDirectory() as directory:
        status, lines = refused(cases.sources())
        if status == NOT_INSTALLED:
            tap.skip("libvirt accepts random results", lines[0])
            return tap.done()
        bad = {line.split(": ")[0] for line in lines}
        accepted = [file for file in cases.sources() if str(file) not in bad]
        tap.say(len(accepted) * 2 > len(cases.sources()), "libvirt accepts the documents",
                "\n".join(lines))
        host = cases.make_host(directory + "/host")
        judge(tap, make_cases(arguments, accepted, host), pathlib.Path(directory))
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
