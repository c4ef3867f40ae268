// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
//go:build ignore
//
// Every change of state of every TCP socket, by the stable tracepoint
// sock:inet_sock_set_state: how many, who did it, and one record for each
// connection that ends. One program; constants choose what it does, and the
// verifier removes the rest.
//
// Who: the current task, at the transitions in which a program acts (see
// acts). At all others the task is whoever was on the processor, and is not
// looked at.
//
// raw.bpf.c is the same for kernels that hand no typed pointers to programs.
#include "bpf.h"
#include "subject.h"

LICENSE("GPL");

// States of the kernel (include/net/tcp_states.h).
enum { ESTABLISHED = 1, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSE, CLOSE_WAIT, LAST_ACK, LISTEN, CLOSING };
enum { MAP_PERCPU_HASH = 5, MAP_PERCPU_ARRAY = 6, MAP_RINGBUF = 27 };
enum { NO_WAKEUP = 1 };
enum { TCP = 6, AF_INET6 = 10 };
enum { KTHREAD = 0x00200000 }; // PF_KTHREAD, include/linux/sched.h
enum { SOCK_LINGER = 4 };      // enum sock_flags, include/net/sock.h
// What sk_err says at the end (include/uapi/asm-generic/errno*.h).
enum { ECONNABORTED = 103 };
// The longest that a TIME_WAIT lasts without being restarted: 60 s and what the
// timer wheel adds (kernel/time/timer.c), 5.1 s at 100 ticks a second.
#define TIME_WAIT_NS 66000000000ULL

struct ns_common { u32 inum; } CORE;
struct net { struct ns_common ns; } CORE;
typedef struct { struct net *net; } possible_net_t;
struct in6_addr { u32 words[4]; };
struct sock_common {
	u32 skc_daddr, skc_rcv_saddr;
	u16 skc_dport, skc_num;
	u16 skc_family;
	u8 skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
	unsigned long skc_flags;
	struct { long counter; } skc_cookie;
} CORE;
struct kernfs_node { u64 id; } CORE;
struct cgroup { struct kernfs_node *kn; } CORE;
struct sock_cgroup_data { struct cgroup *cgroup; } CORE;
struct socket;
struct sock {
	struct sock_common __sk_common;
	struct sock_cgroup_data sk_cgrp_data;
	struct socket *sk_socket;
	unsigned long sk_lingertime;
	u16 sk_protocol;
	int sk_err;
} CORE;
// The port given back at CLOSE is gone from skc_num before the tracepoint, and
// stays here.
struct inet_sock { u16 inet_sport; } CORE;
struct net_device { possible_net_t nd_net; } CORE;
struct sk_buff {
	struct net_device *dev;
	u16 transport_header, network_header;
	u8 *head;
} CORE;
struct tcp_sock { u32 rcv_nxt, copied_seq; } CORE;
struct task_struct {
	u32 flags;
	int tgid;
	struct task_struct *group_leader;
	char comm[16];
	u64 start_boottime;
} CORE;

static void *(*const ring_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*const ring_submit)(void *data, u64 flags) = (void *)132;
static u64 (*const current_cgroup)(void) = (void *)80;
static struct task_struct *(*const current_btf)(void) = (void *)158;
static u64 (*const socket_cookie)(const void *sk) = (void *)46;

// GET reads a member through a pointer of the kernel, COPY an array. The verifier
// knows the types of a tracepoint's arguments from Linux 5.5 on, and what helpers
// may be called of those from 5.12 on; where it does not, everything is copied.
#ifdef RAW
#define AT(tracepoint) SEC("raw_tp/" #tracepoint)
#define GET(to, base, member) ((void)probe_read(&(to), sizeof(to), &(base)->member))
#define COPY(to, base, member, size) ((void)probe_read(to, size, &(base)->member))
#else
#define AT(tracepoint) SEC("tp_btf/" #tracepoint)
#define GET(to, base, member) ((to) = (base)->member)
#define COPY(to, base, member, size) __builtin_memcpy(to, &(base)->member, size)
#endif

INLINE struct task_struct *current(void)
{
#ifdef RAW
	return (void *)current_task();
#else
	return current_btf();
#endif
}

// identity tells sockets apart: their cookie, where a program may ask for one, else
// a mix of where they lie, which another one may have later.
INLINE u64 identity(const struct sock *sk)
{
#ifdef RAW
	return ((u64)sk >> 6) * 0x9e3779b97f4a7c15ULL >> 8 | 1;
#else
	return socket_cookie(sk);
#endif
}

