// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// held keeps ends of connections, in order, until the RST that belongs to them may
// have come. A process's end is recorded before its RST, a timer's end after it. The
// two are microseconds apart, but records of other processors may lie between them.
type held struct {
	ends   []heldEnd
	shown  int           // how many ends were shown
	resets []heldReset   // RSTs whose end has not come yet
	newest time.Duration // time of the newest record
	old    int           // number of ends that were there before the last reading
}

type heldEnd struct {
	tracer.Record

	reset string
}

type heldReset struct {
	cookie uint64
	at     time.Duration
	reason string
}

const (
	// holdTime is how far apart an end and its RST may be.
	holdTime = 5 * time.Millisecond
	// heldMost bounds how many ends wait: 20,000 connections a second have 200 within
	// holdTime.
	heldMost = 4096
)

// reset takes an RST.
func (h *held) reset(r *tracer.Record, reason string) {
	h.newest = max(h.newest, r.At)
	if r.Cookie == 0 || r.From == tcp.TimeWait {
		return // no socket, or its end was shown already
	}
	for i := len(h.ends) - 1; i >= h.shown; i-- {
		if e := &h.ends[i]; e.Cookie == r.Cookie && e.To == tcp.Close && e.reset == "" {
			e.reset = reason
			return
		}
	}
	if len(h.resets) < heldMost {
		h.resets = append(h.resets, heldReset{r.Cookie, r.At, reason})
	}
}

// add takes an end and shows those that have waited long enough. It returns false
// after show has returned false.
func (h *held) add(r *tracer.Record, show func(*tracer.Record, string) bool) bool {
	h.newest = max(h.newest, r.At)
	end := heldEnd{Record: *r}
	for i := range h.resets {
		if h.resets[i].cookie == r.Cookie && r.To == tcp.Close {
			end.reset = h.resets[i].reason
			h.resets = append(h.resets[:i], h.resets[i+1:]...)
			break
		}
	}
	h.ends = append(h.ends, end)
	return h.ripe(show)
}

// ripe shows the ends that have waited long enough.
func (h *held) ripe(show func(*tracer.Record, string) bool) bool {
	for h.shown < len(h.ends) {
		e := &h.ends[h.shown]
		if h.newest-e.At < holdTime && len(h.ends)-h.shown <= heldMost {
			break
		}
		h.shown++
		if !show(&e.Record, e.reset) {
			return false
		}
	}
	if h.shown > heldMost { // frees the room of shown ends
		h.old = max(0, h.old-h.shown)
		h.ends = append(h.ends[:0], h.ends[h.shown:]...)
		h.shown = 0
	}
	return true
}

// release passes on the records that were there at the previous reading already, once all
// pending ones were read; or all of them at the end.
func (h *held) release(everything bool, show func(*tracer.Record, string) bool) {
	until := h.old
	if everything {
		until = len(h.ends)
	}
	for h.shown < until {
		e := &h.ends[h.shown]
		h.shown++
		if !show(&e.Record, e.reset) {
			return
		}
	}
	h.ends = append(h.ends[:0], h.ends[h.shown:]...)
	h.shown, h.old = 0, len(h.ends)
	kept := h.resets[:0]
	for _, r := range h.resets {
		if h.newest-r.at < holdTime {
			kept = append(kept, r)
		}
	}
	h.resets = kept
}
