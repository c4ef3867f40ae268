// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/usage"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// longestConfig is the greatest size of a configuration file in bytes.
const longestConfig = 1 << 20

// load reads a configuration file into flags. Flags that were given on the command
// line stay. The error is a [*problem.InputError] with the line.
func load(name string, f *pflag.FlagSet) error {
	text, err := userfile.Read(name, longestConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return &problem.InputError{Name: name, Msg: "there is no such file", Zh: "没有这个文件"}
	}
	if err != nil {
		return err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		msg := strings.TrimPrefix(err.Error(), "yaml: ")
		return &problem.InputError{Name: name, Msg: "this is no YAML: " + msg, Zh: "不是 YAML：" + msg}
	}
	if len(doc.Content) == 0 {
		return nil // empty, or comments only
	}
	return set(name, doc.Content[0], f)
}

// set sets the flags for the keys of a mapping.
func set(file string, node *yaml.Node, f *pflag.FlagSet) error {
	if node.Kind != yaml.MappingNode {
		return at(file, node, "keys and values are wanted, such as listen: 127.0.0.1:9779", "需要键和值，例如 listen: 127.0.0.1:9779")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Value == "remote_write" {
			key.Value = remoteWrite // as Prometheus spells it
		}
		if seen[key.Value] {
			return at(file, key, fmt.Sprintf("%q stands here twice", key.Value), fmt.Sprintf("%q 出现了两次", key.Value))
		}
		seen[key.Value] = true
		if err := setOne(file, key, value, f); err != nil {
			return err
		}
	}
	return nil
}

func setOne(file string, key, value *yaml.Node, f *pflag.FlagSet) error {
	if !isSetting(key.Value) {
		return unknownKey(file, key)
	}
	flag := f.Lookup(key.Value)
	if flag.Changed {
		return nil // the command line overrides the file
	}
	if to, ok := flag.Value.(*remotes); ok {
		return setRemotes(file, value, to)
	}
	values, err := scalars(file, value)
	if err != nil {
		return err
	}
	if !repeated(flag.Value) && len(values) != 1 {
		return at(file, value, key.Value+" takes one value", key.Value+" 只接受一个值")
	}
	for _, v := range values {
		if err := flag.Value.Set(v); err != nil {
			msg, chinese := usage.ValueError(flag, v, err)
			return at(file, value, key.Value+": "+msg, key.Value+"："+chinese)
		}
	}
	return nil
}

// scalars returns the values of a key: one, or those of a list.
func scalars(file string, value *yaml.Node) ([]string, error) {
	nodes := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		nodes = value.Content
	}
	var all []string
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
			return nil, at(file, n, "a value, or a list of values, is wanted", "需要一个值或值的列表")
		}
		all = append(all, n.Value)
	}
	return all, nil
}

func isSetting(name string) bool {
	for _, s := range settings() {
		if s.name == name {
			return true
		}
	}
	return false
}

// unknownKey returns an error that names the most similar key.
func unknownKey(file string, key *yaml.Node) error {
	var names []string
	for _, s := range settings() {
		names = append(names, s.name)
	}
	near := tcp.Nearest(strings.ReplaceAll(strings.ToLower(key.Value), "_", "-"), slices.Values(names), 2)
	err := at(file, key, fmt.Sprintf("there is no key %q", key.Value), fmt.Sprintf("没有键 %q", key.Value))
	if near != "" {
		err.Hint, err.HintZh = "did you mean "+near+"?", "是不是 "+near+"？"
	} else {
		err.Hint, err.HintZh = "keys are "+strings.Join(names, ", "), "可用的键："+strings.Join(names, "、")
	}
	return err
}

func at(file string, n *yaml.Node, msg, zh string) *problem.InputError {
	return &problem.InputError{Name: file, Msg: fmt.Sprintf("line %d: %s", n.Line, msg), Zh: fmt.Sprintf("第 %d 行：%s", n.Line, zh)}
}
