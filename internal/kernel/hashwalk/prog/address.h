// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// The addresses of a socket.
#pragma once
#include "walk.h"

INLINE void addresses(struct worker *w, u64 sk, u16 family)
{
	struct subject *s = &w->subject;

	if (family == AF_INET6 && (need & DIRECT)) {
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
