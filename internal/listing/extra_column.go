// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// This file knows columns that people put after those of the tools: how often a row
// was there.

// extra is a column of a heading of one of the tools that none of them prints.
type extra struct {
	name   []byte // nil if there is no such column
	of     figure
	behind int // number of columns after the state (for ss, after the addresses); 0 if it is not the last of them
}

// extraColumn looks for a column of numbers in a heading that no tool prints. What
// counts can be anywhere; another name is looked at where it is the last.
func (l *line) extraColumn(ctx *context) {
	if l.class != header || !l.columns {
		return
	}
	if ctx.extra = (extra{}); l.format == Proc {
		return
	}
	start, behind := 0, 0 // of the columns after the state
	for i := 1; i < l.n; i++ {
		if w := string(l.at[i]); ofTools(w) {
			if w == "State" || w == "(state)" || l.format == SS && (w == "Address:Port" || w == "Port") {
				start, behind = i+1, 0
			} else if start > 0 && w != "name" && (w != "State" || string(l.at[i-1]) != "Offload") {
				behind++
			}
			continue
		}
		behind++
		of, last := figureOf(l.at[i]), i == l.n-1
		switch {
		case of == figureCount, last && of != figureSocket && onlyLetters(l.at[i]):
			ctx.extra = extra{name: bytes.Clone(l.at[i]), of: of}
			if last && start > 0 {
				ctx.extra.behind = behind
			}
		}
		if of == figureCount {
			return
		}
	}
}

// ofTools reports whether w is a word of the headings of the tools.
func ofTools(w string) bool {
	switch w {
	case "Proto", "Recv-Q", "Send-Q", "Local", "Foreign", "Peer", "Address", "Address:Port", "Port", "State", "(state)", "User", "Inode", "PID/Program", "name", "Timer", "Process", "Netid", "PID", "Offload", "Socket", "Tcpcb", "PCB",
		"LocalAddress", "LocalPort", "RemoteAddress", "RemotePort", "AppliedSetting", "OwningProcess", "Remote", "rxbytes", "txbytes", "rhiwat", "shiwat", "pid", "epid", "state", "options", "gencnt", "flags", "flags1", "usecnt", "usscnt", "rtncnt", "fltrs", "process:pid", "vnet", "Cgroup", "Security", "context":
		return true
	default:
		return false
	}
}

// takeExtra makes a row below such a heading a count. Where it is not known what the
// number in it is, it stays a row, and that is reported.
func (l *line) takeExtra(ctx *context) {
	core := 0
	switch l.format {
	case Netstat, BSD, Windows:
		core = l.local + 3
	case SS:
		core = l.local + 2
	case PowerShell:
		core = 5
	default:
		return
	}
	if l.tabled || l.n <= core && ctx.extra.of != figureCount {
		return
	}
	n, note, size := readNumberOf(l.at[l.n-1])
	switch {
	case size > 0 && ctx.extra.of == figureCount && ctx.extra.behind > 0 && l.n == core+ctx.extra.behind:
		local, remote := l.at[l.local], l.at[l.local+1]
		if l.format == PowerShell {
			local, remote = l.at[0], l.at[2]
		}
		l.counts(pair{l.state.Reported(), n, note})
		l.cell = [columns][]byte{columnLocal: local, columnRemote: remote}
		l.celled = true
	case size > 0 || ctx.extra.of == figureCount:
		l.figure = ctx.extra.name
	}
}

// endsInNumber reports whether a row of Linux's netstat or of ss has a number alone
// after what it has without options, which no option of the two prints.
func (f Format) endsInNumber(raw []byte) bool {
	fields := countFields(raw)
	switch {
	case f == Netstat && fields == 7, f == SS && fields == 6+skipsProtocol(raw):
		b := bytes.TrimRight(raw, " \t\r")
		return isNumber(b[bytes.LastIndexAny(b, " \t")+1:])
	default:
		return false
	}
}

// skipsProtocol returns how many fields of a row of ss stand before its state.
func skipsProtocol(raw []byte) int {
	if w, _ := nextWord(raw); isTCP(w) {
		return 1
	}
	return 0
}
