// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// available returns why the machine lacks the right, or nil. It tries things out and
// does not go by versions.
func available(right Right) error {
	switch right {
	case Root:
		if uid := os.Geteuid(); uid != 0 {
			return fmt.Errorf("the effective user is %d", uid)
		}
		return nil
	case Netns:
		return tryNamespace()
	case BPF:
		return tryBPF()
	case UserNS:
		_, err := os.Stat("/proc/self/ns/user") // user_namespaces(7): only a kernel that has them has this file
		return err
	default:
		return fmt.Errorf("%q is no right that testnet knows", right)
	}
}

func tryNamespace() error {
	file, err := create(Options{})
	if err != nil {
		return err
	}
	return file.Close()
}

func tryBPF() error {
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); err != nil {
		return fmt.Errorf("the kernel does not tell its types: %w", err)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var caps [2]unix.CapUserData // the 64 bits of capabilities come in two halves
	if err := unix.Capget(&header, &caps[0]); err != nil {
		return fmt.Errorf("read own capabilities: %w", err)
	}
	if caps[unix.CAP_BPF/32].Effective&(1<<(unix.CAP_BPF%32)) == 0 {
		return errors.New("no CAP_BPF")
	}
	return nil
}
