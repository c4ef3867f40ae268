// SPDX-License-Identifier: Apache-2.0

package script

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// The operations of steps. Each type has its method do on Linux.
type (
	sysctlOp struct {
		name, value   string
		check, absent bool
	}
	callOp struct {
		end   record.End
		flow  string
		call  call
		fails string // name of the expected errno; "" for success
	}
	sendOp struct {
		flow string
		send testbed.Send
	}
	expectOp struct {
		flow   string
		expect testbed.Expect
	}
	nothingOp struct {
		flow string
		wait time.Duration
	}
	bulkOp struct {
		flow   string
		size   int
		within time.Duration // 0 means without a limit
	}
	deliverOp struct{ label string }
	relayOp   struct{ flow string }
	placeOp   struct {
		flow                 string
		host                 int
		peerPort, kernelPort uint16
	}
	destroyOp struct{ flow, fails string }
	waitOp    struct{ wait time.Duration }
	markOp    struct{}
	noteOp    struct{ note knowledge.Text }
	stateOp   struct {
		flow   string
		end    record.End
		state  tcp.State
		within testbed.Range
	}
	peerStateOp struct {
		flow  string
		state tcp.State
	}
	timerOp struct {
		flow  string
		timer socket.Timer
		about time.Duration
		exact testbed.Range // used when Max is not 0
	}
	rowsOp struct {
		state  tcp.State
		want   int
		within testbed.Range
	}
	counterOp struct {
		name   string
		want   int64
		within testbed.Range
	}
	sockstatOp struct {
		key  string
		want int
	}
	seenOp struct {
		flags segment.Flags
		want  int
	}
	ownerOp struct {
		flow   string
		uid    int
		inode  bool
		anyone bool // any user id
		none   bool // the socket belongs to no process: user id of the machine's root, and no inode
	}
	queuesOp struct {
		flow, listener string
		recv, send     int // below 0 means any value
	}
)

// call is a system call that a program makes.
type call any

type (
	listenCall struct {
		name    string
		backlog int
		bind    testbed.BindOptions
	}
	bindCall    struct{ bind testbed.BindOptions }
	connectCall struct{ options testbed.ConnectOptions }
	acceptCall  struct{ listener string }
	writeCall   struct {
		data   []byte
		size   int           // if there is no data: write this many arbitrary bytes
		blocks testbed.Range // if Max is not 0: write until it blocks, for that time
	}
	readCall struct {
		want   string
		eof    bool
		blocks testbed.Range // used when Max is not 0
	}
	shutdownCall struct{ write bool }
	closeCall    struct {
		listener string        // closes this listener, not a connection's socket
		blocks   testbed.Range // if Max is not 0: how long close() has to block
		serve    bool          // the peer acknowledges our FIN meanwhile
	}
	optionCall struct {
		listener string
		name     string
		value    int
	}
	errorCall struct{ within testbed.Range }
	chownCall struct{ uid int }
)
