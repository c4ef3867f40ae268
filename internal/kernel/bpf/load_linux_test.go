// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

func TestMain(m *testing.M) { testnet.Main(m) }

// object reads a compiled object of another package.
func object(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile("../hashwalk/prog/walk.o")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestPrunedTypes: what is looked for in the kernel's types leads to the same
// programs, instruction by instruction, as all of them. The kernel's tag of a
// program is a hash of its instructions.
func TestPrunedTypes(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	spec, err := Parse(object(t))
	if err != nil {
		t.Fatal(err)
	}
	pruned, numbers, err := prunedTypes(spec.spec)
	if err != nil {
		t.Fatal(err)
	}
	if want := numbersOf(t); numbers != want {
		t.Errorf("numbers %+v, by the library %+v", numbers, want)
	}
	want, got := tags(t, nil), tags(t, pruned)
	if len(want) == 0 || len(got) != len(want) {
		t.Fatalf("%d and %d programs", len(want), len(got))
	}
	for name := range want {
		if want[name] != got[name] {
			t.Errorf("program %s: tag %s, with all types %s", name, got[name], want[name])
		}
	}
}

// numbersOf looks in all types for what direct loads need.
func numbersOf(t *testing.T) (d direct) {
	t.Helper()
	all, err := btf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	number := func(named btf.Type, err error) int {
		id, missing := all.TypeID(named)
		if err != nil || missing != nil {
			return 0
		}
		return int(id)
	}
	var cast *btf.Func
	err = all.TypeByName(castFunction, &cast)
	d.cast = number(cast, err)
	var window *btf.Struct
	err = all.TypeByName(windowType, &window)
	d.window = number(window, err)
	return d
}

func tags(t *testing.T, types *btf.Spec) map[string]string {
	t.Helper()
	spec, err := Parse(object(t))
	if err != nil {
		t.Fatal(err)
	}
	c, err := ebpf.NewCollectionWithOptions(spec.spec, ebpf.CollectionOptions{Programs: ebpf.ProgramOptions{KernelTypes: types}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	found := map[string]string{}
	for name, p := range c.Programs {
		info, err := p.Info()
		if err != nil {
			t.Fatal(err)
		}
		found[name] = info.Tag
	}
	return found
}

// TestBrokenTypes: types that are cut short anywhere are an error, not a crash.
func TestBrokenTypes(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	raw, free, err := kernelTypes()
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	all := map[string]bool{"sock": true, "net": true, "inet_hashinfo": true}
	for _, n := range []int{0, 1, sizeofBTFHeader - 1, sizeofBTFHeader, len(raw) / 2, len(raw) - 1} {
		if _, err := indexTypes(raw[:n], all); !errors.Is(err, errBTF) {
			t.Errorf("of %d bytes: %v", n, err)
		}
	}
	if _, err := indexTypes(make([]byte, 100), all); !errors.Is(err, errBTF) {
		t.Errorf("of zeros: %v", err)
	}
}

// TestErrorsSayWhatIsMissing: every way to be refused is told in the product's
// own kinds of errors.
func TestErrorsSayWhatIsMissing(t *testing.T) {
	var denied *problem.PermissionError
	if err := explain(unix.EPERM); !errors.As(err, &denied) || len(denied.Need) != 2 || denied.Hint == "" {
		t.Errorf("EPERM: %v", err)
	}
	for _, cause := range []error{&ebpf.VerifierError{Cause: unix.EACCES, Log: []string{"0: (b7) r0 = 0", "R1 is bad", "processed 3 insns"}}, ebpf.ErrNotSupported, unix.ENOSYS, unix.EMFILE, errors.New("can't dup fd: too many open files")} {
		if err := explain(cause); !errors.Is(err, problem.ErrNotSupported) {
			t.Errorf("%v: %v", cause, err)
		}
	}
	if err := explain(&ebpf.VerifierError{Cause: unix.EACCES, Log: []string{"R1 is bad", "processed 3 insns"}}); !strings.Contains(err.Error(), "R1 is bad") {
		t.Errorf("the verifier's last word is missing: %v", err)
	}
	if err := explain(unix.ENOMEM); errors.Is(err, problem.ErrNotSupported) || !errors.Is(err, unix.ENOMEM) {
		t.Errorf("ENOMEM: %v", err)
	}
}

// TestNoSuch: names that an object does not have are errors.
func TestNoSuch(t *testing.T) {
	spec, err := Parse(object(t))
	if err != nil {
		t.Fatal(err)
	}
	code := NewCode("none")
	code.Return(0)
	for what, err := range map[string]error{
		"constant": spec.Set("none", uint32(1)), "size of a constant": spec.Set("need", uint64(1)),
		"map": spec.Resize("none", 1, 1, 1), "function": spec.Replace("none", code),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if _, err := Parse([]byte("no object")); err == nil {
		t.Error("no object: no error")
	}
}

// BenchmarkPrunedTypes is what a fresh process pays to fit programs to its kernel.
func BenchmarkPrunedTypes(b *testing.B) {
	spec, err := Parse(object(b))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := prunedTypes(spec.spec); err != nil {
			b.Fatal(err)
		}
	}
}
