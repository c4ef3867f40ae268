// SPDX-License-Identifier: Apache-2.0

package hashwalk

// Structures that the program and this process share, member by member as in
// prog/walk.bpf.c. Members that only the program uses have no name. A test compares
// the sizes with those in the object.

// walkArgs is struct args.
type walkArgs struct {
	worker, which, table uint32
	from, to, step       uint32
	budget, fresh, seed  uint32
	scan, learn          uint32
	done, gone           uint32
	lost, waits          uint32
}

// workerState is struct worker.
type workerState struct {
	_                                  [7]uint64 // base, node, owner, bucket_net, to_node, to_owner, deadline
	_                                  [28]uint32
	seen, counted, overflow, unsettled uint64
	again, held, heldMost              uint64
	_                                  [2]uint64 // here, squares
	subject                            subject
	_                                  [72]byte                 // key
	_                                  [64 + 32 + 32 + 8]uint64 // known, heads, ahead
	_                                  [16 * 5]uint64           // lanes
	_                                  [128]uint64              // marked
	_                                  [256]byte                // raw
}

// entrances is struct entrances.
type entrances [entranceCount]entrance

type entrance struct {
	node, from uint64
	hash, _    uint32
}

// entranceCount is ENTRANCES.
const entranceCount = 1024

// subject is struct subject.
type subject struct {
	cgroup                uint64
	local, remote         [16]byte // IPv4 as ::ffff:a.b.c.d
	netns                 uint32
	device                uint32
	localPort, remotePort uint16
	code, family          uint8
	direction             uint8
	_                     uint8
	_                     [2]uint32 // listener
}

// endpoint is struct endpoint.
type endpoint struct {
	local [16]byte
	_     uint32 // netns
	port  uint16
	_     uint16 // only6
}

// ports is struct ports.
type ports [1024]uint64

// homes is struct homes: the counts of the namespaces that a worker keeps in its own
// memory.
type homes struct {
	at [128]struct {
		net   uint64
		inum  uint32
		_     uint32
		cells [cellCount]uint64
	}
}

// group is struct group.
type group struct {
	sockets, squares, here uint64
	_                      uint64 // slot
}

// table is struct table.
type table struct {
	_                                uint64 // net
	hashinfo                         uint64
	_                                [3]uint64 // ehash, lhash2, bhash2
	inum, pernet                     uint32
	ehashMask, lhash2Mask, bhashSize uint32
	_                                uint32
}

// finding is struct finding.
type finding struct {
	_                           [2]uint64 // first, net
	shared                      uint64
	tables, namespaces, foreign uint32
	_                           uint32 // broken
	closed, overflow            uint32
	_                           [2]uint32
}

// located is struct located.
type located struct {
	fd, slot, netns uint32
	_               uint32 // found
	hashinfo        uint64
	mixed, mix      uint32
}
