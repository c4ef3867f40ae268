// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/hold"
	"github.com/tcpvitals/tcpvitals/internal/lab/isolate"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestDoctorHealthy: a server with 50,000 TIME_WAIT that serves its clients gets no
// finding above info.
func TestDoctorHealthy(t *testing.T) {
	testnet.Require(t, testnet.Root)
	ctx, stop := context.WithCancel(context.Background())
	ready, over := make(chan hold.Held), make(chan error, 1)
	go func() {
		over <- hold.Run(ctx, hold.Options{State: tcp.TimeWait, N: 50_000}, func(h hold.Held) error { ready <- h; return nil })
	}()
	defer func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	}()
	var held hold.Held
	select {
	case held = <-ready:
	case err := <-over:
		over <- nil
		t.Fatal(err)
	}
	served := serve(t, held.Netns)
	defer served()

	v := doctorHere(t, "--netns", held.Netns, "--window", "1s")
	f := v.finding(t, "TW01", "info")
	f.says(t, " MiB: healthy, nothing to change", "none of the settings that old advice names would lower it")
	if n := f.evidence(t, "TIME_WAIT"); n <= 50_000 {
		t.Errorf("%g TIME_WAIT, want 50,000 and those of the clients", n)
	}
	f.proposes(t)
	for _, f := range v.Findings {
		if f.NetnsInode != 0 && f.Severity != "info" { // others use this host too, so findings about the whole host do not count
			t.Errorf("%s %s of a healthy server:\n%s", f.Severity, f.Code, v)
		}
	}
	v.silent(t, "TW02", "TW03", "AQ01", "CW01", "SY02", "SY03", "ES01", "ES02")
}

// serve runs a server and its clients, one request after the other, inside a namespace
// until stop is called. First it resets parameters that were needed only for making
// the sockets.
func serve(t *testing.T, netns string) (stop func()) {
	t.Helper()
	done, over := make(chan struct{}), make(chan error, 1)
	begun := make(chan struct{})
	go func() {
		over <- isolate.OnThread(func() error { return serveIn(netns, begun, done) })
	}()
	select {
	case <-begun:
	case err := <-over:
		t.Fatal(err)
	}
	return func() {
		close(done)
		must(t, <-over)
	}
}

func serveIn(netns string, begun chan<- struct{}, done <-chan struct{}) error {
	ns, err := os.Open(netns)
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/tcp_syncookies", []byte("1"), 0); err != nil {
		return err
	}
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(listener)
	if err := unix.Bind(listener, endpoint(1, 8080)); err != nil {
		return err
	}
	if err := unix.Listen(listener, 128); err != nil {
		return err
	}
	close(begun)
	for {
		if err := request(listener); err != nil {
			return err
		}
		select {
		case <-done:
			return nil
		default:
		}
	}
}

// request opens a connection, sends a request and gets the answer; the server closes.
func request(listener int) error {
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(client)
	if err := unix.Connect(client, endpoint(1, 8080)); err != nil {
		return err
	}
	server, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	if err != nil {
		return err
	}
	answered := echo(client, server)
	if err := unix.Close(server); err != nil {
		return err
	}
	return answered
}

func echo(client, server int) error {
	buf := make([]byte, 16)
	if _, err := unix.Write(client, []byte("hello")); err != nil {
		return err
	}
	n, err := unix.Read(server, buf)
	if err != nil {
		return err
	}
	if _, err := unix.Write(server, buf[:n]); err != nil {
		return err
	}
	_, err = unix.Read(client, buf)
	return err
}
