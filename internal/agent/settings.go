// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Settings are the settings of the agent.
type Settings struct {
	Listen       string
	WebConfig    string
	Netns        string
	Engine       string
	Every        time.Duration
	ExamineEvery time.Duration
	Top          int
	Networks     []metrics.Network
	Compat       string
	DataDir      string
	Retention    time.Duration
	MaxBytes     int64
	// Snapshots around findings.
	Snapshots     int
	SnapshotBytes int64
	SnapshotEvery time.Duration
	// Alerts.
	Rules         []string
	Alertmanagers []string
	Webhooks      []string
	// Remotes are stores that the history is sent to.
	Remotes    []Remote
	LogFormat  string
	LogLevel   string
	KeepRights bool
	NoTrace    bool
}

// A setting is one entry of the table: a flag, and the key of the same name in
// the configuration file.
type setting struct {
	name string
	help knowledge.Text
	// fixed says that the setting cannot change while the agent runs.
	fixed bool
	add   func(f *pflag.FlagSet, s *Settings, name, help string)
}

// remoteWrite is the setting that the configuration file may also spell as Prometheus
// does, with an underscore.
const remoteWrite = "remote-write"

// compatNodeExporter is the only value of --compat.
const compatNodeExporter = "node-exporter"

// The shortest intervals: below them the program would do nothing but look.
const (
	leastEvery   = 100 * time.Millisecond
	leastExamine = time.Second
)

// leastBytes is less than one block of a small host takes: who writes a smaller number
// means another unit.
const leastBytes = 1 << 20

// leastRetention is the time of one block of the history.
const leastRetention = 2 * time.Hour

// A directory is searched completely for a snapshot, and the snapshot of an idle
// machine has some ten kilobytes.
const (
	mostSnapshots      = 10_000
	leastSnapshotBytes = 1 << 20
)

// mostTop bounds --top: each series takes memory in the programs that scrape it.
const mostTop = 1000

