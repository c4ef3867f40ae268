// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// The structures of the kernel that the walk reads, with the members that it
// reads: include/net/sock.h, include/net/inet_hashtables.h,
// include/net/inet_timewait_sock.h, include/net/net_namespace.h. CO-RE finds
// their real places at load time, from Linux 6.1 to 6.18 without a change.
#pragma once
#include "bpf.h"

enum { AF_INET = 2, AF_INET6 = 10 };
enum { FIN_WAIT2 = 5, TIME_WAIT = 6, CLOSE = 7, LISTEN = 10, NEW_SYN_RECV = 12 };
enum { LISTENING_NULLS_BASE = 1U << 29 }; // include/net/inet_hashtables.h

struct list_head { struct list_head *next; } CORE;
struct hlist_nulls_node { struct hlist_nulls_node *next; } CORE;
struct hlist_nulls_head { struct hlist_nulls_node *first; } CORE;
struct hlist_node { struct hlist_node *next; } CORE;
struct hlist_head { struct hlist_node *first; } CORE;

struct inet_hashinfo;
struct net;
typedef struct { struct net *net; } possible_net_t;
struct net_device { possible_net_t nd_net; } CORE;
struct ns_common { u32 inum; } CORE;
struct inet_timewait_death_row { struct inet_hashinfo *hashinfo; } CORE;
struct netns_ipv4 { struct inet_timewait_death_row tcp_death_row; } CORE;
struct net {
	struct list_head list;
	struct ns_common ns;
	struct net_device *loopback_dev;
	struct netns_ipv4 ipv4;
	u32 hash_mix;
} CORE;
struct nsproxy { struct net *net_ns; } CORE;
struct file { void *private_data; } CORE;
struct fdtable { u32 max_fds; struct file **fd; } CORE;
struct files_struct { struct fdtable *fdt; } CORE;
struct task_struct { struct nsproxy *nsproxy; struct files_struct *files; } CORE;

struct in6_addr { u32 words[4]; };
struct sock_common {
	u32 skc_daddr, skc_rcv_saddr;
	u32 skc_hash;
	u16 skc_dport, skc_num;
	u16 skc_family;
	volatile u8 skc_state;
	u8 skc_reuse : 4, skc_reuseport : 1, skc_ipv6only : 1;
	int skc_bound_dev_if;
	struct hlist_node skc_bind_node;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
	struct hlist_nulls_node skc_nulls_node;
} CORE;

struct kernfs_node { u64 id; } CORE;
struct cgroup { struct kernfs_node *kn; } CORE;
struct sock_cgroup_data { struct cgroup *cgroup; } CORE;
struct sock;
struct socket { struct sock *sk; } CORE;
struct sock {
	struct sock_common __sk_common;
	struct sock_cgroup_data sk_cgrp_data;
	struct socket *sk_socket;
} CORE;
// Until Linux 6.7 a socket hung in the bind table by this; skc_bind_node then
// belonged to the older table by port alone.
struct sock___bind2 { struct hlist_node sk_bind2_node; } CORE;
struct inet_timewait_sock { struct sock_common __tw_common; u8 tw_substate; } CORE;

struct inet_ehash_bucket { struct hlist_nulls_head chain; } CORE;
struct inet_listen_hashbucket { struct hlist_nulls_head nulls_head; } CORE;
struct inet_bind_hashbucket { struct hlist_head chain; } CORE;
struct inet_bind2_bucket {
	possible_net_t ib_net;
	u16 port;
	struct hlist_node node;
	struct hlist_head owners;
} CORE;
struct inet_hashinfo {
	struct inet_ehash_bucket *ehash;
	u32 ehash_mask;
	struct inet_bind_hashbucket *bhash2;
	u32 bhash_size;
	u32 lhash2_mask;
	struct inet_listen_hashbucket *lhash2;
	bool pernet;
} CORE;
