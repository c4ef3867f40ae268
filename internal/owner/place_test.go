// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"strings"
	"testing"
)

const (
	id1   = "4f5e6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f"
	id2   = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	uid   = "2e3b1c4d-5f60-4718-92a3-b4c5d6e7f809"
	uidSD = "2e3b1c4d_5f60_4718_92a3_b4c5d6e7f809"
	hash  = "6e9c3ab5f0d14e2b8c7a9d6e5f4b3a21"
)

// Paths as the programs named write them, the ids changed.
var places = []struct {
	name string
	want Place // its Path is the input
}{
	{"root", Place{Path: "/"}},
	{"nothing", Place{Path: ""}},
	{"init", Place{Path: "/init.scope", Unit: "init.scope"}},
	{"service", Place{Path: "/system.slice/nginx.service", Unit: "nginx.service", Slice: "system.slice"}},
	{"template", Place{Path: "/system.slice/system-getty.slice/getty@tty1.service", Unit: "getty@tty1.service", Slice: "system-getty.slice"}},
	{"template with an escape", Place{Path: `/system.slice/system-postgresql.slice/postgresql@15\x2dmain.service`, Unit: `postgresql@15\x2dmain.service`, Slice: "system-postgresql.slice"}},
	{"escaped mount", Place{Path: `/system.slice/var-lib-docker\x2dimages.mount`, Unit: `var-lib-docker\x2dimages.mount`, Slice: "system.slice"}},
	{"socket unit", Place{Path: "/system.slice/cups.socket", Unit: "cups.socket", Slice: "system.slice"}},
	{"delegated sub-group", Place{Path: "/system.slice/systemd-udevd.service/udev", Unit: "systemd-udevd.service", Slice: "system.slice"}},
	{"service in a service's sub-group", Place{Path: "/system.slice/containerd.service/x.service", Unit: "containerd.service", Slice: "system.slice"}},
	{"underscore escape", Place{Path: "/system.slice/_cpu.service", Unit: "cpu.service", Slice: "system.slice"}},
	{"own slice", Place{Path: "/web.slice/web-front.slice/app.service", Unit: "app.service", Slice: "web-front.slice"}},
	{"slice only", Place{Path: "/user.slice", Slice: "user.slice"}},

	{"login session", Place{Path: "/user.slice/user-1000.slice/session-3.scope", Unit: "session-3.scope", Slice: "user-1000.slice"}},
	{"user service", Place{Path: "/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", Unit: "user@1000.service", UserUnit: "foo.service", Slice: "user-1000.slice"}},
	{"user scope", Place{Path: `/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-firefox-4711.scope`, Unit: "user@1000.service", UserUnit: "app-gnome-firefox-4711.scope", Slice: "user-1000.slice"}},
	{"user manager itself", Place{Path: "/user.slice/user-1000.slice/user@1000.service/init.scope", Unit: "user@1000.service", UserUnit: "init.scope", Slice: "user-1000.slice"}},

	{"docker, systemd driver", Place{Path: "/system.slice/docker-" + id1 + ".scope", Unit: "docker-" + id1 + ".scope", Slice: "system.slice", Container: id1, Runtime: "docker"}},
	{"docker, cgroupfs driver", Place{Path: "/docker/" + id1, Container: id1, Runtime: "docker"}},
	{"docker, own parent, cgroupfs", Place{Path: "/batch/" + id1, Container: id1}},
	{"docker, own parent, systemd", Place{Path: "/batch.slice/docker-" + id1 + ".scope", Unit: "docker-" + id1 + ".scope", Slice: "batch.slice", Container: id1, Runtime: "docker"}},
	{"docker, GitHub runner", Place{Path: "/actions_job/" + id1, Container: id1, Runtime: "docker"}},
	{"docker, v1 in system.slice", Place{Path: "/system.slice/docker.service/docker/" + id1, Unit: "docker.service", Slice: "system.slice", Container: id1, Runtime: "docker"}},
	{"docker, rootless", Place{Path: "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + id1 + ".scope", Unit: "user@1000.service", UserUnit: "docker-" + id1 + ".scope", Slice: "user-1000.slice", Container: id1, Runtime: "docker"}},
	{"docker daemon", Place{Path: "/system.slice/docker.service", Unit: "docker.service", Slice: "system.slice"}},
	{"docker-like name that is none", Place{Path: "/system.slice/docker-prune.service", Unit: "docker-prune.service", Slice: "system.slice"}},
	{"systemd in docker", Place{Path: "/system.slice/docker-" + id1 + ".scope/system.slice/nginx.service", Unit: "docker-" + id1 + ".scope", InnerUnit: "nginx.service", Slice: "system.slice", Container: id1, Runtime: "docker"}},
	{"docker in docker, cgroupfs", Place{Path: "/docker/" + id1 + "/docker/" + id2, Container: id2, Runtime: "docker"}},
	{"docker in docker, init moved", Place{Path: "/docker/" + id1 + "/init", Container: id1, Runtime: "docker"}},
	{"docker in docker, systemd", Place{Path: "/system.slice/docker-" + id1 + ".scope/docker/" + id2, Unit: "docker-" + id1 + ".scope", Slice: "system.slice", Container: id2, Runtime: "docker"}},

	{"podman", Place{Path: "/machine.slice/libpod-" + id1 + ".scope", Unit: "libpod-" + id1 + ".scope", Slice: "machine.slice", Container: id1, Runtime: "podman"}},
	{"podman with crun", Place{Path: "/machine.slice/libpod-" + id1 + ".scope/container", Unit: "libpod-" + id1 + ".scope", Slice: "machine.slice", Container: id1, Runtime: "podman"}},
	{"podman monitor", Place{Path: "/machine.slice/libpod-conmon-" + id1 + ".scope", Unit: "libpod-conmon-" + id1 + ".scope", Slice: "machine.slice"}},
	{"podman, rootless", Place{Path: "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id1 + ".scope/container", Unit: "user@1000.service", UserUnit: "libpod-" + id1 + ".scope", Slice: "user-1000.slice", Container: id1, Runtime: "podman"}},
	{"podman, cgroupfs", Place{Path: "/libpod_parent/libpod-" + id1, Container: id1, Runtime: "podman"}},
	{"podman pod", Place{Path: "/machine.slice/machine-libpod_pod_" + id2 + ".slice/libpod-" + id1 + ".scope", Unit: "libpod-" + id1 + ".scope", Slice: "machine-libpod_pod_" + id2 + ".slice", Container: id1, Runtime: "podman"}},
	{"podman quadlet", Place{Path: "/system.slice/web.service/libpod-payload-" + id1, Unit: "web.service", Slice: "system.slice", Container: id1, Runtime: "podman"}},
	{"nerdctl", Place{Path: "/system.slice/nerdctl-" + id1 + ".scope", Unit: "nerdctl-" + id1 + ".scope", Slice: "system.slice", Container: id1, Runtime: "nerdctl"}},

	{"kubelet, systemd, containerd, burstable", Place{Path: "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + uidSD + ".slice/cri-containerd-" + id1 + ".scope", Unit: "cri-containerd-" + id1 + ".scope", Slice: "kubepods-burstable-pod" + uidSD + ".slice", Container: id1, Runtime: "containerd", Pod: uid}},
	{"kubelet, systemd, guaranteed", Place{Path: "/kubepods.slice/kubepods-pod" + uidSD + ".slice/crio-" + id1 + ".scope", Unit: "crio-" + id1 + ".scope", Slice: "kubepods-pod" + uidSD + ".slice", Container: id1, Runtime: "cri-o", Pod: uid}},
	{"kubelet, systemd, docker", Place{Path: "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + uidSD + ".slice/docker-" + id1 + ".scope", Unit: "docker-" + id1 + ".scope", Slice: "kubepods-besteffort-pod" + uidSD + ".slice", Container: id1, Runtime: "docker", Pod: uid}},
	{"kubelet, static pod", Place{Path: "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + hash + ".slice/cri-containerd-" + id1 + ".scope", Unit: "cri-containerd-" + id1 + ".scope", Slice: "kubepods-burstable-pod" + hash + ".slice", Container: id1, Runtime: "containerd", Pod: hash}},
	{"kubelet, cgroupfs, burstable", Place{Path: "/kubepods/burstable/pod" + uid + "/" + id1, Container: id1, Pod: uid}},
	{"kubelet, cgroupfs, guaranteed", Place{Path: "/kubepods/pod" + uid + "/" + id1, Container: id1, Pod: uid}},
	{"kubelet, pod without container", Place{Path: "/kubepods/besteffort/pod" + uid, Pod: uid}},
	{"containerd told the wrong driver", Place{Path: "/system.slice/containerd.service/kubepods-burstable-pod" + uidSD + ".slice:cri-containerd:" + id1, Unit: "containerd.service", Slice: "system.slice", Container: id1, Runtime: "containerd", Pod: uid}},
	{"cri-o monitor", Place{Path: "/kubepods.slice/kubepods-pod" + uidSD + ".slice/crio-conmon-" + id1 + ".scope", Unit: "crio-conmon-" + id1 + ".scope", Slice: "kubepods-pod" + uidSD + ".slice", Pod: uid}},
	{"cri-o with crun", Place{Path: "/kubepods.slice/kubepods-pod" + uidSD + ".slice/crio-" + id1 + ".scope/container", Unit: "crio-" + id1 + ".scope", Slice: "kubepods-pod" + uidSD + ".slice", Container: id1, Runtime: "cri-o", Pod: uid}},
	{"kind, v2, systemd", Place{Path: "/system.slice/docker-" + id1 + ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod" + uidSD + ".slice/cri-containerd-" + id2 + ".scope", Unit: "docker-" + id1 + ".scope", InnerUnit: "cri-containerd-" + id2 + ".scope", Slice: "system.slice", Container: id2, Runtime: "containerd", Pod: uid}},
	{"kind, v1, cgroupfs", Place{Path: "/docker/" + id1 + "/kubelet/kubepods/burstable/pod" + uid + "/" + id2, Container: id2, Pod: uid}},
	{"k3s", Place{Path: "/system.slice/k3s.service", Unit: "k3s.service", Slice: "system.slice"}},

	{"lxc, v2", Place{Path: "/lxc.payload.web01/system.slice/nginx.service", InnerUnit: "nginx.service", Container: "web01", Runtime: "lxc"}},
	{"lxc, v2, init", Place{Path: "/lxc.payload.web01/init.scope", InnerUnit: "init.scope", Container: "web01", Runtime: "lxc"}},
	{"lxc, v1", Place{Path: "/lxc/web01", Container: "web01", Runtime: "lxc"}},
	{"lxc, v1, payload directory", Place{Path: "/lxc.payload/web01", Container: "web01", Runtime: "lxc"}},
	{"lxc, Proxmox", Place{Path: "/lxc/101/ns/system.slice/nginx.service", InnerUnit: "nginx.service", Container: "101", Runtime: "lxc"}},
	{"lxc monitor", Place{Path: "/lxc.monitor.web01"}},
	{"docker in lxc", Place{Path: "/lxc.payload.web01/system.slice/docker-" + id1 + ".scope", InnerUnit: "docker-" + id1 + ".scope", Container: id1, Runtime: "docker"}},

	{"nspawn", Place{Path: "/machine.slice/systemd-nspawn@debian.service/payload/system.slice/nginx.service", Unit: "systemd-nspawn@debian.service", InnerUnit: "nginx.service", Slice: "machine.slice", Container: "debian", Runtime: "nspawn"}},
	{"nspawn by hand", Place{Path: `/machine.slice/machine-my\x2dbox.scope/payload`, Unit: `machine-my\x2dbox.scope`, Slice: "machine.slice", Container: "my-box", Runtime: "machine"}},
	{"libvirt", Place{Path: `/machine.slice/machine-qemu\x2d1\x2dvm1.scope/libvirt/emulator`, Unit: `machine-qemu\x2d1\x2dvm1.scope`, Slice: "machine.slice", Container: "qemu-1-vm1", Runtime: "machine"}},

	{"ECS on EC2", Place{Path: "/ecs/" + hash + "/" + id1, Container: id1}},
	{"ECS on EC2, systemd", Place{Path: "/ecstasks.slice/ecstasks-" + hash + ".slice/docker-" + id1 + ".scope", Unit: "docker-" + id1 + ".scope", Slice: "ecstasks-" + hash + ".slice", Container: id1, Runtime: "docker"}},
	{"ECS on Fargate", Place{Path: "/ecs/" + hash + "/" + hash + "-2531612879", Container: hash + "-2531612879", Runtime: "ecs"}},

	{"id too short", Place{Path: "/docker/" + id1[:63]}},
	{"id in capitals", Place{Path: "/docker/" + strings.ToUpper(id1)}},
	{"pod that is none", Place{Path: "/kubepods/podcast"}},
	{"only dots and slashes", Place{Path: "//.//.service//..slice", Slice: "..slice"}},
}

func TestParsePlace(t *testing.T) {
	for _, tt := range places {
		if got := ParsePlace(tt.want.Path); got != tt.want {
			t.Errorf("%s\n got %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}

func TestShortContainer(t *testing.T) {
	tests := []struct{ container, want string }{{id1, id1[:12]}, {"web01", "web01"}, {"a-name-longer-than-12", "a-name-longer-than-12"}, {"", ""}}
	for _, tt := range tests {
		if got := (Place{Container: tt.container}).ShortContainer(); got != tt.want {
			t.Errorf("ShortContainer(%q) = %q, want %q", tt.container, got, tt.want)
		}
	}
}

// TestNobodysUnit: a unit of a user's own manager, which he calls as he likes, is
// never taken for one of the host.
func TestNobodysUnit(t *testing.T) {
	mine := ParsePlace("/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service/deeper.service")
	if got := mine.Service(); got != "user@1000.service:nginx.service" {
		t.Errorf("it is called %s", got)
	}
	if got := ParsePlace("/system.slice/nginx.service").Service(); got != "nginx.service" {
		t.Errorf("the host's is called %s", got)
	}
}

func FuzzParsePlace(f *testing.F) {
	for _, tt := range places {
		f.Add(tt.want.Path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		p := ParsePlace(path)
		for _, part := range []string{p.Unit, p.UserUnit, p.InnerUnit, p.Slice} {
			if !strings.Contains(path, part) || strings.Contains(part, "/") {
				t.Errorf("ParsePlace(%q) made up %q", path, part)
			}
		}
		if strings.Contains(p.ShortContainer(), "/") && !strings.Contains(p.Container, "/") {
			t.Errorf("ParsePlace(%q): short container %q of %q", path, p.ShortContainer(), p.Container)
		}
		if p.Pod != "" && !isPodUID(p.Pod) {
			t.Errorf("ParsePlace(%q): pod %q", path, p.Pod)
		}
	})
}
