// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// What the walk keeps: the query it is made for, the worker, and the maps that it
// shares with the process.
#pragma once
#include "kernel.h"
#include "subject.h"

enum { EHASH, LHASH2, BHASH2, ENTRIES };
enum { EEXIST = 17 };

enum {
	TABLES = 4096,   // tables that are told apart: the shared one, and own ones
	NAMESPACES = 1 << 16,
	HOMES = 128,     // namespaces of which a worker has its counts at hand
	CELLS = 64,      // code, family, owner
	KEY = 72,
	BOUND = 13,      // codes beyond the kernel's states: bound but idle,
	MINI_FIN_WAIT2 = 14, // and FIN_WAIT2 as a minisocket
	INBOUND = 1,     // directions
	OUTBOUND = 2,

	REMEMBERED = 64, // sockets of a chain that are known when it is walked again
	PATIENCE = 8,    // how often a chain is walked again at once,
	WAITS = 8,       // and how often after having waited
	LONG = 256,      // a chain that is longer may be left in the middle
	ENDLESS = 1 << 24, // no chain is so long
	TIME_CHECK = 31, // turns between two looks at the clock

	WINDOW = 32,     // chains whose heads are read at a time, a power of two
	FETCHED = 8,     // chains of these whose sockets are fetched at a time
	FETCHES = 256,   // and how often: they may lead in circles

	LANES = 16,      // lists of the bind table that are scanned side by side
	ENTRANCES = 1024, // into such lists, a power of two
	SPAN = 8192,     // slots of the bind table that are scanned at a time
	SCAN_CHECK = 7,  // turns of a scan between two looks at the clock
};

// What the query needs; see variant_linux.go. The verifier removes the rest, which
// takes its time: lean.bpf.c is for the most common question, and the compiler
// leaves out what that never needs.
enum { NEED_FILTER = 1, NEED_ADDRESS = 2, NEED_CGROUP = 4, NEED_OWNER = 8, NEED_CENSUS = 16, NEED_SQUARES = 32,
       DIRECT = 64, NEED_PORTS = 128, NEED_DIRECTION = 256 };
const volatile u32 needs = NEED_CENSUS;
#ifdef LEAN
#define need ((needs & (NEED_OWNER | NEED_FILTER)) | NEED_CENSUS | DIRECT)
#else
#define need needs
#endif
const volatile u32 want_states = ~0U; // by the state in the socket
const volatile u32 want_codes = ~0U;  // by code

// A lane of the bind table: see turn_scan.
struct lane {
	u64 owner, node; // next of the bucket, next bucket
	u64 from, before; // the pointers that led there
	u64 slot;
};

// A worker: where it stands, and what it has counted. It lives in a map, not on
// the stack: before Linux 6.7 the verifier looks at the body of bpf_loop once,
// with the values it has before the first turn, and removes as dead what these
// do not reach. What a map holds is unknown to it.
struct worker {
	u64 base, node, owner, bucket_net;
	u64 to_node, to_owner; // the pointers that led there, in the bind table
	u64 deadline;
	u32 which, slot, to, step;
	u32 mask, chain, retries, remembered;
	u32 number, turns, bucket_port, again_known;
	u32 in_window, stratum, stride, offset;
	u32 seed, from;
	u32 scan; // slots of the bind table up to here have had a lane
	u32 todo, lanes_open; // bits, of lanes
	u32 scans; // the bind table is scanned before it is walked
	u32 lost;  // an entrance led nowhere
	u32 learn; // see args
	u32 third;         // see there
	u32 chains, taken; // in ahead
	u32 waits; // for a chain to settle
	// sums
	u64 seen, counted, overflow, unsettled, again;
	u64 held, held_most; // ns
	u64 here, squares;   // counted in this slot, and their squares summed
	struct subject subject;
	u8 key[KEY];
	u64 known[REMEMBERED];
	u64 heads[WINDOW]; // first sockets of the next chains
	u64 ahead[WINDOW], fetched[FETCHED]; // those that have one; sockets to be fetched
	struct lane lanes[LANES];
	u64 marked[SPAN / 64]; // slots of the bind table with something idle
	u8 raw[256];
};