// given is the cookie that a socket has: 0 when nobody has asked for it.
INLINE u64 given(const struct sock *sk)
{
	u64 cookie = 0;

	GET(cookie, sk, __sk_common.skc_cookie.counter);
	return cookie;
}

// seen_before is the identity of a socket that has one: without a cookie no state
// of it was noted.
INLINE u64 seen_before(const struct sock *sk)
{
#ifdef RAW
	return identity(sk);
#else
	return given(sk);
#endif
}

INLINE u32 netns_of(const struct sock *sk)
{
	struct net *net = NULL;
	u32 inum = 0;

	GET(net, sk, __sk_common.skc_net.net);
	GET(inum, net, ns.inum);
	return inum;
}

INLINE u64 cgroup_of(const struct sock *sk)
{
	struct cgroup *cgroup = NULL;
	struct kernfs_node *kn = NULL;
	u64 id = 0;

	GET(cgroup, sk, sk_cgrp_data.cgroup);
	GET(kn, cgroup, kn);
	GET(id, kn, id);
	return id;
}

INLINE u32 error_of(const struct sock *sk)
{
	int err = 0;

	GET(err, sk, sk_err);
	return err;
}

// local_port is that of a socket. skc_num is given back before the tracepoint.
INLINE u16 local_port(const struct sock *sk)
{
	u16 port = 0;

	GET(port, sk, __sk_common.skc_num);
	if (port)
		return port;
	READ(port, sk, struct inet_sock, inet_sport);
	return port << 8 | port >> 8;
}

INLINE u16 remote_port(const struct sock *sk)
{
	u16 port = 0;

	GET(port, sk, __sk_common.skc_dport);
	return port << 8 | port >> 8;
}

INLINE bool is_v6(const struct sock *sk)
{
	u16 family = 0;

	GET(family, sk, __sk_common.skc_family);
	return family == AF_INET6;
}

INLINE void addresses(const struct sock *sk, bool v6, u8 *local, u8 *remote)
{
	if (v6) {
		COPY(local, sk, __sk_common.skc_v6_rcv_saddr, 16);
		COPY(remote, sk, __sk_common.skc_v6_daddr, 16);
	} else {
		COPY(local, sk, __sk_common.skc_rcv_saddr, 4);
		COPY(remote, sk, __sk_common.skc_daddr, 4);
	}
}

INLINE bool by_kernel(void)
{
	u32 flags = 0;

	GET(flags, current(), flags);
	return flags & KTHREAD;
}

INLINE void name_of(char *comm)
{
	struct task_struct *leader = NULL;

	GET(leader, current(), group_leader);
	COPY(comm, leader, comm, 16);
}

INLINE u64 start_of(void)
{
	struct task_struct *leader = NULL;
	u64 start = 0;

	GET(leader, current(), group_leader);
	GET(start, leader, start_boottime);
	return start;
}

INLINE u32 process_of(void)
{
	int tgid = 0;

	GET(tgid, current(), tgid);
	return tgid;
}

// What is wanted.
const volatile u32 only_netns = 0;   // 0: all
const volatile u32 want_owners = 0;  // who acted, counted
const volatile u32 want_ends = 0;    // a record for each connection that ends
const volatile u32 want_opens = 0;   // a record for each connect()
const volatile u32 want_events = 0;  // a record for each transition
const volatile u32 want_closers = 0; // who closed first, by the socket's cookie
const volatile u32 reset_reasons = 0; // the kernel tells why it resets
const volatile u32 want_stays = 0;    // how long in a state, of some sockets
const volatile u32 stays_sample = 0;  // one of so many, less one
const volatile u32 stays_mask = 0;
const volatile u32 want_match = 0;    // records of what match holds only
const volatile u32 want_states = ~0U; // and of what is in one of these afterwards
const volatile u32 births_mask = 0;  // places there are, less one: a power of two
const volatile u32 closers_mask = 0;

// checked is a namespace that is looked at besides, 0 for none: that of the
// self-check, as long as it lasts. Its number is then given to another one.
struct { MAP_UINT(type, MAP_ARRAY); MAP_UINT(max_entries, 1); MAP_TYPE(key, u32); MAP_TYPE(value, u32); } checked SEC(".maps");

