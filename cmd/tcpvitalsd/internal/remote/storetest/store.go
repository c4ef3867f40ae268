// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

// Package storetest is a store for tests that is Prometheus' own: its database, and its
// receiver of remote write in both versions.
package storetest

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// The messages that Prometheus' receiver can be told to accept, as it names them
// (prometheus/config, RemoteWriteProtoMsg).
const (
	First  = "prometheus.WriteRequest"
	Second = "io.prometheus.write.v2.Request"
)

// A Store takes what is written to it. Requests counts them by their messages.
type Store struct {
	http.Handler

	db            *tsdb.DB
	first, second atomic.Int64
}

// New returns an empty one that accepts some messages. It exists until the test ends.
func New(t testing.TB, accepts ...string) *Store {
	t.Helper()
	db, err := tsdb.Open(t.TempDir(), slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &Store{db: db}
	receiver := accepting(remote.NewWriteHandler, slog.New(slog.DiscardHandler), db, accepts) // it logs each sample that it has already
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Content-Type"), Second) {
			s.second.Add(1)
		} else {
			s.first.Add(1)
		}
		receiver.ServeHTTP(w, r)
	})
	return s
}

// accepting calls Prometheus' function for a list of messages. The types of the list and
// of the registry are those of libraries that this package does not import.
func accepting[T ~[]E, E ~string, R any](receiver func(*slog.Logger, R, storage.AppendableV2, T, bool, bool) http.Handler, log *slog.Logger, db storage.AppendableV2, messages []string) http.Handler {
	var list T
	for _, m := range messages {
		list = append(list, E(m))
	}
	var none R
	return receiver(log, none, db, list, false, false)
}

// Requests returns how many requests there were of each version.
func (s *Store) Requests() (first, second int) {
	return int(s.first.Load()), int(s.second.Load())
}

// Samples returns all samples of each series by their times in ms since 1970. A series
// is named by its labels without those that are given, in the order of their names.
func (s *Store) Samples(t testing.TB, without ...string) map[string]map[int64]float64 {
	t.Helper()
	q, err := s.db.Querier(math.MinInt64, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close() //nolint:errcheck // it was only read
	all := map[string]map[int64]float64{}
	set := q.Select(context.Background(), false, nil, labels.MustNewMatcher(labels.MatchNotEqual, "__name__", ""))
	for set.Next() {
		var name []string
		labels.NewBuilder(set.At().Labels()).Del(without...).Labels().Range(func(l labels.Label) { name = append(name, l.Name+"="+l.Value) })
		key := strings.Join(name, ",")
		if all[key] != nil {
			t.Errorf("%s is there twice", key)
		}
		all[key] = map[int64]float64{}
		in := set.At().Iterator(nil)
		for in.Next() == chunkenc.ValFloat {
			at, v := in.At()
			all[key][at] = v
		}
		if err := in.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
