// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Life is what the kernel tells of a single connection about what goes on in it
// (struct tcp_info, net/ipv4/tcp.c tcp_get_info). A part that an older kernel
// does not have, or that was not asked for, is not known, which is not zero.
type Life struct {
	Timed    bool // LastSent and LastRecv are known
	LastSent time.Duration
	LastRecv time.Duration // since data came in
	LastAck  time.Duration // since anything came in: data, a FIN, an acknowledgement

	Counted  bool   // Received and Acked are known (Linux 4.1)
	Received uint64 // bytes of data so far
	Acked    uint64 // bytes that the peer has acknowledged so far
	Resent   uint32 // segments sent again so far, known with Counted

	Vain     uint32 // of Resent, those that the peer had already; 0 when that is not known (Linux 4.19)
	Segments uint32 // of data sent so far, also again; 0 when that is not known (Linux 4.6)

	Queued bool   // Unsent is known (Linux 4.6)
	Unsent uint32 // bytes of the send queue that have never been sent

	Windowed bool   // Window is known (Linux 5.4)
	Window   uint32 // bytes that the peer has room for
	SendMSS  uint32 // bytes of a full segment
	Backoff  uint8  // how often the running timer has doubled
}

// Sizes of struct tcp_info from which on it has a field (include/uapi/linux/tcp.h).
const (
	infoTimes    = 60
	infoReceived = 136
	infoUnsent   = 148
	infoSegments = 160
	infoVain     = 220
	infoWindow   = 232
)

func lifeOf(s *socket.Socket) (l Life) {
	i := s.Info
	if i == nil {
		return l
	}
	if l.Timed = i.Size >= infoTimes; l.Timed {
		l.LastSent, l.LastRecv, l.LastAck = i.LastDataSent, i.LastDataRecv, i.LastAckRecv
		l.SendMSS, l.Backoff = i.SendMSS, i.Backoff
	}
	if l.Counted = i.Size >= infoReceived; l.Counted {
		l.Received, l.Acked, l.Resent = i.BytesReceived, i.BytesAcked, i.TotalRetrans
	}
	if l.Queued = i.Size >= infoUnsent; l.Queued {
		l.Unsent = i.NotsentBytes
	}
	if i.Size >= infoSegments {
		l.Segments = i.DataSegsOut
	}
	if i.Size >= infoVain {
		l.Vain = i.DSACKDups
	}
	if l.Windowed = i.Size >= infoWindow; l.Windowed {
		l.Window = i.SendWindow
	}
	return l
}

// sends reports whether a connection moved data out between two readings that
// its peer took; known is false when that cannot be told.
func (l Life) sends(was Life, window time.Duration) (moves, known bool) {
	switch {
	case l.Counted && was.Counted:
		return l.Acked > was.Acked, true
	case l.Timed && was.Timed:
		return l.LastSent < window, true
	default:
		return false, false
	}
}

// receives is sends of data that came in.
func (l Life) receives(was Life, window time.Duration) (moves, known bool) {
	switch {
	case l.Counted && was.Counted:
		return l.Received > was.Received, true
	case l.Timed && was.Timed:
		return l.LastRecv < window, true
	default:
		return false, false
	}
}

// streamPause is how long a stream that is in use may pause whatever it did before.
const streamPause = 5 * time.Second

// streamsOut reports whether data went out on a connection long after the last that
// came in, with nothing later from the peer than its acknowledgement: its FIN
// came before. So looks a half-closed connection that is answered bit by bit; it
// may be silent for as long as it has been answered.
func (l Life) streamsOut() bool {
	used := l.LastRecv - l.LastSent
	return l.Timed && used >= streamPause && l.LastSent <= used && l.LastSent-l.LastAck <= ackPause
}

// owes reports whether the last that happened is data that came in, less than a minute
// ago: who sent it may still wait for the answer.
func (l Life) owes() bool {
	return l.Timed && l.Counted && l.Received > 0 && l.LastRecv <= l.LastSent && l.LastRecv < longIn
}

// streamsIn is streamsOut of data that comes in.
func (l Life) streamsIn() bool {
	used := l.LastSent - l.LastRecv
	return l.Timed && used >= streamPause && l.LastRecv <= used
}

// ackPause is how long an acknowledgement may take.
const ackPause = time.Second

// closed reports whether the peer has no room for what is to be sent next: less
// than a full segment is too little to send (net/ipv4/tcp_output.c
// tcp_snd_wnd_test). known is false on kernels that do not show its window.
func (l Life) closed() (closed, known bool) {
	return l.Window < max(1, l.SendMSS), l.Windowed
}

// unmoved returns the rows that were there at the earlier reading too and on
// which nothing moved meanwhile, and how many of which that cannot be told.
func unmoved(now, before *Watch, moves func(now, was Life) (bool, bool)) (rows []Kept, untold int) {
	there, earlier := common(now, before)
	past := byCookie(earlier)
	for i := range there {
		k := there[i]
		was := past[k.Cookie]
		if was == nil {
			continue
		}
		moved, known := moves(k.Life, was.Life)
		if !known {
			untold++
		}
		if !moved {
			rows = append(rows, k)
		}
	}
	return rows, untold
}

// without leaves out rows whose connection lives so.
func without(rows []Kept, so func(Life) bool) (out []Kept) {
	for i := range rows {
		if !so(rows[i].Life) {
			out = append(out, rows[i])
		}
	}
	return out
}
