/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Stylesheets, one after the other, over a domain's tree. They can read files, to include
 * each other, but write nothing and reach no network.
 */

#include <stddef.h>

#include <libxml/tree.h>

#include "base/error.h"
#include "base/notes.h"

/* A string parameter of a stylesheet; borrowed. */
struct pipeline_param {
	const char *name;
	const char *value;
};

struct pipeline_stage {
	const char *file; /* the stylesheet */
	const struct pipeline_param *params;
	size_t n_params;
};

/*
 * Runs the stages. *tree is replaced by each result. The plan
 * stays the caller's; a stylesheet finds it through its parameter "plan", which names a
 * document here as it names a file under xsltproc. What a stylesheet says by xsl:message
 * becomes a note.
 *
 * (A second thread that compiles the stylesheets ahead was measured: with it allocation
 * takes locks, and the run takes as long as without.)
 */
MUST_CHECK int pipeline_run(xmlDocPtr *tree, xmlDocPtr plan,
			    const struct pipeline_stage *stages, size_t n_stages,
			    struct notes *notes, struct error *err);
