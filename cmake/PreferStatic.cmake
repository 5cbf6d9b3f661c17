# prefer_static(PREFIX NAME PACKAGE): PkgConfig::PREFIX becomes libNAME.a, if it is installed.
# Each shared library costs every run start-up time, also the runs that do not use it. Our
# package brings the licence that Debian's PACKAGE of the library has.
function(prefer_static prefix name package)
  find_library(${prefix}_STATIC lib${name}.a HINTS ${${prefix}_LIBDIR})
  mark_as_advanced(${prefix}_STATIC)
  if(PREFER_STATIC AND ${prefix}_STATIC)
    set_target_properties(PkgConfig::${prefix} PROPERTIES
      INTERFACE_LINK_LIBRARIES "${${prefix}_STATIC}")
    set(CPACK_VFIOKIT_LINKED_IN ${CPACK_VFIOKIT_LINKED_IN} ${package} PARENT_SCOPE)
  endif()
endfunction()
