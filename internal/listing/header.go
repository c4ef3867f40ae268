// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// readHeader recognises the lines that listings begin with.
func (l *line) readHeader(ctx *context) bool {
	switch string(l.at[0]) {
	case "Active":
		return l.readActive(ctx)
	case "Proto/ID":
		return l.title(ctx.started)
	case "Proto":
		return l.readProto(ctx)
	case "Netid", "State", "Recv-Q":
		return l.readSSHeader(ctx)
	case "Socket", "Tcpcb", "PCB":
		return string(l.get(1)) == "Proto" && l.head(BSD)
	case "sl":
		return l.readProcHeader()
	case "Address": // the heading of unix sockets
		return string(l.get(1)) == "Type" && l.other(ctx)
	case "LocalAddress", "LocalAddress:Port":
		return string(l.get(1)) == "LocalPort" && l.n > 3 && string(l.get(4)) == "State" && l.head(PowerShell)
	case "Local": // the heading of netsh
		return string(l.get(1)) == "Address" && string(l.get(2)) == "Local" && l.head(PowerShell)
	case "活动连接", "使用中連線", "\xbb\xee\xb6\xaf\xc1\xac\xbd\xd3": // headings of Chinese Windows; the last in GBK
		return l.n == 1 && l.title(Windows)
	case "协议", "協定", "\xd0\xad\xd2\xe9":
		return l.readChinese(ctx)
	case "Registered":
		return bytes.Contains(l.line, []byte("control modules")) && l.other(ctx)
	default:
		return isRule(l.line) && ctx.started == PowerShell && l.title(PowerShell)
	}
}

// other makes the line a heading of things that are no TCP rows; what follows
// belongs to it until the next heading.
func (l *line) other(ctx *context) bool {
	ctx.section = true
	return l.title(ctx.started)
}

// title makes the line a heading of f.
func (l *line) title(f Format) bool {
	l.class, l.format, l.columns = header, f, false
	return true
}

// head makes the line the one heading of f that names the columns of TCP rows.
func (l *line) head(f Format) bool {
	l.class, l.format, l.columns = header, f, true
	return true
}

// readStateCounts recognises the line of FreeBSD's netstat -s below which the
// states are counted (usr.bin/netstat/inet.c, tcp_stats).
func (l *line) readStateCounts(ctx *context) bool {
	if l.at[0][0] != 'T' || !bytes.HasPrefix(bytes.TrimLeft(l.line, " \t"), []byte("TCP connection count by state")) {
		return false
	}
	ctx.bsd, ctx.bsdBegins = true, true
	return l.title(StateCounts)
}

// readActive recognises the title lines of netstat.
func (l *line) readActive(ctx *context) bool {
	switch string(l.get(1)) {
	case "Internet":
		ctx.section = false
		return l.title(Netstat)
	case "Connections":
		return l.n == 2 && l.title(Windows)
	case "UNIX", "LOCAL", "Multipath", "kernel", "AX.25", "IPX", "NET/ROM", "X.25", "Bluetooth":
		return l.other(ctx)
	default:
		return false
	}
}

// readProto tells the column names of Windows from those of the others: it
// has no queues.
func (l *line) readProto(ctx *context) bool {
	ctx.section = false
	switch {
	case string(l.get(1)) == "RefCnt": // the heading of unix sockets
		return l.other(ctx)
	case l.ofOneWordEach():
		return false // a separate table
	case string(l.get(1)) == "Local":
		return l.head(Windows)
	case string(l.get(1)) == "Listen" || bytes.Contains(l.line, []byte("R-HIWA")): // see signatures
		return false
	case string(l.get(1)) == "Recv-Q" && !bytes.Contains(l.line, []byte("Address")) && bytes.Contains(l.line, []byte(" id")), string(l.get(3)) == "vendor":
		return l.title(ctx.started) // the heading of the kernel's control sockets on macOS
	case !bytes.Contains(l.line, []byte("Local Address")):
		return l.readTranslated(ctx)
	case bytes.Contains(l.line, []byte("(state)")):
		return l.head(BSD)
	}
	ctx.noState = false
	return l.head(Netstat)
}

// ofOneWordEach reports whether each word of a heading is the name of a column, as in no
// heading of netstat: Proto Local Remote State.
func (l *line) ofOneWordEach() bool {
	state, local := false, false
	for i := range l.n {
		c, known := columnOf(l.at[i])
		if !known {
			return false
		}
		state, local = state || c == columnState, local || c == columnLocal
	}
	return state && local
}

// readTranslated recognises the column names in another language: Proto is
// the same word in all of them, and Windows has no queues.
func (l *line) readTranslated(ctx *context) bool {
	if l.n < 4 || hasDigit(l.line) || l.countsInTable() {
		return false
	}
	ctx.noState = false
	if bytes.Contains(l.line, []byte("-Q")) || bytes.Contains(l.line, []byte("-F")) || bytes.Contains(l.line, []byte("Jrk")) {
		return l.head(Netstat)
	}
	return l.head(Windows)
}

// countsInTable reports whether a heading has a column of states and one of counts:
// a table of its own, which no tool prints.
func (l *line) countsInTable() bool {
	state, counts := false, false
	for i := range l.n {
		c, _ := columnOf(l.at[i])
		state = state || c == columnState
		counts = counts || figureOf(l.at[i]) == figureCount
	}
	return state && counts
}

// readChinese recognises the column names of Windows in Chinese: other tables have a
// column of that name too.
func (l *line) readChinese(ctx *context) bool {
	switch string(l.get(1)) {
	case "本地地址", "本機位址", "\xb1\xbe\xb5\xd8\xb5\xd8\xd6\xb7":
		ctx.section, ctx.noState = false, false
		return l.n >= 4 && l.head(Windows)
	default:
		return false
	}
}

// readSSHeader notes whether ss prints a State column.
func (l *line) readSSHeader(ctx *context) bool {
	if !bytes.Contains(l.line, []byte("Local Address")) || !bytes.Contains(l.line, []byte("Recv-Q")) && !bytes.Contains(l.line, []byte("Peer Address")) {
		return false
	}
	ctx.netid = string(l.at[0]) == "Netid"
	ctx.noState = string(l.at[0]) != "State" && string(l.get(1)) != "State"
	return l.head(SS)
}

// readProcHeader tells TCP from UDP: the latter has a column drops.
func (l *line) readProcHeader() bool {
	if string(l.get(1)) != "local_address" {
		return false
	}
	if bytes.Contains(l.line, []byte("drops")) {
		l.class, l.known = text, true
		return true
	}
	return l.head(Proc)
}
