# SPDX-License-Identifier: GPL-2.0-or-later
"""Domain documents as text, and the many ways one and the same can be written."""

import re
import xml.etree.ElementTree as ET

QEMU = "{http://libvirt.org/schemas/domain/qemu/1.0}"
GUEST = "{https://vfiokit.org/xmlns/guest/1}"

TAG = r"""<(?![!?])(?:[^<>"']|"[^"]*"|'[^']*')*>"""
TOKEN = re.compile(r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|" + TAG + r"|[^<]+", re.S)
BLANK = re.compile(r"\s*\Z")


class Token(str):
    """A tag, comment, processing instruction or text, and where it stands.

    path is DEVICES/HOSTDEV for a tag of that element and the text in it, with /#node
    behind it for a comment or processing instruction in it; "" in <domain>.
    """

    path = ""


def tokens(text):
    """The whole of a document: joined, they are the text again."""
    found, stack = [], []
    for match in TOKEN.finditer(text):
        token = Token(match.group())
        if token.startswith(("<!--", "<?")):
            token.path = "/".join(stack[1:] + ["#node"])
        elif token.startswith("</"):
            token.path = "/".join(stack[1:])
            stack.pop()
        elif token.startswith("<") and not token.startswith("<!["):
            stack.append(re.match(r"<([^\s/>]+)", token).group(1).split(":")[-1])
            token.path = "/".join(stack[1:])
            if token.endswith("/>"):
                stack.pop()
        else:
            token.path = "/".join(stack[1:])
        found.append(token)
    return found


def tree(data):
    return ET.fromstring(data)


def devices(root, kind):
    return root.findall("devices/" + kind)


def pci_addresses(root):
    """Of the host's PCI devices that the guest has, as BB:SS.F (domain 0)."""
    for address in devices(root, "hostdev[@type='pci']/source/address"):
        numbers = [int(address.get(k), 0) for k in ("bus", "slot", "function")]
        yield "%02x:%02x.%x" % tuple(numbers)


def canonical(element):
    """For comparison; siblings in any order, without comments and blanks."""
    return (
        element.tag,
        sorted(element.attrib.items()),
        (element.text or "").strip(),
        sorted(canonical(child) for child in element),
    )


# The variants: each takes a text with "\n", spaces of 2 and a final newline, or what
# another one made of it, and a random generator.


def crlf(text, _rng):
    return text.replace("\n", "\r\n")


def tabs(text, _rng):
    return re.sub(r"^(  )+", lambda m: "\t" * (len(m.group()) // 2), text, flags=re.M)


def in_tags(text, change):
    """The text with every tag, and nothing else, changed by a function."""
    found = tokens(text)
    return "".join(change(t) if re.fullmatch(TAG, t) else t for t in found)


def other_quotes(text, rng):
    quote, other = rng.choice(("\"'", "'\""))

    def change(tag):
        return tag if other in tag else tag.replace(quote, other)

    return in_tags(text, change)


def one_line(text, _rng):
    return "".join(t for t in tokens(text) if not BLANK.match(t)) + "\n"


def comments_around(text, _rng):
    declaration = re.match(r"<\?xml[^>]*\?>\s*|", text).group()
    rest = text[len(declaration):]
    return declaration + "<!-- before -->\n" + rest.rstrip() + "\n<!-- behind -->\n"


def comments_inside(text, rng):
    found = tokens(text)
    for number in range(rng.randint(1, 6)):
        inside = [i for i, t in enumerate(found)
                  if BLANK.match(t) and t.path and "metadata" not in t.path]
        if not inside:
            break
        form = rng.choice(("<!-- kept: %d -->", "<?kept %d?>"))
        i = rng.choice(inside)
        new = Token(found[i] + form % number + found[i])
        new.path = "#"
        found[i] = new
    return "".join(found)


def no_final_newline(text, _rng):
    return text.rstrip()


def other_prefix(text, rng):
    prefix = rng.choice(("q", "qq", "QEMU"))
    text = text.replace("xmlns:qemu=", "xmlns:%s=" % prefix)
    return re.sub(r"(</?)qemu:", r"\1%s:" % prefix, text)


def never_self_closed(text, _rng):
    return in_tags(text, lambda tag: re.sub(r"^<([^\s/>]+)(.*?)\s*/>$", r"<\1\2></\1>", tag,
                                            flags=re.S))


def always_self_closed(text, _rng):
    return re.sub(r"<([^\s/>!?]+)((?:\s[^<>]*)?)></\1>", r"<\1\2/>", text)


def spaced_tags(text, _rng):
    return in_tags(text, lambda tag: re.sub(r"\s*(/?>)$", r" \1", tag))


def broken_tags(text, _rng):
    """Each attribute on a line of its own."""
    return in_tags(text, lambda tag: re.sub(r"(['\"]) (?=[\w:]+=)", r"\1" + "\n" + " " * 12, tag))


def references(text, _rng):
    return re.sub(r"<name>(.)", lambda m: "<name>&#x%x;" % ord(m.group(1)), text)


def byte_order_mark(text, _rng):
    return "\ufeff" + text.lstrip()


# in this order: what the line ends are is decided near the end
VARIANTS = (
    comments_inside, comments_around, other_prefix, never_self_closed, always_self_closed,
    other_quotes, spaced_tags, references, tabs, broken_tags, one_line, no_final_newline,
    crlf, byte_order_mark,
)


def variant(text, rng):
    """One of the many, and what was done, in words."""
    count = rng.choice((0, 1, 1, 2, 3, 5))
    chosen = [v for v in VARIANTS if v in rng.sample(VARIANTS, count)] if count else []
    for change in chosen:
        text = change(text, rng)
    return text, [change.__name__ for change in chosen]
