// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Since Linux 6.8 (commit 91051f003948) a dump has sockets that are bound but idle.
// An older kernel leaves them out silently: an absent row looks like an absent
// socket. The same commit added the name of the state.
const (
	boundMajor, boundMinor = 6, 8
	boundName              = "TCP_BOUND_INACTIVE"
)

// ShowsBound reports whether this kernel shows sockets that are bound but idle. It
// answers yes for release 6.8 or later. An older release may have the change too,
// because distributions backport fixes: then the kernel's own table of types tells
// whether it knows the state. ShowsBound binds no socket and takes no port.
func ShowsBound() (bool, error) { return showsBound(release(), "/sys/kernel/btf/vmlinux") }

func showsBound(release, types string) (bool, error) {
	var major, minor int
	if n, _ := fmt.Sscanf(release, "%d.%d", &major, &minor); n == 2 && (major > boundMajor || major == boundMajor && minor >= boundMinor) {
		return true, nil
	}
	names, err := os.ReadFile(types)
	if errors.Is(err, fs.ErrNotExist) {
		return false, problem.Errorf("the kernel %s does not tell its types (CONFIG_DEBUG_INFO_BTF)", "内核 %s 没有类型信息（CONFIG_DEBUG_INFO_BTF）", release)
	}
	if err != nil {
		return false, err
	}
	return bytes.Contains(names, []byte(boundName)), nil
}

func release() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Release[:])
}
