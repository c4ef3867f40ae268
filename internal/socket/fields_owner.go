// SPDX-License-Identifier: Apache-2.0

package socket

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// orphanable are the states in which a socket lives on after its process closed it.
const orphanable tcp.StateSet = 1<<tcp.FinWait1 | 1<<tcp.FinWait2 | 1<<tcp.TimeWait | 1<<tcp.LastAck | 1<<tcp.Closing

// acceptable are the states in which a connection can wait for accept().
const acceptable tcp.StateSet = 1<<tcp.Established | 1<<tcp.CloseWait

// ownerFields returns the fields about the owner of a socket.
func ownerFields() []Field {
	return append(possessionFields(), append(placeFields(), processFields()...)...)
}

// possessionFields returns fields that tell from the row alone whether a process has
// the socket open.
func possessionFields() []Field {
	return []Field{
		{
			ID: FieldUID, Name: "uid", Type: TypeID,
			Doc:     Doc{"User id of the socket's owner; none when nobody has it open.", "套接字所有者的用户号；没有人打开时为 none。"},
			Sources: rowEngines, States: tcp.AllStates, From: FieldsOf(FieldUID, FieldInode),
			// The kernel reports uid 0 for a socket without an inode; it must not
			// read as root's (net/ipv4/inet_diag.c inet_twsk_diag_fill).
			get: known(FieldUID, func(s *Socket) Value { return unless(s.Known.Has(FieldInode) && s.Inode == 0, s.UID) }),
		},
		{
			ID: FieldUser, Name: "user", Type: TypeString,
			Doc:     Doc{"Name of the user id, or the number when it has none.", "用户号对应的用户名；没有用户名时为号码。"},
			Sources: rowEngines, Cost: CostLookup, States: tcp.AllStates, From: FieldsOf(FieldUID, FieldInode, FieldUser),
			get: known(FieldUser, func(s *Socket) Value { return Text(s.User) }),
		},
		{
			ID: FieldOwned, Name: "owned", Type: TypeBool,
			Doc:     Doc{"A process has the socket open.", "有进程打开着该套接字。"},
			Sources: rowEngines, States: tcp.AllStates, From: FieldsOf(FieldInode),
			get: known(FieldInode, func(s *Socket) Value { return Truth(s.Inode != 0) }),
		},
		{
			ID: FieldOrphan, Name: "orphan", Type: TypeBool,
			Doc:     Doc{"The process has closed the socket and the kernel finishes the connection alone.", "进程已关闭该套接字，由内核独自完成剩余的关闭过程。"},
			Sources: rowEngines, States: tcp.AllStates, From: FieldsOf(FieldInode, FieldState),
			get: known(FieldInode, func(s *Socket) Value { return Truth(s.Inode == 0 && orphanable.Has(s.State)) }),
		},
		{
			ID: FieldUnaccepted, Name: "unaccepted", Type: TypeBool,
			Doc: Doc{
				"The connection waits for accept(): established, or closed by the peer since, and in no process's hands (sockets of the kernel itself look the same).",
				"连接在等待 accept()：已建立（或已被对端关闭）但不属于任何进程（内核自身的套接字看起来也一样）。",
			},
			Sources: rowEngines, States: tcp.AllStates, From: FieldsOf(FieldInode, FieldState),
			get: known(FieldInode, func(s *Socket) Value { return Truth(s.Inode == 0 && acceptable.Has(s.State)) }),
		},
	}
}

