// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"strings"
	"testing"
)

// ofFigures are records of a state and a number that is none of one socket.
func ofFigures() []paste {
	const number, unclear = "no count of a state", "what its number counts"
	item := func(name, a, b string) string {
		return "State : ESTABLISHED\n" + name + " : " + a + "\n\nState : LISTEN\n" + name + " : " + b + "\n"
	}
	return []paste{
		{name: "a total", source: "Format-List", text: item("Total", "412", "88"), want: "ESTABLISHED 412, LISTEN 88"},
		{name: "a sum", source: "Format-List", text: item("Sum", "412", "88"), want: "ESTABLISHED 412, LISTEN 88"},
		{name: "a total of one", source: "Format-List", text: "State : ESTABLISHED\nTotal : 412\n\nState : LISTEN\n", says: "two answers"},
		{name: "a total of sockets", source: "Format-List", text: "LocalPort : 80\nState : ESTABLISHED\nTotal : 412\n\nLocalPort : 81\nState : LISTEN\nTotal : 88\n", want: "ESTABLISHED 1, LISTEN 1", says: number, lossy: true},
		{name: "a share", source: "Format-List", text: item("Percent", "82.4", "17.6"), want: "ESTABLISHED 1, LISTEN 1", says: number, lossy: true},
		{name: "an age", source: "Format-List", text: item("Age", "412", "88"), want: "ESTABLISHED 1, LISTEN 1", says: number, lossy: true},
		{name: "a total first", source: "Format-List", text: "Total : 412\nState : ESTABLISHED\n\nTotal : 88\nState : LISTEN\n", want: "ESTABLISHED 412, LISTEN 88"},
		{name: "a process", source: "Format-List", text: item("OwningProcess", "412", "88"), want: "ESTABLISHED 1, LISTEN 1"},
		{name: "an inode", source: "Format-List", text: item("Inode", "412", "88"), want: "ESTABLISHED 1, LISTEN 1"},
		{name: "states alone", source: "Format-List", text: "State : Established\n\nState : Listen\n", want: "ESTABLISHED 1, LISTEN 1"},
		{name: "a share as JSON", source: "a script", text: `[{"state":"ESTABLISHED","percent":82},{"state":"LISTEN","percent":18}]`, says: unclear},
		{name: "an age as JSON", source: "a script", text: `[{"proto":"tcp","state":"ESTABLISHED","age":412},{"proto":"tcp","state":"LISTEN","age":88}]`, says: unclear},
		{name: "an age of a socket", source: "a script", text: `[{"state":"ESTABLISHED","age":412,"pid":7},{"state":"LISTEN","age":88,"inode":9}]`, want: "ESTABLISHED 1, LISTEN 1"},
	}
}

// ofBrackets are lines in brackets below rows of netstat -b of Windows.
func ofBrackets() []paste {
	with := func(line string) string {
		return strings.Replace(winABC, "LISTENING       812", "LISTENING       812\r\n"+line, 1)
	}
	var all []paste
	for _, program := range []string{" [nginx.exe]", " [System]", " [Docker Desktop.exe]", " [7zFM.EXE]", " Can not obtain ownership information"} {
		all = append(all, paste{name: program, source: "netstat -abn", text: with(program), want: counts})
	}
	for _, gap := range []string{"[snip 40 lines]", "[redacted 12 rows]", "[40 lines hidden]", "[\u7701\u7565200\u884c]", "[\u5df2\u5220\u9664 40 \u6761]"} {
		all = append(all, paste{name: gap, source: "tickets", text: with(gap), want: counts, says: "left out", lossy: true})
	}
	return append(all,
		paste{name: "a remark", source: "tickets", text: with("[the 40 of db7 as above]"), want: counts, says: "can be read", lossy: true},
		paste{name: "a word", source: "tickets", text: with("[redacted]"), want: counts, says: "can be read", lossy: true},
		paste{name: "lines of netstat", source: "tickets", text: rowA + "[snip 40 lines]\n" + rowB + rowC, want: counts, says: "left out", lossy: true})
}

// TestFigures: a number that tells no socket from the next makes none.
func TestFigures(t *testing.T) {
	for group, pastes := range map[string][]paste{"figures": ofFigures(), "brackets": ofBrackets()} {
		for _, p := range pastes {
			t.Run(group+"/"+p.name, func(t *testing.T) { p.test(t) })
		}
	}
}
