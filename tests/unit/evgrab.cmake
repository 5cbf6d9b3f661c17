# The tests of evgrab's core.
add_library(router_support STATIC support/routerscript.c support/routertext.c)
target_link_libraries(router_support PUBLIC evgrab_core test_support
  PRIVATE PkgConfig::LIBEVDEV)
add_unit_test(check_router router_support)
target_compile_definitions(check_router PRIVATE
  ROUTER_SCRIPTS="${CMAKE_CURRENT_SOURCE_DIR}/data/router")
add_unit_test(check_router_promises evgrab_core)
target_sources(check_router_promises PRIVATE support/routermodel.c)
target_link_options(check_router_promises PRIVATE
  LINKER:--wrap=malloc,--wrap=calloc,--wrap=realloc)
add_unit_test(check_evgrab_config evgrab_daemon)
add_unit_test(check_evgrab_protocol evgrab_daemon)

# The daemon on made-up devices.
add_library(seat_support STATIC support/fakeinput.c support/fakenode.c support/seatfixture.c)
target_link_libraries(seat_support PUBLIC evgrab_daemon router_support)
add_unit_test(check_evgrab_seat seat_support)
add_unit_test(check_evgrab_control seat_support)
add_unit_test(check_evgrab_store evgrab_daemon PkgConfig::LIBSYSTEMD)
add_unit_test(check_evgrab_cost seat_support)
target_link_options(check_evgrab_cost PRIVATE
  LINKER:--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=epoll_wait,--wrap=clock_gettime)
add_unit_test(check_evgrab_runner evgrab_daemon)
add_unit_test(check_evgrab_loop evgrab_daemon)