// What happened; tracer.What in Go.
enum what {
	CLOSED_FIRST = 1, // ESTABLISHED or SYN_RECV to FIN_WAIT1: close() or shutdown()
	CLOSED_AFTER,     // CLOSE_WAIT to LAST_ACK: the peer was first
	CONNECTS,         // CLOSE to SYN_SENT
	ABORTED_UNREAD,   // closed with data that nobody had read: RST
	ABORTED_LINGER,   // closed with SO_LINGER and no time: RST
	ABORTED,          // disconnected otherwise by its own process
	UNACCEPTED,       // its listener was closed: RST
	GAVE_UP,          // closed while it was connecting
	DESTROYED,        // by SOCK_DESTROY, from another process
	NO_PORT,          // connect() that found no local port: no SYN was sent
	ENDED,            // by the network or a timer: see err
	CHANGED,          // no end: an event
	RESET,            // no end either: an RST is sent; err says why
};

// counts, by two states: from * 16 + to. At 0, which is no state, ends with an
// error: no time-wait socket comes of these.
typedef u64 count_t;
struct { MAP_UINT(type, MAP_PERCPU_ARRAY); MAP_UINT(max_entries, 256); MAP_TYPE(key, u32); MAP_TYPE(value, count_t); } edges SEC(".maps");

// Losses, each for a processor: no room for an owner, no room in the
// ring, a closer whose place another one took while its TIME_WAIT may be there.
// and a socket whose stay was forgotten for another's.
enum { LOST_OWNERS, LOST_RECORDS, LOST_CLOSERS, LOST_STAYS, LOSSES };
struct { MAP_UINT(type, MAP_PERCPU_ARRAY); MAP_UINT(max_entries, LOSSES); MAP_TYPE(key, u32); MAP_TYPE(value, count_t); } lost SEC(".maps");

enum { ACCEPTED = 1, BY_KERNEL = 2, V6 = 4 };
enum { INBOUND = 1, OUTBOUND }; // socket.Direction in Go
// An owner is who did what to which service: no pid, so that programs that live
// for a moment share a row. comm is that of the process, not of the thread;
// both are empty where no task acted.
struct owner {
	u64 cgroup; // of the socket
	u64 actor;  // of the task
	u32 netns;
	u16 port; // of the listener, or of the peer where we have connected
	u16 err;
	u8 what, state, flags, pad[5];
	char comm[16];
};
struct { MAP_UINT(type, MAP_PERCPU_HASH); MAP_UINT(max_entries, 4096); MAP_TYPE(key, struct owner); MAP_TYPE(value, count_t); } owners SEC(".maps");

// Ports that somebody listens on, or did: a connection from such a port counts as
// accepted where its beginning was not seen.
struct port { u32 netns; u16 port, pad; };
struct { MAP_UINT(type, MAP_HASH); MAP_UINT(max_entries, 16384); MAP_TYPE(key, struct port); MAP_TYPE(value, u32); } listening SEC(".maps");

struct record {
	u64 at, born, cookie, cgroup, actor, start; // ns since boot; born 0: before the trace
	u32 netns, tgid;
	u8 local[16], remote[16];
	u16 lport, rport, err, pad;
	u8 what, from, to, flags;
	char comm[16];
	u32 pad2;
};
struct { MAP_UINT(type, MAP_RINGBUF); MAP_UINT(max_entries, 1 << 22); } records SEC(".maps");

// What is kept by cookie has one place, by the low bits of the cookie: the kernel
// gives cookies in order (include/linux/cookie.h), so that a place is taken again
// by a socket that is so many sockets younger. A hash table costs ten times that.
//
// births: when a connection was established, and its lowest bit whether it was
// accepted.
struct birth { u64 cookie, at; };
struct { MAP_UINT(type, MAP_ARRAY); MAP_UINT(max_entries, 1); MAP_TYPE(key, u32); MAP_TYPE(value, struct birth); } births SEC(".maps");

// closers: who closed first. cookie is written last, and is 0 meanwhile.
struct closer {
	u64 cookie, at, start, cgroup, actor;
	u32 tgid, flags;
	char comm[16];
};
struct { MAP_UINT(type, MAP_ARRAY); MAP_UINT(max_entries, 1); MAP_TYPE(key, u32); MAP_TYPE(value, struct closer); } closers SEC(".maps");

