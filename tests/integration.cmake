# Tests against a running server: each starts its own, with a PostgreSQL of its own, on free ports.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(heliograph_integration_test name)
	add_test(NAME integration.${name} COMMAND Python3::Interpreter ${ARGN}
		WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/integration")
	# The long ones begin first (COST), so that none is left over at the end.
	set_tests_properties(integration.${name} PROPERTIES TIMEOUT 300 LABELS integration COST 50
		ENVIRONMENT "HELIOGRAPH=$<TARGET_FILE:heliograph>;PYTHONUNBUFFERED=1")
endfunction()

file(GLOB scenarios CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/integration/*.scenario")
foreach(scenario IN LISTS scenarios)
	get_filename_component(name "${scenario}" NAME_WE)
	heliograph_integration_test(${name} scenario.py "${scenario}")
endforeach()

file(GLOB scripts CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/integration/test_*.py")
foreach(script IN LISTS scripts)
	get_filename_component(name "${script}" NAME_WE)
	heliograph_integration_test(${name} "${script}")
endforeach()

foreach(folder interop browser)
	if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt")
		add_subdirectory(${folder})
	endif()
endforeach()

set_tests_properties(integration.test_lamps integration.test_kill integration.test_kill_events integration.test_kill_lists
	integration.subscribe
	PROPERTIES COST 100)
