// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// What is done with a socket that was found: whether the query wants it, and the
// group that it is counted in.
#pragma once
#include "endpoint.h"

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

INLINE u64 cgroup_of(u64 sk)
{
	u64 group = 0, node = 0, id = 0;

	if (READ(group, sk, struct sock, sk_cgrp_data.cgroup) && group &&
	    READ(node, group, struct cgroup, kn) && node)
		READ(id, node, struct kernfs_node, id);
	return id;
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
