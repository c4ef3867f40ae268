// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// text makes a text in both languages.
func text(en, zh string) knowledge.Text { return knowledge.Text{En: en, Zh: zh} }

func deleteLine() knowledge.Text { return text("Delete the line.", "删掉这一行。") }

func renameText(key string) knowledge.Text {
	return text("Write "+key+".", "改写成 "+key+"。")
}

func removedText(s *knowledge.Sysctl) knowledge.Text {
	t := text("current kernels do not have it", "当前内核已没有这个参数")
	if s.Renamed != "" {
		t = text("current kernels call it "+s.Renamed, "当前内核中它叫 "+s.Renamed)
	}
	if s.Since != "" {
		t = text("removed in Linux "+s.Since, "Linux "+s.Since+" 已删除")
	}
	if s.Risk.En != "" {
		t = text(t.En+"; "+s.Risk.En, t.Zh+"；"+s.Risk.Zh)
	}
	return t
}

func stillHereText(s *knowledge.Sysctl) knowledge.Text {
	t := removedText(s)
	return text("this kernel still has it ("+t.En+")", "这台主机的内核仍有它（"+t.Zh+"）")
}

func noEffectText(s *knowledge.Sysctl) knowledge.Text {
	if s.Since != "" {
		return text("has no effect since Linux "+s.Since, "从 Linux "+s.Since+" 起不再起作用")
	}
	return text("has no effect any more", "已不再起作用")
}

func readOnlyText() knowledge.Text {
	return text("is read-only: the kernel refuses to set it", "是只读参数，内核拒绝写入")
}

func refusedText(s *knowledge.Sysctl) knowledge.Text {
	return text("the kernel refuses it: values are "+s.Kernel.String(), "内核会拒绝：取值范围是 "+s.Kernel.Chinese())
}

func surplusText(n int) knowledge.Text {
	return text(fmt.Sprintf("the kernel reads the first %d and ignores the rest", n), fmt.Sprintf("内核只读前 %d 个数，其余忽略", n))
}

func countedText(t knowledge.Text, n uint64) knowledge.Text {
	return text(t.En+", of which this host has "+knowledge.Grouped(n), t.Zh+"，本机现有 "+knowledge.Grouped(n)+" 个")
}

func defaultText(s *knowledge.Sysctl) knowledge.Text {
	if len(s.Default.Former) > 0 {
		since := s.Default.Former[0].Until
		return text("already the default since Linux "+since, "从 Linux "+since+" 起就是默认值")
	}
	return text("already the default", "本来就是默认值")
}

func lowersText(s *knowledge.Sysctl, value string) knowledge.Text {
	if len(s.Default.Former) > 0 {
		since := s.Default.Former[0].Until
		return text("lowers the default, which is "+value+" since Linux "+since, "反而调低了默认值：从 Linux "+since+" 起默认是 "+value)
	}
	return text("lowers the default, "+value, "反而调低了默认值 "+value)
}

func absentText() knowledge.Text {
	return text("this host does not have it: its module is not loaded, or its kernel is another", "本机没有这个参数：模块未加载，或内核版本不同")
}

func noSuchText() knowledge.Text { return text("there is no such parameter", "没有这个参数") }

func moduleText() knowledge.Text {
	return text("this host does not have it: it is misspelt, or its module is not loaded", "本机没有这个参数：拼写有误，或模块未加载")
}

func didYouMean(key string) knowledge.Text {
	return text("Did you mean "+key+"?", "是不是 "+key+"？")
}

func winsText(winner *Line) knowledge.Text {
	at := fmt.Sprintf("%s:%d", winner.File, winner.Number)
	value := knowledge.Shown(winner.Value)
	return text(at+" sets it to "+value.En+" and wins", at+" 又设为"+value.Zh+"，以那一行为准")
}

func differsText(systemd, procps *Line) knowledge.Text {
	en := func(l *Line) string {
		if l == nil {
			return "leaves it alone"
		}
		return fmt.Sprintf("sets %s (%s:%d)", l.Value, l.File, l.Number)
	}
	zh := func(l *Line) string {
		if l == nil {
			return "不设置"
		}
		return fmt.Sprintf("设为 %s（%s:%d）", l.Value, l.File, l.Number)
	}
	return text("systemd-sysctl "+en(systemd)+", sysctl --system "+en(procps), "systemd-sysctl "+zh(systemd)+"，sysctl --system "+zh(procps))
}

