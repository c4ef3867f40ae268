// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// Walks the kernel's tables of TCP sockets and counts what a query asks for.
//
// Everything of the kernel is read with probe_read, which fails on an address
// that is none; nothing is written but this object's own maps. No lock is
// taken and no reference is held: what a chain leads to is checked, socket by
// socket and at its end, and a chain that changed is walked again.
#include "kernel.h"

LICENSE("GPL");

enum { EHASH, LHASH2, BHASH2, ENTRIES };
enum { EEXIST = 17 };

enum {
	TABLES = 4096,   // tables that are told apart: the shared one, and own ones
	NAMESPACES = 1 << 16,
	REMEMBERED = 64, // sockets of a chain that are known when it is walked again
	LONG = 256,      // a chain that is longer may be left in the middle
	ENDLESS = 1 << 24, // no chain is so long
	PATIENCE = 8,    // how often a chain is walked again
	HOMES = 128,     // namespaces of which a worker has its counts at hand
	CELLS = 64,      // code, family, owner
	KEY = 72,
	BOUND = 13,      // codes beyond the kernel's states: bound but idle,
	MINI_FIN_WAIT2 = 14, // and FIN_WAIT2 as a minisocket
	FETCHED = 8,     // chains whose sockets are fetched at the same time
	FETCHES = 1 << 12, // and no more: they may lead in circles
	LANES = 16,      // of the bind table, walked side by side
	ENTRANCES = 1024, // into lists of the bind table
	SPAN = 8192,     // slots of the bind table that are scanned at a time
	INBOUND = 1,     // directions
	OUTBOUND = 2,
	WINDOW = 32,     // heads of chains that are read at a time, a power of two
	SCAN_CHECK = 7,
	TIME_CHECK = 31, // turns between two looks at the clock
};

// What the query needs; see variant_linux.go. The verifier removes the rest.
enum { NEED_FILTER = 1, NEED_ADDRESS = 2, NEED_CGROUP = 4, NEED_OWNER = 8, NEED_CENSUS = 16, NEED_SQUARES = 32,
       DIRECT = 64, NEED_PORTS = 128, NEED_DIRECTION = 256 };
const volatile u32 need = NEED_CENSUS;
const volatile u32 want_states = ~0U; // by the state in the socket
const volatile u32 want_codes = ~0U;  // by code

// The socket at hand, for match and make_key, which are generated at load time:
// the places of its members are known to subject_linux.go.
struct subject {
	u64 cgroup;
	u32 local[4], remote[4]; // network order; IPv4 as ::ffff:a.b.c.d
	u32 netns, device;
	u16 local_port, remote_port;
	u8 code, family; // family: 4 or 6
	u8 direction, padding; // 0 for what is no connection
	u32 listener, padding2; // the number of the one that accepts; 0 for none
};

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
	u64 deadline;
	u32 which, slot, to, step;
	u32 mask, chain, retries, remembered;
	u32 number, turns, bucket_port, again_known;
	u32 in_window, stratum, stride, offset;
	u32 seed, from;
	u32 scan; // slots of the bind table up to here have had a lane
	u32 todo, lanes_open; // bits, of lanes
	u32 scans, lost; // whether the bind table is scanned first; whether an entrance led nowhere
	u32 learn; // see args
	u32 third; // see there
	u32 chains, taken, padding; // in ahead
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
// sockets of the table of connections, each with its hash.
struct entrance { u64 node; u32 hash, padding; };
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

// Where somebody listens, with a number for each.
struct endpoint { u32 local[4]; u32 netns; u16 port, padding; };
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

INLINE void group(struct worker *w)
{
	struct group *g;

	*(u32 *)w->key = w->number | w->which << 16; // a row for each worker: nothing is shared
	make_key(&w->subject, w->key);
	g = map_lookup(&groups, w->key);
	if (!g) {
		struct group none = {};

		map_update(&groups, w->key, &none, NOEXIST);
		g = map_lookup(&groups, w->key);
		if (!g) {
			w->overflow++;
			return;
		}
	}
	g->sockets++;
	if (need & NEED_SQUARES) {
		u64 slot = w->base + w->slot + 1; // of any table

		if (g->slot != slot) {
			g->squares += g->here * g->here;
			g->here = 0;
			g->slot = slot;
		}
		g->here++;
	}
}

