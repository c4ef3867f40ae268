// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Life is what the kernel knows about the traffic of one connection (struct tcp_info,
// net/ipv4/tcp.c tcp_get_info). A field that the kernel does not have, or that was not
// requested, is unknown, not zero.
type Life struct {
	Timed    bool // LastSent and LastRecv are known
	LastSent time.Duration
	LastRecv time.Duration // time since the last data came in
	LastAck  time.Duration // time since the last packet came in: data, a FIN or an acknowledgement

	Counted  bool   // Received and Acked are known (Linux 4.1)
	Received uint64 // bytes of data received so far
	Acked    uint64 // bytes acknowledged by the peer so far
	Resent   uint32 // segments sent again so far; known with Counted

	Vain     uint32 // of Resent, segments that the peer already had; 0 if not known (Linux 4.19)
	Segments uint32 // data segments sent so far, including those sent again; 0 if not known (Linux 4.6)

	Queued bool   // Unsent and In are known (Linux 4.6)
	In     uint32 // segments received so far, those without data and those that were refused too
	Unsent uint32 // bytes of the send queue that have never been sent

	Windowed bool   // Window is known (Linux 5.4)
	Window   uint32 // the peer's receive window in bytes
	SendMSS  uint32 // size of a full segment in bytes
	Backoff  uint8  // how many times the running timer has doubled
}

// Sizes of struct tcp_info from which on it contains a field
// (include/uapi/linux/tcp.h).
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
		l.Unsent, l.In = i.NotsentBytes, i.SegsIn
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

// sends reports whether the peer took data from this side between two readings; known
// is false if that cannot be told.
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

// receives reports whether data came in between two readings; known is false if that
// cannot be told.
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

// streamPause is how long any stream in use may pause, even a new one.
const streamPause = 5 * time.Second

// streamsOut reports whether this side sent data long after the last data came in,
// while the peer, whose FIN came before, only acknowledged. A half-closed connection
// on which an answer is sent in pieces looks like this. It may be silent for as long
// as it has been sending.
func (l Life) streamsOut() bool {
	used := l.LastRecv - l.LastSent
	return l.Timed && used >= streamPause && l.LastSent <= used && l.LastSent-l.LastAck <= ackPause
}

// owes reports whether the last event is data that came in less than a minute ago: its
// sender may still wait for the answer.
func (l Life) owes() bool {
	return l.Timed && l.Counted && l.Received > 0 && l.LastRecv <= l.LastSent && l.LastRecv < longIn
}

// streamsIn is streamsOut for incoming data.
func (l Life) streamsIn() bool {
	used := l.LastSent - l.LastRecv
	return l.Timed && used >= streamPause && l.LastRecv <= used
}

// ackPause is the time within which an acknowledgement comes.
const ackPause = time.Second

// closed reports whether the peer's window is too small for the next send: the kernel
// does not send with less than a full segment of room (net/ipv4/tcp_output.c
// tcp_snd_wnd_test). known is false if the kernel does not show the window.
func (l Life) closed() (closed, known bool) {
	return l.Window < max(1, l.SendMSS), l.Windowed
}

// unmoved returns the rows that exist at both readings and had no traffic in between.
// untold is the number of rows for which that cannot be told.
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

// without omits the rows whose Life meets a condition.
func without(rows []Kept, so func(Life) bool) (out []Kept) {
	for i := range rows {
		if !so(rows[i].Life) {
			out = append(out, rows[i])
		}
	}
	return out
}
