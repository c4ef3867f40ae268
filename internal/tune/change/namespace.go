// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"fmt"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// Find returns the namespace that --netns names; "" is that of the calling thread.
// The name must mean a single one.
func Find(ctx context.Context, scope string) (Namespace, error) {
	s, err := netns.ParseScope(scope)
	if err != nil {
		return Namespace{}, err
	}
	if s.All() {
		return Namespace{}, &problem.UsageError{Msg: "a change is made in one network namespace", Hint: "name it with --netns, and repeat the command for each", Zh: "改动只能针对一个网络命名空间", HintZh: "用 --netns 指明，逐个执行"}
	}
	found, _, err := netns.Select(ctx, s, netns.Options{})
	if err != nil {
		return Namespace{}, err
	}
	if len(found) != 1 {
		return Namespace{}, &problem.UsageError{Msg: fmt.Sprintf("%d network namespaces are called %q", len(found), scope), Hint: "name the inode: tcpvitals census --netns all --by netns shows it", Zh: fmt.Sprintf("有 %d 个网络命名空间叫 %q", len(found), scope), HintZh: "用 inode 指明：tcpvitals census --netns all --by netns 会列出"}
	}
	ns := Namespace{Name: found[0].Name}
	look := func() (err error) {
		ns.Identity, err = netns.Here()
		return err
	}
	if s.Self() { // the calling thread's namespace, from which values are read
		return ns, look()
	}
	return ns, found[0].Do(look)
}

// View is the namespace for which a plan is made.
type View struct{ Namespace }

// Do calls do in the namespace.
func (v View) Do(ctx context.Context, do func(m plan.Machine) error) error {
	return netns.Enter(ctx, v.Identity, func() error { return do(machine{rawfile.System{}}) })
}

// Facts returns the numbers from which the kernel derives defaults.
func Facts(ctx context.Context) knowledge.HostFacts {
	host, err := audit.ThisHost(ctx)
	if err != nil {
		return knowledge.HostFacts{}
	}
	return host.Facts
}

// machine reads the parameters of the calling thread's namespace.
type machine struct{ calls sysctl.Calls }

// Value reads a parameter.
func (m machine) Value(key string) (string, error) {
	if !sysctl.Valid(key) {
		return "", problem.Errorf("%q is no name of a parameter: %w", "%q 不是参数名：%w", key, os.ErrNotExist)
	}
	return sysctl.ReadBy(m.calls, key)
}

// ReadOnly is [sysctl.ReadOnly].
func (m machine) ReadOnly(key string) bool { return sysctl.Valid(key) && sysctl.ReadOnly(m.calls, key) }
