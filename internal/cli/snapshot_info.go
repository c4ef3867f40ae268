// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// snapshotSchema names the JSON form of snapshot info (docs/json.md).
const snapshotSchema = "tcpvitals.snapshot/1"

func newSnapshotInfoCommand(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "info FILE",
		Short: "Check a snapshot and say what is in it",
		Example: `  tcpvitals snapshot info web1.snap
  tcpvitals snapshot info web1.snap -o json`,
		Args: fileArg,
		RunE: func(_ *cobra.Command, args []string) error {
			return runSnapshotInfo(env, output, args[0])
		},
	}
	words := []string{outputTable, outputJSON}
	cmd.Flags().StringVarP(&output, "output", "o", outputTable, strings.Join(words, ", "))
	completeFlags(cmd, map[string][]string{"output": words})
	return cmd
}

func runSnapshotInfo(env *Env, output, name string) error {
	if output != outputTable && output != outputJSON {
		return &problem.UsageError{Msg: fmt.Sprintf("unknown output %q", output), Hint: "outputs are table, json", Zh: fmt.Sprintf("没有输出格式 %q", output), HintZh: "输出格式有 table、json"}
	}
	src, err := source{From: name}.open(env)
	if err != nil {
		return err
	}
	defer closing(src)
	saved, ok := src.(*engine.Saved)
	if !ok {
		return &problem.InputError{Name: src.About().Name, Msg: "it is no snapshot", Hint: "tcpvitals census --from reads listings too", Zh: "它不是快照", HintZh: "tcpvitals census --from 也能读取列表"}
	}
	if output == outputJSON {
		return report.JSON(env.Stdout, newSnapshotDocument(saved.File()))
	}
	w := bufio.NewWriter(env.Stdout)
	writeSnapshotInfo(w, saved.File(), env.lang())
	return w.Flush()
}

// snapshotDocument is snapshot info in JSON, as docs/json.md describes it.
type snapshotDocument struct {
	Schema     string               `json:"schema"`
	Format     string               `json:"format"`
	Size       int64                `json:"size"`
	Machine    snapshot.Machine     `json:"machine"`
	Namespaces []snapshot.Namespace `json:"namespaces"`
	Tail       snapshot.Tail        `json:"tail"`
}

func newSnapshotDocument(f *snapshot.File) snapshotDocument {
	return snapshotDocument{
		Schema: snapshotSchema, Format: formatOf(f), Size: f.Size,
		Machine: f.Machine, Namespaces: append([]snapshot.Namespace{}, f.Namespaces...), Tail: f.Tail,
	}
}

func formatOf(f *snapshot.File) string { return fmt.Sprintf("%d.%d", snapshot.Major, f.Minor) }

// infoWords are the words of snapshot info in a language; formats take what the English
// one takes.
type infoWords struct {
	host, taken, kernel, kernelIs, by, byIs, redacted, redactedIs, files, filesAre, sockets, socketsAre string
	namespace, namespaceIs, gap, missing, each                                                          string
}

func infoWordsIn(lang knowledge.Lang) infoWords {
	if lang == knowledge.Chinese {
		return infoWords{
			host: "主机", taken: "时间", kernel: "内核", kernelIs: "%s，%s，%d 个 CPU", by: "程序", byIs: "tcpvitals %s，格式 %s",
			redacted: "已脱敏", redactedIs: "地址已替换，并非处处相同的名称也已替换", files: "文件", filesAre: "整台主机的 %d 个", sockets: "套接字", socketsAre: "%s 个，由 %s 读取，%s",
			namespace: "命名空间", namespaceIs: "%s（%d），含 %s", gap: "缺口", missing: "缺少", each: "%s（每个 %.1f）",
		}
	}
	return infoWords{
		host: "host", taken: "taken", kernel: "kernel", kernelIs: "%s, %s, %d CPUs", by: "written by", byIs: "tcpvitals %s, format %s",
		redacted: "redacted", redactedIs: "addresses are replaced, and so are all names that are not the same everywhere", files: "files", filesAre: "%d of the whole host", sockets: "sockets", socketsAre: "%s by %s, %s",
		namespace: "namespace", namespaceIs: "%s (%d), %s of it", gap: "gap", missing: "missing", each: "%s (%.1f each)",
	}
}

func writeSnapshotInfo(w io.Writer, f *snapshot.File, lang knowledge.Lang) {
	line := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(w, "%s%s\n", render.Pad(name, 12), visible.Text(fmt.Sprintf(format, args...)))
	}
	m, words := &f.Machine, infoWordsIn(lang)
	line(words.host, "%s", orNone(m.Host))
	line(words.taken, "%s", m.Taken.UTC().Format(time.RFC3339))
	line(words.kernel, words.kernelIs, orNone(m.Kernel), m.Arch, m.CPUs)
	line(words.by, words.byIs, m.Program, formatOf(f))
	if m.Redacted {
		line(words.redacted, "%s", words.redactedIs)
	}
	line(words.files, words.filesAre, len(m.Files))
	line(words.sockets, words.socketsAre, knowledge.Grouped(f.Tail.Sockets), f.Tail.Engine, words.size(f, lang))
	for s := range tcp.AllStates.All() {
		if n := f.Count(s); n > 0 {
			line("", "%-12s %s", s, knowledge.Grouped(n))
		}
	}
	for i := range f.Namespaces {
		n := &f.Namespaces[i]
		count := uint64(len(n.Files))
		files := knowledge.Text{En: knowledge.Many(count, "file"), Zh: knowledge.Grouped(count) + " 个文件"}
		line(words.namespace, words.namespaceIs, n.Name, n.Inode, files.In(lang))
	}
	for _, g := range f.Tail.Gaps {
		line(words.gap, "%s", knowledge.GapText(g.Gap).In(lang))
	}
	for _, g := range m.Missing {
		line(words.missing, "%s", knowledge.GapText(g).In(lang))
	}
}

// size is that of the file, and what of it each socket takes.
func (words *infoWords) size(f *snapshot.File, lang knowledge.Lang) string {
	n := uint64(f.Size)
	size := knowledge.Text{En: knowledge.Many(n, "byte"), Zh: knowledge.Grouped(n) + " 字节"}.In(lang)
	if f.Tail.Sockets == 0 {
		return size
	}
	return fmt.Sprintf(words.each, size, float64(f.Size)/float64(f.Tail.Sockets))
}

func orNone(s string) string {
	if s == "" {
		return "?"
	}
	return s
}
