// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Machine is what is known of a host apart from its sockets.
type Machine struct {
	// Program is the version of tcpvitals that wrote the file.
	Program string `json:"program"`
	// Taken is when reading the sockets began.
	Taken time.Time `json:"taken"`
	Host  string    `json:"host,omitempty"`
	// Kernel is /proc/sys/kernel/osrelease.
	Kernel string `json:"kernel,omitempty"`
	Arch   string `json:"arch"`
	CPUs   int    `json:"cpus"`
	// Boot is /proc/sys/kernel/random/boot_id: two snapshots with the same id can be
	// compared socket by socket.
	Boot string `json:"boot,omitempty"`
	// Scope is which network namespaces were asked for, such as "self" or "all".
	Scope string `json:"scope"`
	// Redacted says that addresses and names are not the real ones.
	Redacted bool `json:"redacted,omitempty"`
	// OtherNamespaces is how many namespaces were seen but not saved.
	OtherNamespaces *int `json:"other_namespaces,omitempty"`
	// Devices are the network devices of this process's namespace: the index by name.
	Devices map[string]uint32 `json:"devices,omitempty"`
	// Ephemeral is ip_local_port_range of that namespace; zero if unknown.
	Ephemeral [2]uint16 `json:"ephemeral"`
	// Files are the texts of files under /proc that belong to the whole host.
	Files map[string]string `json:"files,omitempty"`
	// Missing tells which of the facts above and which files could not be read.
	Missing []problem.Gap `json:"missing,omitempty"`
}

// Namespace is a network namespace of a snapshot.
type Namespace struct {
	Inode     uint64 `json:"inode"`
	Name      string `json:"name"`
	Container string `json:"container,omitempty"`
	// Files are the texts of its own files under /proc: counters below
	// /proc/net, parameters below /proc/sys/net.
	Files map[string]string `json:"files,omitempty"`
	// Missing tells which of the files could not be read.
	Missing []problem.Gap `json:"missing,omitempty"`
}

// Condition tells for which answers a gap matters. An answer that only counts does
// not need processes, so unreadable processes are no gap of it.
type Condition string

const (
	// Always is a gap of every answer.
	Always Condition = ""
	// WhenBound is a gap of answers about BOUND.
	WhenBound Condition = "bound"
	// WhenProcesses is a gap of answers that name processes.
	WhenProcesses Condition = "processes"
	// WhenPlaces is a gap of answers that name cgroups, units or containers.
	WhenPlaces Condition = "places"
	// WhenUsers is a gap of answers that name users.
	WhenUsers Condition = "users"
)

// Gap is a gap and the condition under which it is reported.
type Gap struct {
	problem.Gap

	When Condition `json:"when,omitempty"`
}

// Tail is what is known after all sockets have been read.
type Tail struct {
	// Engine is the reader of the socket table.
	Engine string `json:"engine"`
	// Exact says that every socket that the engine can show is in the file once.
	Exact bool  `json:"exact"`
	Gaps  []Gap `json:"gaps,omitempty"`
	// Limits are what the engine can never show.
	Limits []problem.Gap `json:"limits,omitempty"`
	// NoCgroups says that owners come from processes alone (no cgroup v2).
	NoCgroups bool `json:"no_cgroups,omitempty"`
	// Sockets and States count the rows; Close fills them in.
	Sockets uint64            `json:"sockets"`
	States  map[string]uint64 `json:"states"`
}

// A row is a socket together with references to the tables of the file.
type row struct {
	*socket.Socket

	// References into the tables: index plus one, 0 for none.
	shape, congestion, user, device, cgroup, owner, byPlace uint64
}