INLINE void addresses(struct worker *w, u64 sk, u16 family)
{
	struct subject *s = &w->subject;

	if (family == AF_INET6 && need & DIRECT) {
		u64 local = sk + OFFSET(struct sock_common, skc_v6_rcv_saddr), remote = sk + OFFSET(struct sock_common, skc_v6_daddr);

		*(u64 *)&s->local[0] = LOAD(u64, local);
		*(u64 *)&s->local[2] = LOAD(u64, local + 8);
		*(u64 *)&s->remote[0] = LOAD(u64, remote);
		*(u64 *)&s->remote[2] = LOAD(u64, remote + 8);
		return;
	}
	if (family == AF_INET6) {
		__builtin_memcpy(s->local, w->raw + OFFSET(struct sock_common, skc_v6_rcv_saddr), 16);
		__builtin_memcpy(s->remote, w->raw + OFFSET(struct sock_common, skc_v6_daddr), 16);
		return;
	}
	s->local[0] = s->local[1] = s->remote[0] = s->remote[1] = 0;
	s->local[2] = s->remote[2] = 0xffff0000;
	s->local[3] = FIELD(w, sk, u32, skc_rcv_saddr);
	s->remote[3] = FIELD(w, sk, u32, skc_daddr);
}

INLINE u64 cgroup_of(u64 sk)
{
	u64 group = 0, node = 0, id = 0;

	if (READ(group, sk, struct sock, sk_cgrp_data.cgroup) && group &&
	    READ(node, group, struct cgroup, kn) && node)
		READ(id, node, struct kernfs_node, id);
	return id;
}

// learn notes where the listener accepts connections.
NOINLINE void learn(struct worker *w, u64 sk, u64 net)
{
	struct endpoint at = {};
	u32 zero = 0, number = w->number << 24 | w->seen; // no other worker's
	struct ports *p = map_lookup(&ports, &zero);
	long err;

	addresses(w, sk, FIELD(w, sk, u16, skc_family));
	__builtin_memcpy(at.local, w->subject.local, 16);
	at.port = FIELD(w, sk, u16, skc_num);
	READ(at.netns, net, struct net, ns.inum);
	if (p)
		__sync_fetch_and_or(&p->words[at.port >> 6], 1ULL << (at.port & 63));
	err = map_update(&endpoints, &at, &number, NOEXIST);
	if (err && err != -EEXIST) // SO_REUSEPORT
		w->overflow++;
}

// direct tells who opened a connection: it came in when somebody listens where
// its local end is, on the address, on all of its family, or on all of IPv6,
// which takes IPv4 too.
NOINLINE int direct(struct subject *s)
{
	struct endpoint at = { .netns = s->netns, .port = s->local_port };
	u32 *number, zero = 0;
	struct ports *p = map_lookup(&ports, &zero);

	s->direction = s->listener = 0;
	if ((1 << CLOSE | 1 << LISTEN | 1 << BOUND) >> (s->code & 15) & 1)
		return 0;
	s->direction = OUTBOUND;
	if (!p || !(p->words[at.port >> 6] >> (at.port & 63) & 1))
		return 0;
	__builtin_memcpy(at.local, s->local, 16);
	number = map_lookup(&endpoints, &at);
	at.local[3] = 0;
	if (!number && !at.local[0] && !at.local[1] && at.local[2] == 0xffff0000)
		number = map_lookup(&endpoints, &at);
	if (!number) {
		at.local[0] = at.local[1] = at.local[2] = 0;
		number = map_lookup(&endpoints, &at);
	}
	if (number) {
		s->direction = INBOUND;
		s->listener = *number;
	}
	return 0;
}

// visit counts the socket, if the query wants it. It is a
// function of its own because loading takes longer for longer programs.
NOINLINE void visit(struct ref *ref, u64 sk, u32 code)
{
	struct worker *w = ref->w;
	struct subject *s = &w->subject;
	u16 family = FIELD(w, sk, u16, skc_family);
	u64 net = FIELD(w, sk, u64, skc_net);
	struct home *h = &ref->homes->at[(net * 0x9E3779B97F4A7C15ULL) >> 57];
	u32 inum = h->inum;
	bool full = code != TIME_WAIT && code != NEW_SYN_RECV;

	w->seen++;
	if (need & NEED_DIRECTION && w->learn) {
		learn(w, sk, net);
		return;
	}
	if (!(want_states >> (code & 31) & 1))
		return;
	if (code == TIME_WAIT) {
		u8 substate = 0;

		if (need & DIRECT)
			substate = LOAD(u8, sk + OFFSET(struct inet_timewait_sock, tw_substate));
		else
			READ(substate, sk, struct inet_timewait_sock, tw_substate);
		if (substate == FIN_WAIT2)
			code = MINI_FIN_WAIT2;
	}
	if (!(want_codes >> (code & 31) & 1))
		return;
	if (h->net != net) {
		READ(inum, net, struct net, ns.inum);
		if (!h->net) {
			h->inum = inum;
			h->net = net;
		}
	}
	if (need & NEED_OWNER && full && code != BOUND) {
		u64 file = 1;

		if (need & DIRECT)
			file = LOAD(u64, sk + OFFSET(struct sock, sk_socket));
		else
			READ(file, sk, struct sock, sk_socket);
		if (!file)
			code |= 32;
	}
	s->netns = inum;
	s->code = code;
	s->family = family == AF_INET6 ? 6 : 4;
	if (need & NEED_PORTS) {
		s->local_port = FIELD(w, sk, u16, skc_num);
		s->remote_port = __builtin_bswap16(FIELD(w, sk, u16, skc_dport));
		s->device = FIELD(w, sk, u32, skc_bound_dev_if);
	}
	if (need & NEED_ADDRESS)
		addresses(w, sk, family);
	if (need & NEED_CGROUP)
		s->cgroup = full ? cgroup_of(sk) : 0;
	if (need & NEED_DIRECTION)
		direct(s);
	if (need & NEED_FILTER && !match(s))
		return;
	w->counted++;
	if (need & NEED_SQUARES)
		w->here++;
	if (need & NEED_CENSUS && h->net == net)
		h->cells[(code & 47) | (family == AF_INET6 ? 16 : 0)]++;
	else
		group(w);
}

