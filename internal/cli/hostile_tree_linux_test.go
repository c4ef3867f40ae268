// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// hostileCommands are, for each command, ways to run it on names that others chose.
// [TestHostileProcess] and [TestTraceHostileNames] run the commands that need a live
// process with such a name.
func hostileCommands(h hostileFiles) map[string][][]string {
	return map[string][][]string{
		"":       {{"--from", h.snap}, {"--from", h.snap, "--by", "process,unit"}, {"--from", h.listing, "--by", "process"}},
		"census": {{"--from", h.snap}, {"--from", h.facts, "-v"}, {"--from", h.snap, "--by", "process,command,unit,cgroup,container,pod,user,device,netns,owner-why"}, {"--from", h.listing, "--by", "process,state"}},
		"list":   {{"--from", h.snap}, {"--from", h.snap, "-c", "process,command,unit,cgroup,container,pod,user,device,netns,owner-why,congestion"}, {"--from", h.listing, "-c", "+process"}, {"--from", h.snap, "--explain", "process = " + evil}},
		"queues": {{"--from", h.snap}, {"--from", h.facts}, {"--from", h.listing}},
		"ports":  {{"--from", h.snap}, {"--from", h.facts}},
		"doctor": {{"--from", h.snap}, {"--from", h.facts, "-v"}, {"--from", h.listing}, {"--from", h.snap, "--ignore", "CW01:process = " + evil}, {"--from", h.snap, "--from", h.snap}},
		"check":  {{"--from", h.snap}, {"--from", h.facts}},
		"trace":  {{"--from", h.trace}, {"--from", h.trace, "--summary"}, {"--from", h.trace, "--by", "process,unit,closer,reset"}, {"--from", h.trace, "-c", "process,unit,container,pod,cgroup,netns,closer,reset"}, {"--from", evil}},
		// The tests of package watch check its screens and lines.
		"watch": {{"--plain", "--by", evil}, {"--from", evil}, {"--plain", "state " + evil}, {"--from", h.hostile, "process"}, {"--plain", "--netns", evil}, {"--plain", "--engine", evil}},
		// The tests of package metrics check what becomes of such names.
		"metrics":               {{evil}},
		"serve":                 {{evil}},
		"history":               {{evil}},
		"mcp":                   {{evil}},
		"lab":                   {{evil}},
		"snapshot":              {{evil}},
		"tune":                  {{evil}},
		"explain":               {{"--from", h.snap}, {evil}, {"tcp_fin_timeout", evil}},
		"snapshot save":         {{"nowhere/" + evil}, {"--netns", evil, h.dir + "/x"}, {h.hostile + ".snap"}},
		"snapshot info":         {{h.snap}, {h.facts}, {h.hostile}, {evil}},
		"diff":                  {{h.snap, h.snap, "--by", "process,netns,unit,command"}, {h.snap, h.facts, "--by", "process", "--filter", "not process = " + evil}, {h.snap, evil}},
		"tune plan":             {{h.hostile}, {"--set", evil}, {"--set", "net.core.somaxconn=" + evil}, {"--set", "net.core.somaxconn=8192", "--netns", evil}, {"--set", "net.core.somaxconn=8192", "--accept-risk", evil}, {h.plan}},
		"tune apply":            {{h.hostile}, {h.plan}, {evil, "-y"}},
		"tune confirm":          {{evil, "--state-dir", h.dir}},
		"tune rollback":         {{evil, "--state-dir", h.dir}},
		"tune log":              {{"--state-dir", h.journals}, {evil, "--state-dir", h.journals}},
		"tune status":           {{"--state-dir", h.journals}},
		"tune verify":           {{evil, "--state-dir", h.journals}, {"--state-dir", h.journals}},
		"tune audit":            {{h.hostile}, {"--root", h.root}, {h.root}, {evil}},
		"kill":                  {{"process = " + evil, "--dry-run", "--netns", evil}, {evil, "--dry-run"}, {"--log", "--state-dir", h.journals}},
		"lab run":               {{evil}, {h.hostile}},
		"lab show":              {{evil}, {h.hostile}, {h.script}},
		"lab list":              {{}},
		"lab hold":              {{evil}},
		"lab verify":            {{evil}},
		"completion bash":       {{evil}},
		"completion zsh":        {{evil}},
		"completion fish":       {{evil}},
		"completion powershell": {{evil}},
		"version":               {{}, {evil}},
		"help":                  {{evil}},
	}
}

