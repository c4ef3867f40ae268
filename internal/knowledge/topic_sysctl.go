// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// SysctlTopics returns a topic for each entry of the catalogue of kernel
// parameters.
func SysctlTopics() []Topic {
	var topics []Topic
	for s := range Sysctls() {
		topics = append(topics, s.topic())
	}
	return topics
}

func (s *Sysctl) topic() Topic {
	t := Topic{Kind: KindSysctl, Name: s.Key, Title: s.Summary, See: slices.Clone(s.See)}
	for state := range s.States.All() {
		if name := state.String(); !slices.Contains(t.See, name) {
			t.See = append(t.See, name)
		}
	}
	for _, part := range []Section{
		section("Whether it is still there", "是否还存在", s.status()...),
		section("Values", "取值", s.values()...),
		section("Where and when it takes effect", "作用范围与生效时机", s.reach()...),
		section("History", "历史变化", s.History...),
		section("What a change can break", "改动的风险", s.risk()...),
		section("What to have seen before a change", "改动之前应看到的证据", s.sentence(s.Need)...),
		section("How to see that it helped", "怎么确认有效", s.sentence(s.Helped)...),
		section("Values to avoid", "不该用的取值", s.verdicts()...),
	} {
		if len(part.Statements) > 0 {
			t.Sections = append(t.Sections, part)
		}
	}
	return t
}

// status says what became of a parameter that does nothing any more.
func (s *Sysctl) status() []Statement {
	var text Text
	switch s.Status {
	case SysctlRemoved:
		text = Text{"Current kernels do not have it.", "现在的内核里已经没有它。"}
		if s.Since != "" {
			text = Text{"It was removed in Linux " + s.Since + ".", "Linux " + s.Since + " 已将其删除。"}
		}
		if s.Risk != (Text{}) {
			text = Text{strings.TrimSuffix(text.En, ".") + "; " + s.Risk.En + ".", strings.TrimSuffix(text.Zh, "。") + "；" + s.Risk.Zh + "。"}
		}
	case SysctlNoEffect:
		text = Text{"It is there, is accepted, and is never read.", "它还在，也能写入，但内核从不读取。"}
		if s.Since != "" {
			text = Text{"Since Linux " + s.Since + " it is there, is accepted, and is never read.", "从 Linux " + s.Since + " 起，它还在，也能写入，但内核从不读取。"}
		}
	case SysctlReadOnly:
		text = Text{"It only tells something and cannot be set.", "它只用来查看，不能设置。"}
	case SysctlLive:
		return nil
	}
	if s.Renamed != "" {
		text.En += " Its place has " + s.Renamed + "."
		text.Zh += "现在的名字是 " + s.Renamed + "。"
	}
	return s.sentence(text)
}

func (s *Sysctl) values() []Statement {
	if s.Unit == (Text{}) {
		return nil
	}
	unit := Text{"Unit: ", "单位："}
	if s.isNamed() {
		unit = Text{"Values: ", "取值的含义："}
	}
	all := s.sentence(Text{unit.En + s.Unit.En + ".", unit.Zh + s.Unit.Zh + "。"})
	if d := s.Default.words(); d != (Text{}) {
		all = append(all, s.sentence(Text{"Default: " + d.En + ".", "默认值：" + d.Zh + "。"})...)
	}
	if s.Status == SysctlLive && !s.Kernel.Empty() && !s.Kernel.AnyText && !s.Kernel.Ports {
		sense := s.sense()
		all = append(all, s.sentence(Text{
			fmt.Sprintf("The kernel accepts %s; %s.", s.Kernel, sense.En),
			fmt.Sprintf("内核接受 %s；%s。", s.Kernel.Chinese(), sense.Zh),
		})...)
	}
	return all
}

// sense says which values make sense.
func (s *Sysctl) sense() Text {
	direction := s.Direction.Text()
	spans := s.Safe.Spans
	switch {
	case len(spans) == 1 && spans[0].Min == spans[0].Max:
		return Text{fmt.Sprintf("what makes sense is %s", s.Safe), fmt.Sprintf("应为 %s", s.Safe.Chinese())}
	case s.isSwitch():
		return Text{"0 and 1 both make sense, it depends on the host", "0 和 1 都合理，视主机而定"}
	case s.Direction == MoveEither && s.Safe.Numeric():
		return Text{
			fmt.Sprintf("all of %s make sense, it depends on the host", s.Safe),
			fmt.Sprintf("%s 都合理，视主机而定", s.Safe.Chinese()),
		}
	default:
		return Text{
			fmt.Sprintf("what makes sense is %s: %s", s.Safe, direction.En),
			fmt.Sprintf("合理的是 %s：%s", s.Safe.Chinese(), direction.Zh),
		}
	}
}

