// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// This file reads the columns after the state of netstat and after the
// addresses of ss: who has the socket open and which timer runs.

// netstatTimer finds "timewait (58.76/0/0)" at the end of a row.
func netstatTimer(rest []byte) (name, numbers []byte, ok bool) {
	rest = bytes.TrimRight(rest, " \t")
	open := bytes.LastIndexByte(rest, '(')
	if open < 1 || rest[len(rest)-1] != ')' || rest[open-1] != ' ' {
		return nil, nil, false
	}
	before := bytes.TrimRight(rest[:open], " \t")
	name = before[bytes.LastIndexAny(before, " \t")+1:]
	if _, ok := timerOf(name); !ok {
		return nil, nil, false
	}
	return name, rest[open+1 : len(rest)-1], true
}

// timerOf returns the timer that netstat or ss calls name.
func timerOf(name []byte) (socket.Timer, bool) {
	switch string(name) {
	case "off":
		return socket.TimerOff, true
	case "on":
		return socket.TimerOn, true
	case "keepalive":
		return socket.TimerKeepalive, true
	case "timewait":
		return socket.TimerTimeWait, true
	case "persist", "probe":
		return socket.TimerPersist, true
	default:
		return 0, false
	}
}

// fillNetstat reads "user inode", "pid/program" and the timer, each of which
// can be missing. They tell each other apart: a program has a slash before it
// or is -, an inode is a number, a timer has its numbers in brackets.
func (rd *Reader) fillNetstat(rest []byte) {
	s := &rd.row.Socket
	if name, numbers, ok := netstatTimer(rest); ok {
		rd.has(Timers)
		s.Timer, _ = timerOf(name)
		rd.fillNetstatTimer(numbers)
		rest = rest[:bytes.LastIndex(rest, name)]
	}
	first, tail := nextWord(rest)
	if first == nil {
		return
	}
	if !rd.isProgram(first) {
		second, after := nextWord(tail)
		inode, ok := parseUint(second)
		if !ok {
			return
		}
		s.Inode = inode
		rd.has(Inode)
		if uid, ok := parseUint(first); ok {
			s.UID = uid
			rd.has(UID)
		}
		rest = after
	}
	rd.fillProgram(bytes.Trim(rest, " \t"))
}

func (rd *Reader) isProgram(w []byte) bool {
	i := bytes.IndexByte(w, '/')
	return i > 0 && isNumber(w[:i]) || string(w) == "-"
}

// fillProgram reads "9833/nginx: worker" or "-".
func (rd *Reader) fillProgram(w []byte) {
	if len(w) == 0 {
		return
	}
	rd.has(Process)
	before, after, ok := bytes.Cut(w, []byte{'/'})
	if !ok {
		return
	}
	if pid, ok := parseUint(before); ok {
		rd.row.PID, rd.row.Process = pid, after
	}
}

// fillNamed reads "process:pid", a column of netstat -v on macOS.
func (rd *Reader) fillNamed(rest []byte) {
	for w, tail := nextWord(rest); w != nil; w, tail = nextWord(tail) {
		i := bytes.LastIndexByte(w, ':')
		if i < 1 || isNumber(w[:i]) || isHex(w[:i]) && len(w) > 12 {
			continue
		}
		if pid, ok := parseUint(w[i+1:]); ok {
			rd.row.PID, rd.row.Process = pid, w[:i]
			rd.has(Process)
			return
		}
	}
}

// fillNetstatTimer reads "58.76/3/0": seconds, retransmissions and probes.
func (rd *Reader) fillNetstatTimer(w []byte) {
	s := &rd.row.Socket
	seconds, rest, _ := bytes.Cut(w, []byte("/"))
	retrans, probes, _ := bytes.Cut(rest, []byte("/"))
	whole, hundredths, _ := bytes.Cut(seconds, []byte("."))
	n, _ := parseUint(whole)
	h, _ := parseUint(hundredths)
	if s.Timer != socket.TimerOff {
		s.Expires = time.Duration(n)*time.Second + time.Duration(h)*10*time.Millisecond
	}
	r, _ := parseUint(retrans)
	p, _ := parseUint(probes)
	s.Retrans = uint8(min(max(r, p), 255))
}

