// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// FlagError returns what is wrong with a flag of a command line, in both languages, for
// an error of the library that parses it.
func FlagError(err error) (english, chinese string) {
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return err.Error(), "没有选项 " + dashed(e.GetSpecifiedName())
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return err.Error(), "选项 " + dashed(e.GetSpecifiedName()) + " 需要一个值"
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		if english, chinese, ok = wanted(e.GetFlag(), e.GetValue(), e.Unwrap()); ok {
			return "--" + e.GetFlag().Name + " " + english, "--" + e.GetFlag().Name + " " + chinese
		}
		return err.Error(), fmt.Sprintf("选项 --%s 的值 %q 不对：%s", e.GetFlag().Name, e.GetValue(), problem.Wording(e.Unwrap(), true))
	}
	return err.Error(), "选项写法不对：" + err.Error()
}

// ValueError returns what is wrong with a value that a flag refused with an error, in
// both languages, without the flag's name.
func ValueError(f *pflag.Flag, value string, err error) (english, chinese string) {
	if english, chinese, ok := wanted(f, value, err); ok {
		return english, chinese
	}
	return err.Error(), problem.Wording(err, true)
}

// wanted says what a flag of the library's own types takes, whose errors are those of
// the packages that parse numbers. ok is false if the error speaks for itself.
func wanted(f *pflag.Flag, value string, err error) (english, chinese string, ok bool) {
	if _, speaks := errors.AsType[interface {
		error
		Chinese() string
	}](err); speaks {
		return "", "", false
	}
	switch f.Value.Type() {
	case "bool":
		return fmt.Sprintf("is true or false, not %q", value), fmt.Sprintf("只能是 true 或 false，而不是 %q", value), true
	case "int", "int64", "uint", "uint64", "uint32":
		return fmt.Sprintf("takes a whole number that fits, not %q", value), fmt.Sprintf("需要一个大小合适的整数，而不是 %q", value), true
	case "float64":
		return fmt.Sprintf("takes a number, not %q", value), fmt.Sprintf("需要一个数，而不是 %q", value), true
	case "duration":
		return fmt.Sprintf("takes a time with its unit such as 500ms, 10s or 2m, not %q", value), fmt.Sprintf("需要带单位的时间，如 500ms、10s、2m，而不是 %q", value), true
	}
	return "", "", false
}

// dashed returns a flag as it is typed.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