// hostileFiles are files from others with names that they chose.
type hostileFiles struct {
	dir, snap, facts, listing, trace, plan, script, hostile, root, journals string
}

func makeHostileFiles(t *testing.T) hostileFiles {
	t.Helper()
	h := hostileFiles{dir: t.TempDir(), snap: hostileSnapshot(t), facts: hostileFacts(t)}
	write := func(name, text string) string {
		file := filepath.Join(h.dir, name)
		must(t, os.MkdirAll(filepath.Dir(file), 0o700))
		must(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	name := strings.ReplaceAll(strings.ReplaceAll(evil, "/", ""), `"`, "")
	h.listing = write("listing", "ESTAB 0 0 192.0.2.1:80 192.0.2.2:1024 users:((\""+strings.ReplaceAll(name, "\n", "")+"\",pid=7,fd=3))\n"+
		"tcp 1 0 192.0.2.1:80 192.0.2.2:1025 CLOSE_WAIT 7/"+strings.ReplaceAll(name, "\n", "")+"\n")
	h.hostile = write("a"+name, "#: tcpvitals-plan 1\n"+evil+"\nnet.core.somaxconn"+evil+" = 1"+evil+"\nnet.core.somaxconn = \x1b]0;x\x07\xff\n")
	h.plan = write("plan", "#: tcpvitals-plan 1\n#: netns \u202egnp\u200b\n#: reason <script>`$(id)`\u2066\nnet.core.somaxconn = 8192\n")
	h.script = write("script", "title: `$(id)` \u202e<script>\x1b[2K\n\nkernel listen\npeer f: SYN\nnote \"\u202e\x1b]0;x\x07\" \"=x|\"\n")
	h.root = filepath.Join(h.dir, "root")
	write("root/etc/sysctl.d/9"+name+".conf", "net.core.somaxconn = \u202e\x1b\n# tcpvitals:ignore VALUE \u202e why\nnet.ipv4.tcp_tw_recycle\u202e = 1\n"+evil+"\n")
	h.journals = filepath.Join(h.dir, "journals")
	write("journals/change-0001.journal", evil+"\n")
	write("journals/change-0002.journal", `{"id":2,"version":1,"step":"begin","user":"\u001b[2K\nFORGED","key":"net.core.somaxconn"}`+"\n")
	write("journals/change-0003"+name, evil)
	write("journals/kill.ndjson", `{"run":"\u001b[2K\nFORGED","shown":3,"filter":"\u202e\nFORGED row","user":"\nFORGED"}`+"\n"+evil+"\n")
	h.trace = hostileTrace(t, h.dir)
	return h
}

// hostileTrace is a saved trace of a host on which everything has that name.
func hostileTrace(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "evil.trace")
	var out bytes.Buffer
	w, err := trace.NewWriter(&out, trace.Head{Host: evil, Began: time.Unix(1_800_000_000, 0), Filter: evil})
	must(t, err)
	snap := socket.Socket{
		State: 4, Family: socket.IPv4, Cookie: 1, Inode: 1, User: evil, Device: evil,
		Netns:  &socket.Netns{Inode: 4026531840, Name: evil, Container: evil},
		Cgroup: &socket.Cgroup{ID: 7, Path: evil, Unit: evil, Container: evil, Pod: evil},
		Owner:  &socket.Owner{Confidence: socket.OwnerTraced, Scanned: true, Unit: evil, Container: evil, Pod: evil, Process: &socket.Process{PID: 9, Name: evil, Command: evil}},
		Change: &socket.Change{At: time.Unix(1_800_000_001, 0), From: 1, Reason: 1, Closer: evil, Reset: evil, Lasted: time.Second},
	}
	for f := range socket.Fields() {
		snap.Known.Add(f.ID)
	}
	w.Row(&snap)
	gap := problem.Gap{Source: evil, Reason: evil}
	must(t, w.Close(&trace.Tail{Took: time.Second, Gaps: []problem.Gap{gap}}, &trace.Summary{}))
	must(t, os.WriteFile(file, out.Bytes(), 0o600))
	return file
}

// TestNothingHiddenInAnyCommand runs every command, in every form and language, on
// hostile names and checks the bytes. A command that is missing from the list fails,
// so a new one cannot be forgotten.
func TestNothingHiddenInAnyCommand(t *testing.T) {
	h := makeHostileFiles(t)
	ways := hostileCommands(h)
	tried, forms := 0, map[string]bool{}
	root := cli.Root(cli.System("v0.0.0-test"))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	eachCommand(root, func(path string, cmd *cobra.Command) {
		all, ok := ways[path]
		delete(ways, path)
		if !ok {
			t.Errorf("the command %q is run over no hostile name: add it to hostileCommands", path)
		}
		for _, way := range all {
			for _, form := range formsOf(cmd) {
				tried++
				forms[strings.Join(form, " ")] = true
				args := append(append(strings.Fields(path), way...), form...)
				out, stderr := runShortly(args)
				onScreen(t, args, "stderr: "+stderr)
				hostileForm(t, args, form, out)
			}
		}
	})
	for path := range ways {
		t.Errorf("there is no command %q", path)
	}
	t.Logf("%d runs, in the forms %q", tried, slices.Sorted(maps.Keys(forms)))
}

// eachCommand visits the commands that run something, with their words. Hidden ones,
// such as the guard of tune, get no input from others.
func eachCommand(cmd *cobra.Command, visit func(path string, cmd *cobra.Command)) {
	if cmd.Runnable() && !cmd.Hidden {
		_, path, _ := strings.Cut(cmd.CommandPath(), " ")
		visit(path, cmd)
	}
	for _, sub := range cmd.Commands() {
		eachCommand(sub, visit)
	}
}

// formsOf are the flags for all forms of a command's output.
func formsOf(cmd *cobra.Command) (forms [][]string) {
	outputs := []string{""}
	if complete, ok := cmd.GetFlagCompletionFunc("output"); ok {
		outputs, _ = complete(cmd, nil, "")
	}
	for _, o := range outputs {
		var form []string
		if o != "" {
			form = []string{"-o", o}
		}
		forms = append(forms, form)
		if cmd.Flags().Lookup("lang") != nil {
			forms = append(forms, append(slices.Clone(form), "--lang", string(knowledge.Chinese)))
		}
	}
	return forms
}

// runShortly runs a command with a time limit.
func runShortly(args []string) (out, stderr string) {
	var o, e bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	env := cli.System("v0.0.0-test")
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(""), &o, &e
	env.Getenv = func(string) string { return "" }
	env.Exec = func(string, []string) error { return fmt.Errorf("exec: %s", evil) }
	env.Watch = func(context.Context, cli.Watching) error { return fmt.Errorf("watch: %s", evil) }
	cli.Main(ctx, env, args)
	return o.String(), e.String()
}

// hostileForm checks the output by the rules of its form.
func hostileForm(t *testing.T, args, form []string, out string) {
	t.Helper()
	switch output := append(form, "", "")[1]; output {
	case "json", "ndjson", "sarif":
		if !utf8.ValidString(out) || strings.ContainsAny(strings.ReplaceAll(out, "\n", ""), "\x00\x07\x1b\r\x08") {
			t.Errorf("%.100q: %s is not clean", args, output)
		}
		if d := json.NewDecoder(strings.NewReader(out)); out != "" {
			for d.More() {
				if err := d.Decode(new(any)); err != nil {
					t.Errorf("%.100q: %v", args, err)
					break
				}
			}
		}
	default:
		onScreen(t, args, "stdout: "+out)
		if (output == "html" || output == "markdown") && strings.Contains(out, "<script>@") {
			t.Errorf("%.100q has markup of others", args)
		}
	}
}

// TestEveryFlagOfFilesIsRead: every flag for a file that others may have made is
// covered by the readers of TestSmallInputs. The tests of package watch measure what
// it plays.
func TestEveryFlagOfFilesIsRead(t *testing.T) {
	given := map[string]bool{}
	for _, args := range readers() {
		cmd, rest, err := cli.Root(cli.System("v0.0.0-test")).Find(args)
		must(t, err)
		_, path, _ := strings.Cut(cmd.CommandPath(), " ")
		for _, arg := range rest {
			given[path+" "+arg] = true
		}
		given[path] = true
	}
	eachCommand(cli.Root(cli.System("v0.0.0-test")), func(path string, cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name == "from" && path != "" && path != "watch" && !given[path+" --"+f.Name] {
				t.Errorf("%s --%s is no reader of small inputs: add it to readers", path, f.Name)
			}
		})
	})
}
