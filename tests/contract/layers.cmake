# Shows that the build enforces the dependency rule even for headers: compiles an #include of each of HEADERS with the
# include roots of a layer; each must compile (VERDICT allowed), or fail because there is no such header (forbidden).
#   cmake -DCOMPILER=c++ "-DROOTS=dir;dir" "-DHEADERS=op/acceptor.h" -DVERDICT=forbidden -P layers.cmake
list(TRANSFORM ROOTS PREPEND -I)
foreach(header ${HEADERS})
    execute_process(
        COMMAND ${CMAKE_COMMAND} -E echo "#include \"${header}\""
        COMMAND ${COMPILER} -std=c++23 -D_GNU_SOURCE -fsyntax-only ${ROOTS} -x c++ -
        RESULT_VARIABLE status ERROR_VARIABLE errors)
    if(VERDICT STREQUAL "allowed" AND NOT status EQUAL 0)
        message(SEND_ERROR "${header} should compile with ${ROOTS}:\n${errors}")
    endif()
    if(VERDICT STREQUAL "forbidden" AND NOT errors MATCHES "${header}: No such file or directory")
        message(SEND_ERROR "${header} should be out of reach with ${ROOTS}:\n${errors}")
    endif()
endforeach()
