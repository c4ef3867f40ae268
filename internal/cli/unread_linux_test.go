// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// sendAll sends the same bytes on each connection and waits until the other ends have
// that many unread.
func sendAll(t *testing.T, clients, servers []int, text string, unread int) {
	t.Helper()
	for _, fd := range clients {
		_, err := unix.Write(fd, []byte(text))
		must(t, err)
	}
	for _, fd := range servers {
		await(t, "the bytes are there", func() bool {
			n, err := unix.IoctlGetInt(fd, unix.SIOCINQ)
			must(t, err)
			return n == unread
		})
	}
}

func readAll(t *testing.T, fds []int, size int) {
	t.Helper()
	buf := make([]byte, size)
	for _, fd := range fds {
		n, err := unix.Read(fd, buf)
		if err != nil || n != size {
			t.Fatalf("read %d of %d: %v", n, size, err)
		}
	}
}

// TestDoctorPollLoop: a server reads all of its clients' heartbeats at intervals.
// Whenever doctor reads, the same number of bytes is unread, but they are different
// bytes; so nothing is wrong.
func TestDoctorPollLoop(t *testing.T) { silentWhileRead(t, 8) }

// TestDoctorSlowReader: a reader that takes a part of what comes is slow, but it
// reads.
func TestDoctorSlowReader(t *testing.T) { silentWhileRead(t, 1) }

// silentWhileRead checks that ES04 has no finding while servers read so many of the
// eight unread bytes of each client, and the clients send eight more.
func silentWhileRead(t *testing.T, taken int) {
	t.Helper()
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 12)
	sendAll(t, clients, servers, "pingreq.", 8)
	v := doctorWhile(t, ns, func() {
		readAll(t, servers, taken)
		sendAll(t, clients, servers, "pingreq.", 16-taken)
	}, 5*time.Second)
	v.silent(t, "ES04")
}

// TestDoctorNobodyReads: not a byte is read, and more comes.
func TestDoctorNobodyReads(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 12)
	sendAll(t, clients, servers, "pingreq.", 8)
	pid := adopt(t, "deaf", servers...)
	v := doctorWhile(t, ns, func() {
		for _, fd := range clients[:6] {
			_, err := unix.Write(fd, []byte("pingreq."))
			must(t, err)
		}
		testnet.Delivered(t)
	}, 30*time.Second)
	f := v.finding(t, "ES04", "warning")
	f.says(t, "12 connections were not read for 30 s: 144 bytes wait")
	if f.Process != "deaf" || f.PID != pid || pid == os.Getpid() {
		t.Errorf("%s[%d] is named, it is deaf[%d]", f.Process, f.PID, pid)
	}
	f.proposes(t)
}
