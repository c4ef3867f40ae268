// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
//go:build ignore
//
// trace.bpf.c at raw tracepoints, which hand over plain addresses: for kernels
// whose verifier does not know what they point to, or has no cookies for it.
#define RAW
#include "trace.bpf.c"
