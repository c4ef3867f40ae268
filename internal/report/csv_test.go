// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestNumbersInCSV: a numeric column contains numbers or nothing, whether a socket has
// the value, has none, or the value is unknown.
func TestNumbersInCSV(t *testing.T) {
	columns := slices.Collect(socket.Fields())
	var all socket.Socket
	for _, f := range columns {
		all.Known.Add(f.ID)
	}
	full := all
	full.State, full.Kind, full.Info = tcp.Established, socket.Full, &socket.TCPInfo{}
	full.Mem, full.Netns = &socket.MemInfo{Words: 9}, &socket.Netns{Inode: 1, Name: "host"}
	full.Owner = &socket.Owner{Process: &socket.Process{PID: 7, Name: "=app"}}
	minisocket := all
	minisocket.State, minisocket.Kind = tcp.TimeWait, socket.Mini
	var b bytes.Buffer
	c, err := NewCSVRows(&b, columns)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*socket.Socket{{}, &minisocket, &full} {
		if err := c.Row(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(records) != 4 {
		t.Fatalf("%d records: %v", len(records), err)
	}
	numbers := 0
	for _, record := range records[1:] {
		for i, cell := range record {
			if !columns[i].Type.Numeric() || cell == "" {
				continue
			}
			numbers++
			if _, err := strconv.ParseFloat(cell, 64); err != nil {
				t.Errorf("column %s has %q", columns[i].Name, cell)
			}
		}
	}
	if numbers < 10 {
		t.Errorf("only %d numbers", numbers)
	}
}

// TestFormulas: text that a spreadsheet would take for a formula is marked as text,
// even if its first character is a full-width or small variant; numbers and single
// signs stay.
func TestFormulas(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+cmd": "'+cmd", "-cmd": "'-cmd", "@sum": "'@sum", "＝1+1": "'＝1+1", "＋a": "'＋a", "－a": "'－a", "＠a": "'＠a", "﹦a": "'﹦a",
		"-1.5": "-1.5", "+3": "+3", "-": "-", "＝": "＝", "a=1": "a=1", "\t=1": `\t=1`, "\u202e=1": `\u202e=1`,
	} {
		if got := inCSV(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