struct search { struct worker *w; u64 node; };

static long turn_known(u32 i, struct search *s)
{
	struct worker *w = s->w;

	if (i >= REMEMBERED || i >= w->remembered)
		return 1;
	if (w->known[i] == s->node) {
		w->again_known = 1;
		return 1;
	}
	return 0;
}

// known reports whether the socket was counted before the chain was walked
// again. What the loop finds goes through the map, see struct worker.
INLINE bool known(struct worker *w, u64 node)
{
	struct search s = { w, node };

	if (!w->retries)
		return 0;
	w->again_known = 0;
	loop(REMEMBERED, turn_known, &s, 0);
	return w->again_known;
}

INLINE void remember(struct worker *w, u64 node)
{
	if (w->remembered < REMEMBERED)
		w->known[w->remembered] = node;
	w->remembered++;
}

// place returns the slot that is walked of the step that begin at stratum: one
// by chance, another one in every walk and every stratum (a 32-bit mixer by
// Ellis, "hash prospector" lowbias32).
INLINE u32 place(struct worker *w, u32 stratum)
{
	u32 x = stratum ^ w->seed;

	if (!(need & NEED_SQUARES) || w->step == 1)
		return stratum;
	x = (x ^ x >> 16) * 0x7feb352d;
	x = (x ^ x >> 15) * 0x846ca68b;
	x ^= x >> 16;
	return stratum + (u32)((u64)x * w->step >> 32);
}

INLINE void next_slot(struct worker *w)
{
	w->in_window++;
	w->stratum += w->step;
	w->slot = place(w, w->stratum);
	w->node = w->owner = 0;
	w->chain = w->retries = w->remembered = 0;
	if (need & NEED_SQUARES) {
		w->squares += w->here * w->here;
		w->here = 0;
	}
}

// walk_again goes back to the head of a chain that changed under the walk. The
// sockets that were counted are known, unless there were too many.
INLINE long walk_again(struct worker *w)
{
	w->again++;
	w->node = w->owner = 0;
	w->chain = 0;
	if (++w->retries > PATIENCE || w->remembered > REMEMBERED) {
		w->unsettled++;
		next_slot(w);
	}
	return 0;
}

// late says whether it is time to give the processor back. In the middle of a
// chain that happens only when it is long.
INLINE bool late(struct worker *w, bool between)
{
	if (++w->turns & TIME_CHECK)
		return 0;
	return (between || w->chain >= LONG) && ktime_ns() > w->deadline;
}

INLINE bool read_head(struct worker *w, u64 *first)
{
	*first = 0;
	w->chain = 0;
	return probe_read(first, sizeof(*first), (void *)(w->base + (u64)w->slot * w->stride + w->offset)) == 0;
}

static long turn_head(u32 i, struct ref *ref)
{
	struct worker *w = ref->w;
	u32 slot = place(w, w->stratum + i * w->step);

	i &= WINDOW - 1;
	if (slot >= w->to || probe_read(&w->heads[i], sizeof(u64), (void *)(w->base + (u64)slot * w->stride + w->offset)))
		w->heads[i] = 0; // then it is read by itself
	return 0;
}

// third is the place in a socket that will be looked at beside its head.
INLINE u32 third(u8 state)
{
	if (state == TIME_WAIT)
		return OFFSET(struct inet_timewait_sock, tw_substate);
	return need & NEED_OWNER ? OFFSET(struct sock, sk_socket) : OFFSET(struct sock_common, skc_state);
}

// next_head takes the next chain of the window that has a socket; 0: there is none.
INLINE u64 next_head(struct worker *w)
{
	u32 at = w->taken++;

	return at < w->chains ? w->ahead[at & (WINDOW - 1)] : 0;
}

