// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// contents is all meaningful bytes of a snapshot, uncompressed.
func contents(t *testing.T, file []byte) string {
	t.Helper()
	var all []byte
	for at := 16; at < len(file); {
		h := file[at : at+32]
		flags, stored := binary.LittleEndian.Uint32(h[4:]), int(binary.LittleEndian.Uint32(h[8:]))
		payload := file[at+32 : at+32+stored]
		if flags&1 != 0 {
			b, err := io.ReadAll(flate.NewReader(bytes.NewReader(payload)))
			check(t, err)
			payload = b
		}
		all = append(append(all, payload...), '\n')
		at += 32 + stored
	}
	return string(all)
}

// notations are the ways to write an address; the test searches for all of them.
func notations(a netip.Addr) []string {
	b := a.AsSlice()
	all := []string{a.String(), a.StringExpanded(), hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)), "0x" + hex.EncodeToString(b)}
	join := func(format, sep string) string {
		parts := make([]string, len(b))
		for i, x := range b {
			parts[i] = fmt.Sprintf(format, x)
		}
		return strings.Join(parts, sep)
	}
	for _, format := range []string{`\x%02x`, `\x%02X`, `\%03o`, `%%%02x`, `=%02X`, `\u%04x`, `&#%d;`, `&#x%x;`, `\%d`, `#%02x`} {
		all = append(all, join(format, ""), join(format, "."), join(format, "-"))
	}
	if a.Is4() {
		n := binary.BigEndian.Uint32(b)
		all = append(all, strconv.FormatUint(uint64(n), 10), fmt.Sprintf("%08X", binary.LittleEndian.Uint32(b)), "0"+strconv.FormatUint(uint64(n), 8))
		for _, sep := range []string{"-", "_", `\x2d`, `\x2e`, " ", "/", ",", "..", "x", "o", ":"} {
			all = append(all, join("%d", sep), join("%03d", sep), join("%02x", sep), join("0x%x", sep))
		}
		all = append(all, fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa", b[3], b[2], b[1], b[0]), fmt.Sprintf("%d-%d-%d-%d", b[3], b[2], b[1], b[0]))
		all = append(all, "::ffff:"+a.String(), "64:ff9b::"+a.String(), fmt.Sprintf("::ffff:%02x%02x:%02x%02x", b[0], b[1], b[2], b[3]), "0:0:0:0:0:ffff:"+a.String())
		return all
	}
	for _, sep := range []string{"-", "_", `\x3a`, "."} {
		all = append(all, strings.ReplaceAll(a.String(), ":", sep), strings.ReplaceAll(a.StringExpanded(), ":", sep))
	}
	return append(all, join("%02x", ":"), join("%02x", "-"))
}

// surroundings are texts in which names and addresses occur in practice.
var surroundings = []string{
	"%s", "sshd@3-%s:22-%[1]s:50123.service", "[%s]:443", "%s/24", "ip-%s", "node-3-%s", "v2.%s", "300.%s", "run-1234-%s.service", "app-2024.%s.service",
	"%s.7", "%s-7", "x%s", "%sx", "_%s_", `backup\x2d%s.service`, "/home/%s/x", "%s_db", "web-%s-1", "nginx: %s", "eth0:%s", "(%s)", "%s@pam", "a.%s.b",
	"tcp:%s:80", "http://%s:8080/", "machine-%s.scope", "%s,%[1]s", "%s %[1]s", "0%s", "é%s", "%s\xff", "::%s", "fe80::%s", "user@%s.service", "session-%s.scope", "%s of 7",
}

