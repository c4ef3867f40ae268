// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// Walks the kernel's tables of TCP sockets and counts what a query asks for.
//
// Everything of the kernel is read with LOAD, for which an address that is none
// reads as 0, or with probe_read, which fails there; nothing is written but this
// object's own maps. No lock is taken and no reference is held: what a chain
// leads to is checked, socket by socket and at its end, and a chain that changed
// is walked again.
#include "hashed.h"
#include "bound.h"
#include "tables.h"

LICENSE("GPL");

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
	u32 waits;  // out: a chain is being changed
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

// go_on walks for at most budget, and a turn: the bind table, or the others.
// These are two programs, because the kernel takes longer for longer ones than
// for two of half the length, and verifies two at the same time.
INLINE int go_on(struct args *a, bool bound)
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
	w->waits = 0;
	// The comments keep the compiler from making one call of two: only a call
	// whose function is known becomes a loop without calls.
	if (!bound && w->which == EHASH) {
		loop(1 << 23, turn_established, &ref, 0);
		asm volatile("# established");
	} else if (!bound) {
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
	a->waits = w->waits;
	a->done = w->lost || (!w->node && !w->owner && w->stratum >= w->to);
	start = ktime_ns() - start;
	w->held += start;
	if (start > w->held_most)
		w->held_most = start;
	return 0;
}

SEC("syscall")
int walk(struct args *a)
{
	return go_on(a, 0);
}

SEC("syscall")
int bind(struct args *a)
{
	return go_on(a, 1);
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
