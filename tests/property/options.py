# SPDX-License-Identifier: GPL-2.0-or-later
"""Random options of xmltweak that go together, and what they may touch."""

import documents

# For each tweak the elements that it may change, add or remove: with what is in them, and
# as far as their own tags go.
TOUCHES = {
    "hostdev": (
        ["devices/hostdev", "devices/interface", "devices/controller", "override"],
        ["devices"]),
    "usb": (["devices/hostdev"], ["devices"]),
    "mdev": (["devices/hostdev"], ["devices"]),
    "rom": (["devices/hostdev/rom", "devices/interface/rom"], []),
    "evdev": (["devices/input", "commandline/arg"], ["devices", "commandline"]),
    "looking-glass": (
        ["devices/shmem", "devices/video", "devices/memballoon", "devices/input",
         "commandline/arg"], ["devices", "commandline"]),
    "vcpus": (
        ["vcpus", "cputune/vcpupin", "cputune/vcpusched", "cpu/topology"],
        ["vcpu", "cputune", "cpu", "cpu/numa/cell"]),
    "pin": (
        ["cputune/vcpupin", "cputune/emulatorpin", "cputune/iothreadpin", "cpu/topology",
         "cpu/feature", "numatune/memory"], ["cputune", "iothreads", "numatune", "cpu"]),
    "hugepages": (["memoryBacking/hugepages", "memoryBacking/source"], ["memoryBacking"]),
    "hide-hypervisor": (
        ["features/kvm/hidden", "features/hyperv/vendor_id"],
        ["features", "features/kvm", "features/hyperv"]),
    "override": (["override"], []),
    "qemu-arg": (["commandline/arg"], ["commandline"]),
    "hook": (["metadata/guest"], ["metadata", "devices/hostdev", "devices/interface"]),
}

TWEAKS = list(TOUCHES)  # in the order in which xmltweak applies them

ROMS = ("/usr/share/vgabios/gpu.rom", "/srv/roms/a,,b.rom")

UUIDS = ("4b20d080-1b54-4048-85b3-a6a62d165c01", "f9a2e0d2-3c9c-4a39-8a6a-0c8e4b0d7a55")

# what the host of cases.py has: device, an identity of it, its functions
DEVICES = (
    ("01:00", "10de:1e87", 4), ("02:00", "144d:a80c", 1), ("05:00", "10ec:8125", 1),
    ("06:00", "1022:43f7", 1), ("08:00", "144d:a80a", 1), ("0a:00", "1022:15b8", 1),
    ("0b:00", "1102:0004", 2), ("0b:01", "109e:036e", 2),
)


class Wish:
    """One tweak: the options that set and that unset it.

    replaces is whether the guest has something that the tweak replaces, so that unset
    cannot give back the document; None if the tweak has no unset.
    """

    def __init__(self, tweak, sets, unsets, replaces):
        self.tweak = tweak
        self.sets = sets
        self.unsets = unsets
        self.replaces = replaces


def has(root, *paths):
    return any(root.find(path) is not None for path in paths)


def vcpus_of(root):
    vcpu = root.find("vcpu")
    return 1 if vcpu is None else int(vcpu.text)


def hostdev(rng, root, host, state):
    device, identity, functions = rng.choice(DEVICES)
    number = state["hostdevs"] = state.get("hostdevs", 0) + 1
    if host is None:
        device = "%02x:00" % rng.randint(0x10, 0x2f)
        name = rng.choice((device, "0000:%s.0" % device, "pci_0000_%s_00_1" % device[:2]))
    else:
        name = rng.choice((device, "0000:" + device, identity, identity + ":1"))
        if device == "01:00" and rng.random() < 0.5:
            name = "auto"
    # without a machine type it is i440fx, whose added buses have no slot 0
    places = ["00:%02x" % (0x10 + number)]
    if has(root, "os/type[@machine]"):
        places.append("%02x:00" % (0x20 + number))
    keys = []
    for key, values, chance in (
            ("managed", ("yes", "no"), 0.3), ("rombar", ("on", "off"), 0.2),
            ("x-vga", ("on", "off"), 0.1), ("group", ("all", "partial"), 0.2),
            ("guest", places, 0.2),
            ("alias", ("ua-dev%d" % number,), 0.3), ("boot", (str(10 + number),), 0.05),
            ("rom", ROMS, 0.15)):
        if rng.random() < chance:
            keys.append("%s=%s" % (key, rng.choice(values)))
    if host is not None and device == "01:00" and rng.random() < 0.2:
        name = "0000:01:00.0"
        keys = [key for key in keys if not key.startswith("group=")] + ["group=all"]
    if name == "auto":
        unset = "--unset=hostdev:01:00"
    elif "group=all" in keys and host is not None and functions > 1:
        unset = "--unset=hostdev:" + device
    else:
        unset = "--unset=hostdev:" + name
    there = [address for address in documents.pci_addresses(root)
             if address.startswith(device)]
    state.setdefault("devices", set()).add(device)
    return Wish("hostdev", ["--hostdev=" + ",".join([name] + keys)], [unset], bool(there))


