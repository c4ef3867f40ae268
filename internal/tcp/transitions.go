// SPDX-License-Identifier: Apache-2.0

package tcp

// Transition is one edge of the state diagram.
type Transition struct {
	From, To State
	Event    Event
	Sends    string // segment that is sent: SYN, "SYN,ACK", ACK, FIN, RST or ""
	// Figure is true when RFC 9293 figure 5 draws the edge.
	Figure bool
	// Linux is true when Linux makes the step. Two edges of the figure do not
	// exist there: send() on a listener is an error, and a connection being
	// opened is an object of its own, so a RST drops it and its listener has
	// never left LISTEN.
	Linux  bool
	RFC    string // section, such as "3.6.1"; "" when no RFC describes the edge
	Kernel string // file and function, net/ipv4/ unless said otherwise
}

// Transitions returns the whole graph: the twenty edges of RFC 9293 figure 5
// and what Linux adds. NewSynRecv is SynRecv here. The slice is the caller's.
func Transitions() []Transition {
	all := make([]Transition, 0, 64)
	for _, part := range [][]Transition{
		opening(), established(), activeClose(), passiveClose(), timeWait(),
	} {
		all = append(all, part...)
	}
	return all
}

// Next returns the edges that leave s, those of RFC 9293 figure 5 first.
func (s State) Next() []Transition {
	return pick(func(t Transition) bool { return t.From == s.Reported() })
}

// Previous returns the edges that lead into s, those of the figure first.
func (s State) Previous() []Transition {
	return pick(func(t Transition) bool { return t.To == s.Reported() })
}

// pick returns the edges that match, those of the figure first.
func pick(match func(Transition) bool) []Transition {
	var figure, added []Transition
	for _, t := range Transitions() {
		switch {
		case !match(t):
		case t.Figure:
			figure = append(figure, t)
		default:
			added = append(added, t)
		}
	}
	return append(figure, added...)
}

// both returns an edge of the figure that Linux has too.
func both(from, to State, e Event, sends, rfc, kernel string) Transition {
	return Transition{From: from, To: to, Event: e, Sends: sends, Figure: true, Linux: true, RFC: rfc, Kernel: kernel}
}

// linux returns an edge that Linux has and figure 5 does not draw.
func linux(from, to State, e Event, sends, rfc, kernel string) Transition {
	return Transition{From: from, To: to, Event: e, Sends: sends, Linux: true, RFC: rfc, Kernel: kernel}
}

// figureOnly returns an edge of the figure that Linux does not have.
func figureOnly(from, to State, e Event, sends, rfc, kernel string) Transition {
	return Transition{From: from, To: to, Event: e, Sends: sends, Figure: true, RFC: rfc, Kernel: kernel}
}

func opening() []Transition {
	return []Transition{
		both(Close, Listen, PassiveOpen, "", "3.10.1", "inet_connection_sock.c inet_csk_listen_start"),
		both(Close, SynSent, ActiveOpen, "SYN", "3.10.1", "tcp_ipv4.c tcp_v4_connect"),
		linux(Close, Bound, BindCall, "", "", "inet_connection_sock.c inet_csk_get_port"),
		linux(Bound, Listen, PassiveOpen, "", "3.10.1", "inet_connection_sock.c inet_csk_listen_start"),
		linux(Bound, SynSent, ActiveOpen, "SYN", "3.10.1", "tcp_ipv4.c tcp_v4_connect"),
		linux(Bound, Close, CloseCall, "", "", "tcp.c __tcp_close"),

		both(Listen, SynRecv, ArriveSYN, "SYN,ACK", "3.10.7.2", "tcp_input.c tcp_conn_request"),
		both(Listen, Close, CloseCall, "", "3.10.4", "tcp.c __tcp_close"),
		linux(Listen, Close, AbortCall, "", "", "tcp.c tcp_abort"),
		figureOnly(Listen, SynSent, SendCall, "SYN", "3.10.2", "net/core/stream.c sk_stream_wait_connect: EPIPE"),

		both(SynSent, Established, ArriveSYNACK, "ACK", "3.10.7.3", "tcp_input.c tcp_finish_connect"),
		both(SynSent, SynRecv, ArriveSYN, "SYN,ACK", "3.5", "tcp_input.c tcp_rcv_synsent_state_process"),
		both(SynSent, Close, CloseCall, "", "3.10.4", "tcp.c new_state"),
		linux(SynSent, Close, ArriveRST, "", "3.10.7.3", "tcp_input.c tcp_reset"),
		linux(SynSent, Close, RetriesExhausted, "", "3.8.3", "tcp_timer.c tcp_write_timeout"),
		linux(SynSent, Close, AbortCall, "", "3.10.5", "tcp.c tcp_abort"),

		both(SynRecv, Established, ArriveACKofSYN, "", "3.10.7.4", "tcp_minisocks.c tcp_check_req"),
		both(SynRecv, FinWait1, CloseCall, "FIN", "3.10.4", "tcp.c new_state"),
		figureOnly(SynRecv, Listen, ArriveRST, "", "3.5.3", "tcp_minisocks.c tcp_check_req: the request is dropped"),
		linux(SynRecv, Close, ArriveRST, "", "3.5.3", "tcp_minisocks.c tcp_check_req"),
		linux(SynRecv, Close, RetriesExhausted, "", "3.8.3", "inet_connection_sock.c reqsk_timer_handler"),
		linux(SynRecv, Close, AbortCall, "", "3.10.5", "tcp.c tcp_abort"),
		linux(SynRecv, Close, ListenerClosed, "", "", "inet_connection_sock.c reqsk_timer_handler"),
	}
}