// TestRedactProperty makes names and addresses, embeds them in surroundings, puts
// these into every text of a snapshot, and searches the whole redacted file for them.
func TestRedactProperty(t *testing.T) {
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 12))
	for round := range 80 {
		host, domain, person := randomName(rnd), randomName(rnd)+"."+randomName(rnd)+".example", randomName(rnd)
		v4 := netip.AddrFrom4([4]byte{byte(1 + rnd.IntN(223)), byte(10 + rnd.IntN(245)), byte(10 + rnd.IntN(245)), byte(10 + rnd.IntN(245))})
		v6 := [16]byte{0x20, 0x01, 0x0d, 0xb8}
		for i := 4; i < 16; i++ {
			if rnd.IntN(3) > 0 || i > 13 {
				v6[i] = byte(0x11 + rnd.IntN(0xee))
			}
		}
		addr6 := netip.AddrFrom16(v6)
		switch round % 4 { // bytes that are control characters, or ASCII punctuation
		case 1:
			v4 = netip.AddrFrom4([4]byte{10, byte(1 + rnd.IntN(31)), byte(1 + rnd.IntN(31)), byte(1 + rnd.IntN(31))})
		case 2:
			v4 = netip.AddrFrom4([4]byte{byte(0x21 + rnd.IntN(0x0f)), byte(0x21 + rnd.IntN(0x0f)), byte(0x3a + rnd.IntN(6)), byte(0x5b + rnd.IntN(6))})
		case 3:
			v4 = netip.AddrFrom4([4]byte{byte(0x30 + rnd.IntN(10)), byte(0x61 + rnd.IntN(26)), byte(0x2d + rnd.IntN(2)), byte(0x41 + rnd.IntN(26))})
		}
		if v4.IsLoopback() {
			continue
		}
		secrets := append(notations(v4), notations(addr6)...)
		for _, name := range []string{host, person, randomName(rnd), domain} {
			secrets = append(secrets, name, strings.ToUpper(name), strings.ToUpper(name[:1])+name[1:], strings.ReplaceAll(name, "-", "_"), strings.ReplaceAll(name, "-", `\x2d`))
		}
		file := redactedFile(t, rnd, host+"."+domain, person, secrets)
		// Undo the escapes of JSON.
		text := strings.ToLower(strings.NewReplacer(`\\`, `\`, `\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(contents(t, file)))
		for _, s := range append(secrets, hex.EncodeToString(v4.AsSlice()), v4.String()[strings.IndexByte(v4.String(), '.'):]) {
			if at := strings.Index(text, strings.ToLower(s)); at >= 0 && len(s) > 3 {
				t.Fatalf("round %d: %q (host %s, person %s, %v, %v) is in the redacted file: …%s…", round, s, host, person, v4, addr6, text[max(0, at-60):min(len(text), at+90)])
			}
		}
	}
}

func randomName(rnd *rand.Rand) string {
	b := []byte("q")
	for range 4 + rnd.IntN(6) {
		b = append(b, "bcdfghjklmnpqrstvwxz0123456789--"[rnd.IntN(32)])
	}
	return string(append(b, "zq"...))
}

// redactedFile is a redacted snapshot made from one in which every text contains one
// of the secrets.
func redactedFile(t *testing.T, rnd *rand.Rand, host, person string, secrets []string) []byte {
	t.Helper()
	next := 0
	dirty := func() string {
		next++
		return fmt.Sprintf(surroundings[rnd.IntN(len(surroundings))], secrets[next%len(secrets)])
	}
	r, err := newRedactor([32]byte{byte(rnd.Uint32()), byte(rnd.Uint32())}, []string{person})
	check(t, err)
	m := machine()
	m.Host, m.Scope, m.Kernel = host, dirty(), "6.18.4-"+host
	m.Missing, m.Devices = []problem.Gap{{Source: dirty(), Reason: dirty()}}, map[string]uint32{dirty(): 3, "wg_" + person: 4}
	m.Files["/proc/sys/kernel/osrelease"] = "6.18.4-" + host + "\n"
	var out bytes.Buffer
	w, err := NewWriter(&out, m, r)
	check(t, err)
	check(t, w.Namespace(Namespace{Name: dirty(), Container: dirty(), Missing: m.Missing, Files: map[string]string{"/proc/sys/net/ipv4/tcp_congestion_control": person + "\n"}}))
	for range 3 * len(secrets) / 8 {
		s := socket.Socket{
			State: tcp.Established, User: person, Device: dirty(), Congestion: dirty(),
			Local: netip.MustParseAddrPort("198.51.100.7:22"), Remote: netip.MustParseAddrPort("[fe80::77%25wg]:443"),
			Owner:  &socket.Owner{Why: dirty(), Unit: dirty(), Container: dirty(), Pod: dirty(), Process: &socket.Process{PID: 4, Name: dirty(), Command: dirty()}},
			Cgroup: &socket.Cgroup{ID: 1, Path: "/" + dirty() + "/" + dirty(), Unit: dirty(), Container: dirty(), Pod: dirty()},
			Known:  socket.FieldsOf(socket.FieldUser, socket.FieldLocal, socket.FieldRemote, socket.FieldDevice),
		}
		s.Remote = netip.AddrPortFrom(s.Remote.Addr().WithZone("wg"+person), 443)
		check(t, w.Add(&s, s.Owner))
	}
	check(t, w.Close(Tail{Gaps: []Gap{{problem.Gap{Source: dirty(), Reason: dirty()}, Always}}, Limits: m.Missing}))
	return out.Bytes()
}

