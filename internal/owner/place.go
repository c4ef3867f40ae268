// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"strings"
)

// Place is what the path of a cgroup tells about its processes.
type Place struct {
	Path string // from the root of the hierarchy
	// Unit is the systemd unit of the host: the first service or scope on the
	// path, as systemctl prints it, such as "nginx.service".
	Unit string
	// UserUnit is the unit of the user's own manager below "user@UID.service".
	UserUnit string
	// InnerUnit is the unit of a systemd that runs inside the container.
	InnerUnit string
	Slice     string // the deepest slice above Unit
	Container string // id or name of the innermost container
	Runtime   string // the runtime of the container, such as "docker"; "" if only an id is known
	Pod       string // Kubernetes pod UID
}

// Service returns the most specific unit: the unit of the user's manager, after the
// unit of that manager, else the unit of the host. Any user can have a unit of their
// own called nginx.service; no unit of the host has a colon after user@UID.service.
func (p Place) Service() string {
	if p.UserUnit != "" {
		return p.Unit + ":" + p.UserUnit
	}
	return p.Unit
}

// ShortContainer returns the container as its runtime prints it: the first 12 digits
// of an id, or the full name.
func (p Place) ShortContainer() string {
	const short = 12
	if isContainerID(p.Container) {
		return p.Container[:short]
	}
	return p.Container
}

// ParsePlace parses a cgroup path. It knows the paths made by systemd
// (cg_path_get_unit in src/basic/cgroup-util.c), by container runtimes and by the
// kubelet, with the systemd and the cgroupfs driver, on cgroup v1 and v2, even
// nested. A part that it does not recognize leaves its field "".
func ParsePlace(path string) Place {
	p := Place{Path: path}
	parent := ""
	for name := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		name = cgUnescape(name)
		inside := p.Container != ""
		p.addPod(name)
		p.addContainer(parent, name)
		p.addUnit(name, inside)
		parent = name
	}
	return p
}

// addUnit takes a name that may be a unit; inside says whether it is below a
// container.
func (p *Place) addUnit(name string, inside bool) {
	if strings.HasSuffix(name, ".slice") {
		if p.Unit == "" && !inside {
			p.Slice = name
		}
		return
	}
	if !isUnit(name) {
		return
	}
	switch {
	case inside && p.Unit != name:
		p.InnerUnit = name
	case p.Unit == "":
		p.Unit = name
	case p.UserUnit == "" && strings.HasPrefix(p.Unit, "user@"):
		p.UserUnit = name
	}
}

// isUnit reports whether a name is a systemd unit of a type that has a cgroup.
func isUnit(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 {
		return false
	}
	switch name[dot:] {
	case ".service", ".scope", ".socket", ".mount", ".swap":
		return true
	default:
		return false
	}
}

// addPod takes a name that the kubelet gave to a pod: "podUID" below kubepods
// (cgroupfs driver), or "…-podU_I_D.slice" (systemd driver).
func (p *Place) addPod(name string) {
	// containerd without its systemd setting: "….slice:cri-containerd:ID".
	name, _, _ = strings.Cut(name, ":")
	if base, isSlice := strings.CutSuffix(name, ".slice"); isSlice {
		at := strings.LastIndex(base, "-pod")
		if at < 0 || !strings.Contains(base, "kubepods") {
			return
		}
		name = strings.ReplaceAll(base[at+1:], "_", "-")
	}
	uid, found := strings.CutPrefix(name, "pod")
	if found && isPodUID(uid) {
		p.Pod = uid
	}
}

// isPodUID recognizes a UUID, or the hash that the kubelet gives to pods from
// its own manifest directory.
func isPodUID(s string) bool {
	if len(s) == 32 {
		return isHex(s)
	}
	return isUUID(s)
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !isHex(s[i:i+1]) {
			return false
		}
	}
	return true
}

func isHex(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}

// cgUnescape removes the underscore that systemd puts before a name that could be
// mistaken for a file of the kernel (src/basic/cgroup-util.c cg_unescape).
func cgUnescape(name string) string { return strings.TrimPrefix(name, "_") }

// unitUnescape undoes the escapes in a unit name: "\x2d" is a dash, "-" is a
// slash (systemd.unit(5), STRING ESCAPING). Used for names only, not for paths,
// so a dash stays one.
func unitUnescape(s string) string {
	if !strings.Contains(s, `\x`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i+4 <= len(s) && s[i] == '\\' && s[i+1] == 'x' && isHex(s[i+2:i+4]) {
			b.WriteByte(unhex(s[i+2])<<4 | unhex(s[i+3]))
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func unhex(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}
