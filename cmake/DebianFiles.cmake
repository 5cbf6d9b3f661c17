# Run by cpack over what it installed, before it packs: what Debian wants to be otherwise.
set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}${CPACK_PACKAGING_INSTALL_PREFIX}")
set(doc "${root}/share/doc/vfiokit")

file(RENAME "${doc}/CHANGELOG.md" "${doc}/changelog")
file(REMOVE "${doc}/LICENSE")
file(WRITE "${doc}/copyright" "\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: vfiokit
Source: ${CPACK_DEBIAN_PACKAGE_HOMEPAGE}

Files: *
Copyright: 2026 the vfiokit authors
License: GPL-2.0-or-later

License: GPL-2.0-or-later
 This program is free software; you can redistribute it and/or modify it under the
 terms of the GNU General Public License as published by the Free Software Foundation;
 either version 2 of the License, or (at your option) any later version.
 .
 On Debian systems the full text of the license is in
 /usr/share/common-licenses/GPL-2.
")

foreach(package IN LISTS CPACK_VFIOKIT_LINKED_IN)
  file(COPY_FILE /usr/share/doc/${package}/copyright "${doc}/copyright.${package}")
endforeach()

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(version "${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")
file(WRITE "${doc}/changelog.Debian" "\
vfiokit (${version}) bookworm; urgency=medium

  * Built from the sources; see changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")

file(GLOB manuals "${root}/share/man/man*/*.[1-8]")
execute_process(COMMAND gzip -9n "${doc}/changelog" "${doc}/changelog.Debian" ${manuals}
  COMMAND_ERROR_IS_FATAL ANY)