// turn_fetch touches one more socket in each of several chains, so that the
// processor waits for all of them at the same time; what it reads is not looked
// at. Most sockets of a host are in one state: that of the last one says what of
// these is looked at beside their heads.
static long turn_fetch(u32 i, struct ref *ref)
{
	struct worker *w = ref->w;
	u64 first = OFFSET(struct sock_common, skc_state), beside = w->third;

	first -= OFFSET(struct sock_common, skc_nulls_node);
	beside -= OFFSET(struct sock_common, skc_nulls_node);
	asm volatile("" : "+r"(first), "+r"(beside)); // once, not for each chain
#pragma clang loop unroll(full)
	for (int k = 0; k < FETCHED; k++) {
		u64 node = w->fetched[k], next = LOAD(u64, node);

		LOAD(u8, node + first);
		LOAD(u8, node + beside);
		if (next & 1)
			next = next_head(w);
		w->fetched[k] = next;
	}
	return w->taken >= w->chains + FETCHED;
}

// fetch touches the sockets of all chains of the window.
INLINE void fetch(struct ref *ref, struct worker *w)
{
	u32 n = 0;

#pragma clang loop unroll(full)
	for (int k = 0; k < WINDOW; k++) {
		w->ahead[n & (WINDOW - 1)] = w->heads[k];
		n += !(w->heads[k] & 1);
	}
	w->chains = n;
	w->taken = 0;
	for (int k = 0; k < FETCHED; k++)
		w->fetched[k] = next_head(w);
	loop(FETCHES, turn_fetch, ref, 0);
}

// look_ahead reads the heads of the next chains, in one go where they lie side
// by side: most of a table is empty on most hosts. (Touching the sockets of all
// of them, so that the processor would wait for several at a time, gained
// nothing, measured on Linux 6.18.)
INLINE void look_ahead(struct ref *ref, struct worker *w)
{
	w->in_window = 0;
	if (w->step != 1 || w->stride != 8 || w->slot + WINDOW > w->to ||
	    probe_read(w->heads, sizeof(w->heads), (void *)(w->base + (u64)w->slot * 8 + w->offset)))
		loop(WINDOW, turn_head, ref, 0);
	if (need & DIRECT)
		fetch(ref, w);
}

// first_of finds the first socket of the slot.
INLINE bool first_of(struct ref *ref, struct worker *w, u64 *first)
{
	if (w->retries)
		return read_head(w, first);
	w->chain = 0;
	if (w->in_window >= WINDOW)
		look_ahead(ref, w);
	*first = w->heads[w->in_window & (WINDOW - 1)];
	return *first || read_head(w, first);
}

// One turn: the next socket of the chain, or the next chain and its first.
INLINE long turn(struct ref *ref, bool listening)
{
	struct worker *w = ref->w;
	u64 node, sk, next;
	u8 state;

#ifdef TRAP
	node = 0;
	if (ref->more)
		node = *(volatile u64 *)&w->node;
	ref->more = 0;
#else
	node = w->node;
#endif
	if (late(w, !node))
		return 1;
	if (!node) {
		if (w->stratum >= w->to)
			return 1;
		if (w->slot >= w->to) { // the last of a table that step does not divide
			next_slot(w);
			return 0;
		}
		if (listening ? !read_head(w, &node) : !first_of(ref, w, &node)) {
			w->unsettled++;
			next_slot(w);
			return 0;
		}
		if (node & 1) {
			next_slot(w);
			return 0;
		}
	}
	sk = node - OFFSET(struct sock_common, skc_nulls_node);
	if (!(need & DIRECT) && probe_read(w->raw, HEAD, (void *)sk))
		return walk_again(w);
	next = FIELD(w, sk, u64, skc_nulls_node);
	state = FIELD(w, sk, u8, skc_state);
	if (listening ? state != LISTEN : (FIELD(w, sk, u32, skc_hash) & w->mask) != w->slot)
		return walk_again(w);
	if (need & DIRECT && !next)
		return walk_again(w);
	if (need & DIRECT && !listening)
		w->third = third(state);
	if (!known(w, node)) {
		visit(ref, sk, state);
		remember(w, node);
	}
	if (++w->chain > ENDLESS)
		return walk_again(w);
	w->node = next;
#ifdef TRAP
	ref->more = !(next & 1);
#endif
	if (next & 1) { // the end mark names the chain; of another one: we were led astray
		if ((u32)(next >> 1) != w->slot + (listening ? LISTENING_NULLS_BASE : 0))
			return walk_again(w);
		next_slot(w);
	}
	return 0;
}

static long turn_established(u32 i, struct ref *ref)
{
	return turn(ref, 0);
}

static long turn_listening(u32 i, struct ref *ref)
{
	return turn(ref, 1);
}