// isSwitch reports whether a parameter is off or on, and either may be right.
func (s *Sysctl) isSwitch() bool {
	return len(s.Safe.Spans) == 1 && s.Safe.Spans[0] == Span{0, 1} && s.Safe.Count < 2
}

// isNamed reports whether the unit tells what the single values mean.
func (s *Sysctl) isNamed() bool {
	return slices.ContainsFunc([]string{"0 ", "0:", "flags: ", "a name", "first ", "ports "}, func(head string) bool {
		return strings.HasPrefix(s.Unit.En, head)
	})
}

// risk is not said of what is removed: its status says it.
func (s *Sysctl) risk() []Statement {
	if s.Status == SysctlRemoved {
		return nil
	}
	return s.sentence(s.Risk)
}

// words says what the default is, and what it was.
func (d SysctlDefault) words() Text {
	text := d.Text
	if d.known {
		text = Shown(d.value)
	}
	for _, former := range d.Former {
		text.En += fmt.Sprintf("; %s before Linux %s", former.Value, former.Until)
		text.Zh += fmt.Sprintf("；Linux %s 之前是 %s", former.Until, former.Value)
	}
	return text
}

func (s *Sysctl) reach() []Statement {
	if s.Status != SysctlLive {
		return nil
	}
	scope, effect := s.Scope.Text(), s.Effect.Text()
	return append(
		s.sentence(Text{"Scope: " + scope.En + ".", "范围：" + scope.Zh + "。"}),
		s.sentence(Text{"A new value takes effect " + effect.En + ".", "新值生效：" + effect.Zh + "。"})...,
	)
}

func (s *Sysctl) verdicts() []Statement {
	var all []Statement
	for _, v := range s.Verdicts {
		en, zh := s.Condition(&v)
		all = append(all, Statement{Text{
			fmt.Sprintf("%s: %s. %s", en, v.Text.En, v.Do.En),
			fmt.Sprintf("%s：%s。%s", zh, v.Text.Zh, v.Do.Zh),
		}, v.Source})
	}
	return all
}

// Condition says which values a verdict of the parameter is about, of those that
// the kernel takes.
func (s *Sysctl) Condition(v *SysctlVerdict) (en, zh string) {
	en, zh = "Any value", "任何取值"
	switch {
	case v.Fewer > 0:
		en, zh = fmt.Sprintf("A range of fewer than %d", v.Fewer), fmt.Sprintf("范围小于 %d 个", v.Fewer)
	case !v.Values.Empty():
		en, zh = v.Values.part(s.Kernel)
	}
	for i, other := range v.When {
		join := [2]string{" (with ", "（"}
		if i > 0 {
			join = [2]string{" and ", "且 "}
		}
		kernel := SysctlRange{}
		if of, ok := SysctlOf(other.Key); ok {
			kernel = of.Kernel
		}
		valueEn, valueZh := other.Values.part(kernel)
		en += fmt.Sprintf("%s%s %s", join[0], other.Key, valueEn)
		zh += fmt.Sprintf("%s%s 为%s", join[1], other.Key, spaced(valueZh))
	}
	if len(v.When) > 0 {
		if last := zh[len(zh)-1]; last < 0x80 { // a blank between a number and a Chinese character
			zh += " "
		}
		en, zh = en+")", zh+"时）"
	}
	return en, zh
}

// part writes a range that is a part of another: where it goes to the end of
// the whole, which may depend on the kernel, it is open.
func (r SysctlRange) part(whole SysctlRange) (en, zh string) {
	if len(r.Words) == 1 && r.Words[0] == "" {
		return Shown("").En, Shown("").Zh
	}
	if len(r.Spans) != 1 || len(whole.Spans) == 0 || r.Count > 1 || r.Spans[0].Min == r.Spans[0].Max {
		return r.String(), r.Chinese()
	}
	s, ends := r.Spans[0], Span{whole.Spans[0].Min, whole.Spans[len(whole.Spans)-1].Max}
	switch {
	case s.Min == ends.Min && s.Min < 0 && s.Max < ends.Max:
		return fmt.Sprintf("%d or less", s.Max), fmt.Sprintf("%d 及以下", s.Max)
	case s.Max == ends.Max && s.Min > ends.Min:
		return fmt.Sprintf("%d or more", s.Min), fmt.Sprintf("%d 及以上", s.Min)
	default:
		return r.String(), r.Chinese()
	}
}

// spaced puts a blank before what does not begin with a Chinese character.
func spaced(zh string) string {
	if unicode.Is(unicode.Han, firstRune(zh)) {
		return zh
	}
	return " " + zh
}

// sentence makes a statement of a sentence, unless it is empty. The statement
// has the entry's source.
func (s *Sysctl) sentence(text Text) []Statement {
	if text == (Text{}) {
		return nil
	}
	return []Statement{{text, s.Source}}
}
