// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// The walk as one would first write it: whether it stands in a chain is kept on
// the stack. Linux before 6.7 verifies the body of bpf_loop for the first turn
// only, takes it for granted that every turn begins a chain, and removes the
// code that goes on in one (fixed by "bpf: verify callbacks as if they are
// called unknown number of times", commit ab5cfac139ab). It loads without a
// word there, and counts wrong. For a test: the self-check must notice.
#define TRAP
#include "walk.bpf.c"
