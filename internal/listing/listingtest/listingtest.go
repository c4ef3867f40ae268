// SPDX-License-Identifier: Apache-2.0

// Package listingtest writes listings of any length for tests and benchmarks
// of internal/listing, the same ones every time. It is not for tests of what
// real programs print: those have samples in testdata.
//
//	listingtest.Write(w, listingtest.Netstat, 1_000_000, listingtest.HowTo())
package listingtest

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Style is whose listing is written.
type Style string

// The styles.
const (
	Netstat Style = "netstat" // net-tools netstat -ant
	SS      Style = "ss"      // ss -tan
	Proc    Style = "proc"    // /proc/net/tcp
)

// Share is how many rows of every so many are in a state.
type Share struct {
	State tcp.State
	Count int
}

// HowTo returns the counts of the sample in the old how-to: a web server with
// 18,122 TIME_WAIT of 18,846 connections.
func HowTo() []Share {
	return []Share{
		{tcp.LastAck, 14},
		{tcp.SynRecv, 348},
		{tcp.Established, 70},
		{tcp.FinWait1, 229},
		{tcp.FinWait2, 30},
		{tcp.Closing, 33},
		{tcp.TimeWait, 18122},
	}
}

// Total returns the sum of the shares.
func Total(shares []Share) int {
	total := 0
	for _, s := range shares {
		total += s.Count
	}
	return total
}

// Write writes a heading and n rows. The rows take the shares by turns, so
// that n equal to [Total] gives exactly the counts of shares.
func Write(w io.Writer, style Style, n int, shares []Share) error {
	b := bufio.NewWriterSize(w, 64<<10)
	_, _ = b.WriteString(heading(style)) // an error stays in b until Flush
	order := turns(shares)
	for i := range n {
		writeRow(b, style, i, order[i%len(order)])
	}
	return b.Flush()
}

// turns lists every state as often as its share says, well mixed: a listing in
// blocks of one state would flatter the processor's branch prediction.
func turns(shares []Share) []tcp.State {
	var order []tcp.State
	for _, s := range shares {
		for range s.Count {
			order = append(order, s.State)
		}
	}
	seed := uint32(1)
	for i := len(order) - 1; i > 0; i-- {
		seed = seed*1664525 + 1013904223
		j := int(seed>>8) % (i + 1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}

func heading(style Style) string {
	switch style {
	case SS:
		return "State      Recv-Q Send-Q  Local Address:Port    Peer Address:Port Process\n"
	case Proc:
		return "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	default:
		return "Active Internet connections (servers and established)\n" +
			"Proto Recv-Q Send-Q Local Address           Foreign Address         State      \n"
	}
}

func writeRow(b *bufio.Writer, style Style, i int, s tcp.State) {
	third, fourth, port := byte(i>>8), byte(i), 1024+i%60000
	local := "192.0.2.10:80"
	remote := fmt.Sprintf("198.51.%d.%d:%d", third, fourth, port)
	switch style {
	case SS:
		fmt.Fprintf(b, "%-10s %-6d %-6d %21s %21s\n", ssName(s), 0, i%7, local, remote)
	case Proc:
		line := fmt.Sprintf("%4d: 0A0200C0:0050 %02X%02X33C6:%04X %02X 00000000:%08X 00:00000000 00000000  1000        0 %d 1 0000000000000000 20 4 30 10 -1",
			i, fourth, third, port, uint8(s), i%7, 10000+i)
		if s == tcp.TimeWait {
			line = fmt.Sprintf("%4d: 0A0200C0:0050 %02X%02X33C6:%04X 06 00000000:00000000 03:%08X 00000000     0        0 0 3 0000000000000000",
				i, fourth, third, port, i%6000)
		}
		fmt.Fprintf(b, "%-149s\n", line)
	default:
		fmt.Fprintf(b, "%-4s  %6d %6d %-23s %-23s %-11s\n", "tcp", 0, i%7, local, remote, s)
	}
}

// ssName is how ss spells s in its State column (iproute2 misc/ss.c).
func ssName(s tcp.State) string {
	switch s {
	case tcp.Established:
		return "ESTAB"
	case tcp.FinWait1:
		return "FIN-WAIT-1"
	case tcp.FinWait2:
		return "FIN-WAIT-2"
	default:
		return strings.ReplaceAll(s.String(), "_", "-")
	}
}
