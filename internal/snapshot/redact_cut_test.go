// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

// TestRedactCut: if an address is cut off, as the kernel cuts off the names of
// processes, none of its groups remains: not because it happens to be a word, and not
// because it looks like a port.
func TestRedactCut(t *testing.T) {
	r, err := newRedactor([32]byte{1}, nil)
	check(t, err)
	for from, gone := range map[string]string{
		"sshd: dead:44:3":           "dead",
		"sshd: host:dead":           "dead",
		"2001:db8:deb:11":           "deb",
		"k 2001-db8--dead":          "dead",
		"ab:::1800:0:0:b":           "1800",
		"db:2001:db8:1:2:3:4:5:777": "777",
		"1:2:3:4:5:6:7:8:9999":      "9999",
		"fe80::1:dead:be":           "dead",
	} {
		for _, got := range []string{r.name(from), r.text(from)} {
			if strings.Contains(got, gone) {
				t.Errorf("%q became %q", from, got)
			}
		}
	}
	for from, want := range map[string]string{
		"debian: dead letter": r.name("debian") + ": dead " + r.name("letter"), "dd": "dd", "db": "db", "postgres-db": "postgres-db",
	} {
		if got := r.name(from); got != want {
			t.Errorf("%q became %q, want %q", from, got, want)
		}
	}
	// IPv6 groups that spell words: no replacement address contains one by chance.
	words := []string{"dead", "deb"}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		var b [16]byte
		for i := range b {
			if rnd.IntN(4) > 0 {
				b[i] = byte(rnd.Uint32())
			}
		}
		if rnd.IntN(2) == 0 {
			b[0], b[1], b[2], b[3] = 0x20, 1, 0xd, 0xb8
		}
		groups := strings.Split(netip.AddrFrom16(b).String(), ":")
		word := words[rnd.IntN(2)]
		groups[len(groups)-1-rnd.IntN(3)] = word
		before := []string{"", "sshd: ", "x:", "[", "::", "db:", "v6-", "host:"}[rnd.IntN(8)]
		text := before + strings.Join(groups, []string{":", "-", "_", `\x3a`}[rnd.IntN(4)])
		text = text[:min(len(text), 15)]
		for _, got := range []string{r.name(text), r.text(text)} {
			for _, token := range tokens(got) {
				if token.name && !token.done && token.plain == word && strings.Contains(text, word) && !strings.Contains(got, ":"+word+":") {
					t.Fatalf("%q became %q", text, got)
				}
			}
		}
	}
}
