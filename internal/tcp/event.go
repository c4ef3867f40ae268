// SPDX-License-Identifier: Apache-2.0

package tcp

// Event is what makes a connection change its state: a call of the application, an
// arriving segment, a timer, or a shortage in the kernel. The zero Event is no event.
type Event uint8

// The events. Those of RFC 9293 section 3.3.2 come first: user calls, segments, the
// timeout. Linux adds the rest.
const (
	PassiveOpen      Event = iota + 1 // listen(); the RFC's passive OPEN
	ActiveOpen                        // connect(); the RFC's active OPEN
	SendCall                          // send() on a listener; the RFC's SEND
	CloseCall                         // close() or shutdown(SHUT_WR); the RFC's CLOSE
	ArriveSYN                         // a SYN arrives
	ArriveSYNACK                      // a SYN with the ACK of our SYN arrives
	ArriveACKofSYN                    // the ACK of our SYN arrives
	ArriveFIN                         // a FIN arrives
	ArriveACKofFIN                    // the ACK of our FIN arrives
	ArriveFINandACK                   // a FIN arrives and our FIN is acknowledged with it
	ArriveRST                         // a valid RST arrives
	TimeWaitTimeout                   // 2 MSL in the RFC, 60 s on Linux
	BindCall                          // bind()
	AbortCall                         // close() with SO_LINGER 0 or unread data, or SOCK_DESTROY (ss -K)
	ArriveLateData                    // data arrives after close() of both directions
	RetriesExhausted                  // retransmissions or keepalive probes stay unanswered
	FinWait2Timeout                   // tcp_fin_timeout of an orphan is over
	ResourceLimit                     // tcp_max_orphans, tcp_mem or tcp_max_tw_buckets is reached
	ListenerClosed                    // the listener of a request socket is gone
	lastEvent        = ListenerClosed
)

// String returns the event in a few words, as the RFC's figure 5 has them but
// with the names of the system calls: "rcv SYN", "close()".
func (e Event) String() string {
	switch e {
	case PassiveOpen:
		return "listen()"
	case ActiveOpen:
		return "connect()"
	case SendCall:
		return "send()"
	case CloseCall:
		return "close()"
	case ArriveSYN:
		return "rcv SYN"
	case ArriveSYNACK:
		return "rcv SYN,ACK"
	case ArriveACKofSYN:
		return "rcv ACK of SYN"
	case ArriveFIN:
		return "rcv FIN"
	case ArriveACKofFIN:
		return "rcv ACK of FIN"
	case ArriveFINandACK:
		return "rcv FIN+ACK"
	case ArriveRST:
		return "rcv RST"
	default:
		return e.linuxString()
	}
}

// linuxString is String for timers and for the events that Linux adds.
func (e Event) linuxString() string {
	switch e {
	case TimeWaitTimeout:
		return "60 s are over"
	case BindCall:
		return "bind()"
	case AbortCall:
		return "abort"
	case ArriveLateData:
		return "rcv data"
	case RetriesExhausted:
		return "no answer"
	case FinWait2Timeout:
		return "tcp_fin_timeout"
	case ResourceLimit:
		return "limit reached"
	case ListenerClosed:
		return "listener closed"
	default:
		return ""
	}
}

// Valid reports whether e is one of the events of this package.
func (e Event) Valid() bool { return e >= PassiveOpen && e <= lastEvent }

// Segment reports whether e is the arrival of a segment.
func (e Event) Segment() bool {
	return e >= ArriveSYN && e <= ArriveRST || e == ArriveLateData
}

// Call reports whether an application or administrator on this host causes e.
func (e Event) Call() bool {
	return e >= PassiveOpen && e <= CloseCall || e == BindCall || e == AbortCall
}

// Events returns all events, those of the RFC first.
func Events() []Event {
	all := make([]Event, 0, lastEvent)
	for e := PassiveOpen; e <= lastEvent; e++ {
		all = append(all, e)
	}
	return all
}
