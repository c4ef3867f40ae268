// SPDX-License-Identifier: Apache-2.0

package script

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// parseOne parses a line and returns its operations.
func parseOne(t *testing.T, line string) []any {
	t.Helper()
	s, err := Parse("t.tcp", "\n"+line+"\n")
	if err != nil {
		t.Fatal(line, ": ", err)
	}
	var ops []any
	for _, step := range s.Steps {
		ops = append(ops, step.op)
	}
	return ops
}

func TestVerbsToOps(t *testing.T) {
	text, yes, no, n := func(s string) *string { return &s }, true, false, func(n int) *int { return &n }
	other := record.Peer
	finAck := segment.FIN | segment.ACK
	shift := func(n int64) testbed.Number { return testbed.Number{Base: testbed.Shift, N: n} }
	tests := []struct {
		line string
		want any
	}{
		{"kernel listen", callOp{flow: "a", call: listenCall{name: "listener", backlog: 8}}},
		{
			"kernel listen as l2 on loopback port 81 backlog 0 reuseaddr reuseport fails EADDRINUSE",
			callOp{flow: "a", fails: "EADDRINUSE", call: listenCall{"l2", 0, testbed.BindOptions{Loopback: true, Port: 81, ReuseAddr: true, ReusePort: true}}},
		},
		{"other b: connect loopback", callOp{end: record.Peer, flow: "b", call: connectCall{testbed.ConnectOptions{Loopback: true}}}},
		{
			"kernel connect to 81 host 9 from 5000 noport",
			callOp{flow: "a", call: connectCall{testbed.ConnectOptions{Port: 81, Host: 9, From: &testbed.BindOptions{Port: 5000, NoPort: true}}}},
		},
		{"kernel connect bound", callOp{flow: "a", call: connectCall{testbed.ConnectOptions{From: &testbed.BindOptions{}}}}},
		{"kernel accept from l2", callOp{flow: "a", call: acceptCall{"l2"}}},
		{`kernel write "a b"`, callOp{flow: "a", call: writeCall{data: []byte("a b")}}},
		{"kernel write 3 bytes", callOp{flow: "a", call: writeCall{size: 3}}},
		{"kernel read eof", callOp{flow: "a", call: readCall{eof: true}}},
		{"kernel read fails EAGAIN", callOp{flow: "a", call: readCall{}, fails: "EAGAIN"}},
		{"kernel read blocks 1s..2s fails EAGAIN", callOp{flow: "a", call: readCall{blocks: testbed.Range{Min: time.Second, Max: 2 * time.Second}}, fails: "EAGAIN"}},
		{"kernel shutdown wr", callOp{flow: "a", call: shutdownCall{write: true}}},
		{"kernel close listener listener", callOp{flow: "a", call: closeCall{listener: "listener"}}},
		{"kernel close blocks 1s served", callOp{flow: "a", call: closeCall{blocks: testbed.Range{Max: time.Second}, serve: true}}},
		{"kernel set TCP_LINGER2 -1", callOp{flow: "a", call: optionCall{name: "TCP_LINGER2", value: -1}}},
		{"kernel error within 2s fails ETIMEDOUT", callOp{flow: "a", call: errorCall{testbed.Range{Max: 2 * time.Second}}, fails: "ETIMEDOUT"}},
		{"kernel chown 5", callOp{flow: "a", call: chownCall{5}}},
		{"kernel bind port 80", callOp{flow: "a", call: bindCall{testbed.BindOptions{Port: 80}}}},
		{"peer SYN timestamps scale=7 isn+1000", sendOp{"a", testbed.Send{Flags: segment.SYN, Timestamps: true, Scale: 7, ISN: shift(1000)}}},
		{
			`peer b: fin,ack seq-1 ack@7 ts=3 win=0 "x" copy old`,
			sendOp{"b", testbed.Send{
				Flags: finAck, Seq: shift(-1), Ack: testbed.Number{Base: testbed.Raw, N: 7}, TS: testbed.Number{Base: testbed.FromISN, N: 3},
				Win: testbed.Number{Base: testbed.FromISN}, Data: []byte("x"), Copy: true, Label: "old",
			}},
		},
		{"peer ACK data=2 again lost", sendOp{"a", testbed.Send{Flags: segment.ACK, Data: []byte("xx"), Again: true, Fate: record.Lost}}},
		{"peer state TIME_WAIT", peerStateOp{"a", tcp.TimeWait}},
		{"expect nothing for 2s", nothingOp{"a", 2 * time.Second}},
		{
			`expect c: ACK "hi" len=2 win=0 no-timestamps again from other held x within 1s..2s`,
			expectOp{"c", testbed.Expect{
				Flags: segment.ACK, Data: text("hi"), Len: n(2), Window: n(0), Timestamps: &no, Again: true, From: &other,
				Handling: testbed.Handling{Fate: record.Held, Label: "x"}, Within: testbed.Range{Min: time.Second, Max: 2 * time.Second},
			}},
		},
		{"expect SYN timestamps isn+65537", expectOp{"a", testbed.Expect{Flags: segment.SYN, Timestamps: &yes, ISN: &testbed.Number{Base: testbed.Shift, N: 65537}}}},
		{"state b: TIME_WAIT within 2m", stateOp{"b", record.Kernel, tcp.TimeWait, testbed.Range{Max: 2 * time.Minute}}},
		{"other state CLOSE", stateOp{"a", record.Peer, tcp.Close, testbed.Range{}}},
		{"timer timewait ~60s", timerOp{flow: "a", timer: socket.TimerTimeWait, about: time.Minute}},
		{"timer b: on 1s..2s", timerOp{flow: "b", timer: socket.TimerOn, exact: testbed.Range{Min: time.Second, Max: 2 * time.Second}}},
		{"timer off", timerOp{flow: "a"}},
		{"owner none", ownerOp{flow: "a", none: true}},
		{"owner no-inode", ownerOp{flow: "a", anyone: true}},
		{"owner uid 3 inode", ownerOp{flow: "a", uid: 3, inode: true}},
		{"queues listener l recv 2", queuesOp{flow: "a", listener: "l", recv: 2, send: -1}},
		{"rows TIME_WAIT 5 within 1s", rowsOp{tcp.TimeWait, 5, testbed.Range{Max: time.Second}}},
		{"counter ListenDrops +3", counterOp{"ListenDrops", 3, testbed.Range{}}},
		{"sockstat tw 4", sockstatOp{"tw", 4}},
		{"seen RST,ACK 0", seenOp{segment.RST | segment.ACK, 0}},
		{"sysctl a.b 7", sysctlOp{name: "a.b", value: "7"}},
		{`sysctl a "1 2"`, sysctlOp{name: "a", value: "1 2"}},
		{"sysctl a is 2", sysctlOp{name: "a", value: "2", check: true}},
		{"sysctl a absent", sysctlOp{name: "a", absent: true}},
		{"place b: host 9 from 1 to 2", placeOp{"b", 9, 1, 2}},
		{"bulk 900000", bulkOp{"a", 900000, 0}},
		{"bulk b: 900 within 2s", bulkOp{"b", 900, 2 * time.Second}},
		{"destroy b: fails ENOENT", destroyOp{"b", "ENOENT"}},
		{"deliver x  # and a comment", deliverOp{"x"}},
		{"wait 1.5s", waitOp{1500 * time.Millisecond}},
		{"relay", relayOp{"a"}},
		{"mark", markOp{}},
		{`note "English only"`, noteOp{knowledge.Text{En: "English only", Zh: "English only"}}},
		{`note "both" "两者"`, noteOp{knowledge.Text{En: "both", Zh: "两者"}}},
	}
	for _, tt := range tests {
		got := parseOne(t, tt.line)
		if diff := cmp.Diff([]any{tt.want}, got, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.line, diff)
		}
	}
}

