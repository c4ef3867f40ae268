// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestDashboard: everything that the dashboard "Node Exporter Full" asks about TCP
// is answered, with the sample of a kernel that tells it.
func TestDashboard(t *testing.T) {
	file, err := os.Open("testdata/node-exporter-full.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	counters := map[string]uint64{}
	for _, name := range []string{
		"Tcp.ActiveOpens", "Tcp.InErrs", "Tcp.InSegs", "Tcp.OutRsts", "Tcp.OutSegs", "Tcp.PassiveOpens", "Tcp.RetransSegs",
		"TcpExt.ListenDrops", "TcpExt.ListenOverflows", "TcpExt.SyncookiesFailed", "TcpExt.SyncookiesRecv", "TcpExt.SyncookiesSent",
		"TcpExt.TCPOFOQueue", "TcpExt.TCPRcvQDrop", "TcpExt.TCPSynRetrans", "TcpExt.TCPTimeouts",
	} {
		counters[name] = 3
	}
	s := &metrics.Sample{
		Count: &metrics.Counted{Own: &[tcp.NumStates]uint64{tcp.TimeWait: 5}, Facts: diagnose.Facts{
			Counters: diagnose.NumbersOf(counters),
			Gauges:   diagnose.NumbersOf(map[string]uint64{"Tcp.CurrEstab": 1, "TCP.alloc": 1, "TCP.inuse": 1, "TCP.mem": 1, "TCP.orphan": 0, "TCP.tw": 1, "sockets.used": 1}),
		}},
		Examined: &metrics.Examined{Queued: &metrics.Queued{Received: 6, Sent: 7}},
	}
	told := map[string]float64{}
	for _, m := range metrics.NodeExporter() {
		m.Each(s, func(series metrics.Series) bool {
			id := series.Name
			if len(series.Labels) > 0 {
				id += `{state="` + series.Labels[0].Value + `"}`
			}
			told[id] = series.Value
			return true
		})
	}
	asks := 0
	for in := bufio.NewScanner(file); in.Scan(); {
		if line := in.Text(); !strings.HasPrefix(line, "#") {
			asks++
			if _, ok := told[line]; !ok {
				t.Errorf("nothing answers %s", line)
			}
		}
	}
	if asks != 38 {
		t.Errorf("%d lines", asks)
	}
	for id, want := range map[string]float64{
		`node_tcp_connection_states{state="time_wait"}`: 5, `node_tcp_connection_states{state="closing"}`: 0, `node_tcp_connection_states{state="tx_queued_bytes"}`: 7,
		"node_netstat_Tcp_MaxConn": -1, "node_sockstat_TCP_mem_bytes": float64(os.Getpagesize()), "node_netstat_TcpExt_ListenDrops": 3,
	} {
		if told[id] != want {
			t.Errorf("%s = %v, want %v", id, told[id], want)
		}
	}
}