// TestRedactKeeps: values that are the same on all machines stay, and an address or a
// name has the same replacement everywhere.
func TestRedactKeeps(t *testing.T) {
	r, err := newRedactor([32]byte{1}, []string{"alice", "go"})
	check(t, err)
	m := Machine{Host: "redis.corp.example.com", Scope: "all"}
	r.machine(&m)
	for _, s := range []string{
		"nginx", "nginx.service", "/system.slice/nginx.service", "/user.slice/user-1000.slice/user@1000.service/app.slice", "/user.slice/user-1000.slice/session-12.scope",
		"php-fpm8", "python3", "eth0", "self", "all", "4026532529", "kubepods-burstable.slice", "docker-proxy", "(sd-pam)", "127.0.0.1", "::1", "",
	} {
		if got := r.name(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	for _, s := range []string{
		"1 of 114 processes may not be read; the rights to read them are there, so a security module or another user namespace refuses it",
		"/proc/net/netstat", "there is no such file", "BOUND", "/proc/sys/net/ipv4/tcp_rmem", "permission denied",
	} {
		if got := r.text(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	if got := r.text("3232235777 sockets left out"); got != "over 999999 sockets left out" {
		t.Errorf("a count became %q", got)
	}
	if got := r.setting("5.14.0-427.13.1.el9_4.x86_64"); !strings.HasPrefix(got, "5.14.0-427.13.1.el9_4.") {
		t.Errorf("the kernel became %q", got)
	}
	a := netip.MustParseAddr("198.51.100.7")
	to := r.addresses.address(a).String()
	for from, want := range map[string]string{
		"sshd@3-::ffff:198.51.100.7:22-198.51.100.7:50123.service": "sshd@3-::ffff:" + to + ":22-" + to + ":50123.service",
		"ip-198-51-100-7":        "ip-" + strings.ReplaceAll(to, ".", "-"),
		`x\x2d198_51_100_7`:      r.name("x") + `\x2d` + strings.ReplaceAll(to, ".", "_"),
		"alice":                  "user-1",
		"/home/Alice/x_alice":    "/home/user-1/" + r.name("x") + "_user-1",
		"redis-server":           "host-server",
		"REDIS.corp.example.com": "host",
		"db7.corp.example.com":   r.name("db7") + ".domain",
		"go":                     "user-2",
		"acme-api-7f9c":          r.name("acme") + "-api-" + r.name("7f9c"),
		"acme_worker":            r.name("acme") + "_worker",
		"web-12":                 "web-12",
	} {
		if got := r.name(from); got != want {
			t.Errorf("%q became %q, not %q", from, got, want)
		}
	}
	if got := r.name("eth10-eth20-eth30-eth40"); strings.Contains(got, "20") {
		t.Errorf("an address in the numbers of devices became %q", got)
	}
	id := strings.Repeat("0123456789ab", 6)[:64]
	if r.name("docker-"+id+".scope") != "docker-"+r.name(id[:12])+".scope" {
		t.Error("an id and its first digits are two containers")
	}
	if r.name("kubepods-pod6f1c2a3b_0001_4bcd_8ef0_0123456789ab.slice") != "kubepods-pod"+r.name("6f1c2a3b-0001-4bcd-8ef0-0123456789ab")+".slice" {
		t.Error("a pod and its slice are two")
	}
	if r.name("Bob") == r.name("bob") {
		t.Error("two names became one")
	}
}
