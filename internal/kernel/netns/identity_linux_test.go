// SPDX-License-Identifier: Apache-2.0

package netns_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

func TestIdentity(t *testing.T) {
	a, b := testnet.New(t, testnet.Options{}), testnet.New(t, testnet.Options{})
	ids := map[netns.Identity]bool{}
	for _, ns := range []*testnet.NS{a, b, a} {
		ns.Do(func() {
			id, err := netns.Here()
			if err != nil || id.Inode != ns.Inode() || netns.IsInit() {
				t.Errorf("%+v, %v; inode %d, init %v", id, err, ns.Inode(), netns.IsInit())
			}
			ids[id] = true
		})
	}
	if len(ids) != 2 {
		t.Errorf("two namespaces have %d identities: %v", len(ids), ids)
	}
}

// TestEnter: a namespace is found by its identity, and another one with the same inode
// is not mistaken for it.
func TestEnter(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	cmd := ns.Command("sleep", "600") // a process through which it can be found
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var id, got netns.Identity
	var err error
	ns.Do(func() { id, err = netns.Here() })
	if err != nil {
		t.Fatal(err)
	}
	look := func() (err error) { got, err = netns.Here(); return err }
	if err := netns.Enter(context.Background(), id, look); err != nil || got != id {
		t.Errorf("from outside: %+v, %v", got, err)
	}
	ns.Do(func() {
		if err := netns.Enter(context.Background(), id, look); err != nil || got != id {
			t.Errorf("from inside: %+v, %v", got, err)
		}
	})
	if id.Cookie == 0 {
		t.Skip("this kernel does not tell cookies (Linux 5.14 does)")
	}
	id.Cookie++
	if err := netns.Enter(context.Background(), id, look); !errors.Is(err, netns.ErrVanished) {
		t.Errorf("another namespace with the inode was entered: %v", err)
	}
}
