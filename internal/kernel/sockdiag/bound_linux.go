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

// Sockets that are bound but idle are in a dump since Linux 6.8 (commit
// 91051f003948); before, the kernel leaves them out in silence, and an absent row
// looks like an absent socket. The commit brought their state's name too.
const (
	boundMajor, boundMinor = 6, 8
	boundName              = "TCP_BOUND_INACTIVE"
)

// ShowsBound reports whether this kernel shows sockets that are bound but idle.
// The release of 6.8 or later settles it; an older one does not, as others
// take fixes back into theirs: then the kernel's own table of types tells
// whether it has the state. It binds nothing: no port of anybody's is taken.
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
