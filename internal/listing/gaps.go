// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// namedBroken is how many broken lines are reported one by one.
const namedBroken = 10

// shownOfLine is how much of a broken line is quoted.
const shownOfLine = 60

// report keeps the report of the present line, which could not be read; word is
// the one to blame, nil for none.
func (rd *Reader) report(why problem.Code, raw, word []byte) {
	rd.breakLine(rd.result.Lines, why, word, quote(raw))
}

// besides is report for a line that was read, and has something else beside what
// was read.
func (rd *Reader) besides(why problem.Code, raw, word []byte) {
	rd.breakAgain(rd.result.Lines, why, word, quote(raw))
}

// breakAgain is breakLine for a line that was already counted as something else.
func (rd *Reader) breakAgain(line uint64, why problem.Code, word []byte, quoted string) {
	rd.extra++
	rd.breakLine(line, why, word, quoted)
}

// breakLine counts a line that could not be read, and names it when it is one
// of the first.
func (rd *Reader) breakLine(line uint64, why problem.Code, word []byte, quoted string) {
	rd.result.Broken++
	if why == problem.LineState && rd.cutState == nil && isCutState(word) {
		rd.cutState = bytes.Clone(word)
	}
	if len(rd.broken) == namedBroken {
		return
	}
	blamed := ""
	if len(word) > 0 && len(word) < 64 {
		blamed = quote(word)
	}
	limit := 0
	if why == problem.LineLong {
		limit = len(rd.lines.buf)
	}
	rd.broken = append(rd.broken, problem.Unread(rd.unit()+" "+strconv.FormatUint(line, 10), why, quoted, blamed, limit, line))
}

// unit is what the lines of the text are called.
func (rd *Reader) unit() string {
	if rd.json != nil {
		return "value"
	}
	return "line"
}

func quote(raw []byte) string {
	s := strings.ToValidUTF8(strings.TrimSpace(string(raw[:min(len(raw), 4*shownOfLine)])), "?")
	if runes := []rune(s); len(runes) > shownOfLine {
		s = string(runes[:shownOfLine]) + "…"
	}
	return strconv.Quote(s)
}

// gaps returns what should be in the listing and is not.
func (rd *Reader) gaps() []problem.Gap {
	gaps := rd.broken
	if more := rd.result.Broken - uint64(len(rd.broken)); more > 0 {
		gaps = append(gaps, problem.Unread("lines after those", problem.MoreBroken, more))
	}
	gaps = append(gaps, rd.lossGaps()...)
	rd.result.Summed = structural(slices.Concat(rd.partGaps(), rd.stateGaps(), rd.headingGaps()))
	again := structural(rd.repeatGaps())
	if rd.result.Parts.Kin == Looks {
		rd.result.Summed = slices.Concat(again, rd.result.Summed) // this does not apply to a single reading
		again = nil
	}
	return slices.Concat(gaps,
		structural(rd.textGaps()), structural(rd.mixtureGaps()), again, rd.result.Summed,
		structural(rd.optionGaps()), structural(rd.rowGaps()))
}

// structural marks what the listing does not have: nothing was lost in reading.
func structural(gaps []problem.Gap) []problem.Gap {
	for i := range gaps {
		gaps[i].Structural = true
	}
	return gaps
}

