// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// SysctlRange is a set of values: the numbers of some spans, tuples of such
// numbers, a list of ports, or words.
type SysctlRange struct {
	Spans   []Span   // the numbers, in ascending order
	Count   int      // numbers in one value; 0 is 1
	Ordered bool     // each number is at least the one before
	Ports   bool     // a list of ports and port ranges, 8080,9000-9010, or nothing
	Words   []string // words instead of numbers
	AnyText bool     // any text
	// Ticks says that the kernel keeps the seconds in ticks: how many it takes
	// depends on its clock, see [MaxSeconds]. Spans are those of the slowest.
	Ticks bool
}

// Span is the numbers from Min to Max, both included.
type Span struct{ Min, Max int64 }

// ints is the numbers from low to high.
func ints(low, high int64) SysctlRange { return SysctlRange{Spans: []Span{{low, high}}} }

// only is some numbers, in ascending order.
func only(numbers ...int64) SysctlRange {
	var r SysctlRange
	for _, n := range numbers {
		r.Spans = append(r.Spans, Span{n, n})
	}
	return r
}

// or adds numbers above those of r.
func (r SysctlRange) or(low, high int64) SysctlRange {
	r.Spans = append(slices.Clone(r.Spans), Span{low, high})
	return r
}

// tuple is count numbers of r.
func (r SysctlRange) tuple(count int) SysctlRange {
	r.Count = count
	return r
}

// ordered is a tuple that does not descend.
func (r SysctlRange) ordered() SysctlRange {
	r.Ordered = true
	return r
}

// The kernel's types of numbers.
func anyInt() SysctlRange   { return ints(math.MinInt32, math.MaxInt32) }
func anyBool() SysctlRange  { return ints(0, 1) }
func anyByte() SysctlRange  { return ints(0, math.MaxUint8) }
func anyCount() SysctlRange { return ints(0, math.MaxInt32) }

// MaxSeconds is the longest time that a kernel takes for a number of seconds
// that it keeps in ticks of its clock, hz a second (kernel/sysctl.c
// proc_dointvec_jiffies): INT_MAX/HZ, rounded down.
func MaxSeconds(hz int64) int64 { return math.MaxInt32 / hz }

// maxSeconds is [MaxSeconds] of the slowest clock that a kernel is built with,
// 100 Hz. No program can read the clock's rate of every kernel, so that what
// only a slow clock allows is not refused here; the pages say the others.
const maxSeconds = math.MaxInt32 / 100

func anySeconds() SysctlRange {
	r := ints(-maxSeconds, maxSeconds)
	r.Ticks = true
	return r
}

// Empty reports whether no value is in r.
func (r SysctlRange) Empty() bool {
	return len(r.Spans) == 0 && len(r.Words) == 0 && !r.Ports && !r.AnyText
}

// Numeric reports whether values of r are numbers.
func (r SysctlRange) Numeric() bool { return len(r.Spans) > 0 && !r.Ports }

// Contains reports whether a value is in r. Of a tuple the first numbers are
// enough, as they are for the kernel: it leaves the others as they were. What
// stands behind the last number it does not read.
func (r SysctlRange) Contains(value string) bool {
	switch {
	case r.AnyText:
		return true
	case r.Ports:
		return isPortList(value)
	case len(r.Words) > 0:
		return slices.Contains(r.Words, strings.TrimSpace(value))
	}
	numbers, err := ParseSysctlNumbers(r.Read(value))
	if err != nil {
		return false
	}
	if len(numbers) == 0 || r.Ordered && !slices.IsSorted(numbers) {
		return false
	}
	return !slices.ContainsFunc(numbers, func(n int64) bool { return !r.has(n) })
}

// Read returns what the kernel reads of a value: as many numbers as it wants,
// whatever stands behind them.
func (r SysctlRange) Read(value string) string {
	if !r.Numeric() {
		return value
	}
	words := strings.Fields(value)
	return strings.Join(words[:min(len(words), max(1, r.Count))], " ")
}

func (r SysctlRange) has(n int64) bool {
	return slices.ContainsFunc(r.Spans, func(s Span) bool { return s.Min <= n && n <= s.Max })
}