// BIND_NODE is where a socket hangs in the bind table.
#define BIND_NODE \
	(HAS(struct sock___bind2, sk_bind2_node) ? OFFSET(struct sock___bind2, sk_bind2_node) : OFFSET(struct sock_common, skc_bind_node))

// The owner of a bind bucket, as far as one needs to see that it is not idle.
INLINE long visit_owner(struct ref *ref)
{
	struct worker *w = ref->w;
	u64 node = w->owner, sk;

	sk = node - BIND_NODE;
	w->owner = 0;
	if (!(need & DIRECT) && probe_read(w->raw, OFFSET(struct sock_common, skc_net) + 8, (void *)sk))
		return walk_again(w);
	if (need & DIRECT)
		w->owner = LOAD(u64, node);
	else if (!HAS(struct sock___bind2, sk_bind2_node))
		w->owner = RAW(w, u64, skc_bind_node);
	else if (probe_read(&w->owner, sizeof(w->owner), (void *)node))
		return walk_again(w);
	if (FIELD(w, sk, u16, skc_num) != (u16)w->bucket_port || FIELD(w, sk, u64, skc_net) != w->bucket_net)
		return walk_again(w);
	if (++w->chain > ENDLESS)
		return walk_again(w);
	if (FIELD(w, sk, u8, skc_state) == CLOSE && !known(w, node)) {
		if (!(need & DIRECT) && probe_read(w->raw, HEAD, (void *)sk))
			return walk_again(w);
		visit(ref, sk, BOUND);
		remember(w, node);
	}
	if (!w->owner && !w->node)
		next_slot(w);
	return 0;
}

// mark notes that the lane's slot is to be walked with care, and leaves it. What
// began at an entrance is of a slot that is not known.
INLINE void mark(struct worker *w, struct lane *l)
{
	u32 at = (u32)l->slot - w->from;

	if (w->which == ENTRIES)
		w->lost = 1;
	else
		w->marked[at / 64 % (SPAN / 64)] |= 1ULL << (at & 63);
	l->owner = l->node = 0;
}

// marked says whether the slot is to be walked.
INLINE bool marked(struct worker *w)
{
	u32 at = w->slot - w->from;

	return !w->scans || w->marked[at / 64 % (SPAN / 64)] >> (at & 63) & 1;
}

// leads_back reports whether a member of a list points back to the pointer that
// led there: if not, the list has changed.
INLINE bool leads_back(u64 node, u64 from)
{
	return LOAD(u64, node + 8) == from; // struct hlist_node: next, pprev
}

// entrance is where a member of a list is among the entrances, if it is.
INLINE struct entrance *entrance(struct entrances *all, u64 node)
{
	return &all->at[(node * 0x9E3779B97F4A7C15ULL) >> 54];
}

// next_owner follows a list of sockets in the bind table, up to the next entrance:
// another lane begins there.
INLINE u64 next_owner(struct ref *ref, u64 node)
{
	u64 next = LOAD(u64, node);

	return entrance(ref->entrances, next)->node == next ? 0 : next;
}

// turn_enter makes the first socket of some slot an entrance.
static long turn_enter(u32 i, struct ref *ref)
{
	struct worker *w = ref->w;
	u64 node = LOAD(u64, w->base + (u64)i * w->step * w->stride + w->offset), sk;
	struct entrance *e;

	if (node & 1)
		return 0;
	sk = node - OFFSET(struct sock_common, skc_nulls_node);
	if (LOAD(u8, sk + OFFSET(struct sock_common, skc_state)) == NEW_SYN_RECV || !LOAD(u64, sk + BIND_NODE + 8))
		return 0;
	e = entrance(ref->entrances, sk + BIND_NODE);
	e->node = sk + BIND_NODE;
	e->hash = LOAD(u32, sk + OFFSET(struct sock_common, skc_hash));
	return 0;
}

// take_entrance lets the lane begin at an entrance. If its socket has left, a
// lane that had come there before it did has stopped too early.
INLINE long take_entrance(struct ref *ref, struct lane *l)
{
	struct worker *w = ref->w;
	struct entrance *e = &ref->entrances->at[w->scan++ & (ENTRANCES - 1)];

	if (!e->node)
		return 0;
	l->owner = e->node;
	l->from = LOAD(u64, e->node + 8);
	if (LOAD(u32, e->node - BIND_NODE + OFFSET(struct sock_common, skc_hash)) != e->hash || LOAD(u64, l->from) != e->node)
		mark(w, l);
	return 0;
}

INLINE long take_slot(struct worker *w, struct lane *l)
{
	l->slot = w->scan++;
	if (!((l->slot - w->from) & 63))
		w->marked[(l->slot - w->from) / 64 % (SPAN / 64)] = 0;
	l->before = w->base + l->slot * w->stride + w->offset;
	l->node = LOAD(u64, l->before);
	return 0;
}

