// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// The walk with direct loads that read one byte further on than they should. For
// a test: the self-check must notice, and sockets be copied instead.
#include "bpf.h"
#undef LOAD
#define LOAD(type, address) (*(volatile type *)rdonly_cast((u64)(address) + 1, 0x0badca58))
#include "walk.bpf.c"