// placeFields returns the namespace and cgroup in which the kernel keeps the socket.
func placeFields() []Field {
	return []Field{
		{
			ID: FieldNetns, Name: "netns", Type: TypeString,
			Doc:     Doc{"Name of the network namespace: its name in /run/netns, its container or unit, or its inode; behind @ the user whose it is, where that is not root.", "网络命名空间的名称：/run/netns 下的名字、其容器或单元，或 inode；不属于 root 时，@ 之后是其用户。"},
			Sources: diagEngines | FromProc | FromHashwalk, Cost: CostLookup, States: tcp.AllStates,
			get: netns(func(n *Netns) Value { return Text(n.Name) }),
		},
		{
			ID: FieldNetnsInode, Name: "netns-inode", Type: TypeID,
			Doc:     Doc{"Inode of the network namespace (/proc/PID/ns/net).", "网络命名空间的 inode（/proc/PID/ns/net）。"},
			Sources: diagEngines | FromProc | FromHashwalk, States: tcp.AllStates,
			get: netns(func(n *Netns) Value { return Num(n.Inode) }),
		},
		{
			ID: FieldNetnsContainer, Name: "netns-container", Type: TypeString,
			Doc:     Doc{"Container that lives in the network namespace.", "位于该网络命名空间中的容器。"},
			Sources: diagEngines | FromProc | FromHashwalk, Cost: CostLookup, States: tcp.AllStates,
			get: netns(func(n *Netns) Value { return Text(n.Container) }),
		},
		{
			ID: FieldCgroup, Name: "cgroup", Type: TypeString,
			Doc: Doc{
				"Path of the socket's cgroup (v2), as the kernel says: never inferred. The cgroup of the process that created the socket.",
				"套接字所属 cgroup（v2）的路径，由内核给出，从不推断；即创建该套接字的进程所在的 cgroup。",
			},
			Sources: diagEngines, Cost: CostLookup, States: fullStates,
			get: func(s *Socket) (Value, bool) {
				if small(s) {
					return Value{}, true
				}
				if s.Cgroup == nil {
					return Value{}, false
				}
				return Text(s.Cgroup.Path), true
			},
		},
		{
			ID: FieldCgroupID, Name: "cgroup-id", Type: TypeID,
			Doc:     Doc{"Number of the cgroup: the inode of its cgroup v2 directory.", "cgroup 的编号，即其 cgroup v2 目录的 inode。"},
			Sources: diagEngines, Cost: CostAttribute, States: fullStates,
			get: func(s *Socket) (Value, bool) {
				if small(s) {
					return Value{}, true
				}
				return Num(s.CgroupID), s.Known.Has(FieldCgroupID)
			},
		},
	}
}

