// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// This file knows how a listing says itself that it is not whole: the program
// that printed it died or could not read on, the connection that it came
// through was closed, rows that were alike were left out.

// brokeOff reports whether b is such a message of a program or a shell.
func brokeOff(b []byte) bool {
	b = bytes.TrimRight(bytes.TrimSpace(b), ".\r")
	b = bytes.TrimSuffix(b, []byte(" (core dumped)"))
	reason := b
	if i := bytes.LastIndex(b, []byte(": ")); i >= 0 {
		reason = b[i+2:]
	}
	switch string(reason) {
	case "^C", "Killed", "Terminated", "Aborted", "Segmentation fault", "Bus error", "Hangup", "Input/output error", "Cannot allocate memory", "Out of memory",
		"No buffer space available", "Broken pipe", "Interrupted system call", "Too many open files", "No space left on device", "Resource temporarily unavailable",
		"\u5df2\u6740\u6b7b", "\u5df2\u7ec8\u6b62":
		return true
	case "No such file or directory", "Permission denied", "Operation not permitted":
		return bytes.Contains(b, []byte("/proc/net/tcp"))
	case "Connection reset by peer", "Connection timed out", "Operation timed out", "Connection refused":
		return bytes.HasPrefix(b, []byte("netstat")) || bytes.HasPrefix(b, []byte("ss")) || bytes.HasPrefix(b, []byte("Read from remote host")) || bytes.HasPrefix(b, []byte("client_loop"))
	}
	return bytes.HasSuffix(b, []byte("closed by remote host")) || job(b)
}

// unanswered reports whether b is what Ansible, Salt, pdsh, pssh or ssh print of a machine
// that gave no answer, so that its sockets are missing.
func unanswered(b []byte) bool {
	for _, words := range [...]string{
		"| UNREACHABLE!", "| FAILED |", "| FAILED! ", "Minion did not return", "[No response]", "Failed to connect to the host via ssh", "ssh: connect to host ", "Could not resolve hostname",
		"Host key verification failed", "ssh exited with exit code", "[FAILURE] ", "non-zero return code",
	} {
		if bytes.Contains(b, []byte(words)) {
			return true
		}
	}
	return false
}

// job reports whether b is what a shell prints of a command that was ended:
// bash: line 1:  812 Killed   netstat -ant.
func job(b []byte) bool {
	_, command, killed := bytes.Cut(b, []byte(" Killed "))
	if !killed {
		_, command, killed = bytes.Cut(b, []byte(" Terminated "))
	}
	return killed && isCommand(bytes.TrimSpace(command))
}

// alike reports whether b says that lines which were alike were left out.
func alike(b []byte) bool {
	b = bytes.Trim(b, "[](){}<>-=*#.|+ \t\u2026")
	if rest, ok := bytes.CutPrefix(b, []byte("last message ")); ok {
		b = rest
	}
	if leavesOut(b) {
		return true
	}
	if !hasNumber(b) {
		return false
	}
	last := b[bytes.LastIndexByte(b, ' ')+1:]
	switch string(last) {
	case "more", "others", "removed", "omitted", "truncated", "hidden", "skipped", "suppressed", "elided", "deleted", "collapsed":
		return countFields(b) <= 6
	case "times":
		return bytes.HasPrefix(b, []byte("repeat")) || isTimes(b)
	default:
		return false
	}
}

// leavesOut reports whether b is a number of lines with a word that says they
// are gone: snip 200 lines, redacted 12 lines, 省略200行.
func leavesOut(b []byte) bool {
	if len(b) > 80 || !hasDigit(b) {
		return false
	}
	gone, lines := false, false
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		w = bytes.ToLower(bytes.Trim(w, ".,:;()[]"))
		gone = gone || isOmission(w)
		switch string(w) {
		case "line", "lines", "row", "rows", "entry", "entries", "connections", "sockets", "records":
			lines = true
		}
	}
	for _, unit := range [...]string{"行", "条", "條", "个连接", "個連接"} {
		lines = lines || bytes.Contains(b, []byte(unit))
	}
	return gone && lines && countFields(b) <= 8
}

// says reports whether is holds for a word of b in small letters.
func says(b []byte, is func(w []byte) bool) bool {
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		if is(bytes.ToLower(w)) {
			return true
		}
	}
	return false
}

// isOmission reports whether w, a word of small letters or some words of
// Chinese, says that something was taken out.
func isOmission(w []byte) bool {
	switch string(w) {
	case "snip", "snipped", "redacted", "cut", "removed", "omitted", "truncated", "hidden", "skipped", "suppressed", "elided", "deleted", "collapsed", "trimmed", "stripped", "dropped", "masked", "censored", "more", "omit", "skip", "cropped", "abridged", "shortened", "missing":
		return true
	}
	for _, word := range [...]string{"省略", "略去", "删除", "刪除", "删去", "隐去", "隱去", "隐藏", "隱藏", "截断", "截斷", "跳过", "跳過", "脱敏", "略过", "略過"} {
		if bytes.Contains(w, []byte(word)) {
			return true
		}
	}
	return false
}

// times reports whether b, after a row, says how often the row was there:
// (x 200), x200, [200 times]. Rows with a process after them come here too, so
// that it looks at the last character first.
func times(b []byte) bool {
	b = bytes.TrimRight(b, " \t")
	if len(b) < 2 {
		return false
	}
	switch last := b[len(b)-1]; last {
	case ')', ']':
		i := bytes.LastIndexByte(b, opening(last))
		return i >= 0 && isTimes(b[i+1:len(b)-1])
	default:
		return isTimes(b[skipSpace(b, 0):])
	}
}

// isTimes reads x200, x 200, 200x, 200 times, and 200 more.
func isTimes(b []byte) bool {
	b = bytes.TrimSpace(b)
	if len(b) < 2 {
		return false
	}
	unit := ""
	switch last := b[len(b)-1]; {
	case isDigit(last):
		return timesSign(b)
	case last == 'x', last == 'X':
		unit = "x"
		if last == 'X' {
			unit = "X"
		}
	case last == 0x97:
		unit = "\u00d7"
	case last == 0xA1:
		unit = "\u6b21"
	case last == 's' && b[len(b)-2] == 'e':
		unit = " times"
	case last == 's':
		unit = " others"
	case last == 'e':
		unit = " more"
	case last == 'r':
		unit = " similar"
	case last == 'l':
		unit = " identical"
	default:
		return false
	}
	n, ok := bytes.CutSuffix(b, []byte(unit))
	n = bytes.TrimRight(n, " ")
	return ok && isNumber(n[bytes.LastIndexAny(n, " +")+1:])
}

// timesSign reports whether b is a number after one of the signs for times.
func timesSign(b []byte) bool {
	switch {
	case b[0] == 'x', b[0] == 'X', b[0] == '*':
		b = b[1:]
	case b[0] == 0xC3 && b[1] == 0x97:
		b = b[2:]
	default:
		return false
	}
	return isNumber(bytes.TrimLeft(b, " "))
}

// opening returns the bracket that the bracket c closes.
func opening(c byte) byte {
	if c == ')' {
		return '('
	}
	return '['
}
