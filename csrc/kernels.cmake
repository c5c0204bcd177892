# The kernels, with the options that their bits and flags depend on: for the extension and for the programs of tests/cpp.
set(TARGETS_OF_SIMD ${CMAKE_CURRENT_LIST_DIR}/simd/targets)

function(add_target library name)
    target_sources(${library} PRIVATE ${TARGETS_OF_SIMD}/${name}.cpp)
    if(APPLE)
        list(TRANSFORM ARGN PREPEND "-Xarch_x86_64;" REGEX "^-m")
    endif()
    set_source_files_properties(${TARGETS_OF_SIMD}/${name}.cpp PROPERTIES COMPILE_OPTIONS "${ARGN}")
endfunction()

# The CPU that is built for, which need not be this machine's. A universal binary for macOS is for two.
if(APPLE AND CMAKE_OSX_ARCHITECTURES)
    set(cpus ${CMAKE_OSX_ARCHITECTURES})
elseif(MSVC)
    set(cpus ${CMAKE_CXX_COMPILER_ARCHITECTURE_ID})
else()
    set(cpus ${CMAKE_SYSTEM_PROCESSOR})
endif()

function(add_kernels library)
    # The status flags of a result are part of the result (see simd/rectifier.hpp).
    if(MSVC AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")  # clang-cl
        target_compile_options(${library} PRIVATE /W3 /clang:-fopenmp-simd /clang:-ffp-contract=off
            /clang:-ftrapping-math)
    elseif(MSVC)
        target_compile_options(${library} PRIVATE /fp:strict /W4 /wd4068)  # 4068: other compilers' pragmas
    else()
        target_compile_options(${library} PRIVATE -ffp-contract=off -ftrapping-math -fopenmp-simd -Wall -Wextra)
    endif()
    if(MINGW AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # GCC aligns the stack of Windows to 16 bytes and moves registers of 32 as if they were aligned (bug 54412).
        target_compile_options(${library} PRIVATE -Wa,-muse-unaligned-vector-move)
    endif()

    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # What GCC 12 vectorises with half a register computes in the other half too, and raises flags there.
        add_target(${library} scalar -ftree-vectorize -fvect-cost-model=dynamic -fsignaling-nans
            -fno-tree-slp-vectorize --param=vect-epilogues-nomask=0)
    else()
        add_target(${library} scalar)
    endif()

    # Loops over registers are to be unrolled. What -O3 does besides, to code that is vectorised by hand, adds a sixth to
    # its size and nothing to its speed; the loops that the compiler is to vectorise say so (omp simd).
    if(NOT MSVC)
        set(optimized -O3 -fno-tree-vectorize $<$<CXX_COMPILER_ID:GNU>:-fno-ipa-cp-clone>)
    endif()

    # Only these files see instructions beyond the baseline; what they export is one table each. So all they include
    # has internal linkage: the linker must not hand code for one CPU to another. For another CPU they are empty.
    if(cpus MATCHES "x86_64|AMD64|amd64|x64")
        if(MSVC AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
            add_target(${library} avx2 /arch:AVX2)
            add_target(${library} avx512 /arch:AVX512)
        else()
            add_target(${library} avx2 ${optimized} -mavx2 -mf16c)
            # GCC 12 takes the intrinsics' own "undefined" registers for a mistake (GCC bug 105593).
            add_target(${library} avx512 ${optimized} -mavx2 -mf16c -mavx512f -mavx512bw -mavx512vl -mavx512dq
                -Wno-uninitialized $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
        endif()
    endif()
    if(cpus MATCHES "aarch64|arm64|ARM64")
        if(CMAKE_CXX_COMPILER_ID STREQUAL "MSVC")
            message(FATAL_ERROR "MSVC has one type for all registers of Arm; build with clang-cl: CMAKE_GENERATOR_TOOLSET=ClangCL")
        endif()
        add_target(${library} neon ${optimized})
    endif()
endfunction()
