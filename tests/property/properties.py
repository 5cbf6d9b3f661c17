#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What holds for whatever combination of tweaks on whatever document.

Makes random cases, says in TAP which properties held, and of the first case that breaks
one the smallest form that it finds. XMLTWEAK is the program, SRCDIR the source.
"""

import argparse
import concurrent.futures
import difflib
import itertools
import os
import pathlib
import random
import re
import sys
import tempfile

import cases
import documents
import options
from tap import Tap

LINE = re.compile(r"xmltweak: (?!note: |warning: )[^\n]*\n")
SAYS = re.compile(r"xmltweak: (note|warning): [^\n]*\n")


def second_run_changes_nothing(case, _rng):
    """a second run changes nothing"""
    again = case.run(data=case.result.out)
    if again.status != 0:
        return "the second run failed: " + again.err
    return differs(case.result.out, again.out)


def second_run_in_place_does_not_write(case, rng):
    """a second run in place does not write, and the first says the same as a filter"""
    if rng.random() < 0.7:
        return None
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory, "guest.xml")
        file.write_bytes(case.data)
        seen = []
        for _ in range(2):
            result = cases.run(["--host=%s" % (case.host or "none"), "--check=none", "-i",
                                *case.options, file])
            if result.status != 0 or result.out:
                return "in place: status %d, %r %s" % (result.status, result.out, result.err)
            status = file.stat()
            seen.append((status.st_ino, status.st_mtime_ns))
        if seen[0] != seen[1]:
            return "the file was written again"
        return differs(case.result.out, file.read_bytes())


def order_of_options_makes_no_difference(case, rng):
    """the order of the options makes no difference"""
    chosen = list(case.options)
    rng.shuffle(chosen)
    other = case.run(chosen)
    if other.status != case.result.status:
        return "%s: status %d and %s" % (" ".join(chosen), other.status, other.err)
    if sorted(other.err.splitlines()) != sorted(case.result.err.splitlines()):
        return "%s: says\n%sinstead of\n%s" % (" ".join(chosen), other.err, case.result.err)
    return differs(case.result.out, other.out)


def failure_is_one_line(case, rng):
    """a failing run says one line, exits with 1 or 2 and writes nothing"""
    chosen, data = case.options, case.data
    kind = rng.randrange(3)
    if kind == 0:
        chosen = chosen + rng.choice(options.REFUSED)
        rng.shuffle(chosen)
    elif kind == 1:
        data = data[:rng.randrange(data.rindex(b"</domain"))]
        chosen = chosen or ["--hide-hypervisor"]
    elif case.result.status == 0:
        return None
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory, "out.xml")
        result = case.run(chosen, data)
        to_file = case.run([*chosen, "-o", file], data)
        for name, got in (("", result), (" with -o", to_file)):
            if got.status not in (1, 2) or got.out or not LINE.fullmatch(got.err):
                return "%s%s: status %d, output %r, says %r" % (
                    " ".join(chosen), name, got.status, got.out[:100], got.err)
        if file.exists():
            return "the output file was written"
    return None


def rest_is_untouched(case, _rng):
    """what the tweaks do not concern is the same, byte for byte"""
    before = documents.tokens(case.text)
    after = documents.tokens(case.result.out.decode())
    rest = [untouched(case.tweaks, words) for words in (before, after)]
    for one, other in itertools.zip_longest(*rest, fillvalue="nothing"):
        if one != other:
            return "%r became %r" % (str(one), str(other))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal" and all(documents.BLANK.match(t) for t in before[a:b] + after[c:d]):
            return "white space alone became other near %r" % "".join(before[max(a - 2, 0):b + 2])
    return None


def untouched(tweaks, words):
    """Of the tokens other than white space those that these tweaks do not concern."""
    return [token for token in words
            if not documents.BLANK.match(token) and not options.may_touch(tweaks, token.path)]


def comments_and_metadata_survive(case, _rng):
    """comments, processing instructions and the metadata of others survive"""
    after = case.result.out.decode()
    left = iter(t for t in documents.tokens(after) if t.startswith(("<!--", "<?")))
    for token in documents.tokens(case.text):
        if token.startswith(("<!--", "<?")) and not token in left:
            if not options.may_touch(case.tweaks, token.path):
                return "%r of %r is lost" % (str(token), token.path)
            left = iter(t for t in documents.tokens(after) if t.startswith(("<!--", "<?")))
    metadata = re.search(r"<metadata\b.*?</metadata>", case.text, re.S)
    root = case.root.find("metadata")
    if metadata is None or root is None:
        return None
    for child in root:
        name = child.tag.split("}")[-1]
        if child.tag == documents.GUEST + "guest":
            continue
        text = re.search(r"<(\w+:)?%s\b.*</(\w+:)?%s>" % (name, name), metadata.group(), re.S)
        if text and text.group() not in after:
            return "<%s> in <metadata> is lost" % name
    return None


def one_run_equals_many(case, _rng):
    """all tweaks in one run, or one after another: the documents are equivalent"""
    data = case.data
    unhook = [wish for wish in case.wishes if wish.tweak == "hook" and "hook" in case.unset]
    # who manages the devices that are added depends on the hook that is there
    for wish in sorted(case.wishes, key=lambda wish: wish not in unhook):
        chosen = wish.unsets if wish.tweak in case.unset else wish.sets
        result = case.run(chosen, data)
        if result.status != 0:
            return "%s alone: %s" % (" ".join(chosen), result.err)
        data = result.out
    if documents.canonical(documents.tree(data)) != \
            documents.canonical(documents.tree(case.result.out)):
        return differs(case.result.out, data)
    return None


def unset_gives_back(case, _rng):
    """unset gives back a document that had nothing that was replaced"""
    wishes = [wish for wish in case.wishes if wish.replaces is False]
    if not wishes:
        return None
    there = case.run([option for wish in wishes for option in wish.sets])
    if there.status != 0:
        return None  # without the others it may be refused; that is counted elsewhere
    chosen = [option for wish in wishes for option in wish.unsets]
    back = case.run(chosen, there.out)
    if back.status != 0:
        return "%s: %s" % (" ".join(chosen), back.err)
    return differs(case.data, back.out)


def valid_stays_valid(case, _rng):
    """what was valid is valid, by --check=schema"""
    result = case.run(check="schema")
    if result.status != 0:
        return result.err
    return differs(case.result.out, result.out)


# of those that succeed, and of all
PROPERTIES = (
    second_run_changes_nothing, second_run_in_place_does_not_write, rest_is_untouched,
    comments_and_metadata_survive, one_run_equals_many, unset_gives_back, valid_stays_valid,
)
ALWAYS = (order_of_options_makes_no_difference, failure_is_one_line)


def differs(expected, got):
    if expected == got:
        return None
    lines = difflib.unified_diff(expected.decode().splitlines(True), got.decode().splitlines(True),
                                 "expected", "got", n=1)
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def broken(prop, case, seed):
    """What this property says of this case."""
    if prop not in ALWAYS and case.result.status != 0:
        return None
    return prop(case, random.Random(seed))


def shrink(prop, case, seed, said):
    """The smallest case found, and what the property says of it."""
    while True:
        for smaller in case.smaller():
            message = broken(prop, smaller, seed)
            if message:
                case, said = smaller, message
                break
        else:
            return case, said


def try_case(seed, host):
    """Whether it succeeds, and what breaks: property -> (case, message)."""
    case = cases.random_case(seed, host)
    found = {}
    for prop in PROPERTIES + ALWAYS:
        said = broken(prop, case, seed)
        if said:
            found[prop] = (case, said)
    return seed, case, found


def report(tap, prop, failures):
    """One test of the protocol: what broke this property in the first place."""
    name = prop.__doc__.replace("#", "")
    if not failures:
        tap.say(True, name)
        return
    seed, (case, said) = failures[0]
    case, said = shrink(prop, case, seed, said)
    file = pathlib.Path(tempfile.mkdtemp(prefix="properties-"), prop.__name__ + ".xml")
    file.write_bytes(case.data)
    tap.say(False, name, "broken by %d cases; case %s became this, on %s:\n%s\n%s" % (
        len(failures), seed, case.name, case.command(file), said))


def check_validity(tap, tried, directory):
    """A second opinion on all results at once."""
    name = "what was valid is valid, by xmllint"
    if not os.path.exists(cases.SCHEMA):
        tap.skip(name, "%s is not there: install libvirt-daemon or libvirt0" % cases.SCHEMA)
        return
    files = {}
    for number, case in enumerate(tried):
        if case.result.status == 0:
            files[str(directory / ("%d.xml" % number))] = case
    for file, case in files.items():
        pathlib.Path(file).write_bytes(case.result.out)
    bad = sorted(set(files) - cases.valid(files))
    why = "".join("%s\n" % files[file].command(file) for file in bad[:5])
    tap.say(not bad, name, why)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10 ** 6)))
    parser.add_argument("--only", help="one case, as a failure names it: SEED/NUMBER")
    arguments = parser.parse_args()
    if os.environ.get("LONG_TESTS"):
        arguments.trials *= 20
    seeds = ["%s/%d" % (arguments.seed, n) for n in range(arguments.trials)]
    seeds = [arguments.only] if arguments.only else seeds
    print("# %d cases, --seed=%s" % (len(seeds), arguments.seed), flush=True)

    tap = Tap()
    tried, failures = [], {}
    with tempfile.TemporaryDirectory() as directory:
        host = cases.make_host(directory + "/host")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for seed, case, found in pool.map(lambda s: try_case(s, host), seeds):
                tried.append(case)
                for prop, what in found.items():
                    failures.setdefault(prop, []).append((seed, what))
        for prop in PROPERTIES + ALWAYS:
            report(tap, prop, failures.get(prop))
        check_validity(tap, tried, pathlib.Path(directory))
        refused = [case for case in tried if case.result.status != 0]
        good = len(refused) * 3 <= len(tried) or bool(arguments.only)
        tap.say(good, "two of three combinations are accepted",
                "" if good else "".join(sorted({case.result.err for case in refused})[:20]))
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