// nextWord cuts the first word off b.
func nextWord(b []byte) (w, rest []byte) {
	start := skipSpace(b, 0)
	if start == len(b) {
		return nil, nil
	}
	end := start
	for end < len(b) && b[end] != ' ' && b[end] != '\t' {
		end++
	}
	return b[start:end], b[end:]
}

// fillSS reads users:(("nginx",pid=1,fd=3)) timer:(on,300ms,4) uid:33 ino:5
// sk:1f (iproute2 misc/ss.c, proc_ctx_print, inet_stats_print and
// sock_details_print).
func (rd *Reader) fillSS(rest []byte) {
	s := &rd.row.Socket
	rd.fillUsers(rest)
	rest = withoutUsers(rest)
	if timer := word(rest, "timer:("); timer != nil {
		rd.fillSSTimer(bytes.TrimSuffix(timer, []byte(")")))
	}
	if ino, ok := number(rest, "ino:"); ok {
		s.Inode = ino
		s.UID, _ = number(rest, "uid:") // ss omits uid:0
		rd.has(Inode | UID)
	}
	if cookie, ok := parseHex(word(rest, "sk:")); ok {
		s.Cookie = cookie
		rd.has(Cookie)
	}
}

// fillUsers reads the first process of users:(("name",pid=1,fd=3),...).
func (rd *Reader) fillUsers(rest []byte) {
	const open, pid = `users:(("`, `",pid=`
	_, after, ok := bytes.Cut(rest, []byte(open))
	if !ok {
		return
	}
	name := after
	// A name is at most 15 bytes long and can hold a quotation mark itself.
	before0, after0, ok0 := name, name, false
	if i := bytes.LastIndex(name[:min(len(name), 15+len(pid))], []byte(pid)); i >= 0 {
		before0, after0, ok0 = name[:i], name[i+len(pid):], true
	}
	if !ok0 { // iproute2 before 3.12 prints ("sshd",1234,3)
		before0, after0, ok0 = bytes.Cut(name, []byte(`",`))
		if !ok0 || len(after0) == 0 || !isDigit(after0[0]) {
			return
		}
	}
	digits := after0
	end := 0
	for end < len(digits) && isDigit(digits[end]) {
		end++
	}
	rd.row.PID, _ = parseUint(digits[:end])
	rd.row.Process = before0
	rd.has(Process)
}

// fillSSTimer reads "on,300ms,4".
func (rd *Reader) fillSSTimer(w []byte) {
	s := &rd.row.Socket
	name, rest, _ := bytes.Cut(w, []byte(","))
	left, retrans, _ := bytes.Cut(rest, []byte(","))
	timer, ok := timerOf(name)
	if !ok {
		return
	}
	s.Timer, s.Expires = timer, ssDuration(left)
	n, _ := parseUint(retrans)
	s.Retrans = uint8(min(n, 255))
	rd.has(Timers)
}

// ssDuration reads what ss prints for a time: 119min, 1min58sec, 55sec,
// 2.244ms, which is 2 s and 244 ms, and 300ms (iproute2 misc/ss.c,
// print_ms_timer).
func ssDuration(w []byte) time.Duration {
	var d time.Duration
	for len(w) > 0 {
		i := 0
		for i < len(w) && isDigit(w[i]) {
			i++
		}
		n, ok := parseUint(w[:i])
		if !ok {
			return d
		}
		var unit time.Duration
		switch w = w[i:]; {
		case bytes.HasPrefix(w, []byte("min")):
			unit, w = time.Minute, w[3:]
		case bytes.HasPrefix(w, []byte("sec")):
			unit, w = time.Second, w[3:]
		case bytes.HasPrefix(w, []byte(".")):
			unit, w = time.Second, w[1:]
		case bytes.HasPrefix(w, []byte("ms")):
			unit, w = time.Millisecond, w[2:]
		default:
			return d
		}
		d += time.Duration(n) * unit
	}
	return d
}
