// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// This file reads counts that are samples of metrics: their names and their labels.

// metricState finds the label with a state in a line of Prometheus's text
// format: node_tcp_connection_states{state="time_wait"} 18122. The state is
// empty when its word is none, as rx_queued_bytes is of node_exporter.
func metricState(b []byte) (state []byte, ok bool) {
	open := bytes.IndexByte(b, '{')
	if open < 1 || bytes.ContainsAny(b[:open], " \t\"") {
		return nil, false
	}
	for _, label := range [...]string{`tcp_state="`, `state="`} {
		for from := open; ; {
			i := bytes.Index(b[from:], []byte(label))
			if i < 0 {
				break
			}
			from += i + len(label)
			if before := b[from-len(label)-1]; before == '{' || before == ',' || before == ' ' {
				word, _, found := bytes.Cut(b[from:], []byte(`"`))
				return word, found
			}
		}
	}
	return nil, false
}

// metricName finds the state at the end of the name of a metric with labels, as
// telegraf writes it: netstat_tcp_time_wait{host="db2"} 18122.
func metricName(b []byte) (state []byte, ok bool) {
	open := bytes.IndexByte(b, '{')
	if open < 1 || bytes.ContainsAny(b[:open], " \t\"") {
		return nil, false
	}
	i := bytes.LastIndex(b[:open], []byte("tcp_"))
	if i < 0 {
		return nil, false
	}
	state = b[i+len("tcp_") : open]
	_, ok = stateWord(state)
	return state, ok
}

// instanceOf returns the label that names the machine; nil if there is none.
func instanceOf(b []byte) []byte {
	for _, label := range [...]string{`instance="`, `host="`, `node="`, `pod="`} {
		if _, after, ok := bytes.Cut(b, []byte(label)); ok {
			value, _, _ := bytes.Cut(after, []byte(`"`))
			return value
		}
	}
	return nil
}

// foreignMetric returns the class of a metric with a label that names another
// protocol, whatever the label is called but what names machines and programs.
func foreignMetric(b []byte) (c class, ok bool) {
	eachLabel(b, func(name, value []byte) {
		if other, is := foreignWord(value); is && !holdsNames(name) {
			c, ok = other, true
		}
	})
	return c, ok
}

// strayInMetric returns a word of a metric's name, or the name of a label, of which
// it is not known what it says of the number; nil if there is none.
func strayInMetric(name, b []byte) (stray []byte) {
	for word := range bytes.FieldsFuncSeq(name, betweenWords) {
		if !namesMetric(word) {
			return word
		}
	}
	eachLabel(b, func(name, value []byte) {
		switch {
		case stray != nil:
		case !isLabelName(name):
			stray = name
		case isProtocolName(name) && !isFamily(value) && !tcpCell(value):
			stray = value
		}
	})
	return stray
}

// namesMetric reports whether a word in the name of a metric says nothing of what
// its number is, but that it is one of sockets.
func namesMetric(w []byte) bool {
	if isFiller(w) || isFamily(w) || isHost(w) && bytes.IndexByte(w, '/') < 0 {
		return true
	}
	if _, state := loosely(w); state {
		return true
	}
	switch string(bytes.ToLower(w)) {
	case "node", "netdata", "netstat", "netdev", "host", "server", "system", "os", "net", "network", "windows", "win", "linux", "unix", "machine", "kernel", "proc", "process", "container", "pod", "json", "ss", "sock", "by", "stat", "stats", "usage", "gauge", "active", "open", "exporter", "telegraf", "datadog", "custom", "app",
		"tcpv4", "tcpv6", "tcpstat", "inet", "ip", "wait", "fin", "syn", "time", "close", "last", "ack", "sent", "recv", "rcv", "wait1", "wait2", "1", "2", "v4", "v6", "4", "6":
		return true
	default:
		return false
	}
}

// isProtocolName reports whether a protocol stands under name.
func isProtocolName(name []byte) bool {
	switch string(bytes.ToLower(name)) {
	case "proto", "protocol", "netid", "transport", "l4", "l4proto", "ipproto", "ip_proto", "layer4":
		return true
	default:
		return false
	}
}

// isLabelName reports whether a label of a metric says which sockets are counted,
// or by whom, and not what the number is.
func isLabelName(name []byte) bool {
	if isPieceLabel(name) || isHostKey(string(name)) || isProtocolName(name) {
		return true
	}
	switch string(bytes.ToLower(name)) {
	case "state", "tcp_state", "__name__", "job", "namespace", "cluster", "env", "environment", "region", "zone", "az", "dc", "datacenter", "site", "rack", "stage", "tier", "team", "role", "service", "app", "application", "id", "image", "netns", "user", "process", "process_name", "comm", "pid", "exe", "os", "arch", "account",
		"af_inet", "addr", "address", "local_address", "remote_address", "src", "dst", "exported_job", "exported_instance", "monitor", "replica", "prometheus", "container_name", "pod_name", "nodename", "device", "interface", "endpoint", "component", "project", "tenant", "owner", "release", "chart", "target":
		return true
	default:
		return bytes.HasPrefix(name, []byte("label_")) || bytes.HasPrefix(name, []byte("kubernetes_")) || bytes.HasPrefix(name, []byte("container_label_"))
	}
}

