// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
)

// words are what a user reads, in English and in Chinese.
type words struct{ en, zh string }

func forExample(filter string) words { return words{"for example: " + filter, "例如：" + filter} }

func use(filter string) words { return words{"use " + filter, "用 " + filter} }

func didYouMean(near string) words {
	return words{"did you mean " + near + "?", "是不是 " + near + "？"}
}

func unknownField(name string) words { return words{"unknown field " + name, "没有字段 " + name} }

func unknownState(name string) words { return words{"unknown state " + name, "没有状态 " + name} }

func tooDeep() words { return words{"the filter is nested too deeply", "过滤条件嵌套太深"} }

// incomparable returns why a field cannot be compared with the given token.
func incomparable(field string, t token, err error) words {
	why := map[error]string{errNumber: "不是数字", errUnit: "没有这个单位", errNoUnit: "缺少单位", errRange: "超出范围", errWhole: "不是整数"}
	zh := err.Error()
	for known, word := range why {
		if errors.Is(err, known) {
			zh = word
		}
	}
	return words{field + " cannot be compared with " + quote(t.text) + ": " + err.Error(), field + " 不能与 " + quote(t.text) + " 比较：" + zh}
}

// badPattern returns what is wrong with a regular expression; the library's own words
// are in English only.
func badPattern(err error) words {
	switch {
	case errors.Is(err, errPatternLong):
		return words{fmt.Sprintf("the regular expression is longer than %d bytes", maxPattern), fmt.Sprintf("正则表达式超过 %d 字节", maxPattern)}
	case errors.Is(err, errPatternHeavy):
		return words{"the regular expression repeats too much to be compiled, or those before it do", "正则表达式重复太多，无法编译（或与前面的合计过大）"}
	}
	what := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	if parse, ok := errors.AsType[*syntax.Error](err); ok {
		what = parse.Code.String() + ": `" + parse.Expr + "`"
	}
	return words{"bad regular expression: " + what, "正则表达式有误：" + what}
}