func TestOpensIsAHandshake(t *testing.T) {
	for line, want := range map[string]int{"peer b: opens timestamps scale=3 from l": 4, "kernel b: opens timestamps from 5000 to 81": 4} {
		if got := parseOne(t, line); len(got) != want {
			t.Errorf("%s: %d steps", line, len(got))
		}
	}
}

func TestHeadersLoopsAndBearings(t *testing.T) {
	s, err := Parse("t.tcp", "# a comment\ntitle: One: two\nclaim.zh: 三\n\nkernel listen\nrepeat 2\n  peer f$n: SYN\n  repeat 2\n    proves rows LISTEN $n\n  end\nend\nrefutes state CLOSE # text\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Header{{2, "title", "One: two"}, {3, "claim.zh", "三"}}, s.Headers); diff != "" {
		t.Error(diff)
	}
	type step struct {
		Line, Turn int
		Text       string
		Bearing    Bearing
	}
	var got []step
	for _, x := range s.Steps {
		got = append(got, step{x.Line, x.Turn, x.Text, x.Bearing})
	}
	want := []step{
		{5, 0, "kernel listen", Story},
		{7, 1, "peer f1: SYN", Story},
		{9, 1, "rows LISTEN 1", Proves},
		{9, 2, "rows LISTEN 2", Proves},
		{7, 2, "peer f2: SYN", Story},
		{9, 1, "rows LISTEN 1", Proves},
		{9, 2, "rows LISTEN 2", Proves},
		{12, 0, "state CLOSE", Refutes},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestMalformed(t *testing.T) {
	tests := []struct{ text, want string }{
		{"\n\n#" + strings.Repeat("x", 1000), "t.tcp:3: this line is longer than 1000 bytes"},
		{"", "t.tcp:1: there are no steps"},
		{"title: x\n", "t.tcp:2: there are no steps"},
		{"title: x\nno header\n", "t.tcp:2: expected a header or an empty line"},
		{"\n\nfrobnicate\n", `t.tcp:3: unknown verb "frobnicate"`},
		{"\nkernel\n", "t.tcp:2: expected a call such as connect or close"},
		{"\nkernel dance\n", `t.tcp:2: unknown call "dance"`},
		{"\nkernel listen backlog many\n", "t.tcp:2: expected a backlog: a number from 0 to 1048576"},
		{"\nkernel connect fails EWHATEVER\n", "t.tcp:2: expected the name of an error"},
		{"\nkernel set SO_MAGIC 1\n", "t.tcp:2: expected a socket option that the lab knows"},
		{"\nkernel shutdown both\n", "t.tcp:2: expected rd or wr"},
		{"\nkernel write\n", "t.tcp:2: expected data in quotes"},
		{"\nkernel write \"abc\n", "t.tcp:2: this quoted text has no end"},
		{"\nkernel write \"\\q\"\n", "t.tcp:2: this quoted text has no end"},
		{"\npeer\n", "t.tcp:2: expected the flags of a segment"},
		{"\npeer SYM\n", "t.tcp:2: expected the flags of a segment"},
		{"\npeer SYN seq+x\n", "t.tcp:2: expected seq as +N, -N, =N or @N"},
		{"\npeer SYN isn@99999999999\n", "t.tcp:2: expected isn as +N, -N, =N or @N"},
		{"\npeer SYN scale=x\n", "t.tcp:2: expected a number after scale="},
		{"\npeer SYN held\n", "t.tcp:2: expected a label for it"},
		{"\npeer SYN sideways\n", `t.tcp:2: did not expect "sideways" here`},
		{"\nexpect nothing for ever\n", "t.tcp:2: expected a duration of at most 1h0m0s"},
		{"\nexpect SYN within 2s..1s\n", "t.tcp:2: expected an interval of durations"},
		{"\nexpect SYN from mars\n", "t.tcp:2: expected kernel or other"},
		{"\nstate SLEEPING\n", "t.tcp:2: expected a TCP state"},
		{"\nstate CLOSE now\n", `t.tcp:2: did not expect "now" here`},
		{"\ntimer alarm\n", `t.tcp:2: unknown timer "alarm"`},
		{"\ntimer on ~soon\n", "t.tcp:2: expected a duration after ~"},
		{"\nowner me\n", "t.tcp:2: expected none, uid or no-inode"},
		{"\nowner uid 1 2\n", "t.tcp:2: expected inode or no-inode"},
		{"\ncounter X 1\n", "t.tcp:2: expected by how much it has grown, such as +1"},
		{"\nsysctl x\n", "t.tcp:2: expected a value in quotes"},
		{"\nwait -1s\n", "t.tcp:2: expected a duration of at most 1h0m0s"},
		{"\nwait 2h\n", "t.tcp:2: expected a duration of at most 1h0m0s"},
		{"\nplace host 1\n", "t.tcp:2: expected the last byte of a peer's address: a number from 2 to 254"},
		{"\nrepeat 0\nend\n", "t.tcp:2: expected the number of turns: a number from 1 to 10000"},
		{"\nrepeat 3\nmark\n", "t.tcp:2: this loop has no end"},
		{"\nmark\nend\n", "t.tcp:3: this end belongs to no loop"},
		{"\nnote bare\n", "t.tcp:2: expected a sentence in quotes"},
		{"\nproves\n", "t.tcp:2: expected a verb"},
		{"\nrepeat 10000\nrepeat 10000\n#\nend\nend\n", "t.tcp:4: the loops take more than 100000 lines"},
		{"\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nmark\nend\nend\nend\nend\n", "t.tcp:5: loops are nested at most 3 deep"},
		{"\nrepeat 200\nrepeat 200\nmark\nend\nend\n", "t.tcp:4: the script is longer than 20000 steps"},
	}
	for _, tt := range tests {
		_, err := Parse("t.tcp", tt.text)
		wrong, ok := errors.AsType[*Error](err)
		if !ok || err.Error() != tt.want {
			t.Errorf("%q:\n got %v\nwant %s", tt.text, err, tt.want)
			continue
		}
		_ = wrong.Err.Underlined() // panics if the position is not in the line
		if wrong.Err.Zh == "" || wrong.Err.Zh == wrong.Err.Msg || (wrong.Err.Hint == "") != (wrong.Err.HintZh == "") {
			t.Errorf("%q: what it says, or its hint, has no Chinese: %+v", tt.text, wrong.Err)
		}
	}
}

// TestVerbsAreDocumented: every documented verb parses, and no other.
func TestVerbsAreDocumented(t *testing.T) {
	for _, v := range Verbs() {
		_, err := Parse("t.tcp", "\n"+v.Name+"\n")
		if err != nil && strings.Contains(err.Error(), "unknown verb") {
			t.Error(err)
		}
		if !strings.HasPrefix(v.Form, v.Name) || v.Doc == "" {
			t.Errorf("%+v", v)
		}
	}
}

// FuzzParse: no text makes Parse panic; an error has a line and a position in it, and
// a script's steps are within the limits.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("../scenario/tcp/*/*.tcp")
	if err != nil || len(files) == 0 {
		f.Fatal("no scenarios to begin with: ", err)
	}
	for i, file := range files {
		if i%8 != 0 {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("t.tcp", text)
		if err != nil {
			wrong, ok := errors.AsType[*Error](err)
			if !ok || wrong.Line < 1 || wrong.Line > strings.Count(text, "\n")+1 || wrong.Err.Msg == "" {
				t.Fatalf("%v", err)
			}
			_ = wrong.Err.Underlined()
			return
		}
		if len(s.Steps) == 0 || len(s.Steps) > maxSteps {
			t.Errorf("%d steps", len(s.Steps))
		}
		for _, step := range s.Steps {
			if step.op == nil || step.Line < 1 || step.Text == "" {
				t.Errorf("%+v", step)
			}
			if call, ok := step.op.(callOp); ok && call.call == nil {
				t.Errorf("%+v", step)
			}
		}
	})
}
