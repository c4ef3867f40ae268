// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A madeRow is a socket of a case, with its values at both readings.
type madeRow struct {
	*socket.Socket

	was  map[string]string // field=BEFORE->NOW
	only string
}

func (r *madeRow) set(word string) error {
	name, value, ok := strings.Cut(word, "=")
	if !ok {
		return fmt.Errorf("%q is no field=value", word)
	}
	if name == "only" {
		r.only = value
		return nil
	}
	if before, now, changed := strings.Cut(value, "->"); changed {
		if r.was == nil {
			r.was = map[string]string{}
		}
		r.was[name] = before
		value = now
	}
	return setField(r.Socket, name, value)
}

// addTo adds the row to both readings.
func (r *madeRow) addTo(m *madeMachine) {
	if r.only != "now" && m.window > 0 {
		past := r.Clone()
		for name, value := range r.was {
			if err := setField(past, name, value); err != nil {
				panic(err)
			}
		}
		addRow(m.before.Spaces[0].Sockets, past)
	}
	if r.only != "before" {
		addRow(m.now.Spaces[0].Sockets, r.Socket)
	}
}

// setField sets a field that a case gives for a socket; a new field needs a line here.
func setField(s *socket.Socket, name, value string) error {
	n, numberErr := strconv.ParseUint(value, 10, 64)
	switch name {
	case "inode":
		s.Inode = uint32(n)
	case "recvq", "acceptq":
		s.RecvQ = uint32(n)
	case "sendq", "backlog":
		s.SendQ = uint32(n)
	case "retrans":
		s.Retrans = uint8(n)
	case "drops":
		s.Mem.Drops = uint32(n)
	case "uid":
		s.UID = uint32(n)
	case "timer":
		return setTimer(s, value)
	case "idle", "lastsnd", "lastrcv", "lastack", "resent", "vain", "segments", "received", "segsin", "acked", "unsent", "window", "mss", "backoff", "infosize":
		return setInfo(s, name, value)
	case "age": // of a socket in TIME_WAIT
		age, err := time.ParseDuration(value)
		s.Expires = max(0, timeWait-age)
		return err
	case "kind":
		return setKind(s, value)
	case "dir":
		s.Direction = map[string]socket.Direction{"in": socket.Inbound, "out": socket.Outbound}[value]
		return nil
	case "owner": // name[pid] or name[pid@start], or ? if nobody looked it up
		return setOwner(s, value)
	case "unit": // of the owner, which is set earlier in the line
		s.Owner.Unit = value
		return nil
	case "mptcp": // yes: the row is a subflow, and in CLOSE_WAIT the MPTCP connection itself
		s.Subflow = value != "no"
		s.Known.Add(socket.FieldMPTCP)
		return nil
	case "sharers":
		s.Owner.Sharers = int(n)
	case "unknown": // this source does not show the field
		for f := range socket.Fields() {
			if f.Name == value {
				s.Known = s.Known.Minus(socket.FieldsOf(f.ID))
				return nil
			}
		}
		return fmt.Errorf("no field %q", value)
	default:
		return fmt.Errorf("a case cannot set %q", name)
	}
	return numberErr
}

// setInfo sets a field of struct tcp_info. If the source shows only part of the
// struct, "infosize" comes last.
func setInfo(s *socket.Socket, name, value string) error {
	if s.Info.Size == 0 {
		s.Info.Size = 232
	}
	switch name {
	case "lastack":
		ago, err := time.ParseDuration(value)
		s.Info.LastAckRecv = ago
		return err
	case "idle", "lastsnd", "lastrcv": // idle sets both: neither sent nor received
		ago, err := time.ParseDuration(value)
		if name != "lastsnd" {
			s.Info.LastDataRecv = ago
		}
		if name != "lastrcv" {
			s.Info.LastDataSent = ago
		}
		return err
	}
	n, err := strconv.ParseUint(value, 10, 64)
	switch name {
	case "received":
		s.Info.BytesReceived = n
	case "acked":
		s.Info.BytesAcked = n
	case "segsin":
		s.Info.SegsIn = uint32(n)
	case "segments":
		s.Info.DataSegsOut = uint32(n)
	case "resent":
		s.Info.TotalRetrans = uint32(n)
	case "vain":
		s.Info.DSACKDups = uint32(n)
	case "unsent":
		s.Info.NotsentBytes = uint32(n)
	case "window":
		s.Info.SendWindow = uint32(n)
	case "mss":
		s.Info.SendMSS = uint32(n)
	case "backoff":
		s.Info.Backoff = uint8(n)
	case "infosize":
		s.Info.Size = int(n)
	}
	return err
}

func setOwner(s *socket.Socket, value string) error {
	if value == "?" {
		s.Owner = nil
		return nil
	}
	comm, process, _ := strings.Cut(strings.TrimSuffix(value, "]"), "[")
	pid, start, started := strings.Cut(process, "@")
	id, err := strconv.Atoi(pid)
	p := &socket.Process{PID: uint32(id), Name: comm}
	if started && err == nil {
		p.Start, err = strconv.ParseUint(start, 10, 64)
	}
	s.Owner = &socket.Owner{Process: p, Scanned: true, Confidence: socket.OwnerKnown}
	return err
}

func setTimer(s *socket.Socket, value string) error {
	name, left, ok := strings.Cut(value, "/")
	timers := map[string]socket.Timer{
		"off": socket.TimerOff, "on": socket.TimerOn, "keepalive": socket.TimerKeepalive, "timewait": socket.TimerTimeWait, "persist": socket.TimerPersist,
	}
	timer, known := timers[name]
	if !known {
		return fmt.Errorf("no timer %q", name)
	}
	s.Timer = timer
	if !ok {
		return nil
	}
	var err error
	s.Expires, err = time.ParseDuration(left)
	return err
}

func setKind(s *socket.Socket, value string) error {
	for k := socket.KindUnknown; int(k) < socket.NumKinds; k++ {
		if k.String() == value {
			s.Kind = k
			return nil
		}
	}
	return fmt.Errorf("no kind %q", value)
}

// addRow adds a row of TCP, or a connection of MPTCP.
func addRow(r *Reading, s *socket.Socket) {
	if s.Subflow && s.State == tcp.CloseWait {
		r.AskedMultipath()
		r.AddMultipath(s)
		return
	}
	r.Add(s)
}
