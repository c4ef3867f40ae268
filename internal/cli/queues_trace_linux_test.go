// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestQueuesTrace: queues --trace reports for each listener how its accepted
// connections ended and who ended them. It reports nothing about another listener's
// connections or those of clients.
func TestQueuesTrace(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	happens := func() {
		first, second := meet(t, 8080), meet(t, 8081)
		t.Cleanup(func() { _, _ = first.listener.Close(), second.listener.Close() })
		first.each(7, func(_, server *net.TCPConn) { _ = server.Close() })
		first.each(3, func(client, server *net.TCPConn) {
			_, err := client.Write([]byte("x"))
			must(t, err)
			raw, err := server.SyscallConn()
			must(t, err)
			must(t, raw.Read(func(fd uintptr) bool { // the data has come and stays unread
				_, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK)
				return err == nil
			}))
			_ = server.Close()
		})
		second.each(5, func(client, _ *net.TCPConn) { _ = client.Close() })
		testnet.Delivered(t)
	}
	var doc struct {
		Exact     bool
		Listeners []struct {
			Sport int
			Trace *struct {
				Ended uint64
				Ends  []struct {
					Reason string
					Count  uint64
					By     []struct{ Process, Side string }
				}
			}
		}
	}
	out := repeated(t, ns, happens, "queues", "--trace", "10s", "--netns", ns.Path(), "-o", "json")
	must(t, json.Unmarshal([]byte(out), &doc))
	comm, err := os.ReadFile("/proc/self/comm")
	must(t, err)
	me := strings.TrimSpace(string(comm))
	got := map[int]string{}
	for _, l := range doc.Listeners {
		if l.Trace == nil {
			t.Fatalf("no trace of :%d in %s", l.Sport, out)
		}
		got[l.Sport] = fmt.Sprint(l.Trace.Ended, l.Trace.Ends)
	}
	want := map[int]string{
		8080: fmt.Sprintf("10 [{closed-first 7 [{%s accepted}]} {unread-data 3 [{%[1]s accepted}]}]", me),
		8081: fmt.Sprintf("5 [{closed-after 5 [{%s accepted}]}]", me),
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	table := repeated(t, ns, func() { testnet.Delivered(t) }, "queues", "--trace", "10s", "--netns", ns.Path())
	if !strings.Contains(table, "no connection of these ports ended") {
		t.Errorf("nothing happened, and it says:\n%s", table)
	}
}