// turn_attend makes a step in a lane in which something else is to be done than
// to go on to the next socket: to see what is wrong with it, or to take the next
// bucket, slot, or entrance.
static long turn_attend(u32 i, struct ref *ref)
{
	struct worker *w = ref->w;
	struct lane *l = &w->lanes[i & (LANES - 1)];
	u64 node = l->owner, from = l->from;

	if (!(w->todo >> (i & (LANES - 1)) & 1))
		return 0;
	if (node) {
		l->owner = next_owner(ref, node);
		l->from = node;
		if (!leads_back(node, from) || LOAD(u8, node - BIND_NODE + OFFSET(struct sock_common, skc_state)) == CLOSE)
			mark(w, l);
		return 0;
	}
	node = l->node;
	if (node) {
		u64 owners = node - OFFSET(struct inet_bind2_bucket, node) + OFFSET(struct inet_bind2_bucket, owners);

		from = l->before;
		l->before = node;
		l->node = LOAD(u64, node);
		l->from = owners;
		l->owner = next_owner(ref, owners);
		if (!leads_back(node, from))
			mark(w, l);
		return 0;
	}
	if (w->scan < w->to)
		return w->which == ENTRIES ? take_entrance(ref, l) : take_slot(w, l);
	w->lanes_open &= ~(1U << (i & (LANES - 1)));
	return 0;
}

// One turn of the scan for slots of the bind table that have an idle socket.
// From Linux 6.7 on all sockets in TIME_WAIT hang there too, in lists that are
// long and have to be followed one by one. So the scan goes along several at a
// time, a step each, enters long ones at several places, looks at nothing but
// the state, and leaves slots where it finds something, or that change
// meanwhile, to turn_bound.
static long turn_scan(u32 i, struct ref *ref)
{
	struct worker *w = ref->w;

	if ((i & SCAN_CHECK) == SCAN_CHECK && ktime_ns() > w->deadline)
		return 1;
	w->todo = 0;
#pragma clang loop unroll(full)
	for (u32 k = 0; k < LANES; k++)
		LOAD(u8, w->lanes[k].owner); // waits for all at the same time
#pragma clang loop unroll(full)
	for (u32 k = 0; k < LANES; k++) {
		struct lane *l = &w->lanes[k];
		u64 node = l->owner, next = next_owner(ref, node);

		if (!next || !leads_back(node, l->from) ||
		    LOAD(u8, node - BIND_NODE + OFFSET(struct sock_common, skc_state)) == CLOSE) {
			w->todo |= 1U << k;
		} else {
			l->from = node;
			l->owner = next;
		}
	}
	w->todo &= w->lanes_open;
	if (w->todo)
		loop(LANES, turn_attend, ref, 0);
	return !w->lanes_open;
}

// One turn in the bind table: slot, bucket (namespace, port, address), owner.
static long turn_bound(u32 i, struct ref *ref)
{
	struct worker *w = ref->w;
	u64 bucket;

	if (late(w, !w->owner && !w->node))
		return 1;
	if (w->owner)
		return visit_owner(ref);
	if (!w->node) {
		if (w->stratum >= w->to)
			return 1;
		if (w->slot >= w->to) { // the last of a table that step does not divide
			next_slot(w);
			return 0;
		}
		if (!marked(w)) {
			next_slot(w);
			return 0;
		}
		if (!read_head(w, &w->node))
			w->unsettled++;
		if (!w->node) {
			next_slot(w);
			return 0;
		}
	}
	bucket = w->node - OFFSET(struct inet_bind2_bucket, node);
	w->bucket_port = 0;
	if (!READ(w->bucket_net, bucket, struct inet_bind2_bucket, ib_net) ||
	    probe_read(&w->bucket_port, 2, (void *)(bucket + OFFSET(struct inet_bind2_bucket, port))) ||
	    !READ(w->owner, bucket, struct inet_bind2_bucket, owners) ||
	    probe_read(&w->node, sizeof(w->node), (void *)w->node))
		return walk_again(w);
	if (!w->node && !w->owner)
		next_slot(w);
	return 0;
}

struct args {
	u32 worker, which, table;
	u32 from, to, step;
	u32 budget; // ns
	u32 fresh;  // begin at from rather than where the worker stands
	u32 seed;   // which slot of each step slots
	u32 scan;   // the bind table is scanned first; for enter, whether that helps
	u32 learn;  // listeners: note where they are, and count nothing
	u32 done, gone; // out: nothing is left; the table's namespace has ended
	u32 lost;   // out: an entrance led nowhere, the bind table must not be scanned
};

