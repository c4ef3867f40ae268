// SPDX-License-Identifier: Apache-2.0

package detach_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/detach"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestMain is also the program in its two roles, and one that never gets ready.
func TestMain(m *testing.M) {
	if len(os.Args) < 3 {
		testnet.Main(m)
		return
	}
	switch os.Args[1] {
	case "fork":
		must(detach.Fork([]string{"stay", os.Args[2]}))
	case "stay":
		stay(os.Args[2])
	case "broken":
	default:
		testnet.Main(m)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// stay says who it is in a file and waits until the file is gone.
func stay(file string) {
	sid, err := unix.Getsid(0)
	must(err)
	stat, err := os.ReadFile("/proc/self/stat")
	must(err)
	text := fmt.Sprintf("%d %d %s", os.Getpid(), sid, strings.Fields(string(stat))[3])
	must(os.WriteFile(file, []byte(text), 0o600))
	must(detach.Ready())
	for range 6000 { // a minute, should nobody ever remove it
		if _, err := os.Stat(file); err != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "who")
	if err := detach.Start([]string{"fork", file}, time.Minute); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	who := strings.Fields(string(text))
	own, err := unix.Getsid(0)
	if err != nil {
		t.Fatal(err)
	}
	if who[0] != who[1] || who[1] == strconv.Itoa(own) {
		t.Errorf("pid, session and parent of the detached process are %v; this session is %d", who, own)
	}
	pid, err := strconv.Atoi(who[0])
	if err != nil || unix.Kill(pid, 0) != nil {
		t.Errorf("process %s is not there: %v", who[0], err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

func TestStartFails(t *testing.T) {
	if err := detach.Start([]string{"broken", "x"}, time.Minute); err == nil {
		t.Error("a process that never got ready was relied on")
	}
}
