/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Entries for systemd's journal, by its own protocol, a datagram for each
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL). sd_journal_send(3) does the same, and
 * would have the hook load libsystemd for it; and it waits for a journal that hangs.
 */

#include <stddef.h>

#include "base/buf.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Appends a field; the value may be any text. */
void journal_field(struct buf *entry, const char *name, const char *value);

/*
 * Sends an entry, or drops it: there may be no journal, or one that takes nothing for
 * JOURNAL_WAIT_MS.
 */
#define JOURNAL_WAIT_MS 500
void journal_send(const char *path, const struct buf *entry);