// ended reports whether the namespace of a table of its own has gone: then the
// table's memory is somebody else's.
INLINE bool ended(struct table *t)
{
	u64 hashinfo = 0, lo = 0, net = 0;
	u32 inum = 0;

	READ(hashinfo, t->net, struct net, ipv4.tcp_death_row.hashinfo);
	READ(inum, t->net, struct net, ns.inum);
	if (!READ(lo, t->net, struct net, loopback_dev) || !READ(net, lo, struct net_device, nd_net))
		return 1;
	return hashinfo != t->hashinfo || inum != t->inum || net != t->net;
}

INLINE void begin(struct worker *w, struct args *a, struct table *t)
{
	u32 size = 0;

	w->which = a->which;
	w->step = a->step ? a->step : 1;
	w->seed = a->seed;
	w->from = w->scan = a->from;
	w->lost = 0;
	w->scans = need & DIRECT && a->scan;
	w->lanes_open = w->scans ? (1U << LANES) - 1 : 0;
	for (int i = 0; i < LANES; i++)
		w->lanes[i].owner = w->lanes[i].node = 0;
	w->learn = a->learn;
	w->stratum = a->from;
	w->slot = place(w, w->stratum);
	w->node = w->owner = 0;
	w->chain = w->retries = w->remembered = 0;
	w->here = 0;
	w->number = a->worker;
	w->in_window = WINDOW;
	if (a->which == EHASH) {
		w->base = t->ehash;
		w->stride = SIZE(struct inet_ehash_bucket);
		w->offset = OFFSET(struct inet_ehash_bucket, chain);
		w->mask = t->ehash_mask;
		size = t->ehash_mask + 1;
	} else if (a->which == LHASH2) {
		w->base = t->lhash2;
		w->stride = SIZE(struct inet_listen_hashbucket);
		w->offset = OFFSET(struct inet_listen_hashbucket, nulls_head);
		size = t->lhash2_mask + 1;
	} else if (a->which == BHASH2) {
		w->base = t->bhash2;
		w->stride = SIZE(struct inet_bind_hashbucket);
		w->offset = OFFSET(struct inet_bind_hashbucket, chain);
		size = t->bhash_size;
	} else {
		size = ENTRANCES;
	}
	w->to = a->to < size ? a->to : size;
}

// walk goes on for at most budget, and a turn.
SEC("syscall")
int walk(struct args *a)
{
	u64 start = ktime_ns();
	u32 number = a->worker, table = a->table;
	struct worker *w = map_lookup(&workers, &number);
	struct table *t = map_lookup(&tables, &table);
	u32 zero = 0;
	struct ref ref = { .w = w, .homes = map_lookup(&census, &number), .entrances = map_lookup(&entrances, &zero) };

	if (!w || !t || !ref.homes || !ref.entrances)
		return 1;
	if (t->pernet && ended(t)) {
		a->gone = a->done = 1;
		return 0;
	}
	if (a->fresh)
		begin(w, a, t);
	w->deadline = start + a->budget;
	// The comments keep the compiler from making one call of three: only a call
	// whose function is known becomes a loop without calls.
	if (w->which == EHASH) {
		loop(1 << 23, turn_established, &ref, 0);
		asm volatile("# established");
	} else if (w->which == LHASH2) {
		loop(1 << 23, turn_listening, &ref, 0);
		asm volatile("# listening");
	} else {
		if (need & DIRECT && w->lanes_open)
			loop(1 << 23, turn_scan, &ref, 0);
		if (w->which == ENTRIES)
			w->stratum = w->lanes_open ? 0 : w->to;
		else if (!w->lanes_open)
			loop(1 << 23, turn_bound, &ref, 0);
	}
	a->lost = w->lost;
	a->done = w->lost || (!w->node && !w->owner && w->stratum >= w->to);
	start = ktime_ns() - start;
	w->held += start;
	if (start > w->held_most)
		w->held_most = start;
	return 0;
}

// enter looks for entrances into the bind table among connections.
SEC("syscall")
int enter(struct args *a)
{
	u32 zero = 0, table = a->table;
	struct table *t = map_lookup(&tables, &table);
	struct ref ref = { .w = map_lookup(&workers, &zero), .entrances = map_lookup(&entrances, &zero) };

	if (!t || !ref.w || !ref.entrances)
		return 1;
	a->scan = 0;
	if (!(need & DIRECT))
		return 0;
	a->scan = 1;
	if (HAS(struct sock___bind2, sk_bind2_node) || t->ehash_mask + 1 < ENTRANCES)
		return 0; // sockets in TIME_WAIT hang elsewhere; few connections
	begin(ref.w, a, t);
	ref.w->step = (t->ehash_mask + 1) / ENTRANCES;
	loop(ENTRANCES, turn_enter, &ref, 0);
	return 0;
}

