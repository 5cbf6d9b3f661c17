# The tests of what evgrab has to do with the kernel, on devices that are made up.
add_library(input_support STATIC support/fakeinput.c)
target_link_libraries(input_support PUBLIC evgrab_kernel test_support)
add_unit_test(check_evgrab_device input_support)
