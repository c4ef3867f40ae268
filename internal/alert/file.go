// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"fmt"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// File returns the table as a rules file of Prometheus 2.42 or newer, which knows
// keep_firing_for. It is the same for everybody: nothing of this host is in it.
func File() string {
	var b strings.Builder
	b.WriteString("# Generated from internal/alert by go test ./internal/alert -update. Do not edit.\n" +
		"# What each alert means and what to do: docs/alerts.md, or tcpvitals explain NAME.\n" +
		"groups:\n  - name: tcpvitals\n    rules:\n")
	for _, a := range All() {
		field := func(indent int, name, value string) {
			fmt.Fprintf(&b, "%s%s: %s\n", strings.Repeat(" ", indent), name, scalar(value))
		}
		fmt.Fprintf(&b, "      - alert: %s\n", a.Name)
		field(8, "expr", a.Expr)
		field(8, "for", duration(a.For))
		field(8, "keep_firing_for", duration(Keep))
		if a.Severity != 0 {
			b.WriteString("        labels:\n")
			field(10, "severity", a.Severity.String())
		}
		b.WriteString("        annotations:\n")
		field(10, "summary", a.Title.En)
		field(10, "summary_zh", a.Title.Zh)
		field(10, "description", a.About)
		field(10, "look", a.Look.String())
		field(10, "more", a.more())
	}
	return b.String()
}

// scalar writes a line of text as YAML, between single quotes (YAML 1.2.2, 7.3.2).
func scalar(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// duration writes a whole number of seconds as Prometheus does.
func duration(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// Page returns docs/alerts.md in a language.
func Page(lang knowledge.Lang) string {
	say := func(en, zh string) string { return knowledge.Text{En: en, Zh: zh}.In(lang) }
	var b strings.Builder
	b.WriteString("<!-- Generated from internal/alert by go test ./internal/alert -update. Do not edit. -->\n\n")
	fmt.Fprintf(&b, "# %s\n\n%s\n", say("Alerts", "告警"), say(intro, introZh))
	for _, a := range All() {
		fmt.Fprintf(&b, "\n## %s\n\n%s%s\n\n%s\n\n", a.Name, a.Title.In(lang), say(".", "。"), a.Means.In(lang))
		severity := say("that of the finding: critical or warning", "由发现决定：critical 或 warning")
		if a.Severity != 0 {
			severity = a.Severity.String()
		}
		fmt.Fprintf(&b, say("Severity: %s. For: %s. Source: %s.\n", "严重程度：%s。持续：%s。来源：%s。\n"), severity, duration(a.For), a.Means.Source)
		fmt.Fprintf(&b, "\n```promql\n%s\n```\n\n", a.Expr)
		if todo := a.Remedies(); len(todo) > 0 {
			fmt.Fprintf(&b, "%s\n\n", say("What to do:", "怎么办："))
			for _, one := range todo {
				fmt.Fprintf(&b, "- %s\n", one.In(lang))
			}
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, say("Look: `%s`. More: `%s`.\n", "查看：`%s`。更多：`%s`。\n"), a.Look, a.more())
	}
	b.WriteString(recordingsPage(lang))
	return b.String()
}

const intro = "`packaging/prometheus/rules.yml` is one file for Prometheus 2.42 or newer (`rule_files`), installed as\n" +
	"`/usr/share/doc/tcpvitalsd/examples/rules.yml`. The job that scrapes `tcpvitalsd` is called `tcpvitals`. Most alerts ask for a finding\n" +
	"of the doctor: the rule compares with the kernel's own limit and leaves out the false alarms that it knows, and the alert's labels are\n" +
	"the finding's identity. An alert goes on for 2m after its cause is gone, so that a look that misses it does not end it."

const introZh = "`packaging/prometheus/rules.yml` 是供 Prometheus 2.42 及更新版本使用的一个文件（`rule_files`），安装为\n" +
	"`/usr/share/doc/tcpvitalsd/examples/rules.yml`。抓取 `tcpvitalsd` 的 job 名为 `tcpvitals`。多数告警查询诊断发现：规则与内核自己的上限比较，\n" +
	"并排除已知的误报，告警的标签就是发现的身份。原因消失后告警再保持 2m，因此一次没看到并不会结束告警。"
