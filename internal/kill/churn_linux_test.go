// SPDX-License-Identifier: Apache-2.0

package kill_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/kill"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// buckets is how many pairs of addresses the connections of the churn have, so that
// the same addresses are used again and again.
const buckets = 12

// A churn is connections at few addresses that end and come again.
type churn struct {
	server *server
	client [buckets]end
	peer   [buckets]end
}

// renew ends a connection at once and opens another one at the same addresses.
func (c *churn) renew(t testing.TB, i int) {
	if c.client[i].fd != 0 {
		c.client[i].close()
		c.peer[i].close()
		testnet.Delivered(t)
	}
	c.client[i], c.peer[i] = c.server.connect(t, 20001+i)
}

// TestChurn kills among connections that end and come back with the same addresses:
// before the preview, after it, and in the middle of the kill, when some have been
// destroyed. Every destroyed connection was in the list; every other one lives.
func TestChurn(t *testing.T) {
	trials := count(t, "KILL_TRIALS", 40)
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		c := &churn{server: listen(t, 8080)}
		for i := range buckets {
			c.renew(t, i)
		}
		host, err := engine.Open(engine.Options{})
		must(t, "open", err)
		defer host.Close()
		filter := parse(t, "dport = :8080 and state established and sport >= :20001")
		dead, reborn := 0, 0
		for trial := range trials {
			random := rand.New(rand.NewPCG(1, uint64(trial)))
			var shown *kill.Preview
			middle := kill.Options{Source: host, Filter: filter, Destroyer: &meddler{t: t, c: c, random: random, reborn: &reborn}}
			shown, err := kill.Look(t.Context(), middle, false)
			must(t, "look", err)
			confirmed := map[uint64]bool{}
			for i := range shown.Victims {
				confirmed[shown.Victims[i].Cookie()] = true
			}
			for i := range buckets {
				if random.IntN(3) == 0 {
					c.renew(t, i)
					reborn++
				}
			}
			_, err = shown.Kill(t.Context())
			must(t, "kill", err)
			testnet.Delivered(t)
			for i := range buckets {
				dead += c.judge(t, trial, i, confirmed)
			}
		}
		for i := range buckets {
			c.client[i].close()
			c.peer[i].close()
		}
		t.Logf("%d trials: %d closed, %d had come again at the same addresses", trials, dead, reborn)
		if dead == 0 || reborn == 0 {
			t.Error("nothing was tried")
		}
	})
}

// judge checks one connection after a trial and opens a new one if it was closed.
func (c *churn) judge(t *testing.T, trial, i int, confirmed map[uint64]bool) (dead int) {
	client := c.client[i]
	switch failure := client.failure(t); {
	case failure == unix.ECONNABORTED && !confirmed[client.cookie]:
		t.Fatalf("trial %d: connection %d has died and was not in the list", trial, i)
	case failure == unix.ECONNABORTED:
		c.renew(t, i)
		return 1
	case failure != 0 || client.state(t) != tcp.Established || c.peer[i].state(t) != tcp.Established:
		t.Fatalf("trial %d: connection %d: %v, %v", trial, i, failure, client.state(t))
	case confirmed[client.cookie]:
		t.Fatalf("trial %d: connection %d was in the list and lives", trial, i)
	}
	return 0
}

// A meddler destroys as the kernel does, but replaces connections just before: between
// the second look and the kill.
type meddler struct {
	kill.Kernel

	t      *testing.T
	c      *churn
	random *rand.Rand
	reborn *int
}

// Destroy is that of the kernel.
func (m *meddler) Destroy(ctx context.Context, targets []sockdiag.Target, told func(int, error)) error {
	for i := range buckets {
		if m.random.IntN(4) == 0 {
			m.c.renew(m.t, i)
			*m.reborn++
		}
	}
	return m.Kernel.Destroy(ctx, targets, told)
}
