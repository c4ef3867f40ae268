// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// Which tables there are.
#pragma once
#include "walk.h"

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
