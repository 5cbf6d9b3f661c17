# The tests of what evgrab has to do with the kernel, on devices that are made up.
add_library(input_support STATIC support/fakeinput.c)
target_link_libraries(input_support PUBLIC evgrab_kernel test_support)
add_unit_test(check_openers)
foreach(name device devices grab match vnode)
  add_unit_test(check_evgrab_${name} input_support)
endforeach()

# What tests/lab drives the real kernel with.
add_executable(evprobe lab/evprobe.c)
target_link_libraries(evprobe PRIVATE evgrab_kernel PkgConfig::LIBSYSTEMD)