// isStrangeMetric reports whether what a metric counts by state is not a socket of
// the machine: alerts, the connections of a proxy or of the connection tracking
// table, times.
func isStrangeMetric(name []byte) bool {
	name = bytes.ToLower(name)
	for _, of := range [...]string{"alerts", "haproxy_", "nginx_", "envoy_", "traefik_", "pgbouncer_", "pg_", "mysql_", "kube_"} {
		if bytes.HasPrefix(name, []byte(of)) {
			return true
		}
	}
	for _, end := range [...]string{"_sum", "_bucket", "_created"} {
		if bytes.HasSuffix(name, []byte(end)) {
			return true
		}
	}
	last := []byte(nil)
	for word := range bytes.FieldsFuncSeq(name, betweenWords) {
		if measures(word) || bytes.HasPrefix(word, []byte("transition")) || string(word) == "total" && isEvent(last) {
			return true
		}
		last = word
	}
	for _, of := range [...]string{"tcp", "conn", "sock", "netstat", "json"} { // the reader of JSON begins its lines with json
		if bytes.Contains(name, []byte(of)) {
			return ofOthers(name)
		}
	}
	return true
}

// isEvent reports whether a word before total, in the name of a metric, says what
// happened so often.
func isEvent(w []byte) bool {
	switch string(w) {
	case "close", "closed", "open", "opened", "accept", "accepted", "accepts", "connect", "connected", "created", "established", "started", "finished", "completed", "failed", "failures", "reset", "aborted", "rejected", "refused", "dropped", "sent", "received", "handled", "requests", "attempts", "openings":
		return true
	default:
		return false
	}
}

// betweenWords reports whether c stands between the words of the name of a metric.
func betweenWords(c rune) bool { return c == '_' || c == '.' || c == ':' || c == '-' }

// protocolIn finds another protocol that has states like those of TCP, or none,
// among the words of the name of a metric.
func protocolIn(name []byte) (class, bool) {
	for word := range bytes.FieldsFuncSeq(name, betweenWords) {
		if isTCP(word) || isTCPv6(word) {
			return 0, false // the whole line is about unix sockets
		}
	}
	for word := range bytes.FieldsFuncSeq(name, betweenWords) {
		if c, ok := foreignWord(word); ok {
			return c, true
		}
		if string(word) == "raw" {
			return otherRaw, true
		}
	}
	return 0, false
}

// readMetric reads the number after the labels; what follows it is a time.
func (l *line) readMetric(word, b []byte) bool {
	_, after, _ := bytes.Cut(b, []byte("}"))
	value, stamp := nextWord(after)
	if string(value) == "=>" { // output of promtool query
		value, stamp = nextWord(stamp)
		stamp = bytes.Trim(stamp, " @[]")
		stamp, _, _ = bytes.Cut(stamp, []byte("."))
	}
	l.source = instanceOf(b)
	if stamp = bytes.TrimSpace(stamp); value == nil || len(stamp) > 0 && (len(stamp) < 10 || !isNumber(stamp)) {
		return false
	}
	if string(word) == "rx_queued_bytes" || string(word) == "tx_queued_bytes" {
		l.class, l.known = text, true
		return true
	}
	s, isState := countedState(word)
	if !isState {
		s, isState = loosely(word)
	}
	n, note, size := readNumberOf(value)
	if note == dot {
		size = 0 // metrics have no thousands separator
	}
	name := bytes.ToLower(b[:bytes.IndexByte(b, '{')])
	if size > 0 && n == 0 && !isState {
		return false
	}
	if ofTCP := bytes.Contains(name, []byte("tcp")) || bytes.Contains(name, []byte("conn")); (!isState || size == 0) && (ofTCP || mentioned(word)) {
		l.broke(StateCounts, problem.LineState)
		if l.word = word; isState {
			l.why, l.word = problem.LineBadNumber, nil
		}
		return true
	}
	if !isState || size == 0 {
		return false
	}
	if other, ok := foreignMetric(b); ok {
		l.class = other
		return true
	}
	if other, ok := protocolIn(name); ok {
		l.class = other
		return true
	}
	if isStrangeMetric(b[:bytes.IndexByte(b, '{')]) {
		l.broke(StateCounts, problem.LineNotSockets)
		return true
	}
	l.counts(pair{s, n, note})
	l.stray, l.stamp = strayInMetric(name, b), stamp
	return true
}