// stays: since when some sockets are in their state. Its place is taken by a mix
// of the cookie, which also says whether a socket is looked at: cookies are given
// in order, to both ends of a connection within the host in turn.
struct { MAP_UINT(type, MAP_ARRAY); MAP_UINT(max_entries, 1); MAP_TYPE(key, u32); MAP_TYPE(value, struct birth); } stays SEC(".maps");

// Times in a state, counted by the state and how long: four steps to each power
// of two, in units of 1,024 ns.
enum { STEPS = 176 };
struct { MAP_UINT(type, MAP_PERCPU_ARRAY); MAP_UINT(max_entries, 12 * STEPS); MAP_TYPE(key, u32); MAP_TYPE(value, count_t); } times SEC(".maps");

// A sight is one transition, looked at.
struct sight {
	const struct sock *sk;
	u64 cookie, since; // cookie: the socket's identity
	u32 netns, from, to, err;
	u16 lport, rport;
	u8 what, flags;
	bool told, kept, counted;
};

INLINE void lose(u32 what)
{
	u64 *n = map_lookup(&lost, &what);

	if (n)
		(*n)++;
}

INLINE u16 swap(u16 v) { return v << 8 | v >> 8; }

// aborted tells how a process made an RST (net/ipv4/tcp.c __tcp_close and
// tcp_disconnect): what was unread is thrown away by then, and shows by how far
// it was copied.
INLINE u8 aborted(const struct sock *sk, u32 from)
{
	u32 received = 0, copied = 0;

	struct socket *held = NULL;
	unsigned long flags = 0, linger = 0;

	GET(held, sk, sk_socket);
	if (!held)
		return UNACCEPTED; // nobody had it open (inet_csk_listen_stop)
	READ(received, sk, struct tcp_sock, rcv_nxt);
	READ(copied, sk, struct tcp_sock, copied_seq);
	if (from == CLOSE_WAIT)
		received--; // the peer's FIN is no data
	if ((int)(received - copied) > 0)
		return ABORTED_UNREAD;
	GET(flags, sk, __sk_common.skc_flags);
	GET(linger, sk, sk_lingertime);
	if (flags & 1UL << SOCK_LINGER && !linger)
		return ABORTED_LINGER;
	return ABORTED;
}

// judge says what a transition is.
INLINE u8 judge(const struct sock *sk, u32 from, u32 to, u32 err)
{
	if (to == FIN_WAIT1)
		return from == FIN_WAIT1 ? CHANGED : CLOSED_FIRST;
	if (to == LAST_ACK)
		return CLOSED_AFTER;
	if (to == SYN_SENT)
		return CONNECTS;
	if (to != CLOSE || from == LISTEN || from == CLOSE)
		return CHANGED;
	if (err == ECONNABORTED)
		return DESTROYED;
	if (err)
		return ENDED;
	if (from == SYN_SENT) {
		u16 port = 0; // stays where one was found

		READ(port, sk, struct inet_sock, inet_sport);
		return port ? GAVE_UP : NO_PORT;
	}
	if (from == ESTABLISHED || from == CLOSE_WAIT || from == SYN_RECV)
		return aborted(sk, from);
	if (from == FIN_WAIT1)
		return ENDED; // without an answer: out of memory for orphans, or no time to linger
	return CHANGED; // the orderly end of what was closed before
}

// acts reports whether the current task is who did it.
INLINE bool acts(u8 what) { return what < ENDED; }

// lived reports whether a connection was established before this, or is now: what
// has its identity may otherwise be an earlier one.
INLINE bool lived(const struct sight *s)
{
	return s->to == ESTABLISHED || (s->from != CLOSE && s->from != SYN_SENT && s->from != LISTEN && s->from != SYN_RECV);
}

// look fills in what all uses of a transition want.
INLINE void look(struct sight *s)
{
	u32 place = s->cookie & births_mask;
	struct birth *born = map_lookup(&births, &place);
	struct port p = {};

	s->rport = remote_port(s->sk);
	s->lport = local_port(s->sk);
	s->flags = is_v6(s->sk) ? V6 : 0;
	if (born && born->cookie == s->cookie && lived(s)) {
		s->since = born->at;
		s->flags |= born->at & 1 ? ACCEPTED : 0;
	} else if (s->what != CONNECTS && s->from != SYN_SENT && s->lport) {
		p.netns = s->netns;
		p.port = s->lport;
		s->flags |= map_lookup(&listening, &p) ? ACCEPTED : 0;
	}
	if (by_kernel())
		s->flags |= BY_KERNEL;
}

