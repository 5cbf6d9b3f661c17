/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* How a definition changes, for the module behind guest.h. See struct guest_ops. */

#include "guest.h"

MUST_CHECK int guest_swap_rom(struct buf *out, struct notes *notes, const struct buf *xml,
			      const struct guest_swap *swap, const struct root *root,
			      struct error *err);
MUST_CHECK int guest_copy_for_bench(struct buf *out, struct notes *notes,
				    const struct buf *xml, const struct guest_copy *copy,
				    struct error *err);
MUST_CHECK int guest_restore_roms(struct buf *out, struct notes *notes,
				  const struct buf *xml, const struct root *root,
				  struct error *err);