func notReadText(file string) (message, do knowledge.Text) {
	message = text(
		"systemd-sysctl does not read this file: nothing of it is set at boot, only by sysctl -p and sysctl --system",
		"systemd-sysctl 不读这个文件：开机时不会设置其中任何一项，只有 sysctl -p 和 sysctl --system 会读",
	)
	if strings.HasPrefix(file, "/etc/sysctl.d/.") {
		return message, text("Give it a name without a leading dot.", "文件名不要以点开头。")
	}
	return message, text("Move the lines to a file in /etc/sysctl.d.", "把这些行移到 /etc/sysctl.d 下的文件里。")
}

func driftText(now string) knowledge.Text {
	value := strings.Join(strings.Fields(now), " ")
	if value == "" {
		return text("this host has an empty value", "本机当前值为空")
	}
	return text("this host has "+value, "本机当前值是 "+value)
}

func driftDo(file string) knowledge.Text {
	return text("Apply it with sysctl -p "+file+", or find out who set the other.", "用 sysctl -p "+file+" 使其生效，或查清是谁改了当前值。")
}

func inContainerText(s knowledge.SysctlScope) knowledge.Text {
	t := s.Text()
	return text("cannot be set in a container: "+t.En, "在容器里无法设置："+t.Zh)
}

func containersText(keys, namespaces int) knowledge.Text {
	return text(
		fmt.Sprintf("%d of these parameters belong to a network namespace; %d other namespaces here start from the kernel's defaults", keys, namespaces),
		fmt.Sprintf("其中 %d 个参数属于网络命名空间；本机另有 %d 个命名空间，都从内核默认值开始，不继承这里的设置", keys, namespaces),
	)
}

// defectText returns what is wrong with the form of a line.
func defectText(l *Line, d Defect) (message, do knowledge.Text) {
	switch d {
	case NoKey:
		return text("no parameter is named", "没有写参数名"), deleteLine()
	case NoValue:
		return text("no value is given: the kernel refuses it, or empties a list", "没有写值：内核会拒绝，列表类参数则被清空"), deleteLine()
	case BlankInKey:
		return text("a key has no blanks", "参数名里不能有空格"), blankDo(l)
	case BlankBeforeKey:
		return text("procps looks for a parameter whose name begins with a blank; systemd-sysctl does not", "procps 会把空格当成参数名的一部分；systemd-sysctl 不会"), text("Write the key right behind the dash.", "减号后面直接写参数名。")
	case CommentInValue:
		return text("the comment is part of the value: comments stand on lines of their own", "注释成了值的一部分：注释必须单独成行"), text("Put the comment on a line above.", "把注释移到上一行。")
	case QuotedValue:
		return text("the quotes are part of the value", "引号成了值的一部分"), text("Remove the quotes.", "去掉引号。")
	case Continued:
		return text("lines are not continued: the backslash is part of the value", "不支持续行：反斜杠成了值的一部分"), text("Write it on one line.", "写在同一行。")
	case ByteOrderMark:
		return text("the file begins with a byte order mark, which becomes part of this line", "文件开头有 BOM，成了这一行的一部分"), text("Save the file without it.", "保存为不带 BOM 的文件。")
	case PatternExcluded:
		return text("an exclusion names one parameter: systemd-sysctl and older procps do not look for patterns here", "排除行只能写一个参数：systemd-sysctl 和旧版 procps 在这里不支持通配符"), text("Exclude each parameter by name.", "逐个写出要排除的参数。")
	case MissingPath:
		return text("a key has several parts, such as net.core.somaxconn", "参数名应由几段组成，例如 net.core.somaxconn"), knowledge.Text{}
	default:
		return text("not an assignment: both programs pass it over", "不是赋值：两个程序都会跳过"), assignmentDo(l)
	}
}

func blankDo(l *Line) knowledge.Text {
	words := strings.Fields(strings.ReplaceAll(l.Key, "=", " "))
	if len(words) < 2 || !strings.HasPrefix(l.Key, "sysctl ") { // "/ /" has a blank and no word
		return knowledge.Text{}
	}
	last := words[len(words)-1]
	return text("Write only "+last+" = "+l.Value+".", "只写 "+last+" = "+l.Value+"。")
}

func assignmentDo(l *Line) knowledge.Text {
	if key, value, ok := strings.Cut(l.Text, " "); ok && strings.Count(key, ".") > 0 {
		key, value = strings.TrimSuffix(key, ":"), strings.Trim(value, blanks) // a colon is used in YAML
		return text("Write "+key+" = "+value+".", "改写成 "+key+" = "+value+"。")
	}
	return knowledge.Text{}
}