def rom(rng, root, _host, state):
    free = [hostdev for hostdev in documents.devices(root, "hostdev[@type='pci']")]
    names = [name for name in documents.pci_addresses(root)
             if name[:5] not in state.get("devices", ())]
    if not names:
        return None
    name = rng.choice(names)
    state.setdefault("devices", set()).add(name[:5])
    replaces = any(has(device, "rom") for device in free)
    file = rng.choice(ROMS + ("none",))
    return Wish("rom", ["--rom=%s,%s" % (name, file)], ["--unset=rom:" + name], replaces)


def usb(rng, root, _host, _state):
    name = rng.choice(("046d:c31c", "1d6b:0104", "046d:0a44", "1.9", "3.14"))
    key = ",optional" if ":" in name and rng.random() < 0.4 else ""
    there = has(root, "devices/hostdev[@type='usb']")
    return Wish("usb", ["--usb=" + name + key], ["--unset=usb:" + name], there)


def mdev(rng, root, _host, _state):
    uuid = rng.choice(UUIDS)
    keys = ""
    if has(root, "devices/graphics"):
        keys = rng.choice(("", ",display", ",display,ramfb"))
    uuid = uuid.upper() if rng.random() < 0.2 else uuid
    there = has(root, "devices/hostdev[@type='mdev']")
    return Wish("mdev", ["--mdev=" + uuid + keys], ["--unset=mdev:" + uuid], there)


def evdev(rng, root, host, _state):
    sets = []
    if rng.random() < 0.25:
        sets = ["--evdev=evgrab,name=g" + rng.choice(("", ",guest=windows", ",guest=linux", ",mouse=evdev"))]
    elif host is not None and rng.random() < 0.5:
        sets = ["--evdev=auto"]
    else:
        paths = ["/dev/input/by-id/usb-%s-event-kbd" % n for n in ("A", "B,,b")]
        paths += ["/dev/input/event%d" % n for n in (2, 3)] if host is None else []
        toggle = rng.choice(("", ",toggle=ctrl-ctrl", ",toggle=scrolllock"))
        for path in rng.sample(paths, rng.randint(1, 2)):
            sets.append("--evdev=" + path + rng.choice(("", ",grab=all", ",repeat=off")) + toggle)
    arguments = [arg.get("value") for arg in root.iter(documents.QEMU + "arg")]
    replaces = has(root, "devices/input[@type='evdev']") or "input-linux" in " ".join(arguments)
    return Wish("evdev", sets, ["--unset=evdev"], replaces)


def looking_glass(rng, root, _host, state):
    value = rng.choice(("1920x1080", "2560x1440", "3840x2160", "5120x1440"))
    for key, chance in (("hdr", 0.3), ("release=b7", 0.2), ("release=idd", 0.2),
                        ("kvmfr=/dev/kvmfr0", 0.3), ("size=512", 0.2), ("video=none", 0.2)):
        if rng.random() < chance and key.split("=")[0] + "=" not in value:
            value += "," + key
    state["shmem"] = "kvmfr" not in value
    replaces = has(root, "devices/video", "devices/memballoon", "devices/shmem",
                   "devices/input[@type='tablet']")
    return Wish("looking-glass", ["--looking-glass=" + value], ["--unset=looking-glass"],
                replaces)


def vcpus(rng, _root, _host, state):
    state["vcpus"] = rng.choice((1, 2, 4, 6, 8, 12))
    return Wish("vcpus", ["--vcpus=%d" % state["vcpus"]], [], None)


def pin(rng, root, host, state):
    count = state.get("vcpus", vcpus_of(root))
    value = ",".join(str(cpu) for cpu in rng.sample(range(32), count))
    if host is not None and rng.random() < 0.6:
        value = "auto" + "".join(rng.choice(("", "," + key)) for key in (
            "policy=frequency", "smt=" + rng.choice(("on", "off")), "node=0"))
    replaces = has(
        root, "cputune/vcpupin", "cputune/emulatorpin", "cputune/iothreadpin",
        "numatune/memory", "cpu/topology", "cpu/feature[@name='topoext']", "iothreads")
    return Wish("pin", ["--pin=" + value], ["--unset=pin"], replaces)


