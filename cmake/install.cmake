# cmake --install: the program, its man page and the completion of its commands, which it prints itself.
include(GNUInstallDirs)
set(YA_GENERATED ${CMAKE_BINARY_DIR}/generated)
add_custom_command(TARGET your_ai POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E make_directory ${YA_GENERATED}
    COMMAND your_ai --man > ${YA_GENERATED}/your_ai.1
    COMMAND your_ai --completion bash > ${YA_GENERATED}/your_ai.bash
    COMMAND your_ai --completion zsh > ${YA_GENERATED}/_your_ai
    VERBATIM)
install(TARGETS your_ai RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${YA_GENERATED}/your_ai.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${YA_GENERATED}/your_ai.bash RENAME your_ai
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${YA_GENERATED}/_your_ai DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
