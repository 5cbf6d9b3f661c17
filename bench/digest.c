/* SPDX-License-Identifier: GPL-2.0-or-later */

/* digest FILE: reads a file into memory and hashes it, which is what info has to do. */

#include <stdio.h>

#include "base/file.h"
#include "host/checksum.h"

int main(int argc, char **argv)
{
	CLEANUP_BUF struct buf content = BUF_NONE;
	char sum[CHECKSUM_MAX];
	struct error err = { 0 };

	if (argc != 2 || file_read(&content, argv[1], &err) < 0)
		return 1;
	checksum_data(sum, content.data, content.len);
	return puts(sum) < 0;
}
