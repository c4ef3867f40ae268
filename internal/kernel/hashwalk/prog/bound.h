// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// The bind table, for sockets that are bound and idle.
#pragma once
#include "chain.h"

// BIND_NODE is where a socket hangs in the bind table.
#define BIND_NODE \
	(HAS(struct sock___bind2, sk_bind2_node) ? OFFSET(struct sock___bind2, sk_bind2_node) : OFFSET(struct sock_common, skc_bind_node))

// linked reads where a member of a list leads to, and whether it points back to
// the pointer that led there (struct hlist_node: next, pprev). These lists have
// no end mark that names them: a member that left may lead past all the others,
// or, taken up anew, to the end.
INLINE bool linked(u64 node, u64 from, u64 *next)
{
	struct { u64 next, back; } link;

	if (need & DIRECT) {
		*next = LOAD(u64, node);
		return LOAD(u64, node + 8) == from;
	}
	if (probe_read(&link, sizeof(link), (void *)node))
		return 0;
	*next = link.next;
	return link.back == from;
}

// still reports whether the member leads to where it did. It was in its place
// meanwhile, if linked said so after it had read that: the socket or the bucket
// is what it was then.
INLINE bool still(u64 node, u64 next)
{
	u64 now;

	if (need & DIRECT)
		return LOAD(u64, node) == next;
	return !probe_read(&now, sizeof(now), (void *)node) && now == next;
}

// The owner of a bind bucket, as far as one needs to see that it is not idle.
INLINE long visit_owner(struct ref *ref)
{
	struct worker *w = ref->w;
	u64 node = w->owner, sk = node - BIND_NODE, next;
	bool idle;

	if (!linked(node, w->to_owner, &next))
		return walk_again(w);
	if (!(need & DIRECT) && probe_read(w->raw, OFFSET(struct sock_common, skc_net) + 8, (void *)sk))
		return walk_again(w);
	if (FIELD(w, sk, u16, skc_num) != (u16)w->bucket_port || FIELD(w, sk, u64, skc_net) != w->bucket_net)
		return walk_again(w);
	idle = FIELD(w, sk, u8, skc_state) == CLOSE && !known(w, node);
	if (idle && !(need & DIRECT) && probe_read(w->raw, HEAD, (void *)sk))
		return walk_again(w);
	if (!still(node, next) || ++w->chain > ENDLESS)
		return walk_again(w);
	if (idle) {
		visit(ref, sk, BOUND);
		remember(w, node);
	}
	w->to_owner = node;
	w->owner = next;
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

// suspect reports whether a socket is idle, or has left its place.
INLINE bool suspect(u64 node, u64 from, u64 next)
{
	return LOAD(u64, node + 8) != from || LOAD(u8, node - BIND_NODE + OFFSET(struct sock_common, skc_state)) == CLOSE ||
	       LOAD(u64, node) != next;
}

// entrance is where a member of a list is among the entrances, if it is.
INLINE struct entrance *entrance(struct entrances *all, u64 node)
{
	return &all->at[node * 0x9E3779B97F4A7C15ULL >> 32 & (ENTRANCES - 1)];
}

// same reports whether the entrance is the socket that it was, in the same place.
INLINE bool same(struct entrance *e)
{
	return LOAD(u32, e->node - BIND_NODE + OFFSET(struct sock_common, skc_hash)) == e->hash && LOAD(u64, e->node + 8) == e->from;
}

// onward is the next socket of a list in the bind table, up to the next entrance:
// another lane begins there. A socket that has the memory of one that was an
// entrance, or that was put elsewhere, is none: what is behind it no lane has seen.
INLINE u64 onward(struct ref *ref, u64 next)
{
	struct entrance *e = entrance(ref->entrances, next);

	return e->node == next && same(e) ? 0 : next;
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
	e->from = LOAD(u64, sk + BIND_NODE + 8);
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
	l->from = e->from;
	if (!same(e) || LOAD(u64, l->from) != e->node)
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
	u64 node = l->owner, from = l->from, next;

	if (!(w->todo >> (i & (LANES - 1)) & 1))
		return 0;
	if (node) {
		next = LOAD(u64, node);
		l->owner = onward(ref, next);
		l->from = node;
		if (suspect(node, from, next))
			mark(w, l);
		return 0;
	}
	node = l->node;
	if (node) {
		u64 owners = node - OFFSET(struct inet_bind2_bucket, node) + OFFSET(struct inet_bind2_bucket, owners);

		from = l->before;
		l->before = node;
		l->from = owners;
		if (!linked(node, from, &l->node)) {
			mark(w, l);
			return 0;
		}
		l->owner = onward(ref, LOAD(u64, owners));
		if (!still(node, l->node))
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
		u64 node = l->owner, next = LOAD(u64, node);

		if (!next || entrance(ref->entrances, next)->node == next || suspect(node, l->from, next)) {
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

// visit_bucket turns to the owners of a bind bucket.
INLINE long visit_bucket(struct worker *w)
{
	u64 node = w->node, bucket = node - OFFSET(struct inet_bind2_bucket, node), next;

	w->bucket_port = 0;
	if (!linked(node, w->to_node, &next) ||
	    !READ(w->bucket_net, bucket, struct inet_bind2_bucket, ib_net) ||
	    probe_read(&w->bucket_port, 2, (void *)(bucket + OFFSET(struct inet_bind2_bucket, port))) ||
	    !READ(w->owner, bucket, struct inet_bind2_bucket, owners) || !still(node, next))
		return walk_again(w);
	w->to_owner = bucket + OFFSET(struct inet_bind2_bucket, owners);
	w->to_node = node;
	w->node = next;
	if (!w->node && !w->owner)
		next_slot(w);
	return 0;
}

// One turn in the bind table: slot, bucket (namespace, port, address), owner.
static long turn_bound(u32 i, struct ref *ref)
{
	struct worker *w = ref->w;

	if (late(w, !w->owner && !w->node))
		return 1;
	if (w->owner)
		return visit_owner(ref);
	if (w->node)
		return visit_bucket(w);
	if (w->stratum >= w->to)
		return 1;
	if (w->slot >= w->to || !marked(w)) { // the last of a table that step does not divide; nothing idle
		next_slot(w);
		return 0;
	}
	w->to_node = head(w);
	if (!read_head(w, &w->node))
		w->unsettled++;
	if (!w->node)
		next_slot(w);
	return 0;
}
