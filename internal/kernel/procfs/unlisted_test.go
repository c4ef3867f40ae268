// SPDX-License-Identifier: Apache-2.0

package procfs

import "testing"

func TestUnhashed(t *testing.T) {
	const protocols = "protocol  size sockets  memory press maxhdr  slab module     cl\n" +
		"UNIX-STREAM 1152     20      -1   NI       0   yes  kernel      n\n" +
		"MPTCP     1920      -1       0   no       0   yes  kernel      y\n" +
		"TCP       2432     21      41   no     320   yes  kernel      y\n"
	for _, test := range []struct {
		sockstat, protocols string
		want                uint64
		ok                  bool
	}{
		{"sockets: used 141\nTCP: inuse 21 orphan 0 tw 0 alloc 121 mem 41\n", protocols, 100, true},
		{"sockets: used 40\n", protocols, 0, true}, // read one after the other
		{"sockets: used 141\n", "", 0, false},
		{"TCP: inuse 21\n", protocols, 0, false},
	} {
		if got, ok := unhashed(test.sockstat, test.protocols); got != test.want || ok != test.ok {
			t.Errorf("%q: %d %v, want %d %v", test.sockstat, got, ok, test.want, test.ok)
		}
	}
}
