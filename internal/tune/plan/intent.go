// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"
	"strings"
)

// An Intent is the purpose of a host. It selects which findings a plan answers, and
// proposes nothing by itself.
type Intent string

// The intents.
const (
	WebServer  Intent = "web-server"
	Proxy      Intent = "proxy"
	Client     Intent = "client"
	NATGateway Intent = "nat-gateway"
)

// Intents returns the names of all intents.
func Intents() []string {
	return []string{string(WebServer), string(Proxy), string(Client), string(NATGateway)}
}

// ParseIntent reads the value of --for.
func ParseIntent(text string) (Intent, bool) {
	return Intent(text), slices.Contains(Intents(), text)
}

// Wants reports whether a parameter matters for such a host. A key with a final star
// stands for all keys with that beginning.
func (i Intent) Wants(key string) bool {
	return slices.ContainsFunc(i.keys(), func(want string) bool {
		prefix, open := strings.CutSuffix(want, "*")
		return key == want || open && strings.HasPrefix(key, prefix)
	})
}

// keys returns the keys of an intent, grouped by the hosts whose connections they
// limit: servers, clients, proxies.
func (i Intent) keys() []string {
	both := []string{"net.ipv4.tcp_max_tw_buckets", "net.ipv4.tcp_timestamps", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_*", "net.core.netdev_*"}
	accepts := []string{
		"net.core.somaxconn", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_synack_retries",
		"net.ipv4.tcp_abort_on_overflow", "net.ipv4.tcp_max_orphans", "net.ipv4.tcp_orphan_retries",
	}
	opens := []string{"net.ipv4.tcp_tw_reuse", "net.ipv4.ip_local_*", "net.ipv4.tcp_syn_retries", "net.ipv4.tcp_tw_recycle"}
	switch i {
	case WebServer:
		return slices.Concat(both, accepts, []string{"net.ipv4.tcp_tw_recycle"})
	case Client:
		return slices.Concat(both, opens)
	case Proxy:
		return slices.Concat(both, accepts, opens)
	default:
		return []string{"net.netfilter.*", "net.core.netdev_*"}
	}
}
