// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// moment is a whole second, so that what is written in ms is read back as it was.
var moment = time.Unix(1_790_000_000, 0)

func open(t *testing.T, o Options) *DB {
	t.Helper()
	db, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func put(t *testing.T, w *Writer, at time.Time, points ...Point) {
	t.Helper()
	if err := w.Append(t.Context(), at, slices.Values(points)); err != nil {
		t.Fatal(err)
	}
}

func point(name string, v float64, labels ...string) Point {
	p := Point{Name: name, Value: v}
	for i := 0; i+1 < len(labels); i += 2 {
		p.Labels = append(p.Labels, Label{labels[i], labels[i+1]})
	}
	return p
}

// An answered is a copy of an answer.
type answered struct {
	Kind, Text string
	Rows       []answeredRow
}

type answeredRow struct {
	Name    string
	Labels  []Label
	Samples []Sample
}

func (all *answered) copy(a *Answer) error {
	all.Kind, all.Text = a.Kind, a.Text
	for r := range a.Rows {
		all.Rows = append(all.Rows, answeredRow{r.Name, r.Labels, slices.Collect(r.Samples)})
	}
	return nil
}

// askAt keeps the answer to a query for one moment.
func askAt(ctx context.Context, db interface {
	At(ctx context.Context, expr string, at time.Time, use func(*Answer) error) error
}, expr string, at time.Time,
) (*answered, error) {
	all := &answered{}
	return all, db.At(ctx, expr, at, all.copy)
}

// askOver keeps the answer to a query for each step of a time.
func askOver(ctx context.Context, db *DB, expr string, from, to time.Time, step time.Duration) (*answered, error) {
	all := &answered{}
	return all, db.Over(ctx, expr, from, to, step, all.copy)
}

// valueOf is the one number that a query gives at a moment.
func valueOf(t *testing.T, db *DB, expr string, at time.Time) float64 {
	t.Helper()
	a, err := askAt(t.Context(), db, expr, at)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Rows) != 1 {
		t.Fatalf("%s at %s: %d rows, want 1: %v", expr, at, len(a.Rows), a.Rows)
	}
	return a.Rows[0].Samples[0].Value
}

func TestWrittenIsRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "history")
	db := open(t, Options{Dir: dir})
	w := db.Writer()
	for i := range 60 {
		put(t, w, moment.Add(time.Duration(i)*time.Second),
			point("connections", float64(i), "family", "ipv4", "state", "established"),
			point("connections", 2, "family", "ipv6", "state", "established"))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, Options{Dir: dir})
	a, err := askOver(t.Context(), db, "sum by (state) (connections)", moment, moment.Add(59*time.Second), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Rows) != 1 || len(a.Rows[0].Samples) != 60 || a.Kind != Matrix {
		t.Fatalf("%+v", a)
	}
	for i, s := range a.Rows[0].Samples {
		if want := float64(i + 2); s.Value != want || !s.At.Equal(moment.Add(time.Duration(i)*time.Second)) {
			t.Fatalf("sample %d: %v at %v, want %v", i, s.Value, s.At, want)
		}
	}
}

// A listener that is gone is gone at once, not half a minute later; the slower
// cadence of another writer is not a reason to end its series.
func TestGoneSeriesEnds(t *testing.T) {
	db := open(t, Options{Dir: t.TempDir()})
	fast, slow := db.Writer(), db.Writer()
	put(t, slow, moment, point("groups", 7))
	put(t, fast, moment, point("a", 1), point("queue", 3, "port", "80"))
	put(t, fast, moment.Add(time.Second), point("a", 1))
	at := moment.Add(2 * time.Second)
	a, err := askAt(t.Context(), db, "queue", at)
	if err != nil || len(a.Rows) != 0 {
		t.Errorf("a series that ended is answered: %v %v", a, err)
	}
	if got := valueOf(t, db, "groups", at); got != 7 {
		t.Errorf("groups = %v", got)
	}
	put(t, fast, at, point("a", 1), point("queue", 5, "port", "80"))
	if got := valueOf(t, db, "queue", at); got != 5 {
		t.Errorf("a series that came back = %v", got)
	}
}

