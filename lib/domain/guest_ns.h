/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The namespace of the guest element (domain/guest.h), for who only looks for it. */

#define GUEST_NS "https://vfiokit.org/xmlns/guest/1"
