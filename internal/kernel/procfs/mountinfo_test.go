// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"slices"
	"testing"
)

const v2Host = `22 27 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:14 - proc proc rw
30 24 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
95 25 0:4 net:[4026532281] /run/netns/blue rw shared:210 - nsfs nsfs rw
96 25 8:1 /a\040b /mnt/with\040blank\134and rw - ext4 /dev/sda1 rw
`

const hybridHost = `31 23 0:28 / /sys/fs/cgroup ro,relatime - tmpfs tmpfs rw,mode=755
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`

const v1Host = `31 23 0:28 / /sys/fs/cgroup ro,relatime - tmpfs tmpfs rw,mode=755
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
`

// A container without a cgroup namespace, beside a bind mount of one slice.
const containerMounts = `700 600 0:26 /system.slice /host/slice ro - cgroup2 cgroup2 rw
701 600 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw
`

const outsideMount = `701 600 0:26 /../../other.slice /sys/fs/cgroup ro - cgroup2 cgroup2 rw
`

func TestMounts(t *testing.T) {
	got := slices.Collect(Mounts(v2Host + "nonsense\n1 2 3 - 4\n\n"))
	want := []Mount{
		{"/", "/proc", "proc", "rw"},
		{"/", "/sys/fs/cgroup", "cgroup2", "rw,nsdelegate,memory_recursiveprot"},
		{"net:[4026532281]", "/run/netns/blue", "nsfs", "rw"},
		{"/a b", `/mnt/with blank\and`, "ext4", "rw"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("Mounts:\n got %q\nwant %q", got, want)
	}
}

func TestCgroup2Mount(t *testing.T) {
	tests := []struct {
		name, mountinfo, point string
		ok                     bool
	}{
		{"v2", v2Host, "/sys/fs/cgroup", true},
		{"hybrid", hybridHost, "/sys/fs/cgroup/unified", true},
		{"v1", v1Host, "", false},
		{"the whole rather than a part", containerMounts, "/sys/fs/cgroup", true},
		{"of another cgroup namespace", outsideMount, "", false},
	}
	for _, tt := range tests {
		m, ok := Cgroup2Mount(tt.mountinfo)
		if m.Point != tt.point || ok != tt.ok {
			t.Errorf("%s: %q, %t; want %q, %t", tt.name, m.Point, ok, tt.point, tt.ok)
		}
	}
}

func TestProcessCgroupPath(t *testing.T) {
	tests := []struct{ name, file, want string }{
		{"v2", "0::/system.slice/nginx.service\n", "/system.slice/nginx.service"},
		{"hybrid, systemd", "12:pids:/system.slice/nginx.service\n1:name=systemd:/system.slice/nginx.service\n0::/system.slice/nginx.service\n", "/system.slice/nginx.service"},
		{"hybrid, container in v1 only", "5:memory:/docker/4f5e\n1:name=systemd:/docker/4f5e\n0::/\n", "/docker/4f5e"},
		{"v1 without systemd", "4:memory:/process_api/5c52\n1:cpu:/\n0::/\n", "/process_api/5c52"},
		{"v1, several controllers in one", "3:cpu,cpuacct:/lxc/web\n", "/lxc/web"},
		{"deleted", "0::/system.slice/old.service (deleted)\n", "/system.slice/old.service"},
		{"root", "0::/\n", "/"},
		{"path with colons", "0::/system.slice/foo:bar.service\n", "/system.slice/foo:bar.service"},
		{"nothing", "", ""},
		{"nonsense", "x\n1:y\n", ""},
	}
	for _, tt := range tests {
		if got := ParseProcessCgroup(tt.file).Path(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