// lossGaps reports numbers that are not exact.
func (rd *Reader) lossGaps() []problem.Gap {
	var gaps []problem.Gap
	if t := rd.limited; t.n > 0 {
		gaps = append(gaps, rd.first("other sockets", problem.CommandLimits, t))
	}
	if t := rd.oneFamily(); t.n > 0 && rd.limited.n == 0 {
		gaps = append(gaps, rd.first("other sockets", problem.CommandLimits, t))
	}
	if t := rd.mixes; t.n > 0 {
		gaps = append(gaps, rd.first("counts", problem.CommandMixes, t))
	}
	if t := rd.folded; t.n > 0 {
		gaps = append(gaps, problem.Unread("several machines", problem.FoldedHosts, t.text))
	} else if names := rd.before.folded; names != nil {
		gaps = append(gaps, problem.Unread("several machines", problem.FoldedHosts, quote(names)))
	}
	if rd.unknownOf() {
		gaps = append(gaps, rd.ssGaps()...)
	}
	if t := rd.notes[rounded]; t.n > 0 {
		gaps = append(gaps, rd.several("counts", problem.Rounded, t))
	}
	if t := rd.notes[blanks]; t.n > 0 {
		gaps = append(gaps, rd.first("counts", problem.BlankInNumber, t))
	}
	if t := rd.notes[pointed]; t.n > 0 && rd.notes[exact].n > 0 {
		gaps = append(gaps, rd.first("counts", problem.PointInNumber, t))
	}
	if t := rd.scrapes.told; t.n > 0 {
		gaps = append(gaps, rd.several("several moments", problem.OtherMoment, t))
	}
	if rd.before.mayCount() {
		gaps = append(gaps, problem.Unread("counts", problem.LineNumbers))
	}
	if rd.rows() == 0 && (rd.before.misnumbers(rd.byFormat[StateCounts]) || rd.before.lines > 0 && rd.countMoments > 0) {
		gaps = append(gaps, problem.Unread("counts", problem.CountNumbers))
	}
	if t := rd.inARow; t.n > 0 {
		gaps = append(gaps, rd.first("counts", problem.StateInARow, t))
	} else if rd.rows() == 0 && rd.inTurn.ofSockets() {
		gaps = append(gaps, rd.first("counts", problem.StateInARow, rd.inTurn.first))
	}
	if rd.codes.all() && rd.rows() == 0 {
		gaps = append(gaps, rd.first("counts", problem.StateCodes, rd.codes.first))
	}
	if t := rd.added; t.n > 0 {
		gaps = append(gaps, problem.Unread("other rows", problem.OneSide, t.text))
	}
	if t := rd.figures; t.n > 0 || rd.json != nil && rd.json.figures.n > 0 {
		if t.n == 0 {
			t = rd.json.figures
		}
		gaps = append(gaps, problem.Unread("counts", problem.NumberColumn, t.name, rd.unit(), t.line, t.text))
	}
	if t := rd.impossible; t.n > 0 {
		gaps = append(gaps, rd.several("addresses", problem.ImpossibleAddr, t))
	}
	if rd.json != nil && rd.json.unsaid.n > 0 && rd.byFormat[StateCounts] > 0 {
		gaps = append(gaps, rd.several("counts", problem.UnknownName, rd.json.unsaid))
	}
	if rd.json != nil && rd.json.partial != "" {
		gaps = append(gaps, problem.Unread("the document", problem.DocumentLossy, quote([]byte(rd.json.partial))))
	}
	if rd.json != nil && rd.json.more != "" {
		gaps = append(gaps, problem.Unread("the document", problem.DocumentPart, quote([]byte(rd.json.more))))
	}
	if rd.json != nil && rd.json.damaged {
		gaps = append(gaps, problem.Unread("the document", problem.DocumentCut))
	}
	return gaps
}

// oneFamily returns the command that asked for the sockets of one family, when
// none asked for the other.
func (rd *Reader) oneFamily() told {
	of4, of6, anyOf := rd.families[family4], rd.families[family6], rd.families[anyFamily]
	switch {
	case anyOf.n > 0 || of4.n > 0 && of6.n > 0:
		return told{}
	case of4.n > 0:
		return of4
	default:
		return of6
	}
}

// first makes a gap that shows the first of what it is about.
func (rd *Reader) first(source string, code problem.Code, t told) problem.Gap {
	return problem.Unread(source, code, rd.unit(), t.line, t.text)
}

// several makes a gap that says how many there are, and shows the first.
func (rd *Reader) several(source string, code problem.Code, t told) problem.Gap {
	return problem.Unread(source, code, t.n, rd.unit(), t.line, t.text)
}

// textGaps reports what was left out, or read in another way than it stands
// there, without a loss.
func (rd *Reader) textGaps() []problem.Gap {
	var gaps []problem.Gap
	if rd.texts.n > 0 {
		gaps = append(gaps, rd.several("other lines", problem.OtherLines, rd.texts))
	}
	for _, n := range [...]struct {
		as   notation
		code problem.Code
	}{
		{dot, problem.DotInNumber},
		{earlier, problem.OlderNumber},
		{power, problem.PowerOfTen},
	} {
		if t := rd.notes[n.as]; t.n > 0 {
			gaps = append(gaps, rd.first("counts", n.code, t))
		}
	}
	if rd.json != nil && rd.json.asides.n > 0 && rd.byFormat[StateCounts] > 0 {
		gaps = append(gaps, rd.several("other numbers", problem.OtherNumbers, rd.json.asides))
	}
	if rd.json != nil && rd.json.places.n > 0 && rd.byFormat[StateCounts] > 0 {
		gaps = append(gaps, rd.several("counts", problem.UnknownName, rd.json.places))
	}
	if rd.familySum.n > 0 {
		gaps = append(gaps, rd.several("the same twice", problem.SumLeftOut, rd.familySum))
	}
	if rd.json != nil && rd.json.repeated.n > 0 {
		gaps = append(gaps, rd.several("the same twice", problem.SumLeftOut, rd.json.repeated))
	}
	if other := rd.before.several(); other != nil {
		gaps = append(gaps, problem.Unread("several sources", problem.Prefixes, quote(rd.before.text), quote(other)))
	}
	return gaps
}

// repeatGaps reports the same thing twice.
func (rd *Reader) repeatGaps() []problem.Gap {
	if rd.repeats.n == 0 {
		return nil
	}
	return []problem.Gap{problem.Unread("the same twice", problem.SameTwice, rd.repeats.line, rd.repeats.n+1)}
}

