// SPDX-License-Identifier: Apache-2.0

package sysctl

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Calls are the system calls for reading and writing, one per method, so that a test
// can make each of them fail. rawfile.System implements them.
type Calls interface {
	Open(path string, flags int, mode uint32) (fd int, err error)
	Read(fd int, p []byte) (int, error)
	Write(fd int, p []byte) (int, error)
	Close(fd int) error
}

// A MismatchError says that the kernel accepted a value without an error, but
// afterwards had another one.
type MismatchError struct {
	Name      string
	Want, Got string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("sysctl %s: wrote %q, but the kernel made it %q", e.Name, e.Want, e.Got)
}

// Chinese is the error in Chinese.
func (e *MismatchError) Chinese() string {
	return fmt.Sprintf("sysctl %s：写入 %q，内核却把它变成 %q", e.Name, e.Want, e.Got)
}

// Write sets a parameter in the network namespace of the calling thread and reads it
// back. Only tune may call it.
//
// The kernel refuses some values with an error of write(2) and silently changes
// others, so Write checks both. The error matches [io/fs.ErrNotExist] if there is no
// such parameter, [io/fs.ErrPermission] or EROFS if it may not be set from here,
// EINVAL if the kernel refused the value, or is a [*MismatchError].
func Write(c Calls, name, value string) error {
	if err := put(c, name, value); err != nil {
		return fmt.Errorf("sysctl %s: %w", name, err)
	}
	got, err := ReadBy(c, name)
	if err != nil {
		return problem.Errorf("read back: %w", "读回：%w", err)
	}
	if !Same(got, value) {
		return &MismatchError{Name: name, Want: value, Got: got}
	}
	return nil
}

// put writes a value in a single call: the kernel takes each call as a complete
// value.
func put(c Calls, name, value string) error {
	fd, err := c.Open(File(name), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	text := []byte(value + "\n") // an empty list is written as a newline; writing nothing would change nothing
	n, err := c.Write(fd, text)
	if err == nil && n < len(text) {
		err = problem.Errorf("the kernel took %d of %d bytes", "内核接受了 %d 字节（共 %d 字节）", n, len(text))
	}
	if closeErr := c.Close(fd); err == nil {
		err = closeErr
	}
	return err
}

// maxValue bounds how many bytes are read; the longest value is a list of reserved
// ports.
const maxValue = 1 << 20

// ReadBy is [Read] with the given system calls.
func ReadBy(c Calls, name string) (string, error) {
	fd, err := c.Open(File(name), os.O_RDONLY, 0)
	if err != nil {
		return "", fmt.Errorf("sysctl %s: %w", name, err)
	}
	var text []byte
	buf := make([]byte, 4096)
	for len(text) < maxValue {
		n, err := c.Read(fd, buf)
		if err != nil {
			_ = c.Close(fd)
			return "", fmt.Errorf("sysctl %s: %w", name, err)
		}
		if n == 0 {
			break
		}
		text = append(text, buf[:n]...)
	}
	if err := c.Close(fd); err != nil {
		return "", fmt.Errorf("sysctl %s: %w", name, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// Writable returns why a parameter cannot be set from the calling thread's namespace;
// nil if it can. It opens the file for writing and writes nothing.
func Writable(c Calls, name string) error {
	fd, err := c.Open(File(name), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("sysctl %s: %w", name, err)
	}
	return c.Close(fd)
}

// Same reports whether two texts are the same value: the kernel separates numbers by
// tabs, people by spaces.
func Same(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}

// Valid reports whether a name can be that of a parameter. Without this check
// a name such as net.//.//.etc could lead out of /proc/sys.
func Valid(name string) bool {
	if name == "" || strings.ContainsAny(name, "\x00\n\t *?[]") {
		return false
	}
	for part := range strings.SplitSeq(Path(name), "/") {
		if part == "" || part[0] == '.' {
			return false
		}
	}
	return true
}

// ReadOnly reports whether nobody can set a parameter from the calling thread's
// namespace. It looks at the mode of the file, because missing rights are another
// matter. In a child namespace, parameters shared by all namespaces have mode 0444
// (net/core/sysctl_net_core.c sysctl_core_net_init). Containers have all of /proc/sys
// mounted read-only.
func ReadOnly(c Calls, name string) bool {
	info, err := os.Stat(File(name))
	if err != nil {
		return false
	}
	return info.Mode().Perm()&0o222 == 0 || errors.Is(Writable(c, name), syscall.EROFS)
}
