#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Stylesheets and examples are well-formed XML.

. "$(dirname "$0")/files.bash"

files 'xslt/*.xsl' 'examples/*.xml' | xargs -d '\n' xmllint --noout --nonet