struct home { u64 net; u32 inum, padding; u64 cells[CELLS]; };
struct homes { struct home at[HOMES]; };

// Entrances into long lists of the bind table, at the place that entrance says:
// sockets of the table of connections, each with its hash and the pointer that led
// there. If both are the same later it is that socket, and nothing was put behind
// it: sockets are added at the front.
struct entrance { u64 node, from; u32 hash, padding; };
struct entrances { struct entrance at[ENTRANCES]; };

// here and slot serve squares: the sum over slots of (sockets in the slot)^2.
struct group { u64 sockets, squares, here, slot; };

struct table {
	u64 net, hashinfo, ehash, lhash2, bhash2;
	u32 inum, pernet, ehash_mask, lhash2_mask, bhash_size, padding;
};

struct { MAP_UINT(type, MAP_ARRAY); MAP_UINT(max_entries, 2); MAP_TYPE(key, u32); MAP_TYPE(value, struct worker); } workers SEC(".maps");
struct { MAP_UINT(type, MAP_ARRAY); MAP_UINT(max_entries, 2); MAP_TYPE(key, u32); MAP_TYPE(value, struct homes); } census SEC(".maps");
struct { MAP_UINT(type, MAP_ARRAY); MAP_UINT(max_entries, 1); MAP_TYPE(key, u32); MAP_TYPE(value, struct entrances); } entrances SEC(".maps");
struct { MAP_UINT(type, MAP_ARRAY); MAP_UINT(max_entries, TABLES); MAP_TYPE(key, u32); MAP_TYPE(value, struct table); } tables SEC(".maps");
struct { MAP_UINT(type, MAP_HASH); MAP_UINT(max_entries, 1024); MAP_UINT(key_size, KEY); MAP_TYPE(value, struct group); } groups SEC(".maps");

// Where somebody listens, with a number for each. only6: on all of IPv6, and not
// on IPv4 (IPV6_V6ONLY).
struct endpoint { u32 local[4]; u32 netns; u16 port, only6; };
struct { MAP_UINT(type, MAP_HASH); MAP_UINT(max_entries, 1); MAP_TYPE(key, struct endpoint); MAP_TYPE(value, u32); } endpoints SEC(".maps");

// The ports that somebody listens on, anywhere: most that are not, such as the
// ephemeral ones, need no look there.
struct ports { u64 words[1024]; };
struct { MAP_UINT(type, MAP_ARRAY); MAP_UINT(max_entries, 1); MAP_TYPE(key, u32); MAP_TYPE(value, struct ports); } ports SEC(".maps");

// match says whether the filter holds the socket, make_key writes what groups
// it behind the worker's number. Both are replaced at load time.
NOINLINE int match(struct subject *s)
{
	asm volatile("" : "+r"(s));
	return s->code != 0;
}

NOINLINE int make_key(struct subject *s, u8 *key)
{
	asm volatile("" : "+r"(s), "+r"(key));
	key[4] = s->code;
	return 0;
}

// bpf_loop hands the body a pointer to the stack only.
struct ref {
	struct worker *w;
	struct homes *homes;
	struct entrances *entrances;
#ifdef TRAP // see trap.bpf.c
	u64 more;
#endif
};

#define RAW(w, type, member) (*(type *)((w)->raw + OFFSET(struct sock_common, member)))
// FIELD reads a member of a socket: from the socket, or from the copy of its head
// where the kernel has no direct loads.
#define FIELD(w, sk, type, member) \
	(need & DIRECT ? LOAD(type, (sk) + OFFSET(struct sock_common, member)) : RAW(w, type, member))
#define HEAD (OFFSET(struct sock_common, skc_nulls_node) + 8) // of a socket: all that is looked at
