// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// The first sockets of the next chains, and fetching all of these at the same
// time.
#pragma once
#include "chain.h"

static long turn_head(u32 i, struct ref *ref)
{
	struct worker *w = ref->w;
	u32 slot = place(w, w->stratum + i * w->step);

	u64 at = w->base + (u64)slot * w->stride + w->offset;

	i &= WINDOW - 1;
	w->heads[i] = 0; // then it is read by itself
	if (slot >= w->to)
		return 0;
	if (need & DIRECT)
		w->heads[i] = LOAD(u64, at);
	else
		probe_read(&w->heads[i], sizeof(u64), (void *)at);
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

// fetch touches the sockets of all chains of the window, and says whether there
// are none.
INLINE bool fetch(struct ref *ref, struct worker *w)
{
	u64 ends = 1;
	u32 n = 0;

#pragma clang loop unroll(disable)
	for (int k = 0; k < WINDOW; k++) {
		u64 head = w->heads[k], read = head | -head;

		// The compiler must not make a jump of it: the verifier would look at
		// 2^32 ways through.
		asm volatile("" : "+r"(read));
		w->ahead[n & (WINDOW - 1)] = head;
		n += read >> 63 & ~head & 1;
		ends &= head;
	}
	if (!n)
		return ends; // or some are not read
	w->chains = n;
	w->taken = 0;
	for (int k = 0; k < FETCHED; k++)
		w->fetched[k] = next_head(w);
	loop(FETCHES, turn_fetch, ref, 0);
	return 0;
}

// look_ahead reads the heads of the next chains, in one go where they lie side
// by side: most of a table is empty on most hosts. Then it fetches their sockets.
// (Where these have to be read by copying that gains nothing: the copies are as
// much work as the processor can have under way at a time.)
INLINE void look_ahead(struct ref *ref, struct worker *w)
{
	w->in_window = 0;
	if (w->step != 1 || w->stride != 8 || w->slot + WINDOW > w->to ||
	    probe_read(w->heads, sizeof(w->heads), (void *)(w->base + (u64)w->slot * 8 + w->offset)))
		loop(WINDOW, turn_head, ref, 0);
	if (need & DIRECT && fetch(ref, w)) { // on to the last slot
		w->in_window = WINDOW - 1;
		w->stratum += (WINDOW - 1) * w->step;
		w->slot = place(w, w->stratum);
	}
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
