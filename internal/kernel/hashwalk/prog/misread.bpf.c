// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// The walk with one place of a structure wrong: it takes the port of the peer
// from where the own port is. It loads, runs, and counts every socket. For a
// test: the self-check must notice.
#include "kernel.h"
#define skc_dport skc_num
#include "walk.bpf.c"
