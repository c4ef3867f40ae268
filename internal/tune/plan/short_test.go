// SPDX-License-Identifier: Apache-2.0

package plan

import "testing"

func TestShortNames(t *testing.T) {
	for text, want := range map[string]string{
		"tcp_fin_timeout=30": "net.ipv4.tcp_fin_timeout", "somaxconn = 8192": "net.core.somaxconn", "file-max=1": "fs.file-max",
		"nf_conntrack_max=1": "net.netfilter.nf_conntrack_max", "net.core.somaxconn=1": "net.core.somaxconn", "nothing_such=1": "nothing_such",
	} {
		if r, err := ParseSet(text); err != nil || r.Key != want {
			t.Errorf("%s: want %s, got %s, %v", text, want, r.Key, err)
		}
	}
}
