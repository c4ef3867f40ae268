// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// Where the walk stands in a chain, what it remembers of one that it has to walk
// again, and when it gives the processor back.
#pragma once
#include "visit.h"

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
// sockets that were counted are known, unless there were too many. Whoever changes
// the chain may have been stopped in the middle of it: now and then the walk ends
// early, so that it can wait.
INLINE long walk_again(struct worker *w)
{
	w->again++;
	w->node = w->owner = 0;
	w->chain = 0;
	if (++w->retries > PATIENCE * WAITS || w->remembered > REMEMBERED) {
		w->unsettled++;
		next_slot(w);
	}
	w->waits = w->retries && w->retries % PATIENCE == 0;
	return w->waits;
}

// late says whether it is time to give the processor back. In the middle of a
// chain that happens only when it is long.
INLINE bool late(struct worker *w, bool between)
{
	if (++w->turns & TIME_CHECK)
		return 0;
	return (between || w->chain >= LONG) && ktime_ns() > w->deadline;
}

// head is where the slot has its first socket, or bucket.
INLINE u64 head(struct worker *w)
{
	return w->base + (u64)w->slot * w->stride + w->offset;
}

INLINE bool read_head(struct worker *w, u64 *first)
{
	*first = 0;
	w->chain = 0;
	return probe_read(first, sizeof(*first), (void *)head(w)) == 0;
}
