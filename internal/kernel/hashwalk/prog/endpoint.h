// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// Who opened a connection: told by whether somebody listens at its local end.
#pragma once
#include "address.h"

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
	if (!(at.local[0] | at.local[1] | at.local[2] | at.local[3]))
		at.only6 = BITS(sk, struct sock_common, skc_ipv6only);
	READ(at.netns, net, struct net, ns.inum);
	if (p)
		__sync_fetch_and_or(&p->words[at.port >> 6], 1ULL << (at.port & 63));
	err = map_update(&endpoints, &at, &number, NOEXIST);
	if (err && err != -EEXIST) // SO_REUSEPORT
		w->overflow++;
}

// direct tells who opened a connection: it came in when somebody listens where
// its local end is, on the address, on all of its family, or on all of IPv6,
// which takes IPv4 too unless it was told otherwise.
NOINLINE int direct(struct subject *s)
{
	struct endpoint at = { .netns = s->netns, .port = s->local_port };
	u32 *number, zero = 0;
	struct ports *p = map_lookup(&ports, &zero);
	bool ipv4 = !s->local[0] && !s->local[1] && s->local[2] == 0xffff0000;

	s->direction = s->listener = 0;
	if ((1 << CLOSE | 1 << LISTEN | 1 << BOUND) >> (s->code & 15) & 1)
		return 0;
	s->direction = OUTBOUND;
	if (!p || !(p->words[at.port >> 6] >> (at.port & 63) & 1))
		return 0;
	__builtin_memcpy(at.local, s->local, 16);
	number = map_lookup(&endpoints, &at);
	at.local[3] = 0;
	if (!number && ipv4)
		number = map_lookup(&endpoints, &at);
	if (!number) {
		at.local[0] = at.local[1] = at.local[2] = 0;
		number = map_lookup(&endpoints, &at);
	}
	if (!number && !ipv4) {
		at.only6 = 1;
		number = map_lookup(&endpoints, &at);
	}
	if (number) {
		s->direction = INBOUND;
		s->listener = *number;
	}
	return 0;
}
