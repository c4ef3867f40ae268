// SPDX-License-Identifier: Apache-2.0

package tracepoint

import (
	"net/netip"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// formatText is the file of Linux 6.18, without what prints it.
const formatText = `name: inet_sock_set_state
ID: 1432
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:const void * skaddr;	offset:8;	size:8;	signed:0;
	field:int oldstate;	offset:16;	size:4;	signed:1;
	field:int newstate;	offset:20;	size:4;	signed:1;
	field:__u16 sport;	offset:24;	size:2;	signed:0;
	field:__u16 dport;	offset:26;	size:2;	signed:0;
	field:__u16 family;	offset:28;	size:2;	signed:0;
	field:__u16 protocol;	offset:30;	size:2;	signed:0;
	field:__u8 saddr[4];	offset:32;	size:4;	signed:0;
	field:__u8 daddr[4];	offset:36;	size:4;	signed:0;
	field:__u8 saddr_v6[16];	offset:40;	size:16;	signed:0;
	field:__u8 daddr_v6[16];	offset:56;	size:16;	signed:0;
`

func sample() []byte {
	raw := make([]byte, 72)
	copy(raw[8:], []byte{1, 2, 3, 4, 5, 6, 7, 8})
	raw[16], raw[20] = byte(tcp.Established), byte(tcp.FinWait1)
	raw[24], raw[25], raw[26] = 0x90, 0x1f, 80
	raw[28], raw[30] = familyIPv4, protocolTCP
	copy(raw[32:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	return raw
}

func TestFormat(t *testing.T) {
	l, err := parseFormat(formatText)
	if err != nil || l.id != 1432 || l.size != 72 {
		t.Fatalf("%+v, %v", l, err)
	}
	var c Change
	if !l.read(sample(), &c) {
		t.Fatal("not read")
	}
	want := Change{
		Socket: 0x0807060504030201, From: tcp.Established, To: tcp.FinWait1,
		Local: netip.MustParseAddrPort("10.0.0.1:8080"), Remote: netip.MustParseAddrPort("10.0.0.2:80"),
	}
	if c != want {
		t.Errorf("%+v, want %+v", c, want)
	}
	other := sample()
	other[30] = 132 // SCTP
	if l.read(other, &c) || l.read(sample()[:71], &c) {
		t.Error("read what is none")
	}
}

func FuzzFormat(f *testing.F) {
	f.Add(formatText, sample())
	f.Add("ID: 7\nfield:int oldstate; offset:99999999; size:4;", []byte{})
	f.Fuzz(func(_ *testing.T, text string, raw []byte) {
		l, err := parseFormat(text)
		if err == nil {
			var c Change
			l.read(raw, &c)
		}
	})
}
