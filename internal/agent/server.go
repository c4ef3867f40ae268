// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"container/list"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Limits on requests; all endpoints are behind them.
const (
	readHeader   = 5 * time.Second
	readRequest  = 10 * time.Second
	writeAnswer  = 60 * time.Second
	idleFor      = 2 * time.Minute
	mostHeader   = 16 << 10
	mostBody     = 1 << 20
	mostAtOnce   = 32  // requests answered at the same time; others get an error and may try again
	mostSockets  = 256 // connections open at the same time
	endPatience  = 5 * time.Second
	answerWithin = 50 * time.Second // duration of a handler's context
	lookAgain    = 100 * time.Millisecond
)

// newServer puts handlers behind the limits. loopback says that only this machine may
// reach the server.
func newServer(handler http.Handler, loopback bool, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           guard(handler, loopback),
		ReadHeaderTimeout: readHeader, ReadTimeout: readRequest, WriteTimeout: writeAnswer, IdleTimeout: idleFor,
		MaxHeaderBytes: mostHeader, ConnContext: withConn, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// guard admits requests that only read, and no more at a time than can be answered.
func guard(next http.Handler, loopback bool) http.Handler {
	room := make(chan struct{}, mostAtOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		if !reads(r) {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "this server only reads: use GET or HEAD", http.StatusMethodNotAllowed)
			return
		}
		if loopback && !local(r.Host) {
			// Refuse a page in a browser of this machine whose host name was made to
			// resolve to loopback (DNS rebinding).
			http.Error(w, "this server is for this machine only: name it by its address or as localhost", http.StatusMisdirectedRequest)
			return
		}
		select {
		case room <- struct{}{}:
			defer func() { <-room }()
			defer answers(r.Context())()
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

// reads reports whether a request changes nothing. A query that is too long for a URL
// comes as a form in a POST.
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

// local reports whether a Host header means this machine: an address or localhost, no
// name that another party controls.
func local(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	a, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && a.Unmap().IsLoopback()
}

// splitListen splits the address of --listen.
func splitListen(listen string) (host, port string, err error) { return net.SplitHostPort(listen) }

// isLoopback reports whether only this machine can reach a listener.
func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// A limited is a listener with a bounded number of open connections. A further
// connection replaces the one that has been idle for longest, so that idle
// connections cannot keep others out. If all are being answered, it waits.
type limited struct {
	net.Listener

	room  chan struct{}
	done  chan struct{}
	close sync.Once

	mu   sync.Mutex
	idle list.List // of *limitedConn without a request in progress, the longest idle first
}

func limit(l net.Listener, most int) net.Listener {
	return &limited{Listener: l, room: make(chan struct{}, most), done: make(chan struct{})}
}

// Accept waits for a connection, and then for room.
func (l *limited) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	for {
		select {
		case l.room <- struct{}{}:
			return &limitedConn{Conn: conn, of: l}, nil
		default:
		}
		if oldest := l.oldest(); oldest != nil {
			_ = oldest.Close() // its client will connect again
			continue
		}
		select {
		case l.room <- struct{}{}:
			return &limitedConn{Conn: conn, of: l}, nil
		case <-l.done:
			_ = conn.Close() // nothing was sent yet
			return nil, net.ErrClosed
		case <-time.After(lookAgain):
		}
	}
}

// oldest returns the connection that has been idle for longest; nil for none.
func (l *limited) oldest() *limitedConn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if first := l.idle.Front(); first != nil {
		c, _ := first.Value.(*limitedConn)
		return c
	}
	return nil
}

// Close also ends the waiting.
func (l *limited) Close() error {
	l.close.Do(func() { close(l.done) })
	return l.Listener.Close()
}

type limitedConn struct {
	net.Conn

	once sync.Once
	of   *limited
	gone bool
	at   *list.Element // its place among the idle ones; nil while a request is answered
}

// Close frees the room, once.
func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.set(func() { c.gone = true })
		<-c.of.room
	})
	return err
}

// rests records that no request of the connection is being answered.
func (c *limitedConn) rests() {
	c.set(func() {
		if !c.gone {
			c.at = c.of.idle.PushBack(c)
		}
	})
}

// set removes the connection from the idle ones and then calls and.
func (c *limitedConn) set(and func()) {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.at != nil {
		c.of.idle.Remove(c.at)
		c.at = nil
	}
	and()
}

// connKey is the key under which the context of a request has its connection.
type connKey struct{}

// withConn adds the connection to the context of its requests.
func withConn(ctx context.Context, conn net.Conn) context.Context {
	if under, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		conn = under.NetConn()
	}
	c, ok := conn.(*limitedConn)
	if !ok {
		return ctx
	}
	c.rests()
	return context.WithValue(ctx, connKey{}, c)
}

// answers records that a request is being answered, until ends is called.
func answers(ctx context.Context) (ends func()) {
	c, ok := ctx.Value(connKey{}).(*limitedConn)
	if !ok {
		return func() {}
	}
	c.set(func() {}) // not a limited connection
	return c.rests
}