func established() []Transition {
	return []Transition{
		both(Established, FinWait1, CloseCall, "FIN", "3.10.4", "tcp.c new_state"),
		both(Established, CloseWait, ArriveFIN, "ACK", "3.10.7.4", "tcp_input.c tcp_fin"),
		linux(Established, Close, ArriveRST, "", "3.5.3", "tcp_input.c tcp_reset"),
		linux(Established, Close, RetriesExhausted, "", "3.8.3", "tcp_timer.c tcp_write_err"),
		linux(Established, Close, AbortCall, "RST", "3.10.5", "tcp.c __tcp_close, tcp_abort"),
	}
}

func activeClose() []Transition {
	return []Transition{
		both(FinWait1, FinWait2, ArriveACKofFIN, "", "3.10.7.4", "tcp_input.c tcp_rcv_state_process"),
		both(FinWait1, Closing, ArriveFIN, "ACK", "3.10.7.4", "tcp_input.c tcp_fin"),
		// Note 2 of the figure; Linux passes through FIN_WAIT2 within one segment.
		linux(FinWait1, TimeWait, ArriveFINandACK, "ACK", "3.3.2", "tcp_input.c tcp_rcv_state_process, tcp_fin"),
		linux(FinWait1, Close, ArriveRST, "", "3.5.3", "tcp_input.c tcp_reset"),
		linux(FinWait1, Close, RetriesExhausted, "", "3.8.3", "tcp_timer.c tcp_write_err"),
		linux(FinWait1, Close, ArriveLateData, "RST", "3.6.1", "tcp_input.c tcp_rcv_state_process"),
		linux(FinWait1, Close, ResourceLimit, "RST", "", "tcp_timer.c tcp_out_of_resources"),
		linux(FinWait1, Close, AbortCall, "RST", "3.10.5", "tcp.c tcp_abort"),

		both(FinWait2, TimeWait, ArriveFIN, "ACK", "3.10.7.4", "tcp_input.c tcp_fin"),
		linux(FinWait2, Close, FinWait2Timeout, "", "", "inet_timewait_sock.c tw_timer_handler"),
		linux(FinWait2, Close, ArriveRST, "", "3.5.3", "tcp_input.c tcp_reset"),
		linux(FinWait2, Close, ArriveLateData, "RST", "3.6.1", "tcp_input.c tcp_rcv_state_process"),
		linux(FinWait2, Close, RetriesExhausted, "RST", "3.8.4", "tcp_timer.c tcp_keepalive_timer"),
		linux(FinWait2, Close, ResourceLimit, "", "", "tcp_minisocks.c tcp_time_wait"),
		linux(FinWait2, Close, AbortCall, "RST", "3.10.5", "tcp.c __tcp_close, tcp_abort"),

		both(Closing, TimeWait, ArriveACKofFIN, "", "3.10.7.4", "tcp_input.c tcp_rcv_state_process"),
		linux(Closing, Close, ArriveRST, "", "3.5.3", "tcp_input.c tcp_reset"),
		linux(Closing, Close, RetriesExhausted, "", "3.8.3", "tcp_timer.c tcp_write_err"),
		linux(Closing, Close, ResourceLimit, "", "", "tcp_timer.c tcp_out_of_resources, tcp_minisocks.c tcp_time_wait"),
		linux(Closing, Close, AbortCall, "", "3.10.5", "tcp.c tcp_abort"),
	}
}

func passiveClose() []Transition {
	return []Transition{
		both(CloseWait, LastAck, CloseCall, "FIN", "3.10.4", "tcp.c new_state"),
		linux(CloseWait, Close, ArriveRST, "", "3.5.3", "tcp_input.c tcp_reset"),
		linux(CloseWait, Close, RetriesExhausted, "", "3.8.3", "tcp_timer.c tcp_write_err"),
		linux(CloseWait, Close, AbortCall, "RST", "3.10.5", "tcp.c __tcp_close, tcp_abort"),

		both(LastAck, Close, ArriveACKofFIN, "", "3.10.7.4", "tcp_input.c tcp_rcv_state_process"),
		linux(LastAck, Close, ArriveRST, "", "3.5.3", "tcp_input.c tcp_reset"),
		linux(LastAck, Close, RetriesExhausted, "", "3.8.3", "tcp_timer.c tcp_write_err"),
		linux(LastAck, Close, ResourceLimit, "RST", "", "tcp_timer.c tcp_out_of_resources"),
		linux(LastAck, Close, AbortCall, "", "3.10.5", "tcp.c tcp_abort"),
	}
}

func timeWait() []Transition {
	return []Transition{
		both(TimeWait, Close, TimeWaitTimeout, "", "3.6.1", "inet_timewait_sock.c tw_timer_handler"),
		linux(TimeWait, SynRecv, ArriveSYN, "SYN,ACK", "3.6.1", "tcp_minisocks.c tcp_timewait_state_process"),
		linux(TimeWait, SynSent, ActiveOpen, "SYN", "", "tcp_ipv4.c tcp_twsk_unique"),
		linux(TimeWait, Close, ArriveRST, "", "3.10.7.4", "tcp_minisocks.c tcp_timewait_state_process"),
		linux(TimeWait, Close, AbortCall, "", "", "tcp.c tcp_abort"),
	}
}
