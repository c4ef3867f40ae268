// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// readHeader recognises the lines that listings begin with.
func (l *line) readHeader(ctx *context) bool {
	switch string(l.at[0]) {
	case "Active":
		return l.readActive(ctx)
	case "Proto":
		return l.readProto(ctx)
	case "Netid", "State", "Recv-Q":
		return l.readSSHeader(ctx)
	case "Socket", "Tcpcb", "PCB":
		return string(l.get(1)) == "Proto" && l.head(BSD)
	case "sl":
		return l.readProcHeader()
	case "Address": // of unix sockets
		return string(l.get(1)) == "Type" && l.title(ctx.started)
	case "LocalAddress", "LocalAddress:Port":
		return string(l.get(1)) == "LocalPort" && l.head(PowerShell)
	default:
		return isRule(l.line) && ctx.started == PowerShell && l.title(PowerShell)
	}
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

// readActive recognises the title lines of netstat.
func (l *line) readActive(ctx *context) bool {
	switch string(l.get(1)) {
	case "Internet":
		return l.title(Netstat)
	case "Connections":
		return l.n == 2 && l.title(Windows)
	case "UNIX", "LOCAL":
		return l.title(ctx.started)
	default:
		return false
	}
}

// readProto tells the column names of Windows from those of the others: it
// has no queues.
func (l *line) readProto(ctx *context) bool {
	switch {
	case string(l.get(1)) == "RefCnt": // of unix sockets
		return l.title(ctx.started)
	case string(l.get(1)) == "Local":
		return l.head(Windows)
	case !bytes.Contains(l.line, []byte("Local Address")):
		return false
	case bytes.Contains(l.line, []byte("(state)")):
		return l.head(BSD)
	}
	ctx.noState = false
	return l.head(Netstat)
}

// readSSHeader notes whether ss prints a State column.
func (l *line) readSSHeader(ctx *context) bool {
	if !bytes.Contains(l.line, []byte("Recv-Q")) || !bytes.Contains(l.line, []byte("Local Address")) {
		return false
	}
	ctx.noState = string(l.at[0]) != "State" && string(l.get(1)) != "State"
	return l.head(SS)
}

// readProcHeader tells TCP from UDP: the latter has a column drops.
func (l *line) readProcHeader() bool {
	if string(l.get(1)) != "local_address" {
		return false
	}
	if bytes.Contains(l.line, []byte("drops")) {
		l.class = text
		return true
	}
	return l.head(Proc)
}

// isRule reports whether line is made of dashes and spaces.
func isRule(line []byte) bool { return len(bytes.Trim(line, "- \t")) == 0 }