// count_owner adds one to who did this.
INLINE void count_owner(const struct sight *s)
{
	struct owner k = {};
	u64 *n;

	k.cgroup = cgroup_of(s->sk);
	k.netns = s->netns;
	k.port = s->flags & ACCEPTED ? s->lport : s->rport;
	k.err = s->err;
	k.what = s->what;
	k.state = s->from;
	k.flags = s->flags;
	if (acts(s->what)) {
		k.actor = current_cgroup();
		name_of(k.comm);
	} else {
		k.flags &= ~BY_KERNEL;
	}
	n = map_lookup(&owners, &k);
	if (!n) {
		u64 nought = 0;

		map_update(&owners, &k, &nought, NOEXIST);
		n = map_lookup(&owners, &k);
		if (!n) {
			lose(LOST_OWNERS);
			return;
		}
	}
	(*n)++;
}

// match decides of which changes there are records: it is put together at load
// time, see package condition.
NOINLINE int match(struct subject *s)
{
	asm volatile("" : "+r"(s));
	return s->code != 0;
}

INLINE bool no_connection(u32 state) { return state == CLOSE || state == LISTEN; }

// holds reports whether a record of this is wanted.
INLINE bool holds(const struct sight *s)
{
	struct subject at = {};

	if (!(want_states >> (s->to & 31) & 1))
		return 0;
	if (!want_match)
		return 1;
	at.cgroup = cgroup_of(s->sk);
	at.local[2] = at.remote[2] = 0xffff0000;
	if (s->flags & V6)
		addresses(s->sk, 1, (void *)at.local, (void *)at.remote);
	else
		addresses(s->sk, 0, (void *)&at.local[3], (void *)&at.remote[3]);
	at.netns = s->netns;
	at.local_port = s->lport;
	at.remote_port = s->rport;
	at.code = s->to;
	at.family = s->flags & V6 ? 6 : 4;
	if (!no_connection(s->from) || !no_connection(s->to))
		at.direction = s->flags & ACCEPTED ? INBOUND : OUTBOUND;
	return match(&at);
}

INLINE void record(const struct sight *s)
{
	struct record *r = ring_reserve(&records, sizeof(*r), 0);

	if (!r) {
		lose(LOST_RECORDS);
		return;
	}
	__builtin_memset(r, 0, sizeof(*r));
	r->at = ktime_ns();
	r->cookie = s->cookie;
	r->born = s->since;
	r->cgroup = cgroup_of(s->sk);
	r->netns = s->netns;
	addresses(s->sk, s->flags & V6, r->local, r->remote);
	r->lport = s->lport;
	r->rport = s->rport;
	r->err = s->err;
	r->what = s->what;
	r->from = s->from;
	r->to = s->to;
	r->flags = s->flags;
	if (acts(s->what)) {
		r->actor = current_cgroup();
		r->tgid = process_of();
		r->start = start_of();
		name_of(r->comm);
	}
	ring_submit(r, NO_WAKEUP);
}

// GIVEN is the cookie that others know a socket by.
#ifdef RAW
#define GIVEN(s) given((s)->sk)
#else
#define GIVEN(s) ((s)->cookie)
#endif

// note_closer keeps who closed a connection first: its time-wait socket will
// have the same cookie.
INLINE void note_closer(const struct sight *s)
{
	u64 now, cookie = GIVEN(s);
	u32 place = cookie & closers_mask;
	struct closer *v = map_lookup(&closers, &place);

	if (!v || !cookie)
		return;
	now = ktime_ns();
	if (v->cookie && v->cookie != cookie && now - v->at < TIME_WAIT_NS)
		lose(LOST_CLOSERS);
	*(volatile u64 *)&v->cookie = 0;
	v->at = now;
	v->start = start_of();
	v->cgroup = cgroup_of(s->sk);
	v->actor = current_cgroup();
	v->tgid = process_of();
	v->flags = s->flags;
	name_of(v->comm);
	*(volatile u64 *)&v->cookie = cookie;
}

// note_listener remembers a port that somebody begins to listen on.
INLINE void note_listener(const struct sight *s)
{
	struct port p = {};
	u32 one = 1;

	p.netns = s->netns;
	GET(p.port, s->sk, __sk_common.skc_num);
	if (p.port)
		map_update(&listening, &p, &one, ANY);
}

