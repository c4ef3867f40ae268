// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestTracingIsTold: while the user waits for a trace, the terminal says so, and the
// line is gone before the answer. Output that is no terminal gets no such line.
func TestTracingIsTold(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	for _, tt := range []struct {
		args     []string
		terminal bool
		locale   string
		want     string
	}{
		{[]string{"trace", "--summary", "2s"}, true, "C.UTF-8", "tracing for 2 s…"},
		{[]string{"trace", "--summary", "2s", "--lang", "zh"}, true, "C.UTF-8", "正在跟踪（2 秒）…"},
		{[]string{"trace", "--by", "reason", "--for", "2s"}, true, "C", "tracing for 2 s..."},
		{[]string{"census", "--trace", "2.5s", "--by", "process"}, true, "C.UTF-8", "tracing for 2.5 s…"},
		{[]string{"doctor", "--trace", "2s"}, true, "C.UTF-8", "tracing for 2 s…"},
		{[]string{"trace", "--for", "2s"}, true, "C.UTF-8", ""}, // rows are shown as they come
		{[]string{"trace", "--summary", "2s"}, false, "C.UTF-8", ""},
	} {
		env := cli.System("v0.0.0-test")
		var out, said bytes.Buffer
		env.Stdout, env.Stderr = &out, &said
		env.Telling = func() bool { return tt.terminal }
		env.Getenv = func(name string) string { return map[string]string{"LC_ALL": tt.locale}[name] }
		var meanwhile string
		env.Wait = func(context.Context, time.Duration) error {
			meanwhile = said.String()
			return nil
		}
		ns.Do(func() { cli.Main(context.Background(), env, append(tt.args, "--netns", ns.Path())) })
		want := tt.want
		if want != "" {
			want += "\r\x1b[K"
		}
		if meanwhile != tt.want || !strings.HasPrefix(said.String(), want) || want == "" && strings.Contains(said.String(), "trac") {
			t.Errorf("%v: %q while it waits, %q in the end, want %q", tt.args, meanwhile, &said, want)
		}
	}
}
