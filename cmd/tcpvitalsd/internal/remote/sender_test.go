// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package remote

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

const beginning = 1_700_000_000_000

// queue is a history of series that have a sample each second.
type queue struct {
	series, seconds int
	pause           int64 // ms before the first sample that the history seems to have
}

func (q *queue) Settled() time.Time {
	return time.UnixMilli(beginning + int64(q.seconds)*1000)
}

func (q *queue) Oldest() time.Time { return time.UnixMilli(beginning + 1000 - q.pause) }

func (q *queue) Copy(_ context.Context, after, to time.Time, visit func(*history.Stretch) bool) error {
	for i := range q.series {
		s := &history.Stretch{Labels: []history.Label{{Name: "__name__", Value: "m"}, {Name: "series", Value: strconv.Itoa(i)}}}
		for n := 1; n <= q.seconds; n++ {
			if at := time.UnixMilli(beginning + int64(n)*1000); at.After(after) && !at.After(to) {
				s.Times, s.Values = append(s.Times, at.UnixMilli()), append(s.Values, float64(n))
			}
		}
		if len(s.Times) > 0 && !visit(s) {
			break
		}
	}
	return nil
}

// store is a receiver. Unless unordered it refuses what is not newer than what it has of
// a series, and then the whole request, as Prometheus does.
type store struct {
	*httptest.Server

	unordered bool
	// behave may answer a request itself; store says to take it all the same.
	behave func(n int, w http.ResponseWriter, r *http.Request) (answered, takes bool)

	mu       sync.Mutex
	requests int
	double   int
	has      stored
	newest   map[string]int64
	formats  []string
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{has: stored{}, newest: map[string]int64{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests++
		kind := r.Header.Get("Content-Type")
		s.formats = append(s.formats, kind)
		answered, takes := false, true
		if s.behave != nil {
			answered, takes = s.behave(s.requests, w, r)
		}
		if takes {
			s.take(t, w, body, strings.Contains(kind, "write.v2"), answered)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// take stores a request, or nothing of it.
func (s *store) take(t *testing.T, w http.ResponseWriter, body []byte, second, answered bool) {
	t.Helper()
	inOrder, n := true, 0
	decoded(t, body, second, func(series string, at int64, _ float64) {
		n++
		inOrder = inOrder && at > s.newest[series]
	})
	if !inOrder && !s.unordered {
		http.Error(w, "out of order sample", http.StatusBadRequest)
		return
	}
	decoded(t, body, second, func(series string, at int64, v float64) {
		if s.has.put(series, at, v) {
			s.double++
		}
		s.newest[series] = max(s.newest[series], at)
	})
	if answered {
		return
	}
	if second {
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", strconv.Itoa(n))
	}
	w.WriteHeader(http.StatusNoContent)
}

// sends returns a sender that has all of the queue before it.
func sends(t *testing.T, q Queue, to Receiver, dir string) *sender {
	t.Helper()
	to.Name, to.Timeout = "store", 5*time.Second
	to.Labels = map[string]string{"instance": "host", "gone": ""}
	if _, err := os.Stat(cursorPath(dir, to.Name)); err != nil {
		if err := (cursor{beginning, beginning}).save(dir, to.Name); err != nil {
			t.Fatal(err)
		}
	}
	s, err := newSender(q, to, &Options{Dir: dir, Now: time.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// drain sends until the receiver is up to date.
func drain(t *testing.T, s *sender) {
	t.Helper()
	for range 10_000 {
		pause, err := s.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if pause >= time.Second {
			return
		}
	}
	t.Fatal("it does not come to an end")
}

// complete checks that the store has every sample of the queue once, but the newest
// ones, which are not due.
func complete(t *testing.T, q *queue, st *store) {
	t.Helper()
	st.mu.Lock()
	defer st.mu.Unlock()
	due := q.series * (q.seconds - int(live/time.Second))
	if n := st.has.samples(); n < due || n > q.series*q.seconds {
		t.Errorf("%d samples, want %d or a few more", n, due)
	}
	for series, samples := range st.has {
		if !strings.Contains(series, "instance=host") || strings.Contains(series, "gone") {
			t.Error(series)
		}
		for n := 1; n <= len(samples); n++ {
			if v, ok := samples[beginning+int64(n)*1000]; !ok || v != float64(n) {
				t.Fatalf("%s: sample %d is %v, %v", series, n, v, ok)
			}
		}
	}
}

// TestDrain: a backlog arrives whole and once, in requests that are bounded, through
// every trouble that a receiver can make.
func TestDrain(t *testing.T) {
	say := func(code int, text string) func(w http.ResponseWriter) {
		return func(w http.ResponseWriter) { http.Error(w, text, code) }
	}
	for name, behave := range map[string]func(n int, w http.ResponseWriter, r *http.Request) (answered, takes bool){
		"no trouble": nil,
		"ill": func(n int, w http.ResponseWriter, _ *http.Request) (bool, bool) {
			return trouble(n, w, say(503, "ill"), false)
		},
		"busy": func(n int, w http.ResponseWriter, _ *http.Request) (bool, bool) {
			return trouble(n, w, func(w http.ResponseWriter) {
				w.Header().Set("Retry-After", "1")
				say(429, "busy")(w)
			}, false)
		},
		"does not know who asks": func(n int, w http.ResponseWriter, _ *http.Request) (bool, bool) {
			return trouble(n, w, say(401, "who?"), false)
		},
		"takes it, and says it is ill": func(n int, w http.ResponseWriter, _ *http.Request) (bool, bool) {
			return trouble(n, w, say(500, "after all"), true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, q := newStore(t), &queue{series: 40, seconds: 1000}
			st.behave = behave
			s := sends(t, q, Receiver{URL: st.URL}, t.TempDir())
			drain(t, s)
			complete(t, q, st)
			if st.double != 0 {
				t.Errorf("%d double", st.double)
			}
			status := s.status()
			if got := status.Sent + status.Repeated; int(got) != st.has.samples() || status.Refused+status.Forgotten != 0 || status.Behind > live {
				t.Errorf("%+v, the store has %d", status, st.has.samples())
			}
			if (status.Failed > 0) != (behave != nil) {
				t.Errorf("%d requests failed", status.Failed)
			}
		})
	}
}

// trouble is made at the third request.
func trouble(n int, w http.ResponseWriter, say func(http.ResponseWriter), takes bool) (bool, bool) {
	if n != 3 {
		return false, true
	}
	say(w)
	return true, takes
}

// TestKilled: whoever is killed after the receiver took a batch, and before that was
// kept, repeats it as it was. A receiver that wants order loses nothing by that, also
// where the cursor is older still.
func TestKilled(t *testing.T) {
	for name, old := range map[string]bool{"in a batch": false, "with a cursor of long ago": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, q, dir := newStore(t), &queue{series: 40, seconds: 1000}, t.TempDir()
			s := sends(t, q, Receiver{URL: st.URL}, dir)
			for range 4 {
				if _, err := s.turn(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			taken := st.has.samples()
			if old { // a power cut can bring back an old file
				if err := (cursor{beginning + 1000, beginning + 1000}).save(dir, "store"); err != nil {
					t.Fatal(err)
				}
			}
			q.seconds = 1500
			again := sends(t, q, Receiver{URL: st.URL}, dir) // nothing was said to the first
			if !old && again.at.Load() >= s.at.Load() {
				t.Fatal("the last batch is not repeated")
			}
			drain(t, again)
			complete(t, q, st)
			status := again.status()
			if st.double != 0 || int(status.Sent)+taken != st.has.samples() || !old && (status.Refused != 0 || status.Repeated == 0) {
				t.Errorf("%+v: %d requests, %d double, %d before, %d now", status, st.requests, st.double, taken, st.has.samples())
			}
			if !old && st.requests > 20 {
				t.Errorf("%d requests", st.requests)
			}
		})
	}
}

// TestRefused: what a receiver refuses is not sent again, is counted, and stops nothing.
func TestRefused(t *testing.T) {
	st, q := newStore(t), &queue{series: 40, seconds: 1000}
	st.behave = func(n int, w http.ResponseWriter, _ *http.Request) (bool, bool) {
		return trouble(n, w, func(w http.ResponseWriter) { http.Error(w, "label name is too long", http.StatusBadRequest) }, false)
	}
	s := sends(t, q, Receiver{URL: st.URL}, t.TempDir())
	drain(t, s)
	status := s.status()
	if n := st.has.samples(); status.Refused == 0 || int(status.Sent) != n || int(status.Sent+status.Refused) < 40*990 {
		t.Errorf("%+v, the store has %d", status, n)
	}
}

// TestSecondVersion: the second version is used where the receiver confirms it. One that
// answers well and says nothing of what it wrote gets the same samples in the first.
func TestSecondVersion(t *testing.T) {
	const first, second = "application/x-protobuf", "application/x-protobuf;proto=io.prometheus.write.v2.Request"
	for name, c := range map[string]struct {
		behave func(n int, w http.ResponseWriter, r *http.Request) (answered, takes bool)
		want   string
	}{
		"confirmed": {nil, second},
		"not known, and not said": {func(_ int, w http.ResponseWriter, r *http.Request) (bool, bool) {
			if r.Header.Get("Content-Type") == second {
				w.WriteHeader(http.StatusNoContent) // as Prometheus 2.42 does, which writes nothing
				return true, false
			}
			return false, true
		}, first},
		"refused": {func(_ int, w http.ResponseWriter, r *http.Request) (bool, bool) {
			if r.Header.Get("Content-Type") == second {
				http.Error(w, "no such format", http.StatusUnsupportedMediaType)
				return true, false
			}
			return false, true
		}, first},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, q := newStore(t), &queue{series: 40, seconds: 600}
			st.behave = c.behave
			s := sends(t, q, Receiver{URL: st.URL, Second: true}, t.TempDir())
			drain(t, s)
			complete(t, q, st)
			if st.formats[0] != second || st.formats[1] != c.want || st.formats[len(st.formats)-1] != c.want || st.double != 0 || s.status().Refused != 0 {
				t.Errorf("%q, %+v", st.formats, s.status())
			}
		})
	}
}

// TestBounds: no request has more samples than it may, whatever time they cover; what
// has none is passed over.
func TestBounds(t *testing.T) {
	st, q := newStore(t), &queue{series: 1500, seconds: 60, pause: 48 * 3600 * 1000}
	most := 0
	st.behave = func(_ int, _ http.ResponseWriter, _ *http.Request) (bool, bool) { return false, true }
	s := sends(t, q, Receiver{URL: st.URL}, t.TempDir())
	s.at.Store(0) // before the history begins with two days in which there is nothing
	s.maybe = 0
	for {
		before := st.has.samples()
		pause, err := s.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, st.has.samples()-before)
		if pause >= time.Second {
			break
		}
	}
	complete(t, q, st)
	if most > batch || st.requests > 200 {
		t.Errorf("%d samples in one of %d requests", most, st.requests)
	}
}

// TestStops: whoever ends while a receiver is away ends at once, and keeps its place.
func TestStops(t *testing.T) {
	q, dir := &queue{series: 3, seconds: 100}, t.TempDir()
	s := sends(t, q, Receiver{URL: "http://127.0.0.1:1/write"}, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	s.run(ctx)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	at, there, err := loadCursor(dir, "store")
	if err != nil || !there || at.Sent != beginning+999 || at.Trying <= beginning {
		t.Errorf("%+v %v %v", at, there, err)
	}
	if s.status().Failed == 0 {
		t.Error("no request failed")
	}
}

// TestWrongFiles: what cannot be used is told with its name, before anything is sent.
func TestWrongFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, to := range []Receiver{
		{TokenFile: filepath.Join(dir, "none")},
		{TokenFile: file("empty", "\n")},
		{Username: "u", PasswordFile: file("two", "a\nb\n")},
		{CAFile: file("ca", "no certificate")},
		{CertFile: file("cert", "x"), KeyFile: file("key", "y")},
	} {
		var input *problem.InputError
		if err := Check(to); !errors.As(err, &input) || !strings.HasPrefix(input.Name, dir) {
			t.Errorf("%+v: %v", to, err)
		}
	}
	file("store.json", `{"format":"tcpvitals-remote-write/1","sent":5,"trying":4}`)
	if _, _, err := loadCursor(dir, "store"); err == nil || problem.Hint(err, false) == "" {
		t.Errorf("a cursor that makes no sense: %v", err)
	}
}

// TestTLSAndWho: a receiver behind TLS with a client's certificate is reached, and hears
// who asks; the files may change meanwhile.
func TestTLSAndWho(t *testing.T) {
	var heard []string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard = append(heard, r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	dir := t.TempDir()
	token, ca := filepath.Join(dir, "token"), filepath.Join(dir, "ca.pem")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(ca, pemOf(server.Certificate().Raw))
	write(token, "one\n")
	c, err := newClient(Receiver{URL: server.URL, TokenFile: token, CAFile: ca, Timeout: 10 * time.Second}, "v1", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, next := range []string{"two", ""} {
		if a, err := c.post(t.Context(), nil, false); err != nil || a.code != 204 {
			t.Fatal(a, err)
		}
		write(token, next)
	}
	if _, err := c.post(t.Context(), nil, false); err == nil {
		t.Error("without a token it asks all the same")
	}
	if len(heard) != 2 || heard[0] != "Bearer one" || heard[1] != "Bearer two" {
		t.Errorf("%q", heard)
	}
	unknown, err := newClient(Receiver{URL: server.URL, Timeout: 10 * time.Second}, "v1", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unknown.post(t.Context(), nil, false); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a receiver that nobody vouches for: %v", err)
	}
}

func pemOf(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// TestForgotten: what retention removes before it was sent is counted; what was sent is
// not.
func TestForgotten(t *testing.T) {
	s := sends(t, &queue{series: 1, seconds: 10}, Receiver{URL: "http://127.0.0.1:1/"}, t.TempDir())
	hour := func(n int) time.Time { return time.UnixMilli(beginning).Add(time.Duration(n) * time.Hour) }
	s.forget(&history.Forgotten{From: hour(-2), To: hour(-1), Samples: 7})
	if got := s.status().Forgotten; got != 0 {
		t.Errorf("%d samples are lost that were sent", got)
	}
	s.forget(&history.Forgotten{From: hour(1), To: hour(2), Samples: 7})
	s.forget(&history.Forgotten{From: hour(2), To: hour(3), Samples: 5})
	if got := s.status().Forgotten; got != 12 {
		t.Errorf("%d samples are lost, want 12", got)
	}
}