INLINE void count_edge(u32 from, u32 to)
{
	u32 i = (from & 15) * 16 + (to & 15);
	u64 *n = map_lookup(&edges, &i);

	if (n)
		(*n)++;
}

// note_birth keeps when a connection began to be one.
INLINE void note_birth(const struct sight *s)
{
	u32 place = s->cookie & births_mask;
	struct birth *b = map_lookup(&births, &place);

	if (!b)
		return;
	b->at = (ktime_ns() & ~1ULL) | (s->from == SYN_RECV);
	b->cookie = s->cookie;
}

// step is which step a time belongs to.
INLINE u32 step(u64 ns)
{
	u64 v = ns >> 10;
	u32 e = 0;

	if (v < 4)
		return v;
	for (u32 bits = 32; bits; bits >>= 1) {
		if (v >> bits >> e) {
			e += bits;
		}
	}
	e = (e - 1) * 4 + (v >> (e - 2) & 3);
	return e < STEPS ? e : STEPS - 1;
}

// note_stay counts how long a socket was in the state that it leaves, and keeps
// when it enters the next.
INLINE void note_stay(const struct sight *s)
{
	u64 mixed = s->cookie * 0x9e3779b97f4a7c15ULL, *n;
	u32 place = mixed >> 32 & stays_mask, at;
	struct birth *v;
	u64 now;

	if (!s->cookie || mixed >> 58 & stays_sample)
		return;
	v = map_lookup(&stays, &place);
	if (!v)
		return;
	now = ktime_ns();
	if (v->cookie == s->cookie) {
		at = (s->from < 12 ? s->from : 0) * STEPS + step(now - v->at);
		n = map_lookup(&times, &at);
		if (n)
			(*n)++;
	} else if (s->to == CLOSE) {
		return;
	} else if (v->cookie) {
		lose(LOST_STAYS);
	}
	v->cookie = s->to == CLOSE ? 0 : s->cookie;
	v->at = now;
}

// stays_in reports whether how long it was in a state is told of what this leaves
// or enters: not of listeners, nor of the moment between two states that a
// connection from one is in.
INLINE bool stays_in(const struct sight *s) { return s->to != LISTEN && s->from != LISTEN; }

// foreign reports whether a namespace is none that is looked at.
INLINE bool foreign(u32 netns)
{
	u32 zero = 0, *check;

	if (!only_netns || netns == only_netns)
		return 0;
	check = map_lookup(&checked, &zero);
	return !check || netns != *check;
}

INLINE bool is_end(u8 what) { return what != CONNECTS && what != CHANGED; }

AT(inet_sock_set_state)
int transition(u64 *ctx)
{
	struct sight s = {};
	u16 protocol = 0;

	s.sk = (void *)ctx[0];
	s.from = ctx[1];
	s.to = ctx[2];
	GET(protocol, s.sk, sk_protocol);
	if (protocol != TCP)
		return 0;
	s.netns = netns_of(s.sk);
	if (foreign(s.netns))
		return 0;
	if (s.from == s.to)
		return 0; // close() behind shutdown()
	count_edge(s.from, s.to);
	if (s.to == CLOSE && error_of(s.sk))
		count_edge(s.from, 0);
	if (!want_owners && !want_ends && !want_opens && !want_events && !want_closers && !want_stays)
		return 0;
	if (s.to == LISTEN)
		note_listener(&s);
	s.err = error_of(s.sk);
	s.what = judge(s.sk, s.from, s.to, s.err);
	s.told = want_events || (want_ends && is_end(s.what)) || (want_opens && s.what == CONNECTS);
	s.kept = want_closers && s.what == CLOSED_FIRST;
	s.counted = want_owners && s.what != CHANGED;
	if (s.to != ESTABLISHED && !s.told && !s.kept && !s.counted) {
		if (want_stays && stays_in(&s)) {
			s.cookie = seen_before(s.sk);
			note_stay(&s);
		}
		return 0;
	}
	s.cookie = identity(s.sk);
	if (want_stays && stays_in(&s))
		note_stay(&s);
	if (s.to == ESTABLISHED)
		note_birth(&s);
	if (!s.told && !s.kept && !s.counted)
		return 0;
	look(&s);
	if (s.counted)
		count_owner(&s);
	if (s.kept)
		note_closer(&s);
	if (s.told && holds(&s))
		record(&s);
	return 0;
}

enum { NEW_SYN_RECV = 12 };

