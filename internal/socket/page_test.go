// SPDX-License-Identifier: Apache-2.0

package socket

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testfile"
)

var update = flag.Bool("update", false, "write the generated pages anew")

// TestFieldPages keeps the reference pages what the table says.
func TestFieldPages(t *testing.T) {
	for _, page := range []struct {
		path string
		zh   bool
	}{{"../../docs/fields.md", false}, {"../../docs/fields.zh.md", true}} {
		want := fieldPage(page.zh)
		testfile.Fresh(t, *update, page.path, want)
	}
}

// sections are the headings of the page by the first field of each.
var sections = map[FieldID]Doc{
	FieldState:   {"Which socket", "哪个套接字"},
	FieldRecvQ:   {"Queues", "队列"},
	FieldTimer:   {"Timer", "定时器"},
	FieldUID:     {"Whose it is", "属于谁"},
	FieldRTT:     {"tcp_info", "tcp_info"},
	FieldMemRecv: {"Memory", "内存"},
}

func fieldPage(zh bool) string {
	say := func(d Doc) string {
		if zh {
			return d.Zh
		}
		return d.En
	}
	var b strings.Builder
	b.WriteString("<!-- Generated from internal/socket by go test ./internal/socket -update. Do not edit. -->\n\n")
	fmt.Fprintf(&b, "# %s\n\n%s\n", say(Doc{"Fields", "字段"}), say(Doc{
		"Everything that can be known about a socket. Each field can be compared in a filter, counted by (`--by`), shown as a\n" +
			"column and found in JSON under its name with `_` for `-`. `none` is the value where a socket has no such thing; a\n" +
			"field that could not be read is unknown, which is not zero: a filter on it neither keeps nor drops the socket, and\n" +
			"the answer says how many there were.",
		"关于一个套接字所能知道的一切。每个字段都可以在过滤条件中比较、作为分组键（`--by`）、作为列显示，\n" +
			"并以其名称（`-` 换成 `_`）出现在 JSON 中。套接字没有该项时其值为 `none`；\n" +
			"未能读取的字段是未知而不是零：对它的过滤既不保留也不丢弃该套接字，并在答案中给出这样的数目。",
	}))
	for f := range Fields() {
		if heading, ok := sections[f.ID]; ok {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n|---|---|---|---|---|\n", say(heading),
				say(Doc{"| field | type | cost | engines | meaning |", "| 字段 | 类型 | 代价 | 引擎 | 含义 |"}))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", names(f), kind(f), f.Cost, f.Sources, say(f.Doc)+where(f, zh))
	}
	return b.String()
}

func names(f *Field) string {
	out := "`" + f.Name + "`"
	for _, alias := range f.Aliases {
		out += " " + alias
	}
	return out
}

func kind(f *Field) string {
	if f.Type != TypeEnum {
		return f.Type.String()
	}
	var words []string
	for _, w := range f.Words {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}

func where(f *Field, zh bool) string {
	switch {
	case f.States != listening:
		return ""
	case zh:
		return "仅 " + tcp.Listen.String() + "。"
	default:
		return " Only in " + tcp.Listen.String() + "."
	}
}
