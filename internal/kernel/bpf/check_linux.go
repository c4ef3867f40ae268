// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// feature is the name of eBPF in errors.
const feature = "eBPF"

const (
	typesFile    = "/sys/kernel/btf/vmlinux"
	lockdownFile = "/sys/kernel/security/lockdown"
)

// Check returns why nothing can be loaded here, without loading anything: a missing
// right, a kernel without BTF, a kernel that is locked down. Nil is no promise;
// [Spec.Load] decides.
func Check() error {
	if missing := missingCapabilities(); len(missing) > 0 {
		return denied(missing, unix.EPERM)
	}
	if _, err := os.Stat(typesFile); err != nil {
		return &problem.UnsupportedError{
			Feature: feature,
			Reason:  "the kernel does not tell its types (CONFIG_DEBUG_INFO_BTF): " + err.Error(),
			Zh:      "这里不支持 " + feature + "：内核没有类型信息（CONFIG_DEBUG_INFO_BTF）：" + err.Error(),
		}
	}
	if lockedDown() {
		return lockdownError()
	}
	return nil
}

// needed returns the capabilities that a program needs to read kernel memory
// (capabilities(7)). Before Linux 5.8 both were part of CAP_SYS_ADMIN, which still
// includes them (include/linux/capability.h bpf_capable, perfmon_capable).
func needed() map[string]uint {
	return map[string]uint{"CAP_BPF": unix.CAP_BPF, "CAP_PERFMON": unix.CAP_PERFMON}
}

// missingCapabilities returns, in order, the needed capabilities that this thread
// lacks.
func missingCapabilities() (missing []string) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var caps [2]unix.CapUserData
	if unix.Capget(&header, &caps[0]) != nil {
		return nil // the kernel's own refusal will tell
	}
	has := func(c uint) bool { return caps[c/32].Effective&(1<<(c%32)) != 0 }
	if has(unix.CAP_SYS_ADMIN) {
		return nil
	}
	for _, name := range []string{"CAP_BPF", "CAP_PERFMON"} {
		if !has(needed()[name]) {
			missing = append(missing, name)
		}
	}
	return missing
}

func denied(need []string, err error) error {
	return &problem.PermissionError{
		Op: "load eBPF programs", Need: need, Err: err,
		Hint: "run as root, or give the program what it needs: setcap cap_bpf,cap_perfmon+ep tcpvitals",
		OpZh: "加载 eBPF 程序", HintZh: "用 root 运行，或给程序所需的能力：setcap cap_bpf,cap_perfmon+ep tcpvitals",
	}
}

// lockedDown reports whether the kernel keeps its memory from everyone, root among
// them: then no program may read kernel memory (kernel/trace/bpf_trace.c,
// LOCKDOWN_BPF_READ_KERNEL). The level integrity, which Secure Boot sets, allows it.
func lockedDown() bool {
	text, err := os.ReadFile(lockdownFile)
	return err == nil && strings.Contains(string(text), "[confidentiality]")
}

func lockdownError() error {
	return &problem.UnsupportedError{
		Feature: feature,
		Reason:  "the kernel is locked down (" + lockdownFile + " says confidentiality): no program may read its memory",
		Zh:      "这里不支持 " + feature + "：内核处于 lockdown（" + lockdownFile + " 为 confidentiality），任何程序都不能读内核内存",
	}
}

// explain turns the library's errors into errors that name what is missing.
func explain(err error) error {
	var refused *ebpf.VerifierError
	switch {
	case errors.As(err, &refused) && errors.Is(err, unix.EPERM) && lockedDown():
		return lockdownError()
	case errors.Is(err, unix.EPERM):
		return denied(orAll(missingCapabilities()), err)
	case errors.As(err, &refused):
		return &problem.UnsupportedError{Feature: feature, Reason: fmt.Sprintf("the kernel's verifier refuses the program: %v", lastLine(refused)), Zh: fmt.Sprintf("这里不支持 %s：内核的 verifier 拒绝该程序：%v", feature, lastLine(refused))}
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL):
		return &problem.UnsupportedError{Feature: feature, Reason: err.Error(), Hint: "a newer kernel (Linux 5.17 or later) may have it", HintZh: "较新的内核（Linux 5.17 及以后）可能支持"}
	case errors.Is(err, unix.EMFILE), strings.HasSuffix(err.Error(), unix.EMFILE.Error()): // some of the library's errors carry the cause as text only
		return &problem.UnsupportedError{Feature: feature, Reason: err.Error(), Hint: "each map and program takes a descriptor: raise the limit (ulimit)", HintZh: "每个映射和程序都要占用一个文件描述符：请提高上限（ulimit）"}
	default:
		return fmt.Errorf("bpf: %w", err)
	}
}

func orAll(missing []string) []string {
	if len(missing) == 0 { // no capability is missing: a sandbox or a security module refused
		return []string{"CAP_BPF", "CAP_PERFMON"}
	}
	return missing
}

// lastLine returns the line of the verifier's log that tells what is wrong.
func lastLine(e *ebpf.VerifierError) string {
	for _, line := range slices.Backward(e.Log) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "processed ") {
			return line
		}
	}
	return e.Cause.Error()
}