// packet fills in of a packet that came between whom it was.
INLINE void packet(struct record *r, const struct sk_buff *skb)
{
	u16 ports[2] = {}, network = 0, transport = 0;
	const u8 *head = NULL, *ip;
	u8 version = 0;

	GET(head, skb, head);
	GET(network, skb, network_header);
	GET(transport, skb, transport_header);
	ip = head + network;
	probe_read(ports, sizeof(ports), head + transport);
	r->rport = swap(ports[0]);
	r->lport = swap(ports[1]);
	probe_read(&version, 1, ip);
	if (version >> 4 == 6) {
		r->flags |= V6;
		probe_read(r->remote, 16, ip + 8);
		probe_read(r->local, 16, ip + 24);
	} else {
		probe_read(r->remote, 4, ip + 12);
		probe_read(r->local, 4, ip + 16);
	}
}

// ends_of fills in of a socket between whom it is.
INLINE void ends_of(struct record *r, const struct sock *sk)
{
	r->rport = remote_port(sk);
	r->lport = local_port(sk);
	r->flags |= is_v6(sk) ? V6 : 0;
	addresses(sk, r->flags & V6, r->local, r->remote);
}

// resetter fills in whose socket sends an RST. It may be a request or a
// time-wait socket, which have what all have in common and no more.
INLINE void resetter(struct record *r, const struct sock *sk)
{
	u32 place;
	struct birth *born;

	r->netns = netns_of(sk);
	r->cookie = seen_before(sk);
	GET(r->from, sk, __sk_common.skc_state);
	if (r->from != TIME_WAIT && r->from != NEW_SYN_RECV)
		r->cgroup = cgroup_of(sk);
	place = r->cookie & births_mask;
	born = map_lookup(&births, &place);
	if (r->from == NEW_SYN_RECV) {
		r->from = SYN_RECV;
		r->flags |= ACCEPTED;
	} else if (born && r->cookie && born->cookie == r->cookie && r->from != LISTEN && r->from != SYN_SENT) {
		// A socket that has not been connected may lie where one has.
		r->born = born->at;
		r->flags |= born->at & 1 ? ACCEPTED : 0;
	} else {
		struct port p = { r->netns, r->lport, 0 };

		r->flags |= map_lookup(&listening, &p) ? ACCEPTED : 0;
	}
}

// Why an RST is sent: from Linux 6.10 on the third argument. sk is NULL where
// nobody has such a connection, skb where no packet is answered. Older kernels
// tell of full sockets only.
AT(tcp_send_reset)
int reset(u64 *ctx)
{
	const struct sock *sk = (void *)ctx[0];
	const struct sk_buff *skb = (void *)ctx[1];
	struct record r = {}, *out;
	struct owner k = {};
	u64 *n, nought = 0;

	if (skb)
		packet(&r, skb);
	else if (sk)
		ends_of(&r, sk);
	else
		return 0;
	if (sk) {
		resetter(&r, sk);
	} else {
		struct net_device *dev = NULL;
		struct net *net = NULL;

		GET(dev, skb, dev);
		if (!dev)
			return 0;
		GET(net, dev, nd_net.net);
		GET(r.netns, net, ns.inum);
		r.from = CLOSE;
		r.flags |= ACCEPTED;
	}
	if (foreign(r.netns))
		return 0;
	r.to = r.from;
	r.what = RESET;
	if (reset_reasons)
		r.err = ctx[2];
	if (want_owners) {
		k.cgroup = r.cgroup;
		k.netns = r.netns;
		k.port = r.flags & ACCEPTED ? r.lport : r.rport;
		k.err = r.err;
		k.what = r.what;
		k.state = r.from;
		k.flags = r.flags;
		n = map_lookup(&owners, &k);
		if (!n) {
			map_update(&owners, &k, &nought, NOEXIST);
			n = map_lookup(&owners, &k);
		}
		if (n)
			(*n)++;
		else
			lose(LOST_OWNERS);
	}
	if (!want_ends && !want_events)
		return 0;
	out = ring_reserve(&records, sizeof(*out), 0);
	if (!out) {
		lose(LOST_RECORDS);
		return 0;
	}
	r.at = ktime_ns();
	__builtin_memcpy(out, &r, sizeof(r));
	ring_submit(out, NO_WAKEUP);
	return 0;
}

// nothing is what a program costs that does nothing.
AT(inet_sock_set_state)
int nothing(u64 *ctx)
{
	return 0;
}
