// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// rateVariable tells the test program for how many seconds to make connections to
// itself, as fast as it can.
const rateVariable = "TRACER_TEST_RATE"

// rateTime is how long connections are made: a moment, or TRACE_SECONDS in make soak.
func rateTime() time.Duration {
	if n, err := strconv.Atoi(os.Getenv("TRACE_SECONDS")); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	return time.Second
}

// makeFast makes connections by system calls only, closes the client's end first, and
// prints their number.
func makeFast(seconds string) error {
	lasting, err := time.ParseDuration(seconds)
	if err != nil {
		return err
	}
	l, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	here := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if err := errors.Join(unix.Bind(l, here), unix.Listen(l, 16)); err != nil {
		return err
	}
	name, err := unix.Getsockname(l)
	if err != nil {
		return err
	}
	made := 0
	for end := time.Now().Add(lasting); time.Now().Before(end); made++ {
		if err := oneFast(l, name); err != nil {
			return fmt.Errorf("connection %d: %w", made, err)
		}
	}
	fmt.Print(made)
	return nil
}

func oneFast(l int, to unix.Sockaddr) error {
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	if err := unix.Connect(client, to); err != nil {
		return errors.Join(err, unix.Close(client))
	}
	server, _, err := unix.Accept(l)
	if err != nil {
		return errors.Join(err, unix.Close(client))
	}
	var b [1]byte
	err = unix.Close(client)
	_, read := unix.Read(server, b[:])
	return errors.Join(err, read, unix.Close(server))
}

// TestRate: at the highest rate of this machine, with all options at once, each
// connection is either seen or reported as lost: as a count, as an owner's and as a
// record. All maps take at most 32 MiB.
func TestRate(t *testing.T) {
	const makers = 2
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.ip_local_port_range", "1024 65535")
	ns.SetSysctl("net.ipv4.tcp_max_tw_buckets", "8192") // so that the ports are not used up
	before := mapMemory(t)
	tr := opened(t, Options{Netns: ns.Inode(), Owners: true, Ends: true, KeepClosers: true, Stays: true, Resets: true})
	if took := mapMemory(t) - before; took <= 0 || took > 32<<20 {
		t.Errorf("maps take %d bytes", took)
	} else {
		t.Logf("maps take %.1f MiB", float64(took)/(1<<20))
	}
	var said [makers]bytes.Buffer
	var cmds [makers]*testnet.Cmd
	start := time.Now()
	for i := range cmds {
		cmds[i] = ns.Command("/proc/self/exe")
		cmds[i].Env = []string{rateVariable + "=" + rateTime().String()}
		cmds[i].Stdout, cmds[i].Stderr = &said[i], os.Stderr
		if err := cmds[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	records, over := uint64(0), make(chan error)
	go func() {
		var err error
		for i := range cmds {
			err = errors.Join(err, cmds[i].Wait())
		}
		over <- err
	}()
	read := func() {
		if err := tr.Records(func(r *Record) bool {
			if r.What == ClosedFirst {
				records++
			}
			return true
		}); err != nil {
			t.Fatal(err)
		}
	}
	for waiting := true; waiting; read() {
		select {
		case err := <-over:
			if err != nil {
				t.Fatal(err)
			}
			waiting = false
			testnet.Delivered(t)
		case <-time.After(20 * time.Millisecond):
		}
	}
	took, made := time.Since(start), uint64(0)
	for i := range said {
		n, err := strconv.ParseUint(said[i].String(), 10, 64)
		if err != nil {
			t.Fatalf("made %q", &said[i])
		}
		made += n
	}
	compareRate(t, tr, made, records, took)
}

func compareRate(t *testing.T, tr *Tracer, made, records uint64, took time.Duration) {
	t.Helper()
	totals, err := tr.Totals()
	if err != nil {
		t.Fatal(err)
	}
	lost, closed, owned := totals.Lost, totals.Of(tcp.Established, tcp.FinWait1), uint64(0)
	for _, o := range totals.Owners {
		if o.What == ClosedFirst {
			owned += o.Count
		}
	}
	t.Logf("%d connections in %v, %.0f a second; closes seen %d, of owners %d, records %d; lost %+v",
		made, took.Round(time.Millisecond), float64(made)/took.Seconds(), closed, owned, records, lost)
	for what, n := range map[string]uint64{
		"transitions": closed + lost.Skipped, "of owners": owned + lost.Owners + lost.Skipped, "records": records + lost.Records + lost.Skipped,
		"connects": totals.Of(tcp.Close, tcp.SynSent) + lost.Skipped, "accepts": totals.Of(tcp.SynRecv, tcp.Established) + lost.Skipped,
	} {
		if n < made {
			t.Errorf("%s: %d seen or told as lost of %d", what, n, made)
		}
	}
	if closed > made || owned > made || records > made {
		t.Errorf("more than the %d that were made", made)
	}
}

// mapMemory is the memory of this process's maps, from their descriptors
// (kernel/bpf/syscall.c bpf_map_show_fdinfo).
func mapMemory(t *testing.T) (bytes int) {
	t.Helper()
	files, err := filepath.Glob("/proc/self/fdinfo/*")
	if err != nil {
		t.Fatal(err)
	}
	maps := map[string]int{} // a map may have several descriptors
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			continue // the descriptor of the directory itself
		}
		id, size := "", 0
		for lines := bufio.NewScanner(f); lines.Scan(); {
			key, value, _ := strings.Cut(lines.Text(), ":")
			switch key {
			case "map_id":
				id = strings.TrimSpace(value)
			case "memlock":
				size, _ = strconv.Atoi(strings.TrimSpace(value))
			}
		}
		_ = f.Close()
		if id != "" {
			maps[id] = size
		}
	}
	for _, size := range maps {
		bytes += size
	}
	return bytes
}
