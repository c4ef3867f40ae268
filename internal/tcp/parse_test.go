// SPDX-License-Identifier: Apache-2.0

package tcp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// dialects has one column for each dialect: RFC, kernel constant without TCP_,
// /proc hex, netstat, ss column, ss filter, BSD, Windows, PowerShell.
const dialects = `
ESTABLISHED  ESTABLISHED    01 ESTABLISHED ESTAB      established    ESTABLISHED ESTABLISHED  Established
SYN-SENT     SYN_SENT       02 SYN_SENT    SYN-SENT   syn-sent       SYN_SENT    SYN_SENT     SynSent
SYN-RECEIVED SYN_RECV       03 SYN_RECV    SYN-RECV   syn-recv       SYN_RCVD    SYN_RECEIVED SynReceived
FIN-WAIT-1   FIN_WAIT1      04 FIN_WAIT1   FIN-WAIT-1 fin-wait-1     FIN_WAIT_1  FIN_WAIT_1   FinWait1
FIN-WAIT-2   FIN_WAIT2      05 FIN_WAIT2   FIN-WAIT-2 fin-wait-2     FIN_WAIT_2  FIN_WAIT_2   FinWait2
TIME-WAIT    TIME_WAIT      06 TIME_WAIT   TIME-WAIT  timewait       TIME_WAIT   TIME_WAIT    TimeWait
CLOSED       CLOSE          07 CLOSE       UNCONN     unconnected    CLOSED      DELETE_TCB   Closed
CLOSE-WAIT   CLOSE_WAIT     08 CLOSE_WAIT  CLOSE-WAIT close-wait     CLOSE_WAIT  CLOSE_WAIT   CloseWait
LAST-ACK     LAST_ACK       09 LAST_ACK    LAST-ACK   last-ack       LAST_ACK    LAST_ACK     LastAck
LISTEN       LISTEN         0A LISTEN      LISTEN     listening      LISTEN      LISTENING    Listen
CLOSING      CLOSING        0B CLOSING     CLOSING    closing        CLOSING     CLOSING      Closing
SYN-RECEIVED NEW_SYN_RECV   0C SYN_RECV    SYN-RECV   syn-rcv        SYN_RCVD    SYN_RECEIVED SynReceived
BOUND        BOUND_INACTIVE 0D BOUND       BOUND      bound-inactive BOUND       BOUND        Bound
`

func TestParseDialects(t *testing.T) {
	want := State(0)
	for line := range strings.Lines(strings.TrimSpace(dialects)) {
		want++
		for column, word := range strings.Fields(line) {
			for _, spelling := range variants(word) {
				got, err := Parse(spelling)
				if err != nil {
					t.Errorf("Parse(%q): %v", spelling, err)
					continue
				}
				exact := column == 1 || column == 2 // these dialects distinguish 12 from 3
				if exact && got != want || got.Reported() != want.Reported() {
					t.Errorf("Parse(%q): want %d, got %d", spelling, want, got)
				}
			}
		}
	}
	if want != maxState {
		t.Errorf("the table has %d states, want %d", want, maxState)
	}
}

// variants writes word in other cases and with other separators.
func variants(word string) []string {
	bare := strings.NewReplacer("-", "", "_", "").Replace(word)
	all := []string{word, bare, strings.ReplaceAll(word, "_", "-"), strings.ReplaceAll(word, "-", "_")}
	for _, w := range all {
		all = append(all, strings.ToLower(w), strings.ToUpper(w))
	}
	return all
}

