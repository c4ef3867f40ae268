// SPDX-License-Identifier: Apache-2.0

package knowledge

import "strings"

// deadSysctls are keys that old recipes still carry.
func deadSysctls() []Sysctl {
	dead := []Sysctl{
		noEffect("net.ipv4.tcp_low_latency", "", Text{"was: prefer latency to throughput", "曾用于在延迟和吞吐之间优先延迟"}),
		noEffect("net.ipv4.tcp_fack", "", Text{"was: forward acknowledgement, a way to find losses", "曾用于开启 FACK 丢包判断"}),
		noEffect("net.ipv4.tcp_adv_win_scale", "6.6", Text{"was: how much of the receive buffer is kept for overhead", "曾用于指定接收缓冲区中留给开销的比例"}),
		removed("net.ipv4.tcp_thin_dupack", "", Text{"was: retransmit early on connections with little data", "曾用于在数据很少的连接上提前重传"}),
		removed("net.ipv4.tcp_max_ssthresh", "", Text{"was: a bound of slow start", "曾用于限制慢启动"}),
		removed("net.ipv4.tcp_abc", "", Text{"was: count bytes instead of ACKs in slow start", "曾用于慢启动时按字节计数"}),
		removed("net.ipv4.tcp_frto_response", "", Text{"was: what to do after a timeout that was none", "曾用于设定误判超时之后的处理"}),
		removed("net.ipv4.tcp_dma_copybreak", "", Text{"was: from which size on a DMA engine copied received data", "曾用于设定多大的接收数据交给 DMA 拷贝"}),
	}
	for _, old := range []string{"net.ipv4.ip_conntrack_max", "net.ipv4.netfilter.ip_conntrack_max"} {
		dead = append(dead, renamed(old, "net.netfilter.nf_conntrack_max"))
	}
	for _, s := range conntrackSysctls() {
		if name, ok := strings.CutPrefix(s.Key, "net.netfilter.nf_conntrack_tcp_"); ok {
			dead = append(dead, renamed("net.ipv4.netfilter.ip_conntrack_tcp_"+name, s.Key))
		}
	}
	return dead
}

func removed(key, since string, summary Text) Sysctl {
	return Sysctl{Key: key, Status: SysctlRemoved, Since: since, Summary: summary, Source: measured, See: []string{"TW07"}}
}

func noEffect(key, since string, summary Text) Sysctl {
	return Sysctl{Key: key, Status: SysctlNoEffect, Since: since, Summary: summary, Source: "Documentation/networking/ip-sysctl.rst", See: []string{"TW07"}}
}

func renamed(old, key string) Sysctl {
	return Sysctl{
		Key: old, Status: SysctlRemoved, Renamed: key,
		Summary: Text{"the name that " + key + " had before nf_conntrack", key + " 在 nf_conntrack 之前的旧名"},
		Source:  measured, See: []string{"CT01", key},
	}
}
