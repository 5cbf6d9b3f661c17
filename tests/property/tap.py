# SPDX-License-Identifier: GPL-2.0-or-later

import sys


class Tap:
    """Test Anything Protocol, version 12."""

    def __init__(self):
        self.number = 0
        self.failed = False

    def say(self, good, name, why=""):
        self.number += 1
        self.failed |= not good
        print("%sok %d - %s" % ("" if good else "not ", self.number, name))
        for line in why.splitlines():
            print("# " + line)
        sys.stdout.flush()

    def skip(self, name, why):
        self.number += 1
        print("ok %d - %s # skip %s" % (self.number, name, why))

    def done(self):
        print("1..%d" % self.number)
        return 1 if self.failed else 0