func TestClockSetBack(t *testing.T) {
	dir := t.TempDir()
	db := open(t, Options{Dir: dir})
	w := db.Writer()
	put(t, w, moment, point("a", 1))
	back := moment.Add(-5 * time.Second)
	var clock *ClockError
	if err := w.Append(t.Context(), back, slices.Values([]Point{point("a", 2)})); !errors.As(err, &clock) || !clock.Newest.Equal(moment) {
		t.Fatalf("a sample before the newest: %v", err)
	}
	put(t, w, moment.Add(time.Second), point("a", 3))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, Options{Dir: dir})
	if err := db.Writer().Append(t.Context(), moment, slices.Values([]Point{point("a", 2)})); !errors.As(err, &clock) {
		t.Errorf("after opening: %v", err)
	}
	if got := valueOf(t, db, "a", moment.Add(time.Second)); got != 3 {
		t.Errorf("a = %v", got)
	}
}

// Labels come in any order, and one without a value is none.
func TestLabels(t *testing.T) {
	db := open(t, Options{Dir: t.TempDir()})
	w := db.Writer()
	put(t, w, moment, point("a", 1, "z", "1", "b", "2", "m", ""), point("a", 2, "b", "2", "m", "1", "z", ""))
	put(t, w, moment.Add(time.Second), point("a", 3, "m", "", "b", "2", "z", "1"))
	at := moment.Add(time.Second)
	if got := valueOf(t, db, `a{z="1",b="2",m=""}`, at); got != 3 {
		t.Errorf("%v", got)
	}
	if a, err := askAt(t.Context(), db, `a{m="1"}`, at); err != nil || len(a.Rows) != 0 {
		t.Errorf("a series that ended: %v %v", a, err)
	}
}

// All of a moment or nothing of it.
func TestMomentIsWhole(t *testing.T) {
	db := open(t, Options{Dir: t.TempDir()})
	w := db.Writer()
	err := w.Append(t.Context(), moment, slices.Values([]Point{point("a", 1), point("b", 1), point("a", 2)}))
	if err == nil {
		t.Fatal("a series twice in one moment was kept")
	}
	a, err := askAt(t.Context(), db, `{__name__=~"a|b"}`, moment)
	if err != nil || len(a.Rows) != 0 {
		t.Errorf("%v %v", a, err)
	}
	put(t, w, moment.Add(time.Second), point("a", 4))
	if got := valueOf(t, db, "a", moment.Add(time.Second)); got != 4 {
		t.Errorf("a = %v", got)
	}
}

func TestDirectories(t *testing.T) {
	t.Run("in use", func(t *testing.T) {
		dir := t.TempDir()
		open(t, Options{Dir: dir})
		if _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrInUse) {
			t.Errorf("%v", err)
		}
	})
	t.Run("of others", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "letter"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		var version *VersionError
		if _, err := Open(Options{Dir: dir}); !errors.As(err, &version) || version.Version != 0 {
			t.Errorf("%v", err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("files were left: %v", entries)
		}
	})
	t.Run("newer", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, versionFile), []byte("tcpvitals-history/2\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(Options{Dir: dir})
		if err == nil || !strings.Contains(err.Error(), "newer") {
			t.Errorf("%v", err)
		}
		if _, err := Look(dir, nil, Limits{}); err == nil {
			t.Error("read in spite of its version")
		}
	})
	t.Run("nothing", func(t *testing.T) {
		if _, err := Look(t.TempDir(), nil, Limits{}); !errors.Is(err, ErrEmpty) {
			t.Errorf("%v", err)
		}
		if _, err := Look(filepath.Join(t.TempDir(), "no"), nil, Limits{}); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v", err)
		}
	})
}