// settings returns the table of all settings.
func settings() []setting {
	text := func(value func(*Settings) *string, is string) func(*pflag.FlagSet, *Settings, string, string) {
		return func(f *pflag.FlagSet, s *Settings, name, help string) { f.StringVar(value(s), name, is, help) }
	}
	duration := func(value func(*Settings) *time.Duration, is time.Duration) func(*pflag.FlagSet, *Settings, string, string) {
		return func(f *pflag.FlagSet, s *Settings, name, help string) {
			*value(s) = is
			f.Var((*period)(value(s)), name, help)
		}
	}
	return []setting{
		{"listen", knowledge.Text{
			En: "`address` and port to answer at; one that others reach shows them whose the sockets of this host are",
			Zh: "监听的地址和端口（`address`）；若他人可达，他们就能看到本机套接字属于谁",
		}, true, text(func(s *Settings) *string { return &s.Listen }, "127.0.0.1:9779")},
		{"web-config", knowledge.Text{
			En: "`file` that sets TLS and passwords, as Prometheus has it (exporter-toolkit)",
			Zh: "设置 TLS 和口令的文件（`file`），格式与 Prometheus 相同（exporter-toolkit）",
		}, true, text(func(s *Settings) *string { return &s.WebConfig }, "")},
		{"netns", knowledge.Text{
			En: "network namespaces: self, all, a path, a name, a process id or a container",
			Zh: "网络命名空间：self、all、路径、名称、进程号或容器",
		}, true, text(func(s *Settings) *string { return &s.Netns }, "all")},
		{"engine", knowledge.Text{
			En: "who reads the socket table: " + strings.Join(engine.Names(), ", "),
			Zh: "用什么读取套接字表：" + strings.Join(engine.Names(), "、"),
		}, true, text(func(s *Settings) *string { return &s.Engine }, engine.Auto)},
		{"every", knowledge.Text{
			En: "count by state this often; less often where that takes more than 1 % of a processor",
			Zh: "按状态计数的间隔；若超过一个处理器的 1 % 则自动拉长",
		}, false, duration(func(s *Settings) *time.Duration { return &s.Every }, time.Second)},
		{"examine-every", knowledge.Text{
			En: "look at queues, ports, owners and all rules this often; less often where that takes more than 1 % of a processor",
			Zh: "检查队列、端口、归属和所有规则的间隔；若超过一个处理器的 1 % 则自动拉长",
		}, false, duration(func(s *Settings) *time.Duration { return &s.ExamineEvery }, 10*time.Second)},
		{"top", knowledge.Text{
			En: "how many ports, units, containers, namespaces, listeners and destinations are listed one by one (`N`); the others are summed up",
			Zh: "逐个列出的端口、单元、容器、命名空间、监听地址和目标各有多少（`N`）；其余合计",
		}, false, func(f *pflag.FlagSet, s *Settings, name, help string) { f.IntVar(&s.Top, name, 20, help) }},
		{"network", knowledge.Text{
			En: "name a network that connections lead to (`NAME=PREFIX`), such as db=10.1.2.0/24; repeat it",
			Zh: "为连接的目的网络命名（`NAME=PREFIX`），例如 db=10.1.2.0/24；可重复",
		}, false, func(f *pflag.FlagSet, s *Settings, name, help string) { f.Var((*networks)(&s.Networks), name, help) }},
		{"compat", knowledge.Text{
			En: "node-exporter: answer by its names too (node_tcp_connection_states, node_netstat_*, node_sockstat_*); not beside a node_exporter that does",
			Zh: "node-exporter：同时提供它的名称（node_tcp_connection_states、node_netstat_*、node_sockstat_*）；不要与提供同名指标的 node_exporter 并用",
		}, false, text(func(s *Settings) *string { return &s.Compat }, "")},
		{"no-trace", knowledge.Text{
			En: "do not trace: no transitions, no ends, and who closed a connection is inferred",
			Zh: "不跟踪：没有状态转换和连接结束的计数，由谁关闭只能推断",
		}, true, func(f *pflag.FlagSet, s *Settings, name, help string) { f.BoolVar(&s.NoTrace, name, false, help) }},
		{"data-dir", knowledge.Text{
			En: "keep a history in this `directory`, answered at /api/v1/ as Prometheus does; without it nothing is kept",
			Zh: "在此目录（`directory`）保存历史，并在 /api/v1/ 以 Prometheus 的方式提供查询；不给则不保存",
		}, true, text(func(s *Settings) *string { return &s.DataDir }, "")},
		{"retention", knowledge.Text{
			En: "how long samples are kept",
			Zh: "样本保存多久",
		}, true, duration(func(s *Settings) *time.Duration { return &s.Retention }, 7*24*time.Hour)},
		{"max-bytes", knowledge.Text{
			En: "how many `bytes` the history's blocks may take, the oldest go first; what is newer than three hours comes on top; 0 for any number",
			Zh: "历史的数据块最多占多少字节（`bytes`），最旧的先删除；最近三小时的数据不计在内；0 为不限",
		}, true, func(f *pflag.FlagSet, s *Settings, name, help string) { f.Int64Var(&s.MaxBytes, name, 1<<30, help) }},
		{"snapshots", knowledge.Text{
			En: "with --data-dir: how many snapshots (`N`) are kept around findings, the oldest go first; 0 for none",
			Zh: "与 --data-dir 一起：在诊断发现前后最多保留多少个快照（`N`），最旧的先删除；0 为不保留",
		}, true, func(f *pflag.FlagSet, s *Settings, name, help string) { f.IntVar(&s.Snapshots, name, 100, help) }},
		{"snapshot-bytes", knowledge.Text{
			En: "how many `bytes` these snapshots may take, the oldest go first",
			Zh: "这些快照最多占多少字节（`bytes`），最旧的先删除",
		}, true, func(f *pflag.FlagSet, s *Settings, name, help string) {
			f.Int64Var(&s.SnapshotBytes, name, 256<<20, help)
		}},
		{"snapshot-every", knowledge.Text{
			En: "how long before and after a finding these snapshots are; longer apart where one takes more than 0.6 s of a processor",
			Zh: "这些快照在诊断发现之前和之后多久；若一次占用处理器超过 0.6 秒则间隔更长",
		}, true, duration(func(s *Settings) *time.Duration { return &s.SnapshotEvery }, time.Minute)},
		{"rules", knowledge.Text{
			En: "with --data-dir: `file` of alerts in the form of Prometheus that is evaluated here; repeat it",
			Zh: "与 --data-dir 一起：在本机求值的告警规则文件（`file`），格式与 Prometheus 相同；可重复",
		}, false, func(f *pflag.FlagSet, s *Settings, name, help string) { f.Var((*texts)(&s.Rules), name, help) }},
		{"alertmanager", knowledge.Text{
			En: "`URL` of an Alertmanager that is told what fires; repeat it",
			Zh: "接收告警的 Alertmanager 的 `URL`；可重复",
		}, true, func(f *pflag.FlagSet, s *Settings, name, help string) { f.Var((*texts)(&s.Alertmanagers), name, help) }},
		{"webhook", knowledge.Text{
			En: "`URL` that is told what fires, as an Alertmanager tells a webhook; repeat it",
			Zh: "接收告警的 `URL`，格式与 Alertmanager 的 webhook 相同；可重复",
		}, true, func(f *pflag.FlagSet, s *Settings, name, help string) { f.Var((*texts)(&s.Webhooks), name, help) }},
		{remoteWrite, knowledge.Text{
			En: "with --data-dir: `URL` of a store that the history is sent to by Prometheus' remote write; repeat it; passwords, TLS and more in the file",
			Zh: "与 --data-dir 一起：用 Prometheus 的 remote write 把历史发送到此存储的 `URL`；可重复；口令、TLS 等写在配置文件中",
		}, true, func(f *pflag.FlagSet, s *Settings, name, help string) { f.Var((*remotes)(&s.Remotes), name, help) }},
		{"log-format", knowledge.Text{
			En: "text or json",
			Zh: "text 或 json",
		}, true, text(func(s *Settings) *string { return &s.LogFormat }, "text")},
		{"log-level", knowledge.Text{
			En: "debug, info, warn or error",
			Zh: "debug、info、warn 或 error",
		}, false, text(func(s *Settings) *string { return &s.LogLevel }, "info")},
		{"keep-rights", knowledge.Text{
			En: "keep all rights: do not drop those that are no longer needed after the first answer",
			Zh: "得到第一次结果后不放弃不再需要的权限",
		}, true, func(f *pflag.FlagSet, s *Settings, name, help string) { f.BoolVar(&s.KeepRights, name, false, help) }},
	}
}

