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

// What steps do. Each type has its method do on Linux.
type (
	sysctlOp struct {
		name, value   string
		check, absent bool
	}
	callOp struct {
		end   record.End
		flow  string
		call  call
		fails string // the name of the expected errno; "" for success
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
		within time.Duration // 0: however long
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
		anyone bool // whatever uid
		none   bool // nobody: the machine's root, and no inode
	}
	queuesOp struct {
		flow, listener string
		recv, send     int // below 0: whatever
	}
)

// call is what a program asks the kernel for.
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
		size   int           // instead of data: so many bytes of no importance
		blocks testbed.Range // used when Max is not 0: write until it blocks, for so long
	}
	readCall struct {
		want   string
		eof    bool
		blocks testbed.Range // used when Max is not 0
	}
	shutdownCall struct{ write bool }
	closeCall    struct {
		listener string        // instead of a connection's socket
		blocks   testbed.Range // used when Max is not 0: how long close() is to block
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
