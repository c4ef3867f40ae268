// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// The walk for counts by state, family and namespace, of all sockets or those of
// some namespaces, on kernels with direct loads.
#define LEAN
#include "walk.bpf.c"
