#!/bin/sh
# Compiles one eBPF program: build.sh PROGRAM.bpf.c PROGRAM.o, in the directory
# of the program. The object is committed, so that nobody needs clang to build
# the product; where clang is missing this says so and leaves the object alone,
# unless CI_REQUIRE is set: there it is an error.
#
# The object is the same bytes wherever it is compiled by the same clang: the
# directory is kept out of it, and debugging information is stripped but for the
# types that the loader needs. It holds no instruction that depends on the
# processor, but for its byte order, which is little-endian.
set -eu
here=$(dirname "$0")
clang=$(command -v clang-14 || command -v clang || true)
strip=$(command -v llvm-strip-14 || command -v llvm-strip || true)
if [ -z "$clang" ] || [ -z "$strip" ]; then
  if [ -n "${CI_REQUIRE:-}" ]; then
    echo "$1: clang and llvm-strip are needed to compile it" >&2
    exit 1
  fi
  echo "$1: not compiled, for want of clang and llvm-strip (Debian: clang llvm); $2 stays as it is" >&2
  exit 0
fi
case $("$clang" -dumpversion) in
14.*) ;;
*)
  if [ -z "${CI_REQUIRE:-}" ]; then
    echo "$1: not compiled: objects are committed as clang 14 makes them, and this is clang $("$clang" -dumpversion)" >&2
    exit 0
  fi
  ;;
esac
"$clang" -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -target bpfel -mcpu=v3 \
  -nostdinc -I "$here/include" -fdebug-compilation-dir=. -ffile-prefix-map="$here/include=include" \
  -c "$1" -o "$2"
"$strip" -g "$2"