func TestParseRoundTrip(t *testing.T) {
	for i := range 256 {
		s := State(i)
		got, err := Parse(s.String())
		if s.Valid() && (err != nil || got != s.Reported()) {
			t.Errorf("Parse(%q): want %d, got %d, %v", s, s.Reported(), got, err)
		}
		if !s.Valid() && err == nil {
			t.Errorf("Parse(%q): want an error, got %s", s, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, word := range []string{
		"", "-", "___", " ", "1", "00", "0E", "0x01", "10", "TCP_ESTABLISHED", "ESTABLISHED ", "\x00",
		"ESTABLISHEDESTABLISHED", "udp", "状态", "BOUND-INACTIVE-X", "TIME WAIT",
	} {
		s, err := Parse(word)
		var unknown *UnknownStateError
		if !errors.As(err, &unknown) || unknown.Word != word || s != 0 {
			t.Errorf("Parse(%q): want an UnknownStateError, got %v, %v", word, s, err)
		}
	}
}

func TestSuggest(t *testing.T) {
	for _, test := range []struct{ word, want string }{
		{"ITMED_WAIT", "TIME_WAIT"}, // a widely copied blog post has this error
		{"ESTABLISHD", "ESTABLISHED"},
		{"ETSABLISHED", "ESTABLISHED"},
		{"established!", "ESTABLISHED"},
		{"TIMEWAITS", "TIME_WAIT"},
		{"time wait", "TIME_WAIT"},
		{"TIME_WIAT", "TIME_WAIT"},
		{"CLOSEWIAT", "CLOSE_WAIT"},
		{"LASTAKC", "LAST_ACK"},
		{"FINWAIT3", "FIN_WAIT1"},
		{"SYNRECVD", "SYN_RECV"},
		{"LISTENED", "LISTEN"},
		{"CLOSSING", "CLOSING"},
		{"BUOND", "BOUND"},
		{"udp", ""},
		{"", ""},
		{"xyzzyxyzzy", ""},
	} {
		if got := Suggest(test.word); got != test.want {
			t.Errorf("Suggest(%q): want %q, got %q", test.word, test.want, got)
		}
	}
}

func TestUnknownStateError(t *testing.T) {
	for _, test := range []struct{ word, want string }{
		{"ITMED_WAIT", `unknown TCP state "ITMED_WAIT": did you mean TIME_WAIT?`},
		{"xyzzyxyzzy", `unknown TCP state "xyzzyxyzzy"`},
	} {
		_, err := Parse(test.word)
		if err == nil || err.Error() != test.want {
			t.Errorf("want %q, got %v", test.want, err)
		}
	}
}

func TestParseBytesDoesNotAllocate(t *testing.T) {
	word := []byte("FIN_WAIT_2")
	if n := testing.AllocsPerRun(100, func() { ParseBytes(word) }); n != 0 {
		t.Errorf("want 0 allocations, got %v", n)
	}
}

// TestParseSet has the groups as ss(8) describes them: connected is all but
// listening and closed; synchronized is that without syn-sent; bucket is
// time-wait and syn-recv; big is the opposite.
func TestParseSet(t *testing.T) {
	for _, test := range []struct{ word, want string }{
		{"all", "ESTABLISHED,SYN_SENT,SYN_RECV,FIN_WAIT1,FIN_WAIT2,TIME_WAIT,CLOSE,CLOSE_WAIT,LAST_ACK,LISTEN,CLOSING,BOUND"},
		{"connected", "ESTABLISHED,SYN_SENT,SYN_RECV,FIN_WAIT1,FIN_WAIT2,TIME_WAIT,CLOSE_WAIT,LAST_ACK,CLOSING"},
		{"synchronized", "ESTABLISHED,SYN_RECV,FIN_WAIT1,FIN_WAIT2,TIME_WAIT,CLOSE_WAIT,LAST_ACK,CLOSING"},
		{"Synchronized", "ESTABLISHED,SYN_RECV,FIN_WAIT1,FIN_WAIT2,TIME_WAIT,CLOSE_WAIT,LAST_ACK,CLOSING"},
		{"bucket", "SYN_RECV,TIME_WAIT"},
		{"big", "ESTABLISHED,SYN_SENT,FIN_WAIT1,FIN_WAIT2,CLOSE,CLOSE_WAIT,LAST_ACK,LISTEN,CLOSING,BOUND"},
		{"time-wait", "TIME_WAIT"},
		{"syn-recv", "SYN_RECV"},
		{"NEW_SYN_RECV", "SYN_RECV"},
		{"0A", "LISTEN"},
	} {
		set, err := ParseSet(test.word)
		if err != nil || set.String() != test.want {
			t.Errorf("ParseSet(%q): want %s, got %s, %v", test.word, test.want, set, err)
		}
	}
	var unknown *UnknownStateError
	if _, err := ParseSet("connectd"); !errors.As(err, &unknown) {
		t.Errorf("ParseSet(connectd): want an UnknownStateError, got %v", err)
	}
}

// TestParseSetSynRecvHasBothBits: the kernel keeps half-open connections under
// 12 and, for simultaneous and fast opens, under 3.
func TestParseSetSynRecvHasBothBits(t *testing.T) {
	for _, word := range []string{"SYN_RECV", "NEW_SYN_RECV", "bucket", "connected"} {
		set, err := ParseSet(word)
		if err != nil || !set.Has(SynRecv) || !set.Has(NewSynRecv) {
			t.Errorf("ParseSet(%q): got %b, %v", word, set, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for word := range strings.FieldsSeq(dialects) {
		f.Add(word)
	}
	f.Add("ITMED_WAIT")
	f.Add("")
	f.Fuzz(func(t *testing.T, word string) {
		s, err := Parse(word)
		if (err == nil) != s.Valid() {
			t.Fatalf("Parse(%q) = %d, %v", word, s, err)
		}
		again, errAgain := Parse("_" + strings.ToLower(word) + "-")
		if err == nil && (errAgain != nil || again != s) {
			t.Fatalf("Parse(%q) = %s, but %s in lower case", word, s, again)
		}
		if set, err := ParseSet(word); err == nil && set.Len() == 0 {
			t.Fatalf("ParseSet(%q) is empty", word)
		}
		if suggestion := Suggest(word); suggestion != "" {
			if _, err := Parse(suggestion); err != nil {
				t.Fatalf("Suggest(%q) = %q, which is no state", word, suggestion)
			}
		}
	})
}

func ExampleParse() {
	s, err := Parse("fin-wait-2")
	fmt.Println(s, err, s.Orphanable())
	// Output: FIN_WAIT2 <nil> true
}

// TestNear compares it with [Distance] over words that are near to each other.
func TestNear(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		a := make([]byte, rnd.IntN(9))
		for i := range a {
			a[i] = "abc"[rnd.IntN(3)]
		}
		b := slices.Clone(a)
		for range rnd.IntN(5) {
			switch at := rnd.IntN(len(b) + 1); {
			case at == len(b) || rnd.IntN(3) == 0:
				b = slices.Insert(b, at, "abc"[rnd.IntN(3)])
			case at+1 < len(b) && rnd.IntN(2) == 0:
				b[at], b[at+1] = b[at+1], b[at]
			default:
				b = slices.Delete(b, at, at+1)
			}
		}
		want := Distance(string(a), string(b))
		for most := range 4 {
			got, ok := Near(string(a), string(b), most)
			if ok != (want <= most) || ok && got != want {
				t.Fatalf("Near(%q, %q, %d) = %d, %v; the distance is %d", a, b, most, got, ok, want)
			}
		}
	}
}
