// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"fmt"
	"slices"
	"strings"
)

// SysctlTopics returns a topic for each entry of the catalogue of kernel
// parameters.
func SysctlTopics() []Topic {
	var topics []Topic
	for _, s := range Sysctls() {
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
		section("What a change can break", "改动的风险", s.sentence(s.Risk)...),
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
	case SysctlNoEffect:
		text = Text{"It is there, is accepted, and is never read.", "它还在，也能写入，但内核从不读取。"}
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
	all := s.sentence(Text{"Unit: " + s.Unit.En + ".", "单位或含义：" + s.Unit.Zh + "。"})
	if d := s.Default.words(); d != (Text{}) {
		all = append(all, s.sentence(Text{"Default: " + d.En + ".", "默认值：" + d.Zh + "。"})...)
	}
	if s.Status == SysctlLive && !s.Kernel.Empty() && !s.Kernel.AnyText {
		direction := s.Direction.Text()
		all = append(all, s.sentence(Text{
			fmt.Sprintf("The kernel accepts %s; what makes sense is %s: %s.", s.Kernel, s.Safe, direction.En),
			fmt.Sprintf("内核接受 %s，合理的是 %s：%s。", s.Kernel, s.Safe, direction.Zh),
		})...)
	}
	return all
}

// words says what the default is, and what it was.
func (d SysctlDefault) words() Text {
	text := d.Text
	if d.known {
		text = Text{d.value, d.value}
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
		en, zh := v.condition()
		all = append(all, Statement{Text{
			fmt.Sprintf("%s %s. %s", en, v.Text.En, v.Do.En),
			fmt.Sprintf("%s：%s。%s", zh, v.Text.Zh, v.Do.Zh),
		}, v.Source})
	}
	return all
}

// condition says which values a verdict is about.
func (v SysctlVerdict) condition() (en, zh string) {
	en, zh = "Any value", "任何取值"
	if !v.Values.Empty() {
		en, zh = v.Values.String(), v.Values.String()
	}
	for i, other := range v.When {
		join := [2]string{" (with ", "（"}
		if i > 0 {
			join = [2]string{" and ", "且 "}
		}
		en += fmt.Sprintf("%s%s %s", join[0], other.Key, other.Values)
		zh += fmt.Sprintf("%s%s 为 %s", join[1], other.Key, other.Values)
	}
	if len(v.When) > 0 {
		en, zh = en+")", zh+"）"
	}
	return en, zh
}

// sentence makes a statement of a text, unless it is empty: with a capital and
// a full stop where it has none. The statement has the entry's source.
func (s *Sysctl) sentence(text Text) []Statement {
	if text == (Text{}) {
		return nil
	}
	text.En = strings.ToUpper(text.En[:1]) + strings.TrimSuffix(text.En[1:], ".") + "."
	text.Zh = strings.TrimSuffix(text.Zh, "。") + "。"
	return []Statement{{text, s.Source}}
}