// contents returns what is in the files of a directory, by their names.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestOtherVersions: a history of another format is refused, whoever wants to write or
// to read it, and nothing of it changes: the program that wrote it finds all of it
// afterwards. There has been one format so far, so that there is nothing to convert.
func TestOtherVersions(t *testing.T) {
	dir := t.TempDir()
	db := open(t, Options{Dir: dir})
	put(t, db.Writer(), moment, point("a", 1))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	format := filepath.Join(dir, versionFile)
	own, err := os.ReadFile(format)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		"tcpvitals-history/2\n": 2, "tcpvitals-history/4711\n": 4711, "tcpvitals-history/0\n": 0, "tcpvitals-history/-1\n": 0, "tcpvitals-history/one\n": 0, "other/1\n": 0, "": 0,
	} {
		if err := os.WriteFile(format, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		before := contents(t, dir)
		var version *VersionError
		if _, err := Open(Options{Dir: dir}); !errors.As(err, &version) || version.Version != want {
			t.Errorf("%q: %v", text, err)
		}
		if _, err := Look(dir, nil, Limits{}); !errors.As(err, &version) || version.Version != want {
			t.Errorf("%q, only read: %v", text, err)
		}
		if !maps.Equal(before, contents(t, dir)) {
			t.Errorf("%q: the directory has changed", text)
		}
	}
	if err := os.WriteFile(format, own, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := valueOf(t, open(t, Options{Dir: dir}), "a", moment); got != 1 {
		t.Errorf("the sample is %v", got)
	}
}

// What is written can be read by another program meanwhile.
func TestLook(t *testing.T) {
	dir := t.TempDir()
	w := open(t, Options{Dir: dir}).Writer()
	put(t, w, moment, point("a", 1))
	v, err := Look(dir, nil, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := askAt(t.Context(), v, "a", moment)
	if err != nil || len(a.Rows) != 1 {
		t.Errorf("%+v %v", a, err)
	}
	sandbox := v.sandbox
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(sandbox); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", sandbox, err)
	}
	put(t, w, moment.Add(time.Second), point("a", 1))
}

// A history that somebody else made up is refused where the database would wait for a
// FIFO, or follow a link to where there is no end.
func TestLookAtOddFiles(t *testing.T) {
	for what, put := range map[string]func(name string) error{
		"fifo": func(name string) error { return syscall.Mkfifo(name, 0o600) },
		"link": func(name string) error { return os.Symlink("/dev/zero", name) },
	} {
		for _, where := range []string{"wal/00000009", "chunks_head/000009", "01JAAAAAAAAAAAAAAAAAAAAAAA/meta.json", "wal/checkpoint.00000001/00000000", "x\x1b[2K"} {
			dir := t.TempDir()
			name := filepath.Join(dir, where)
			err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(filepath.Join(dir, versionFile), []byte("tcpvitals-history/1\n"), 0o600), put(name))
			if err != nil {
				t.Fatal(err)
			}
			said := make(chan error, 1)
			go func() { _, err := Look(dir, nil, Limits{}); said <- err }()
			select {
			case err := <-said:
				if err == nil || !strings.Contains(err.Error(), "no regular file") || strings.Contains(err.Error(), "\x1b") {
					t.Errorf("%s at %s: %v", what, where, err)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%s at %s is waited for", what, where)
			}
		}
	}
}

// A block that is spoiled costs its own two hours.
func TestDamagedBlock(t *testing.T) {
	dir := t.TempDir()
	db := open(t, Options{Dir: dir})
	w := db.Writer()
	for i := range 9 * 60 { // nine hours, a sample a minute
		put(t, w, moment.Add(time.Duration(i)*time.Minute), point("a", float64(i)))
	}
	if err := db.db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	blocks := db.db.Blocks()
	if len(blocks) < 2 {
		t.Fatalf("%d blocks", len(blocks))
	}
	spoiled, meta := blocks[0].Dir(), blocks[0].Meta()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(spoiled, "index"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	db = open(t, Options{Dir: dir})
	if d := db.Damage(); len(d) != 1 || d[0].Err == nil {
		t.Fatalf("damage %v", d)
	} else if _, err := os.Stat(d[0].Moved); err != nil {
		t.Error(err)
	}
	lost := 0
	for i := range 9 * 60 {
		at := moment.Add(time.Duration(i) * time.Minute)
		a, err := askAt(t.Context(), db, "a", at)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Rows) == 1 && a.Rows[0].Samples[0].Value == float64(i) {
			continue
		}
		if ms := at.UnixMilli(); ms < meta.MinTime || ms >= meta.MaxTime {
			t.Errorf("minute %d is lost, and was not in the block", i)
		}
		lost++
	}
	if lost == 0 {
		t.Error("nothing was in the block that was spoiled")
	}
}

func TestQuestions(t *testing.T) {
	db := open(t, Options{Dir: t.TempDir()})
	put(t, db.Writer(), moment, point("a", 1, "x", "1"), point("a", 2, "x", "2"))
	ctx := t.Context()
	for _, c := range []struct {
		name string
		ask  func() error
		kind string
	}{
		{"grammar", func() error { _, err := askAt(ctx, db, "sum(", moment); return err }, BadData},
		{"checked", func() error { return db.Check("a{") }, BadData},
		{"no step", func() error { _, err := askOver(ctx, db, "a", moment, moment, 0); return err }, BadData},
		{"backwards", func() error { _, err := askOver(ctx, db, "a", moment, moment.Add(-1), 1); return err }, BadData},
		{"too many steps", func() error {
			_, err := askOver(ctx, db, "a", moment, moment.Add(24*time.Hour), time.Second)
			return err
		}, BadData},
		{"selector", func() error { _, _, err := db.Series(ctx, Scope{Selectors: []string{"a{"}}); return err }, BadData},
		{"canceled", func() error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			_, err := askAt(ctx, db, "a", moment)
			return err
		}, Canceled},
		{"samples", func() error {
			small := newAsker(db.db, Limits{Samples: 1})
			_, err := askAt(ctx, &small, "a", moment)
			return err
		}, Execution},
	} {
		var q *QueryError
		if err := c.ask(); !errors.As(err, &q) || q.Kind != c.kind {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	scope := Scope{From: moment.Add(-time.Hour), To: moment.Add(time.Hour)}
	if values, err := db.LabelValues(ctx, "x", scope); err != nil || !slices.Equal(values, []string{"1", "2"}) {
		t.Errorf("%v %v", values, err)
	}
	if names, err := db.LabelNames(ctx, scope); err != nil || !slices.Equal(names, []string{"__name__", "x"}) {
		t.Errorf("%v %v", names, err)
	}
	scope.Selectors = []string{`a{x="2"}`, "a"}
	if rows, cut, err := db.Series(ctx, scope); err != nil || cut || len(rows) != 2 {
		t.Errorf("%v %v %v", rows, cut, err)
	}
	if a, err := askAt(ctx, db, "1+1", moment); err != nil || a.Kind != Scalar || a.Rows[0].Samples[0].Value != 2 {
		t.Errorf("%v %v", a, err)
	}
	if a, err := askAt(ctx, db, `"word"`, moment); err != nil || a.Kind != Text || a.Text != "word" {
		t.Errorf("%v %v", a, err)
	}
}

// A span ends where the next sample did not have the series, where nobody looked,
// or not yet.
func TestSpans(t *testing.T) {
	db := open(t, Options{Dir: t.TempDir()})
	w := db.Writer()
	leak := func(v float64) Point { return point("finding", v, "rule", "CW01") }
	for i := range 400 {
		points := []Point{point("other", 1)}
		if i >= 10 && i < 20 || i >= 30 && i < 40 || i == 390 {
			points = append(points, leak(float64(i)))
		}
		if i >= 40 && i < 390 {
			continue // nobody looks
		}
		put(t, w, moment.Add(time.Duration(i)*time.Second), points...)
	}
	for i := 400; i < 402; i++ {
		put(t, w, moment.Add(time.Duration(i)*time.Second), leak(1))
	}
	spans, cut, err := db.Spans(t.Context(), Scope{Selectors: []string{"finding"}, From: moment, To: moment.Add(410 * time.Second)}, time.Minute)
	if err != nil || cut {
		t.Fatal(err, cut)
	}
	want := []struct {
		from, to int
		most     float64
		end      string
	}{{400, 401, 1, There}, {390, 390, 390, Over}, {30, 39, 39, Unseen}, {10, 19, 19, Over}}
	if len(spans) != len(want) {
		t.Fatalf("%+v", spans)
	}
	for i, w := range want {
		s := spans[i]
		if !s.From.Equal(moment.Add(time.Duration(w.from)*time.Second)) || !s.To.Equal(moment.Add(time.Duration(w.to)*time.Second)) || s.Most != w.most || s.End != w.end ||
			s.Name != "finding" || len(s.Labels) != 1 || s.Labels[0] != (Label{"rule", "CW01"}) {
			t.Errorf("%d: %+v, want %+v", i, s, w)
		}
	}
	if gone := spans[3].Gone; !gone.Equal(moment.Add(20*time.Second)) || !spans[2].Gone.IsZero() {
		t.Errorf("gone at %v, want at the sample that did not have it", gone)
	}
	later, _, err := db.Spans(t.Context(), Scope{Selectors: []string{"finding"}, From: moment, To: moment.Add(time.Hour)}, time.Minute)
	if err != nil || later[0].End != Unseen {
		t.Errorf("an hour later: %+v, %v", later[0], err)
	}
	if _, _, err := db.Spans(t.Context(), Scope{Selectors: []string{"finding{"}}, time.Minute); err == nil {
		t.Error("a selector that is none")
	}
}