// processFields returns the owner. Unlike the cgroup it may be inferred, which the
// field owner tells.
func processFields() []Field {
	const anyRow = diagEngines | FromProc | FromListing
	return []Field{
		{
			ID: FieldUnit, Name: "unit", Aliases: []string{"service"}, Type: TypeString,
			Doc:     Doc{"systemd unit of the owner, that of a user's own manager as user@UID.service:UNIT; see owner for how it is known.", "所有者的 systemd 单元；用户自己的管理器中的单元写作 user@UID.service:UNIT；如何得知见 owner。"},
			Sources: anyRow, Cost: CostLookup, States: tcp.AllStates,
			get: place(func(o *Owner) string { return o.Unit }),
		},
		{
			ID: FieldContainer, Name: "container", Type: TypeString,
			Doc:     Doc{"Container id of the owner.", "所有者的容器 id。"},
			Sources: anyRow, Cost: CostLookup, States: tcp.AllStates,
			get: place(func(o *Owner) string { return o.Container }),
		},
		{
			ID: FieldPod, Name: "pod", Type: TypeString,
			Doc:     Doc{"Kubernetes pod of the owner.", "所有者的 Kubernetes pod。"},
			Sources: anyRow, Cost: CostLookup, States: tcp.AllStates,
			get: place(func(o *Owner) string { return o.Pod }),
		},
		{
			ID: FieldProcess, Name: "process", Aliases: []string{"comm", "program"}, Type: TypeString,
			Doc:     Doc{"Name of the owning process (/proc/PID/comm): the one with the lowest pid of those that share the socket; of a listener, of those that accept from it.", "所属进程的名称（/proc/PID/comm）；多个进程共享时取 pid 最小者；监听套接字则取其中调用 accept 者。"},
			Sources: anyRow, Cost: CostScan, States: tcp.AllStates,
			get: func(s *Socket) (Value, bool) {
				if s.Owner != nil && s.Owner.Process != nil && s.Owner.Process.NoName {
					return Value{}, false
				}
				return process(nameOf)(s)
			},
		},
		{
			ID: FieldPID, Name: "pid", Type: TypeID,
			Doc:     Doc{"Id of the owning process.", "所属进程号。"},
			Sources: anyRow, Cost: CostScan, States: tcp.AllStates,
			get: process(func(o *Owner) Value { return Num(uint64(o.Process.PID)) }),
		},
		{
			ID: FieldSharers, Name: "sharers", Type: TypeCount,
			Doc:     Doc{"How many other processes have the socket open too.", "同时打开该套接字的其他进程数。"},
			Sources: diagEngines | FromProc, Cost: CostScan, States: tcp.AllStates,
			get: process(func(o *Owner) Value { return Num(uint64(max(o.Sharers, 0))) }),
		},
		{
			ID: FieldCommand, Name: "command", Aliases: []string{"cmdline"}, Type: TypeString,
			Doc:     Doc{"Command line of the owning process; one of more than 4 KiB ends with … there.", "所属进程的命令行；超过 4 KiB 的在该处以 … 结尾。"},
			Sources: diagEngines | FromProc, Cost: CostScan, States: tcp.AllStates,
			get: process(func(o *Owner) Value { return Text(o.Process.Command) }),
		},
		{
			ID: FieldOwnerOf, Name: "owner", Type: TypeEnum,
			Words: []string{OwnerNone: "none", OwnerInferred: "inferred", OwnerTraced: "traced", OwnerKnown: "known"},
			Doc: Doc{
				"How the owner is known: known (the kernel says so), traced (seen before it closed), inferred (concluded from the listener or from other connections), none.",
				"所有者的可信程度：known 由内核给出，traced 关闭之前观察到，inferred 由监听套接字或其他连接推断，none 没有。",
			},
			Sources: anyRow, Cost: CostLookup, States: tcp.AllStates,
			get: owner(func(o *Owner) Value { return Num(uint64(o.Confidence)) }),
		},
		{
			ID: FieldOwnerWhy, Name: "owner-why", Type: TypeString,
			Doc:     Doc{"How the owner was found, or why there is none.", "所有者是如何得知的，或为何没有。"},
			Sources: diagEngines | FromProc, Cost: CostLookup, States: tcp.AllStates,
			get: owner(func(o *Owner) Value { return Text(o.Why) }),
		},
	}
}

func netns(get func(*Netns) Value) func(*Socket) (Value, bool) {
	return func(s *Socket) (Value, bool) {
		if s.Netns == nil {
			return Value{}, false
		}
		return get(s.Netns), true
	}
}

func owner(get func(*Owner) Value) func(*Socket) (Value, bool) {
	return func(s *Socket) (Value, bool) {
		if s.Owner == nil {
			return Value{}, false
		}
		return get(s.Owner), true
	}
}

// place makes an accessor whose value is absent if a process that could not be seen
// has the socket open.
func place(get func(*Owner) string) func(*Socket) (Value, bool) {
	return func(s *Socket) (Value, bool) {
		if s.Owner == nil || s.Owner.Hidden {
			return Value{}, false
		}
		return Text(get(s.Owner)), true
	}
}

// nameOf returns the name of a process. A process with a pid always has a name, which
// may be empty: any process can choose that (prctl(2) PR_SET_NAME).
func nameOf(o *Owner) Value {
	if o.Process.PID == 0 {
		return Text(o.Process.Name)
	}
	return Named(o.Process.Name)
}

// process makes an accessor for the process. Its value is absent if every process
// could be read and none has the socket open.
func process(get func(*Owner) Value) func(*Socket) (Value, bool) {
	return func(s *Socket) (Value, bool) {
		switch {
		case s.Owner == nil:
			return Value{}, false
		case s.Owner.Process == nil:
			return Value{}, s.Owner.Scanned
		default:
			return get(s.Owner), true
		}
	}
}