// locate tells the slot and the table of a connected socket of the calling
// thread, by its descriptor: the self-check walks just that slot.
// Of a listener it tells what the slot follows from, the namespace's hash_mix.
struct located { u32 fd, slot, netns, found; u64 hashinfo; u32 mixed, mix; };
SEC("syscall")
int locate(struct located *a)
{
	u64 at = current_task(), net = 0;
	u32 hash = 0, mask = 0, limit = 0, inum = 0, mix = 0, fd = a->fd;

	if (!READ(at, at, struct task_struct, files) || !READ(at, at, struct files_struct, fdt) ||
	    !READ(limit, at, struct fdtable, max_fds) || fd >= limit || !READ(at, at, struct fdtable, fd) ||
	    probe_read(&at, sizeof(at), (void *)(at + (u64)fd * 8)) ||
	    !READ(at, at, struct file, private_data) || !READ(at, at, struct socket, sk))
		return 1;
	if (!READ(hash, at, struct sock_common, skc_hash) || !READ(net, at, struct sock_common, skc_net) ||
	    !READ(inum, net, struct net, ns.inum) || !READ(at, net, struct net, ipv4.tcp_death_row.hashinfo) ||
	    !READ(mask, at, struct inet_hashinfo, ehash_mask))
		return 2;
	if (HAS(struct net, hash_mix))
		a->mixed = READ(mix, net, struct net, hash_mix);
	a->mix = mix;
	a->slot = hash & mask;
	a->netns = inum;
	a->hashinfo = at;
	a->found = 1;
	return 0;
}

// finding is where find stands in the list of namespaces; in a map like worker.
struct finding {
	u64 first, net, shared;
	u32 tables, namespaces, foreign, broken, closed, overflow, only_own, padding;
};
struct { MAP_UINT(type, MAP_ARRAY); MAP_UINT(max_entries, 1); MAP_TYPE(key, u32); MAP_TYPE(value, struct finding); } findings SEC(".maps");

struct find_ref { struct finding *f; };

// genuine tells a namespace from the head of the list, which is none: the
// loopback device of a namespace leads back to it.
INLINE bool genuine(u64 net)
{
	u64 lo = 0, back = 0;

	return READ(lo, net, struct net, loopback_dev) && lo &&
	       READ(back, lo, struct net_device, nd_net) && back == net;
}

INLINE void take(struct finding *f, u64 net)
{
	struct table *t;
	u64 hashinfo = 0;
	u32 number = f->tables;
	bool pernet = 0;

	if (!READ(hashinfo, net, struct net, ipv4.tcp_death_row.hashinfo) || !hashinfo)
		return;
	if (HAS(struct inet_hashinfo, pernet))
		READ(pernet, hashinfo, struct inet_hashinfo, pernet);
	if (!pernet) {
		if (f->shared)
			return;
		f->shared = hashinfo;
	}
	t = map_lookup(&tables, &number);
	if (!t) {
		f->overflow++;
		return;
	}
	t->net = net;
	t->hashinfo = hashinfo;
	t->pernet = pernet;
	READ(t->inum, net, struct net, ns.inum);
	READ(t->ehash, hashinfo, struct inet_hashinfo, ehash);
	READ(t->ehash_mask, hashinfo, struct inet_hashinfo, ehash_mask);
	READ(t->lhash2, hashinfo, struct inet_hashinfo, lhash2);
	READ(t->lhash2_mask, hashinfo, struct inet_hashinfo, lhash2_mask);
	READ(t->bhash2, hashinfo, struct inet_hashinfo, bhash2);
	READ(t->bhash_size, hashinfo, struct inet_hashinfo, bhash_size);
	f->tables++;
}

static long turn_find(u32 i, struct find_ref *ref)
{
	struct finding *f = ref->f;
	u64 next = 0;

	if (genuine(f->net)) {
		f->namespaces++;
		take(f, f->net);
	} else {
		f->foreign++; // one is right: the head
	}
	if (!READ(next, f->net, struct net, list) || !next) {
		f->broken = 1;
		return 1;
	}
	f->net = next - OFFSET(struct net, list);
	if (f->net == f->first) {
		f->closed = 1;
		return 1;
	}
	return 0;
}

// find lists the tables of connections: the one that namespaces share, and
// those that namespaces have for themselves (net.ipv4.tcp_child_ehash_entries).
// It starts at the namespace of the calling thread and goes around the list of
// all, net_namespace_list.
SEC("syscall")
int find(void *unused)
{
	u64 task = current_task(), proxy = 0, net = 0;
	u32 zero = 0;
	struct finding *f = map_lookup(&findings, &zero);
	struct find_ref ref = { f };

	if (!f)
		return 1;
	if (!READ(proxy, task, struct task_struct, nsproxy) || !READ(net, proxy, struct nsproxy, net_ns) || !net)
		return 2;
	__builtin_memset(f, 0, sizeof(*f));
	f->first = f->net = net;
	loop(NAMESPACES, turn_find, &ref, 0);
	return 0;
}
