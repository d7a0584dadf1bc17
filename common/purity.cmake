# The linker keeps pure libraries pure: all of a library is linked without libc, against a stub that
# has only the symbols of pure_symbols.txt (and the libraries that pure code may use). A call of
# socket(), clock_gettime() or printf() ends the build with: undefined reference to `socket'.
# Sanitizers and fortified headers add symbols of their own, so the check compiles without them and
# runs only in builds that have none.

function(purity_check library)
        if(SANITIZE)
                return()
        endif()
        set(symbols_file ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/pure_symbols.txt)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${symbols_file})
        if(NOT TARGET purity_stub)
                file(STRINGS ${symbols_file} symbols REGEX "^[A-Za-z_]")
                set(text "")
                foreach(symbol ${symbols})
                        string(APPEND text ".globl ${symbol}\n${symbol}:\n")
                endforeach()
                file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/purity_stub.s
                     CONTENT "${text}.section .note.GNU-stack,\"\",%progbits\n")
                add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/purity_stub.o
                        COMMAND ${CMAKE_C_COMPILER} -c ${CMAKE_BINARY_DIR}/purity_stub.s
                                -o ${CMAKE_BINARY_DIR}/purity_stub.o
                        DEPENDS ${CMAKE_BINARY_DIR}/purity_stub.s)
                add_custom_target(purity_stub DEPENDS ${CMAKE_BINARY_DIR}/purity_stub.o)
        endif()
        set(allowed "")
        foreach(other ${ARGN})
                list(APPEND allowed $<TARGET_FILE:${other}>)
        endforeach()
        set(stamp ${CMAKE_BINARY_DIR}/${library}.pure)
        add_custom_command(OUTPUT ${stamp}
                COMMAND ${CMAKE_C_COMPILER} -nostdlib -no-pie -o ${stamp} -Wl,-e,0
                        -Wl,--unresolved-symbols=ignore-in-shared-libs
                        -Wl,--whole-archive $<TARGET_FILE:${library}> -Wl,--no-whole-archive ${allowed}
                        ${CMAKE_BINARY_DIR}/purity_stub.o
                        -L${JANSSON_LIBDIR} -ljansson -lxxhash -lcrypto
                DEPENDS ${library} purity_stub ${CMAKE_BINARY_DIR}/purity_stub.o
                COMMENT "${library} is pure"
                VERBATIM)
        add_custom_target(${library}_purity ALL DEPENDS ${stamp})
endfunction()
