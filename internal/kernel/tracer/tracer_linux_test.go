// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"os"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(actVariable); name != "" {
		if err := perform(name); err != nil {
			panic(err)
		}
		return
	}
	if side := os.Getenv(manyVariable); side != "" {
		if err := makeMany(side); err != nil {
			panic(err)
		}
		return
	}
	if seconds := os.Getenv(rateVariable); seconds != "" {
		if err := makeFast(seconds); err != nil {
			panic(err)
		}
		return
	}
	if number := os.Getenv(crowdVariable); number != "" {
		if err := holdCrowd(number); err != nil {
			panic(err)
		}
		return
	}
	if os.Getenv(killedVariable) != "" {
		if err := openForEver(); err != nil {
			panic(err)
		}
	}
	if os.Getenv(rightsVariable) != "" {
		openWithRights()
		return
	}
	testnet.Main(m)
}

// opened opens a tracer of a namespace.
func opened(t *testing.T, o Options) *Tracer {
	t.Helper()
	testnet.Require(t, testnet.BPF)
	tr, err := Open(o)
	if err != nil {
		testnet.Skip(t, testnet.BPF, err.Error())
	}
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
	return tr
}

// TestOpen: every combination of options loads, passes the self-check, and leaves
// nothing behind.
func TestOpen(t *testing.T) {
	for _, o := range []Options{
		{},
		{Owners: true},
		{Ends: true},
		{Events: true},
		{KeepClosers: true},
		{Owners: true, Resets: true, Stays: true},
		{Owners: true, Ends: true, Events: true, KeepClosers: true, Resets: true},
	} {
		opened(t, o)
	}
}

// TestCheckIsOver: the namespace of the self-check is no longer traced after it has
// ended, because the kernel may give its number to another namespace.
func TestCheckIsOver(t *testing.T) {
	tr := opened(t, Options{Netns: testnet.New(t, testnet.Options{}).Inode()})
	var key, value [4]byte
	if err := tr.object.Map("checked").Lookup(key[:], value[:]); err != nil || value != [4]byte{} {
		t.Errorf("namespace %v is looked at besides: %v", value, err)
	}
}