// stateGaps reports counts of a state that is there again.
func (rd *Reader) stateGaps() []problem.Gap {
	if rd.rows() > 0 {
		return nil
	}
	var names []string
	times := uint64(0)
	for s, n := range rd.states {
		if n > 1 {
			names = append(names, tcp.State(s).String())
			times = max(times, n)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []problem.Gap{problem.Unread("the same twice", problem.StatesTwice, strings.Join(names, ", "), times, len(names))}
}

// partGaps reports what tells one look at a machine from the next.
func (rd *Reader) partGaps() []problem.Gap {
	var gaps []problem.Gap
	p := &rd.parting
	for _, part := range [...]struct {
		told
		source string
		code   problem.Code
	}{
		{p.why, "several moments", problem.OtherMoment},
		{p.drift, "several moments", problem.SecondsApart},
		{p.between, "several tables", problem.OtherTable},
	} {
		if part.n > 0 {
			gaps = append(gaps, rd.several(part.source, part.code, part.told))
		}
	}
	return gaps
}

// mixtureGaps reports input that is more than one listing.
func (rd *Reader) mixtureGaps() []problem.Gap {
	var gaps []problem.Gap
	if names := rd.formatNames(); len(names) > 1 {
		gaps = append(gaps, problem.Unread("several listings", problem.Mixture, strings.Join(names, " and "), strings.Join(names, " 和 ")))
	}
	if rd.result.Format != StateCounts && rd.byFormat[StateCounts] > 0 {
		gaps = append(gaps, problem.Unread("counts by state", problem.CountsBeside, rd.byFormat[StateCounts], rd.counted.Total()))
	}
	return gaps
}

// headingGaps reports headings that are there again.
func (rd *Reader) headingGaps() []problem.Gap {
	var gaps []problem.Gap
	for f, n := range rd.headers {
		if n > 1 {
			gaps = append(gaps, problem.Unread("several listings", problem.HeadingAgain, Format(f), n))
		}
	}
	return gaps
}

// formatNames names the formats of the rows that were counted.
func (rd *Reader) formatNames() []string {
	var names []string
	for f, n := range rd.byFormat {
		if n > 0 && Format(f) != StateCounts {
			names = append(names, Format(f).String())
		}
	}
	return names
}

// optionGaps reports states that the options of the program left out.
func (rd *Reader) optionGaps() []problem.Gap {
	c := &rd.result.Counts
	listening := c.Of(tcp.Listen)
	var unsure []problem.Gap
	if !rd.unknownOf() {
		unsure = rd.ssGaps()
	}
	switch {
	case rd.result.Format == Proc:
		return rd.familyGaps()
	case rd.result.Format == SS && listening+c.Of(tcp.TimeWait)+c.Of(tcp.SynRecv) == 0 && !rd.listedAll:
		return append(unsure, problem.Unread("LISTEN, TIME_WAIT, SYN_RECV", problem.OnlyConnected))
	case rd.listedAll && listening == 0:
		return unsure // the command would have shown them
	case listening > 0 && listening == c.Total():
		return append(unsure, problem.Unread("connections", problem.OnlyListening))
	case listening == 0 && rd.result.Format == StateCounts:
		return append(unsure, problem.Unread("LISTEN", problem.NoListenersOf))
	case listening == 0 && rd.result.Format != PowerShell && rd.result.Format != Table:
		return append(unsure, problem.Unread("LISTEN", problem.NoListeners, rd.result.Format))
	default:
		return unsure
	}
}

// unknownOf reports whether it is not known which protocols were counted: no command
// stands above the counts that says so.
func (rd *Reader) unknownOf() bool { return rd.result.Format == StateCounts && !rd.listed }

// ssGaps reports UNCONN rows without a protocol beside them: ss leaves the
// Netid column out when asked for one protocol, and UNCONN is what idle UDP
// sockets are too.
func (rd *Reader) ssGaps() []problem.Gap {
	bound := rd.result.Counts.Of(tcp.Bound)
	if bound == 0 || rd.netid || rd.result.Format != SS && (rd.result.Format != StateCounts || !rd.unconn) {
		return nil
	}
	return []problem.Gap{problem.Unread("BOUND", problem.MaybeUDP, bound)}
}

// familyGaps reports that one of the kernel's two files is missing.
func (rd *Reader) familyGaps() []problem.Gap {
	missing := ""
	switch {
	case !rd.proc4 && !rd.proc6:
		return nil
	case !rd.proc6:
		missing = "/proc/net/tcp6"
	case !rd.proc4:
		missing = "/proc/net/tcp"
	default:
		return nil
	}
	return []problem.Gap{problem.Unread(missing, problem.OneFamily)}
}

// rowGaps reports fields that rows did not give; nothing after [Count].
func (rd *Reader) rowGaps() []problem.Gap {
	var gaps []problem.Gap
	if rd.shortened > 0 {
		gaps = append(gaps, problem.Unread("addresses", problem.ShortAddresses, rd.shortened))
	}
	if rd.names > 0 {
		gaps = append(gaps, problem.Unread("addresses", problem.NamedAddresses, rd.names))
	}
	return gaps
}
