# Fuzz targets: one per reader of outside bytes.
#
# rel_fuzz_target(name module …): tests/fuzz/fuzz_<name>.c, which defines
# LLVMFuzzerTestOneInput and links the modules named.  Always built as
# fuzz_<name>_replay, which ctest runs over tests/fuzz/corpus/<name>/; with
# RELCTL_FUZZ also as fuzz_<name> with libFuzzer.
function(rel_fuzz_target name)
  list(TRANSFORM ARGN PREPEND relctl_ OUTPUT_VARIABLE modules)
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})

  add_executable(fuzz_${name}_replay fuzz_${name}.c replay.c)
  target_link_libraries(fuzz_${name}_replay PRIVATE relctl_flags ${modules})
  add_test(NAME fuzz/${name} COMMAND fuzz_${name}_replay ${corpus})
  set_tests_properties(fuzz/${name} PROPERTIES LABELS fuzz TIMEOUT 600)

  if(RELCTL_FUZZ)
    add_executable(fuzz_${name} fuzz_${name}.c)
    target_link_libraries(fuzz_${name} PRIVATE relctl_flags ${modules})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endif()
endfunction()
