/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Memory for libxml2 and libxslt. A run allocates and frees a hundred thousand small
 * pieces, which took malloc(3) a quarter of its time; here they come from lists by size.
 * For a process with one thread.
 */

/*
 * To be called before anything else of libxml2. Does nothing where memory is watched:
 * with AddressSanitizer, and under VFIOKIT_MALLOC=1, for valgrind.
 */
void pool_use(void);

/* After the last use of libxml2: gives everything back. */
void pool_done(void);
