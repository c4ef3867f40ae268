// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestHere: what is set in a namespace stands below the pages that it concerns, once,
// and a namespace that nobody has touched differs in nothing.
func TestHere(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	x := Topics()
	here := func(words ...string) (said []string) {
		a, err := Ask(x, words)
		if err != nil {
			t.Fatal(err)
		}
		ns.Do(func() {
			for _, d := range a.Here() {
				said = append(said, d.Text().En)
			}
		})
		return said
	}
	of := []string{"tcp_fin_timeout", "FIN_WAIT2"}
	if said := here(of...); len(said) > 0 {
		t.Errorf("untouched: %q", said)
	}
	ns.SetSysctl("net.ipv4.tcp_fin_timeout", "30")
	if said := here(of...); !slices.Equal(said, []string{"Here net.ipv4.tcp_fin_timeout is 30; the default is 60."}) {
		t.Errorf("set to 30: %q", said)
	}
	if a := (&Answer{Kind: List, Topics: x.Topics(knowledge.KindSysctl)}); len(a.Here()) > 0 {
		t.Error("a list tells of this host")
	}
}
