# The Debian package: cpack -G DEB.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR vfiokit)
set(CPACK_PACKAGE_CONTACT "vfiokit maintainers <maintainers@vfiokit.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_NAME vfiokit)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE "${PROJECT_HOMEPAGE_URL}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "VFIO passthrough for guests of libvirt")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "\
xmltweak rewrites the domain XML of a guest for passthrough: whole GPUs and
other PCI devices, USB and mediated devices, keyboard and mouse by evdev,
Looking Glass, CPU pinning, huge pages. It is a filter that leaves every byte
alone that need not change, and a client of libvirt.
.
vfiokit-hook is libvirt's qemu hook: before a guest starts it hands over its
devices, huge pages and cores, and gives all of it back to the host after.
.
evgrab switches keyboard and mouse between the host and any number of guests,
by hotkey or command.
.
vbios reads, checks and mends the option ROMs (VBIOS) that passed-through
devices are given: what is in a file, and what the guest's firmware will do
with it.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/cmake/debian/postinst"
  "${PROJECT_SOURCE_DIR}/cmake/debian/prerm")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS libvirt0)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libvirt-daemon-driver-qemu, qemu-system-x86")
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/DebianFiles.cmake")
set(CPACK_PROJECT_CONFIG_FILE "${PROJECT_SOURCE_DIR}/cmake/DebianDepends.cmake")
set(CPACK_VFIOKIT_SOURCE "${PROJECT_SOURCE_DIR}")
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/package-binaries.cmake CONTENT
  "set(binaries \"$<TARGET_FILE:xmltweak>\" \"$<TARGET_FILE:xmltweak-libvirt>\"
  \"$<TARGET_FILE:vfiokit-hook>\" \"$<TARGET_FILE:vfiokit-hook-worker>\"
  \"$<TARGET_FILE:evgrab>\" \"$<TARGET_FILE:vbios>\" \"$<TARGET_FILE:vbios-guest>\")\n")
set(CPACK_VFIOKIT_BINARY_LIST "${PROJECT_BINARY_DIR}/package-binaries.cmake")
include(CPack)
