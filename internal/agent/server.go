// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Limits on what somebody may ask: all endpoints stand behind them.
const (
	readHeader   = 5 * time.Second
	readRequest  = 10 * time.Second
	writeAnswer  = 60 * time.Second
	idleFor      = 2 * time.Minute
	mostHeader   = 16 << 10
	mostBody     = 1 << 20
	mostAtOnce   = 32  // requests that are answered at the same time; others are told to come again
	mostSockets  = 256 // connections that are accepted at the same time
	endPatience  = 5 * time.Second
	answerWithin = 50 * time.Second // what a handler's context lasts
)

// newServer puts handlers behind the limits. loopback says that nobody is meant to
// reach it from elsewhere.
func newServer(handler http.Handler, loopback bool, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           guard(handler, loopback),
		ReadHeaderTimeout: readHeader, ReadTimeout: readRequest, WriteTimeout: writeAnswer, IdleTimeout: idleFor,
		MaxHeaderBytes: mostHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// guard lets in what only reads, and no more at once than can be answered.
func guard(next http.Handler, loopback bool) http.Handler {
	room := make(chan struct{}, mostAtOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		if !reads(r) {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "nothing is changed here: GET or HEAD", http.StatusMethodNotAllowed)
			return
		}
		if loopback && !local(r.Host) {
			// A page in a browser of this machine whose name was made to lead here.
			http.Error(w, "this address is for this machine: ask for it by its address or as localhost", http.StatusMisdirectedRequest)
			return
		}
		select {
		case room <- struct{}{}:
			defer func() { <-room }()
		default:
			h.Set("Retry-After", "1")
			http.Error(w, "too many requests at once", http.StatusServiceUnavailable)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
		defer cancel()
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// reads reports whether a request changes nothing. A query that is too long for an
// address comes as a form.
func reads(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodPost:
		return strings.HasPrefix(r.URL.Path, "/api/v1/query") || r.URL.Path == "/api/v1/labels" || r.URL.Path == "/api/v1/series"
	default:
		return false
	}
}

// local reports whether a Host header means this machine: no name that somebody
// else gives out.
func local(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	a, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && a.Unmap().IsLoopback()
}

// splitListen cuts what is listened at.
func splitListen(listen string) (host, port string, err error) { return net.SplitHostPort(listen) }

// isLoopback reports whether only this machine reaches a listener.
func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// A limited listener has only so many connections open at a time; others wait in
// its queue.
type limited struct {
	net.Listener

	room  chan struct{}
	done  chan struct{}
	close sync.Once
}

func limit(l net.Listener, most int) net.Listener {
	return &limited{Listener: l, room: make(chan struct{}, most), done: make(chan struct{})}
}

// Accept waits for room, then for a connection.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.room <- struct{}{}:
	case <-l.done:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	return &limitedConn{Conn: conn, give: func() { <-l.room }}, nil
}

// Close ends the waiting too.
func (l *limited) Close() error {
	l.close.Do(func() { close(l.done) })
	return l.Listener.Close()
}

type limitedConn struct {
	net.Conn

	once sync.Once
	give func()
}

// Close gives the room back, once.
func (c *limitedConn) Close() error {
	c.once.Do(c.give)
	return c.Conn.Close()
}
