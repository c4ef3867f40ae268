// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestPrometheusFires: a real Prometheus with the shipped rules tells of an agent that
// cannot read the kernel any more, and of one that is gone, and of neither once it is well.
func TestPrometheusFires(t *testing.T) {
	t.Parallel()
	need(t, "prometheus")
	ns := testnet.New(t, testnet.Options{})
	a := start(t, ns)
	config := "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\nrule_files: ['" + fasterRules(t, faster) + "']\n" +
		"scrape_configs:\n- job_name: tcpvitals\n  static_configs: [{targets: ['" + a.at + "']}]\n"
	server := startPrometheus(t, ns, config)
	fires := func(want ...string) {
		t.Helper()
		begin := time.Now()
		until(t, fmt.Sprintf("%v fire", want), func() bool { return slices.Equal(server.firing(), want) })
		t.Logf("%v after %v", want, time.Since(begin).Round(time.Second))
	}
	until(t, "the agent is scraped", func() bool {
		body, _ := server.get("/api/v1/query?query=tcpvitals_source_success==1")
		return len(body) > 100
	})
	fires()

	give := noMoreFiles(t, a.cmd.Process.Pid) // Prometheus keeps its connection
	fires("TcpvitalsBlind")
	give()
	fires()

	a.ends(unix.SIGKILL)
	fires("TcpvitalsDown")
	start(t, ns, "--listen", a.at)
	fires()
}

// noMoreFiles lets a process open nothing any more. give undoes that.
func noMoreFiles(t *testing.T, pid int) (give func()) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &before); err != nil {
		t.Fatal(err)
	}
	few := unix.Rlimit{Cur: 3, Max: before.Max} // what is open stays open
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &few, nil); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &before, nil); err != nil {
			t.Fatal(err)
		}
	}
}