def hugepages(rng, root, _host, _state):
    value = rng.choice(("", "=2M", "=1G", "=2048K"))
    replaces = has(root, "memoryBacking/hugepages", "memoryBacking/source")
    return Wish("hugepages", ["--hugepages" + value], ["--unset=hugepages"], replaces)


def hide_hypervisor(_rng, root, _host, _state):
    replaces = has(root, "features/kvm/hidden", "features/hyperv/vendor_id")
    return Wish("hide-hypervisor", ["--hide-hypervisor"], ["--unset=hide-hypervisor"], replaces)


def override(rng, root, _host, _state):
    aliases = [alias.get("name") for alias in root.findall("devices/*/alias")]
    if not aliases:
        return None
    name = "%s.%s" % (rng.choice(aliases), rng.choice(("x-vga", "x-pci-vendor-id", "rombar")))
    value = rng.choice(("bool:on", "unsigned:0x10de", "signed:-1", "string:a,b=c", "remove"))
    there = has(root, documents.QEMU + "override")
    return Wish("override", ["--override=%s=%s" % (name, value)], ["--unset=override:" + name],
                there)


def qemu_arg(rng, root, _host, _state):
    value = rng.choice((
        "-global,ICH9-LPC.disable_s3=1", "-cpu,host,,-vmx", "-no-hpet",
        "-object,rng-random,,id=r0,,filename=/dev/random", "-device,{\"driver\":\"ivshmem\",,\"id\":\"i\"}"))
    unset = value.split(",", 1)[1] if value.startswith("-object") else value
    there = value.split(",")[0] in [a.get("value") for a in root.iter(documents.QEMU + "arg")]
    return Wish("qemu-arg", ["--qemu-arg=" + value], ["--unset=qemu-arg:" + value], there)


def hook(rng, root, _host, state):
    keys = [key for key, chance in (
        ("stop=sddm.service", 0.4), ("stop=a\\x2db.service", 0.2), ("isolate", 0.4),
        ("irq=no", 0.3), ("governor=performance", 0.3), ("sleep", 0.3)) if rng.random() < chance]
    if state.get("shmem") and rng.random() < 0.3:
        keys.append("shmem-user=anna")
    replaces = has(root, "metadata/" + documents.GUEST + "guest",
                   "devices/hostdev[@managed='yes']", "devices/interface[@managed='yes']")
    sets = ["--hook=" + ",".join(keys)] if keys else ["--hook"]
    return Wish("hook", sets, ["--unset=hook"], replaces)


MAKERS = (hostdev, usb, mdev, rom, evdev, looking_glass, vcpus, pin, hugepages,
          hide_hypervisor, override, qemu_arg, hook)


def wishes(rng, root, host):
    """A random choice of tweaks, in the order in which xmltweak applies them."""
    state = {}
    chance = rng.choice((0.1, 0.3, 0.6))
    found = []
    for maker in MAKERS:
        if rng.random() < chance:
            wish = maker(rng, root, host, state)
            if wish:
                found.append(wish)
    return found


def may_touch(tweaks, path):
    """Whether a tag, text or comment at this path may be changed."""
    for tweak in tweaks:
        below, tags = TOUCHES[tweak]
        if path in tags or any(path == p or path.startswith(p + "/") for p in below):
            return True
    return False


# Options that are refused whatever the guest is, and others that contradict each other.
REFUSED = (
    ["--hostdev=01:00:00"], ["--hostdev=01:00,managed=maybe"], ["--rom=77:00.0"],
    ["--usb=046d"], ["--mdev=1234"], ["--evdev=relative,grab=some"], ["--looking-glass=0x0"],
    ["--looking-glass=1920x1080,size=48"], ["--vcpus=0"], ["--vcpus=two"], ["--pin=1,1"],
    ["--hugepages=3M"], ["--hide-hypervisor=yes"], ["--override=gpu"],
    ["--override=ua-no.x=unsigned:ten"], ["--qemu-arg="], ["--hook=unknown=1"],
    ["--unset=everything"], ["--unset=vcpus"], ["--xslt=/nonexistent.xsl"],
    ["--check=maybe"], ["--no-such-option"], ["--vcpus=2", "--vcpus=4"],
    ["--hugepages", "--unset=hugepages"], ["--hostdev=77:00.0", "--unset=hostdev:77:00"],
    ["--evdev=/dev/input/event2", "--unset=evdev"], ["--diff", "--plan"],
    ["--rom=77:00.0,/etc/hostname"], ["--override=ua-no.x=bool:on"],
)
