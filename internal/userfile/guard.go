// SPDX-License-Identifier: Apache-2.0

package userfile

import (
	"os"
	"os/signal"
	"sync"
)

// A guard removes a file when a signal ends the process.
type guard struct {
	signals chan os.Signal
	done    sync.WaitGroup
}

// guardFile removes the file if a signal ends the process, until end is called.
func guardFile(name string) *guard {
	g := &guard{signals: make(chan os.Signal, 1)}
	signal.Notify(g.signals, deadly()...)
	g.done.Go(func() {
		s, ok := <-g.signals
		if !ok {
			return
		}
		_ = os.Remove(name) // the file may not exist yet
		die(s)
	})
	return g
}

// end restores the usual effect of signals.
func (g *guard) end() {
	if g == nil {
		return
	}
	signal.Stop(g.signals)
	close(g.signals)
	g.done.Wait()
}
