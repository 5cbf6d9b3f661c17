# Read by cpack before it packs: the libraries the package depends on. Not libvirt, which
# only the module needs that talks to it: who uses xmltweak as a filter need not have it.
include("${CPACK_VFIOKIT_BINARY_LIST}")
set(dir "${CPACK_PACKAGE_DIRECTORY}/_CPack_depends")
file(WRITE "${dir}/debian/control" "Source: vfiokit\n\nPackage: vfiokit\nArchitecture: any\n")
execute_process(COMMAND dpkg-shlibdeps -O -xlibvirt0 ${binaries}
  WORKING_DIRECTORY "${dir}" OUTPUT_VARIABLE depends ERROR_VARIABLE said
  RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "dpkg-shlibdeps: ${said}")
endif()
string(REGEX REPLACE "^shlibs:Depends=" "" CPACK_DEBIAN_PACKAGE_DEPENDS "${depends}")
string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", libkmod2, libpci3") # loaded by name
