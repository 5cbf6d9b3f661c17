# SPDX-License-Identifier: GPL-2.0-or-later
"""Random cases: a document, a host and options; and what the program does with them."""

import functools
import os
import pathlib
import random
import shlex
import subprocess

import documents
import options

XMLTWEAK = os.environ.get("XMLTWEAK", "xmltweak")
SRCDIR = pathlib.Path(os.environ.get("SRCDIR", pathlib.Path(__file__).parents[2]))
SCHEMA = "/usr/share/libvirt/schemas/domain.rng"


class Result:
    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr.decode(errors="replace")


def run(arguments, data=b""):
    command = [XMLTWEAK] + [str(argument) for argument in arguments]
    return Result(subprocess.run(command, input=data, capture_output=True, check=False))


def sources():
    return sorted(SRCDIR.glob("examples/*.xml")) + sorted(SRCDIR.glob("tests/data/*.xml"))


# of which the example has none: cards of several functions for conventional PCI
CARDS = (
    "0000:0b:00.0,id=1102:0004,class=040100,group=28,bus=conventional",
    "0000:0b:00.1,id=1102:7003,class=098000,group=28,bus=conventional",
    "0000:0b:01.0,id=109e:036e,class=040000,group=29,bus=conventional",
    "0000:0b:01.1,id=109e:0878,class=048000,group=29,bus=conventional",
)


def make_host(directory):
    """A directory that stands for / of the example's host, with some more cards in it."""
    command = [SRCDIR / "tests/support/mkhost",
               "@%s" % (SRCDIR / "examples/hosts/amd-desktop.args"), "--tree", directory]
    for card in CARDS:
        command += ["--pci", card]
    subprocess.run(command, check=True)
    return directory


def valid(files):
    """Those that xmllint finds valid against libvirt's schema."""
    if not files:
        return set()
    process = subprocess.run(["xmllint", "--noout", "--relaxng", SCHEMA, *map(str, files)],
                             capture_output=True, check=False)
    lines = process.stderr.decode(errors="replace").splitlines()
    return {line[:-len(" validates")] for line in lines if line.endswith(" validates")}


class Case:
    def __init__(self, name, text, host, wishes, unset=()):
        self.name = name
        self.text = text
        self.data = text.encode()
        self.host = host
        self.wishes = wishes
        self.unset = unset  # names of the tweaks among them that are taken out

    @functools.cached_property
    def root(self):
        return documents.tree(self.data)

    @property
    def tweaks(self):
        return [wish.tweak for wish in self.wishes]

    @property
    def options(self):
        return [option for wish in self.wishes
                for option in (wish.unsets if wish.tweak in self.unset else wish.sets)]

    def run(self, chosen=None, data=None, check="none"):
        """The program's result: by default all options at once, on the document."""
        chosen = self.options if chosen is None else chosen
        data = self.data if data is None else data
        return run(["--host=%s" % (self.host or "none"), "--check=" + check, *chosen], data)

    @functools.cached_property
    def result(self):
        return self.run()

    def command(self, file):
        words = ["xmltweak", "--host=%s" % ("none" if self.host is None else "HOST")]
        return shlex.join(words + self.options + [str(file)])

    def smaller(self):
        """The same with less in it, for finding the smallest that still fails."""
        for wish in self.wishes:
            rest = [other for other in self.wishes if other is not wish]
            yield Case(self.name, self.text, self.host, rest, self.unset)
            for option in wish.sets if len(wish.sets) > 1 else ():
                fewer = options.Wish(wish.tweak, [s for s in wish.sets if s != option],
                                     wish.unsets, wish.replaces)
                yield Case(self.name, self.text, self.host, rest + [fewer], self.unset)
        original = next((p for p in sources() if p.name == self.name.split()[0]), None)
        if original and original.read_text() != self.text:
            yield Case(original.name, original.read_text(), self.host, self.wishes, self.unset)


def random_case(seed, host, files=None):
    """The case that belongs to this seed, on one of these files."""
    rng = random.Random(seed)
    source = rng.choice(files or sources())
    text, changes = documents.variant(source.read_text(), rng)
    host = rng.choice((None, host))
    wishes = options.wishes(rng, documents.tree(text.encode()), host)
    unset = [wish.tweak for wish in wishes if wish.unsets and rng.random() < 0.15]
    return Case(" ".join([source.name] + changes), text, host, wishes, unset)
