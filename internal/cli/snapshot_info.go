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
	writeSnapshotInfo(w, saved.File())
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

func writeSnapshotInfo(w io.Writer, f *snapshot.File) {
	line := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(w, "%-12s%s\n", name, visible.Text(fmt.Sprintf(format, args...)))
	}
	m := &f.Machine
	line("host", "%s", orNone(m.Host))
	line("taken", "%s", m.Taken.UTC().Format(time.RFC3339))
	line("kernel", "%s, %s, %d CPUs", orNone(m.Kernel), m.Arch, m.CPUs)
	line("written by", "tcpvitals %s, format %s", m.Program, formatOf(f))
	if m.Redacted {
		line("redacted", "addresses are replaced, and so are all names that are not the same everywhere")
	}
	line("files", "%d of the whole host", len(m.Files))
	line("sockets", "%s by %s, %s", knowledge.Grouped(f.Tail.Sockets), f.Tail.Engine, perSocket(f))
	for s := range tcp.AllStates.All() {
		if n := f.Count(s); n > 0 {
			line("", "%-12s %s", s, knowledge.Grouped(n))
		}
	}
	for i := range f.Namespaces {
		n := &f.Namespaces[i]
		line("namespace", "%s (%d), %s of it", n.Name, n.Inode, knowledge.Many(uint64(len(n.Files)), "file"))
	}
	for _, g := range f.Tail.Gaps {
		line("gap", "%s", knowledge.GapText(g.Gap).En)
	}
	for _, g := range m.Missing {
		line("missing", "%s", knowledge.GapText(g).En)
	}
}

func perSocket(f *snapshot.File) string {
	size := knowledge.Grouped(uint64(f.Size)) + " bytes"
	if f.Tail.Sockets == 0 {
		return size
	}
	return fmt.Sprintf("%s (%.1f each)", size, float64(f.Size)/float64(f.Tail.Sockets))
}

func orNone(s string) string {
	if s == "" {
		return "?"
	}
	return s
}