// Within reports whether every value of r is one of outer's, comparing number
// by number.
func (r SysctlRange) Within(outer SysctlRange) bool {
	if outer.AnyText || r.Ports && outer.Ports {
		return true
	}
	for _, word := range r.Words {
		if !slices.Contains(outer.Words, word) {
			return false
		}
	}
	for _, s := range r.Spans {
		if !slices.ContainsFunc(outer.Spans, func(o Span) bool { return o.Min <= s.Min && s.Max <= o.Max }) {
			return false
		}
	}
	return max(1, r.Count) == max(1, outer.Count) && !r.Empty()
}

// String returns the range in a few characters: "5..60, 120".
func (r SysctlRange) String() string {
	switch {
	case r.AnyText:
		return "text"
	case r.Ports:
		return "ports"
	case len(r.Words) > 0:
		return strings.Join(r.Words, ", ")
	case r.Ticks:
		return fmt.Sprintf("±INT_MAX/HZ (1000 Hz: %d, 250 Hz: %d, 100 Hz: %d)", MaxSeconds(1000), MaxSeconds(250), MaxSeconds(100))
	}
	parts := make([]string, len(r.Spans))
	for i, s := range r.Spans {
		parts[i] = fmt.Sprint(s.Min)
		if s.Max != s.Min {
			parts[i] = fmt.Sprintf("%d..%d", s.Min, s.Max)
		}
	}
	text := strings.Join(parts, ", ")
	if r.Count > 1 {
		text = fmt.Sprintf("%d x %s", r.Count, text)
	}
	return text
}

// Chinese is [SysctlRange.String] as Chinese writes it: "5～60、120".
func (r SysctlRange) Chinese() string {
	switch {
	case r.AnyText:
		return "文本"
	case r.Ports:
		return "端口"
	}
	signs := strings.NewReplacer("..", "～", ", ", "、", " (", "（", ")", "）", ": ", "：")
	text := signs.Replace(SysctlRange{Spans: r.Spans, Words: r.Words, Ticks: r.Ticks}.String())
	if r.Count > 1 {
		text = fmt.Sprintf("%d 个数，各为 %s", r.Count, text)
	}
	return text
}

// errNumber is the error of [ParseSysctlNumbers].
var errNumber = problem.New("no number", "不是数字")

// ParseSysctlNumbers reads numbers as the kernel does (kernel/sysctl.c
// proc_get_long): separated by blanks, hexadecimal after 0x and octal after a
// 0. The error says that a word is no number; what stands before it is returned.
func ParseSysctlNumbers(value string) (numbers []int64, err error) {
	for word := range strings.FieldsSeq(value) {
		n, err := parseNumber(word)
		if err != nil {
			return numbers, fmt.Errorf("%w: %q", errNumber, word)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// parseNumber is strconv.ParseInt with the kernel's bases: 0b and 0o, and
// digits separated by _, are not among them.
func parseNumber(word string) (int64, error) {
	digits, negative := strings.CutPrefix(word, "-")
	base := 10
	switch lower := strings.ToLower(digits); {
	case strings.HasPrefix(lower, "0x"):
		digits, base = digits[2:], 16
	case len(digits) > 1 && digits[0] == '0':
		digits, base = digits[1:], 8
	}
	n, err := strconv.ParseUint(digits, base, 63)
	if err != nil {
		return 0, err
	}
	if negative {
		return -int64(n), nil
	}
	return int64(n), nil
}

// isPortList reads a list as the kernel does (kernel/sysctl.c
// proc_do_large_bitmap): numbers and ranges with commas between.
func isPortList(value string) bool {
	value = strings.TrimSpace(value)
	if value == "" {
		return true
	}
	for part := range strings.SplitSeq(value, ",") {
		low, high, isRange := strings.Cut(part, "-")
		from, err := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
		if err != nil {
			return false
		}
		if !isRange {
			continue
		}
		if to, err := strconv.ParseUint(strings.TrimSpace(high), 10, 16); err != nil || to < from {
			return false
		}
	}
	return true
}