// A period is a flag for a duration, which may be in days: what is kept is kept for days.
type period time.Duration

// Set reads 90s, 36h or 30d.
func (p *period) Set(text string) error {
	if d, ok := kept.ParseSpan(text); ok {
		*p = period(d)
		return nil
	}
	d, err := time.ParseDuration(text) // says what is wrong
	*p = period(d)
	return err
}

// String is the duration as Go writes it.
func (p *period) String() string { return time.Duration(*p).String() }

// Type is shown in the help.
func (*period) Type() string { return "duration" }

// addFlags adds the flag of each setting.
func (s *Settings) addFlags(f *pflag.FlagSet, lang knowledge.Lang) {
	for _, one := range settings() {
		one.add(f, s, one.name, one.help.In(lang))
	}
}

// check refuses contradictory settings, before anything is opened.
func (s *Settings) check() error {
	refuse := func(name, value, want, wantZh string) error {
		return &problem.UsageError{Msg: fmt.Sprintf("%s: %q is not %s", name, value, want), Zh: fmt.Sprintf("%s：%q 不是%s", name, value, wantZh)}
	}
	var level slog.Level
	switch {
	case s.Every < leastEvery:
		return refuse("every", s.Every.String(), leastEvery.String()+" or more", " "+leastEvery.String()+" 或更长")
	case s.ExamineEvery < leastExamine:
		return refuse("examine-every", s.ExamineEvery.String(), leastExamine.String()+" or more", " "+leastExamine.String()+" 或更长")
	case s.Top < 1 || s.Top > mostTop:
		return refuse("top", fmt.Sprint(s.Top), fmt.Sprintf("from 1 to %d", mostTop), fmt.Sprintf(" 1 到 %d", mostTop))
	case s.Compat != "" && s.Compat != compatNodeExporter:
		return refuse("compat", s.Compat, compatNodeExporter, " "+compatNodeExporter)
	case s.Retention < leastRetention:
		return refuse("retention", s.Retention.String(), leastRetention.String()+" or more", " "+leastRetention.String()+" 或更长")
	case s.Snapshots < 0 || s.Snapshots > mostSnapshots:
		return refuse("snapshots", fmt.Sprint(s.Snapshots), fmt.Sprintf("from 0 to %d", mostSnapshots), fmt.Sprintf(" 0 到 %d", mostSnapshots))
	case s.SnapshotBytes < leastSnapshotBytes:
		return refuse("snapshot-bytes", fmt.Sprint(s.SnapshotBytes), fmt.Sprintf("%d or more", leastSnapshotBytes), fmt.Sprintf(" %d 或更大的数", leastSnapshotBytes))
	case s.SnapshotEvery < time.Second:
		return refuse("snapshot-every", s.SnapshotEvery.String(), "1s or more", " 1s 或更长")
	case s.MaxBytes != 0 && s.MaxBytes < leastBytes:
		return refuse("max-bytes", fmt.Sprint(s.MaxBytes), fmt.Sprintf("0, or %d or more", leastBytes), fmt.Sprintf(" 0 或至少 %d", leastBytes))
	case s.LogFormat != "text" && s.LogFormat != "json":
		return refuse("log-format", s.LogFormat, "text or json", " text 或 json")
	case level.UnmarshalText([]byte(s.LogLevel)) != nil:
		return refuse("log-level", s.LogLevel, "debug, info, warn or error", " debug、info、warn 或 error")
	case !slices.Contains(append(engine.Names(), ""), s.Engine):
		return refuse("engine", s.Engine, "one of "+strings.Join(engine.Names(), ", "), "下列之一："+strings.Join(engine.Names(), "、"))
	case len(s.Rules) > 0 && s.DataDir == "":
		return &problem.UsageError{
			Msg: "rules: there is no history to evaluate them on", Hint: "give data-dir too: rules ask the history",
			Zh: "rules：没有可供求值的历史", HintZh: "请同时给出 data-dir：规则查询的是历史",
		}
	case len(s.Remotes) > 0 && s.DataDir == "":
		return &problem.UsageError{
			Msg: "remote-write: there is no history to send", Hint: "give data-dir too: what a store misses while it is away is sent from the history",
			Zh: "remote-write：没有可发送的历史", HintZh: "请同时给出 data-dir：存储不可用期间缺少的内容从历史中补发",
		}
	case len(s.Rules) == 0 && len(s.Alertmanagers)+len(s.Webhooks) > 0:
		return &problem.UsageError{
			Msg: "alertmanager, webhook: nothing can fire without rules", Hint: "give rules too, such as /usr/share/doc/tcpvitalsd/examples/rules.yml",
			Zh: "alertmanager、webhook：没有规则就不会触发任何告警", HintZh: "请同时给出 rules，例如 /usr/share/doc/tcpvitalsd/examples/rules.yml",
		}
	default:
		return cmp.Or(checkURLs(s.Alertmanagers), checkURLs(s.Webhooks), checkListen(s.Listen))
	}
}

