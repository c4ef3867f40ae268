// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/remote/storetest"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// serve has a store answer in a namespace.
func serve(t *testing.T, ns *testnet.NS, address string, h http.Handler) {
	t.Helper()
	var l net.Listener
	var err error
	ns.Do(func() { l, err = net.Listen("tcp", address) })
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
}

// TestRetentionOvertakes: where a store is away for longer than the history is kept,
// alerts say so, each sample that retention removed is counted as lost, and the store
// gets each of the others once.
func TestRetentionOvertakes(t *testing.T) {
	t.Parallel()
	const long, every, series = 9 * time.Hour, 10 * time.Second, 20
	const store = "127.0.0.1:9999"
	ns, kept := testnet.New(t, testnet.Options{}), filepath.Join(t.TempDir(), "history")
	historyKept(t, kept, store, long, every, series)
	begin := time.Now()
	a := start(t, ns, "--data-dir", kept, "--retention", "2h", "--remote-write", "http://"+store+"/", "--rules", fasterRules(t, faster))
	until(t, "samples are removed before they are sent", func() bool { return a.dropped("retention") > 0 })
	for _, name := range []string{"TcpvitalsSamplesLost", "TcpvitalsStoreBehind"} {
		until(t, name+" fires", func() bool { return slices.Contains(a.firing(), name) })
		t.Logf("%s fires after %v", name, time.Since(begin).Round(time.Second))
	}

	st := storetest.New(t, storetest.First)
	serve(t, ns, store, st)
	until(t, "the store is up to date", func() bool { return a.behind() < 10 })
	until(t, "no alert fires any more", func() bool { return len(a.firing()) == 0 })
	lost, refused := a.dropped("retention"), a.dropped("refused")
	a.ends(syscall.SIGTERM)

	left, has := ofTrial(t, kept), st.Samples(t, "instance", "job")
	sent := 0
	for name, samples := range has {
		if !strings.HasPrefix(name, "__name__=kept,") {
			continue
		}
		sent += len(samples)
		for at := range samples {
			if !left[name][at] {
				t.Errorf("%s: the sample of %d was sent, and is not kept", name, at)
			}
			delete(left[name], at)
		}
	}
	for name, samples := range left {
		if len(samples) > 0 {
			t.Errorf("%s: %d samples are kept, and were not sent", name, len(samples))
		}
	}
	made := int(long/every) * series // with the marks of an end, which stand for samples
	t.Logf("%d samples made, %d lost, %d sent", made, int(lost), sent)
	if int(lost)+sent != made || sent == 0 || refused != 0 {
		t.Errorf("%d made: %v are told as lost, %d were sent, %v refused", made, lost, sent, refused)
	}
}

// dropped is how many samples its receiver will not have, for a reason.
func (a *running) dropped(reason string) float64 {
	a.Helper()
	body, _ := a.get("/metrics")
	all := regexp.MustCompile(`(?m)^tcpvitals_remote_write_dropped_samples_total\{reason="` + reason + `",[^}]*\} (\S+)$`).FindStringSubmatch(body)
	if all == nil {
		a.Fatalf("no samples dropped for %s: %s", reason, body)
	}
	n, err := strconv.ParseFloat(all[1], 64)
	if err != nil {
		a.Fatal(err)
	}
	return n
}

// ofTrial reads when the trial's series have samples in a history that is closed.
func ofTrial(t *testing.T, dir string) map[string]map[int64]bool {
	t.Helper()
	db, err := history.Open(history.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := map[string]map[int64]bool{}
	if err := db.Copy(context.Background(), time.UnixMilli(0), time.Now(), func(s *history.Stretch) bool {
		var name []string
		for _, l := range s.Labels {
			name = append(name, l.Name+"="+l.Value)
		}
		if key := strings.Join(name, ","); strings.HasPrefix(key, "__name__=kept,") {
			all[key] = map[int64]bool{}
			for _, at := range s.Times {
				all[key][at] = true
			}
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return all
}
