// SPDX-License-Identifier: Apache-2.0

package owner

import "strings"

// addContainer takes a name on a cgroup path that may be a container. A later
// container is nested in an earlier one and replaces it.
func (p *Place) addContainer(parent, name string) {
	runtime, id := "", ""
	switch {
	case strings.HasSuffix(name, ".scope"):
		runtime, id = scopeContainer(strings.TrimSuffix(name, ".scope"))
	case strings.HasSuffix(name, ".service"):
		runtime, id = serviceContainer(strings.TrimSuffix(name, ".service"))
	default:
		runtime, id = plainContainer(parent, name)
	}
	if id == "" {
		return
	}
	if runtime == "" && p.Container == id {
		return
	}
	p.Runtime, p.Container = runtime, id
}

// scopeContainer reads the scopes of the systemd cgroup driver: "docker-ID",
// "cri-containerd-ID", "crio-ID", "libpod-ID", "nerdctl-ID"; and those of
// systemd-machined: "machine-NAME", for virtual machines too.
func scopeContainer(scope string) (runtime, id string) {
	if name, ok := strings.CutPrefix(scope, "machine-"); ok {
		return "machine", unitUnescape(name)
	}
	at := strings.LastIndexByte(scope, '-')
	if at < 0 || !isContainerID(scope[at+1:]) {
		return "", ""
	}
	prefix := scope[:at]
	if strings.HasSuffix(prefix, "-conmon") {
		return "", "" // the monitor process runs outside its container
	}
	return runtimeName(prefix), scope[at+1:]
}

// runtimeName returns the runtime whose scopes have a prefix.
func runtimeName(prefix string) string {
	switch prefix {
	case "cri-containerd":
		return "containerd"
	case "crio":
		return "cri-o"
	case "libpod":
		return "podman"
	default:
		return prefix
	}
}

// serviceContainer reads "systemd-nspawn@NAME".
func serviceContainer(service string) (runtime, id string) {
	if name, ok := strings.CutPrefix(service, "systemd-nspawn@"); ok {
		return "nspawn", unitUnescape(name)
	}
	return "", ""
}

// plainContainer reads the directories of the cgroupfs drivers: a bare id
// below "docker", a pod or anything else; "libpod-ID" and, for a container that
// systemd started, "libpod-payload-ID"; "lxc.payload.NAME", "lxc/NAME"; "SLICE:RUNTIME:ID"; and the "TASK-NUMBER" of ECS on Fargate.
func plainContainer(parent, name string) (runtime, id string) {
	if _, rest, ok := strings.Cut(name, ":"); ok {
		prefix, id, _ := strings.Cut(rest, ":")
		if isContainerID(id) {
			return runtimeName(prefix), id
		}
		return "", ""
	}
	if lxc, ok := strings.CutPrefix(name, "lxc.payload."); ok {
		return "lxc", lxc
	}
	if id, ok := strings.CutPrefix(name, "libpod-"); ok {
		if id = strings.TrimPrefix(id, "payload-"); isContainerID(id) {
			return "podman", id
		}
	}
	switch {
	case parent == "lxc" || parent == "lxc.payload":
		return "lxc", name
	case isContainerID(name):
		return parentRuntime(parent), name
	case isFargateID(parent, name):
		return "ecs", name
	default:
		return "", ""
	}
}

// parentRuntime returns the runtime of a bare id from its directory. Below a pod it
// is unknown: every runtime makes the same path there.
func parentRuntime(parent string) string {
	switch parent {
	case "docker", "actions_job":
		return "docker"
	case "libpod_parent":
		return "podman"
	default:
		return ""
	}
}

// isContainerID recognizes the 64 hexadecimal digits that all OCI runtimes use.
func isContainerID(s string) bool { return len(s) == 64 && isHex(s) }

// isFargateID recognizes "TASK-NUMBER" below its task of 32 digits.
func isFargateID(parent, name string) bool {
	task, number, ok := strings.Cut(name, "-")
	return ok && len(task) == 32 && task == parent && isHex(task) && strings.Trim(number, "0123456789") == "" && number != ""
}
