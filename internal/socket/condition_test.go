// SPDX-License-Identifier: Apache-2.0

package socket

import (
	"net/netip"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func TestConditionMatch(t *testing.T) {
	v4 := Socket{
		State: tcp.Established, Kind: Full, Family: IPv4, Ifindex: 2, Mark: 0x13, CgroupID: 77,
		Local: netip.MustParseAddrPort("10.1.2.3:443"), Remote: netip.MustParseAddrPort("192.0.2.9:50000"),
	}
	mapped := v4
	mapped.Family = IPv6
	mapped.Local = netip.MustParseAddrPort("[::ffff:10.1.2.3]:443")
	v6 := v4
	v6.Family = IPv6
	v6.Local = netip.MustParseAddrPort("[::1]:80")
	mapped.Direction, v6.Direction = Inbound, Outbound
	mini := v4
	mini.State, mini.Kind, mini.CgroupID = tcp.TimeWait, Mini, 0

	local := func(prefix string) Condition { return HostCondition{LocalSide, netip.MustParsePrefix(prefix)} }
	tests := []struct {
		name                 string
		c                    Condition
		v4, mapped, v6, mini bool
	}{
		{"nothing asked", And{}, true, true, true, true},
		{"nothing allowed", Or{}, false, false, false, false},
		{"port =", PortCondition{LocalSide, PortEqual, 443}, true, true, false, true},
		{"port >=", PortCondition{LocalSide, PortAtLeast, 443}, true, true, false, true},
		{"port <=", PortCondition{LocalSide, PortAtMost, 80}, false, false, true, false},
		{"remote port", PortCondition{RemoteSide, PortEqual, 50000}, true, true, true, true},
		{"not", Not{PortCondition{LocalSide, PortEqual, 443}}, false, false, true, false},
		{"an IPv4 prefix holds mapped addresses", local("10.0.0.0/8"), true, true, false, true},
		{"bits beyond the prefix do not count", local("10.255.255.255/8"), true, true, false, true},
		{"all of IPv4", local("0.0.0.0/0"), true, true, false, true},
		{"all of IPv6", local("::/0"), false, true, true, false},
		{"an IPv6 prefix of mapped addresses", local("::ffff:10.0.0.0/104"), false, true, false, false},
		{"any address", HostCondition{}, true, true, true, true},
		{"remote host", HostCondition{RemoteSide, netip.MustParsePrefix("192.0.2.9/32")}, true, true, true, true},
		{"device", DeviceCondition{2}, true, true, true, true},
		{"no device", DeviceCondition{0}, false, false, false, false},
		{"mark bits", MarkCondition{0x3, 0xf}, true, true, true, true},
		{"mark without mask bits", MarkCondition{0x10, 0xf}, false, false, false, false},
		{"cgroup", CgroupCondition{77}, true, true, true, false},
		{"no cgroup", CgroupCondition{0}, false, false, false, true},
		{"inbound", DirectionCondition{Inbound}, false, true, false, false},
		{"outbound", DirectionCondition{Outbound}, false, false, true, false},
		{"no direction", DirectionCondition{}, true, false, false, true},
		{"autobound", AutoboundCondition{}, false, false, false, true},
		{"and", And{local("10.0.0.0/8"), PortCondition{LocalSide, PortEqual, 80}}, false, false, false, false},
		{"or", Or{local("::/0"), PortCondition{LocalSide, PortEqual, 443}}, true, true, true, true},
	}
	for _, tt := range tests {
		got := [4]bool{tt.c.Match(&v4), tt.c.Match(&mapped), tt.c.Match(&v6), tt.c.Match(&mini)}
		if want := [4]bool{tt.v4, tt.mapped, tt.v6, tt.mini}; got != want {
			t.Errorf("%s: v4, mapped, v6, mini = %v, want %v", tt.name, got, want)
		}
	}
	all := And{tests[4].c, tests[5].c, tests[13].c, Or{local("::/0"), DeviceCondition{}}, Not{MarkCondition{}}, CgroupCondition{}, AutoboundCondition{}, DirectionCondition{}}
	want := FieldsOf(FieldLocal, FieldRemote, FieldLocalPort, FieldRemotePort, FieldIfindex, FieldMark, FieldCgroupID, FieldAutobound, FieldDirection)
	if got := all.Reads(); got != want {
		t.Errorf("reads %v, want %v", got, want)
	}
}

func TestConditionMatchAllocs(t *testing.T) {
	s := Socket{Local: netip.MustParseAddrPort("[::ffff:10.1.2.3]:443"), Remote: netip.MustParseAddrPort("[fe80::1%eth0]:1")}
	c := And{
		HostCondition{LocalSide, netip.MustParsePrefix("10.0.0.0/8")},
		Or{PortCondition{RemoteSide, PortAtLeast, 80}, HostCondition{RemoteSide, netip.MustParsePrefix("fe80::/10")}},
		Not{MarkCondition{1, 1}},
	}
	if n := testing.AllocsPerRun(100, func() { c.Match(&s) }); n != 0 {
		t.Errorf("%v allocations a match", n)
	}
}
