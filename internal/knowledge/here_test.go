// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"slices"
	"strings"
	"testing"
)

// TestDeviations: a page tells where a host is otherwise, and nothing where it is not
// or cannot be known.
func TestDeviations(t *testing.T) {
	host := map[string]string{"net.core.somaxconn": "128", "net.ipv4.tcp_rmem": "4096\t131072\t33554432", "net.ipv4.tcp_fin_timeout": "30", "net.ipv4.tcp_syncookies": "?"}
	live := func(key string) (string, bool, bool) {
		value, ok := host[key]
		return value, ok, value != "?"
	}
	x := NewIndex(Topics())
	for name, want := range map[string][]string{
		"somaxconn":        {"Here net.core.somaxconn is 128, the default before Linux 5.4; today it is 4096."},
		"tcp_rmem":         nil,
		"tcp_fin_timeout":  {"Here net.ipv4.tcp_fin_timeout is 30; the default is 60."},
		"tcp_syncookies":   nil,
		"tcp_rto_max_ms":   {"Here net.ipv4.tcp_rto_max_ms is not there: this kernel is older, or built without it, or the network namespace does not have it."},
		"kernel-defaults":  {"Here net.core.somaxconn is 128, the default before Linux 5.4; today it is 4096.", "Here net.ipv4.tcp_fin_timeout is 30; the default is 60."},
		"tcp_tw_recycle":   nil,
		"connection-reset": nil,
	} {
		topic, ok := x.Lookup(name)
		if !ok {
			t.Fatalf("no page %s", name)
		}
		var got []string
		for _, d := range Deviations(topic, HostFacts{}, live) {
			got = append(got, d.Text().En)
			if zh := d.Text().Zh; !strings.HasPrefix(zh, "本机") || !strings.HasSuffix(zh, "。") || !strings.Contains(zh, d.Key) {
				t.Errorf("%s: %s", name, zh)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