// checkURLs refuses what is not the URL of a receiver.
func checkURLs(all []string) error {
	for _, text := range all {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return &problem.UsageError{
				Msg: fmt.Sprintf("%q is not the URL of a receiver", text), Hint: "for example http://127.0.0.1:9093",
				Zh: fmt.Sprintf("%q 不是接收端的 URL", text), HintZh: "例如 http://127.0.0.1:9093",
			}
		}
	}
	return nil
}

func checkListen(listen string) error {
	host, port, err := splitListen(listen)
	if n, number := strconv.ParseUint(port, 10, 64); number == nil && n > math.MaxUint16 {
		port = ""
	}
	if err == nil && port != "" && (host == "" || host == "localhost" || isAddress(host)) {
		return nil
	}
	return &problem.UsageError{
		Msg: fmt.Sprintf("listen: %q is not an address and a port", listen), Hint: "for example 127.0.0.1:9779, [::1]:9779 or :9779",
		Zh: fmt.Sprintf("listen：%q 不是地址和端口", listen), HintZh: "例如 127.0.0.1:9779、[::1]:9779 或 :9779",
	}
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// networks is the value of a flag that may be repeated.
type networks []metrics.Network

// mostNetworks bounds their number: each is compared with each destination.
const mostNetworks = 256

// Set adds one network.
func (n *networks) Set(text string) error {
	name, prefix, ok := strings.Cut(text, "=")
	p, err := netip.ParsePrefix(prefix)
	if !ok || err != nil || name == "" {
		return problem.Errorf("%q is not a name and a prefix, such as db=10.1.2.0/24", "%q 不是名称加前缀，例如 db=10.1.2.0/24", text)
	}
	if len(*n) == mostNetworks {
		return problem.Errorf("more than %d networks", "超过 %d 个网络", mostNetworks)
	}
	*n = append(*n, metrics.Network{Name: name, Prefix: p.Masked()})
	return nil
}

// Type names the values in help.
func (*networks) Type() string { return "NAME=PREFIX" }

func (n *networks) String() string { return strings.Join(n.each(), ",") }

// each returns the values as they can be set.
func (n *networks) each() (all []string) {
	for _, one := range *n {
		all = append(all, one.Name+"="+one.Prefix.String())
	}
	return all
}

// texts is the value of a flag that may be repeated.
type texts []string

// mostTexts bounds their number: each is a file to read, or a receiver to notify.
const mostTexts = 32

// Set adds one text.
func (t *texts) Set(text string) error {
	if text == "" {
		return problem.New("it is empty", "为空")
	}
	if len(*t) == mostTexts {
		return problem.Errorf("more than %d", "超过 %d 个", mostTexts)
	}
	*t = append(*t, text)
	return nil
}

// Type names the values in help.
func (*texts) Type() string { return "text" }

func (t *texts) String() string { return strings.Join(*t, ",") }

// each returns the values as they can be set.
func (t *texts) each() []string { return *t }

// repeated reports whether a flag may be repeated.
func repeated(v pflag.Value) bool {
	switch v.(type) {
	case *networks, *texts, *remotes:
		return true
	default:
		return false
	}
}

// differs lists the settings that have changed but cannot change while the agent
// runs.
func differs(old, now *pflag.FlagSet) (names []string) {
	for _, one := range settings() {
		if one.fixed && old.Lookup(one.name).Value.String() != now.Lookup(one.name).Value.String() {
			names = append(names, one.name)
		}
	}
	return names
}
