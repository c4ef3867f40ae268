// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// mostAgo is how long the live view keeps what it shows.
const mostAgo = time.Hour

// mostPast is the most bytes that are read of what tcpvitalsd kept.
const mostPast = 64 << 20

// checkAgo refuses times that cannot be shown.
func (o WatchOptions) checkAgo(filter string) error {
	switch {
	case o.Ago < 0:
		return &problem.UsageError{Msg: "--ago is how long before now, or before the last file, it begins, and not negative", Hint: "for example -t 10m", Zh: "--ago 是比现在或最后一个文件早多久开始，不能为负数", HintZh: "例如 -t 10m"}
	case (o.Ago == 0 || len(o.From) > 0) && (o.Server != "" || o.DataDir != ""):
		return &problem.UsageError{Msg: "--server and --data-dir go with --ago of this host", Hint: "for example -t 10m", Zh: "--server 和 --data-dir 与本机的 --ago 同用", HintZh: "例如 -t 10m"}
	case o.Ago == 0 || len(o.From) > 0:
		return nil
	case o.Ago > mostAgo:
		return &problem.UsageError{Msg: "--ago is 1h at most: the live view keeps an hour", Hint: "tcpvitals history --since " + shortest(o.Ago) + " shows what was before", Zh: "--ago 最多为 1h：实时视图保存一小时", HintZh: "更早的用 tcpvitals history --since " + shortest(o.Ago) + " 查看"}
	case o.Plain:
		return &problem.UsageError{Msg: "--ago does not go with --plain", Hint: "tcpvitals history --since " + shortest(o.Ago) + " writes what was", Zh: "--ago 不能与 --plain 同用", HintZh: "用 tcpvitals history --since " + shortest(o.Ago) + " 输出过去的内容"}
	case filter != "":
		return &problem.UsageError{Msg: "--ago begins without a filter: tcpvitalsd keeps numbers of all sockets", Hint: "leave the filter out; / asks for one of now", Zh: "--ago 开始时不能有过滤条件：tcpvitalsd 保存的是全部套接字的数字", HintZh: "去掉过滤条件；按 / 可对现在的过滤"}
	default:
		return nil
	}
}

// past asks tcpvitalsd for the hour before now; nil if nothing of before is wanted.
func (o WatchOptions) past(ctx context.Context, env *Env) (*report.Past, error) {
	if o.Ago == 0 {
		return nil, nil
	}
	program, err := env.findDaemon()
	if err != nil {
		return nil, noPast(err)
	}
	args := []string{"past", "--since", mostAgo.String()}
	if o.Server != "" {
		args = append(args, "--server", o.Server)
	}
	if o.DataDir != "" {
		args = append(args, "--data-dir", o.DataDir)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr, cmd.Env = env.Stderr, env.Environ
	if o.Lang != "" { // the errors of tcpvitalsd are in the language of its locale
		cmd.Env = append(cmd.Environ(), "LC_ALL="+map[string]string{"en": "C.UTF-8", "zh": "zh_CN.UTF-8"}[o.Lang])
	}
	return readPast(cmd)
}

// readPast runs tcpvitalsd and reads what it prints. It has said itself why it could not
// answer.
func readPast(cmd *exec.Cmd) (*report.Past, error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, problem.Errorf("start %s: %w", "启动 %s：%w", daemon, err)
	}
	var p report.Past
	wrong := json.NewDecoder(io.LimitReader(out, mostPast)).Decode(&p)
	_, _ = io.Copy(io.Discard, out) // it ends when it has written all
	err = cmd.Wait()
	switch failed, ok := errors.AsType[*exec.ExitError](err); {
	case ok:
		return nil, &childError{max(exitFailure, failed.ExitCode())}
	case err != nil:
		return nil, err
	case wrong != nil || p.Schema != report.PastSchema:
		return nil, &problem.InputError{Name: daemon, Msg: "it is of another version: it does not know what the live view asks", Hint: "install tcpvitals and tcpvitalsd of the same version", Zh: "版本不同：它不知道实时视图询问的内容", HintZh: "请安装相同版本的 tcpvitals 和 tcpvitalsd"}
	default:
		return &p, nil
	}
}

// noPast says what can be done without tcpvitalsd.
func noPast(err error) error {
	return &problem.UsageError{
		Msg:  "watch knows this host from now on only: " + problem.Wording(err, false),
		Hint: "tcpvitals serve --data-dir DIRECTORY keeps a history, where tcpvitalsd is installed; while watch runs it keeps the last hour: press space, then the arrow keys; saved machines: tcpvitals watch --from FILE -t 10m",
		Zh:   "watch 只知道从现在起的本机：" + problem.Wording(err, true), HintZh: "安装 tcpvitalsd 后，tcpvitals serve --data-dir 目录 会保存历史；watch 运行期间保存最近一小时：按空格，再用方向键；保存的机器：tcpvitals watch --from FILE -t 10m",
	}
}
