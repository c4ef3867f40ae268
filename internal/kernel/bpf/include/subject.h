// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// The socket at hand, for functions that are put together at load time: the places
// of its members are known to package condition.
#pragma once

struct subject {
	u64 cgroup;
	u32 local[4], remote[4]; // network order; IPv4 as ::ffff:a.b.c.d
	u32 netns, device;
	u16 local_port, remote_port;
	u8 code, family; // family: 4 or 6
	u8 direction, padding; // 0 for what is no connection
	u32 listener, padding2; // the number of the one that accepts; 0 for none
};
