// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// The tables of connections and of listeners: chains that end in a mark, in which
// every socket can be seen to belong.
#pragma once
#include "fetch.h"

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
