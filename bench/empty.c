/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What starting and ending a process costs. */
int main(void)
{
	return 0;
}
