// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// What every program here needs: types, map declarations, the helpers of the
// kernel that are used (numbers from include/uapi/linux/bpf.h, enum
// bpf_func_id), and CO-RE, which finds the real offsets at load time
// (llvm/docs, BPF: __builtin_preserve_access_index).
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;
typedef _Bool bool;

#define NULL ((void *)0)
#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
#define LICENSE(text) char program_license[] SEC("license") = text

// Maps, as the loader reads them from BTF.
#define MAP_UINT(name, value) int(*name)[value]
#define MAP_TYPE(name, value) typeof(value) *name
enum { MAP_HASH = 1, MAP_ARRAY = 2 };
enum { ANY = 0, NOEXIST = 1 };

// A structure of the kernel: fields are found by name.
#define CORE __attribute__((preserve_access_index))

// Helpers.
static void *(*const map_lookup)(void *map, const void *key) = (void *)1;
static long (*const map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static u64 (*const ktime_ns)(void) = (void *)5;
static u64 (*const current_task)(void) = (void *)35;
static long (*const probe_read)(void *to, u32 size, const void *from) = (void *)113;
static long (*const seq_write)(void *seq, const void *data, u32 size) = (void *)127;
static long (*const loop)(u32 turns, void *turn, void *context, u64 flags) = (void *)181;

// OFFSET is the offset of a member on the running kernel, SIZE the size of a
// type, HAS whether a type has the member.
#define OFFSET(type, member) __builtin_preserve_field_info(((typeof(type) *)0)->member, 0)
#define HAS(type, member) __builtin_preserve_field_info(((typeof(type) *)0)->member, 2)
#define SIZE(type) __builtin_preserve_type_info(*(typeof(type) *)0, 1)

// LOAD reads memory of the kernel at any address in one instruction; what
// cannot be read is 0. It needs Linux 6.2, and the loader to put the kernel's own
// numbers in place of the two here (Spec.DirectLoads): the call is
// bpf_rdonly_cast, which the verifier removes, and the type is struct in6_addr,
// 16 bytes without a pointer among them. At most 8 bytes are read at a time.
static void *(*const rdonly_cast)(u64 address, u32 type) = (void *)0x0badca57;
#define LOAD(type, address) (*(volatile type *)rdonly_cast((u64)(address), 0x0badca58))

// READ copies a member of a structure of the kernel; what cannot be read is
// left as it is. It is true when the member was read.
#define READ(to, base, type, member) \
	(probe_read(&(to), sizeof(to), (const void *)(base) + OFFSET(type, member)) == 0)
