# Makes assets.c of the files in assets/: cmake -DOUT=assets.c -DFILES=a;b -P assets.cmake
set(text "#include \"operator/assets.h\"\n")
foreach(path ${FILES})
        get_filename_component(name ${path} NAME)
        string(MAKE_C_IDENTIFIER ${name} name)
        file(READ ${path} hex HEX)
        string(LENGTH ${hex} digits)
        math(EXPR bytes "${digits} / 2")
        string(REGEX REPLACE "(..)" "'\\\\x\\1'," array ${hex})
        string(APPEND text "\nstatic const char ${name}[] = {${array}'\\0'};\n"
               "const struct slice asset_${name} = { ${name}, ${bytes} };\n")
endforeach()
file(WRITE ${OUT} "${text}")
