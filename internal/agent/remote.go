// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Remote is a store that the history is sent to, by Prometheus' remote write.
type Remote struct {
	URL, Name string
	// Version of the protocol, 1 or 2.
	Version int
	Timeout time.Duration
	// Labels are added to each series.
	Labels map[string]string
	// Who asks: a password or a token, each in a file.
	Username, PasswordFile, TokenFile string
	// TLS.
	CAFile, CertFile, KeyFile, ServerName string
}

// Bounds of --remote-write.
const (
	remoteTimeout      = 30 * time.Second
	leastRemoteTimeout = time.Second
	mostRemoteTimeout  = 5 * time.Minute
	mostRemoteLabels   = 16
)

// remotes is the value of --remote-write.
type remotes []Remote

// Set adds a store by its URL.
func (r *remotes) Set(text string) error { return r.add(Remote{URL: text}) }

// add adds a store, with what is missing.
func (r *remotes) add(one Remote) error {
	one.Version, one.Timeout = cmp.Or(one.Version, 1), cmp.Or(one.Timeout, remoteTimeout)
	u, err := url.Parse(one.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return problem.Errorf("%q is not the URL of a store, such as http://127.0.0.1:9090/api/v1/write", "%q 不是存储的 URL，例如 http://127.0.0.1:9090/api/v1/write", one.shown())
	}
	one.Name = cmp.Or(one.Name, u.Host)
	if err := one.check(u); err != nil {
		return err
	}
	if slices.ContainsFunc(*r, func(o Remote) bool { return o.Name == one.Name }) {
		return problem.Errorf("two stores are called %s: give one of them another name", "有两个存储都叫 %s：请给其中一个另取 name", one.Name)
	}
	if len(*r) == metrics.MostReceivers {
		return problem.Errorf("more than %d", "超过 %d 个", metrics.MostReceivers)
	}
	*r = append(*r, one)
	return nil
}

// nameOfStore matches the name of a store, which is also that of a file.
var nameOfStore = regexp.MustCompile(`^[A-Za-z0-9_\[][A-Za-z0-9_.:\[\]-]{0,99}$`)

// nameOfLabel matches the name of a label that Prometheus does not keep for itself.
var nameOfLabel = regexp.MustCompile(`^([A-Za-z]|_[A-Za-z0-9])[A-Za-z0-9_]*$`)

// check refuses what contradicts itself.
func (r *Remote) check(u *url.URL) error {
	switch {
	case !nameOfStore.MatchString(r.Name):
		return problem.Errorf("%q is no name for a store: letters, digits and _.:- are", "%q 不能作为存储的名称：只能用字母、数字和 _.:-", r.Name)
	case r.Version != 1 && r.Version != 2:
		return problem.Errorf("version %d of remote write is not known: 1 and 2 are", "不支持 remote write 的版本 %d：可用 1 和 2", r.Version)
	case r.Timeout < leastRemoteTimeout || r.Timeout > mostRemoteTimeout:
		return problem.Errorf("a timeout of %v is not from %v to %v", "超时 %v 不在 %v 到 %v 之间", r.Timeout, leastRemoteTimeout, mostRemoteTimeout)
	case u.User != nil:
		return problem.New("a password in the URL is seen by everybody who lists processes: give basic_auth with password_file", "URL 中的口令会被任何列出进程的人看到：请用 basic_auth 的 password_file")
	case (r.Username == "") != (r.PasswordFile == ""):
		return problem.New("basic_auth takes both username and password_file", "basic_auth 需要同时给出 username 和 password_file")
	case r.Username != "" && r.TokenFile != "":
		return problem.New("basic_auth and authorization exclude each other", "basic_auth 与 authorization 不能同时使用")
	case (r.CertFile == "") != (r.KeyFile == ""):
		return problem.New("tls_config takes both cert_file and key_file, or neither", "tls_config 的 cert_file 和 key_file 要么都给，要么都不给")
	case u.Scheme == "http" && cmp.Or(r.CAFile, r.CertFile, r.ServerName) != "":
		return problem.New("tls_config is for https", "tls_config 只用于 https")
	case len(r.Labels) > mostRemoteLabels:
		return problem.Errorf("more than %d external_labels", "external_labels 超过 %d 个", mostRemoteLabels)
	}
	for name := range r.Labels {
		if !nameOfLabel.MatchString(name) {
			return problem.Errorf("%q is no name for a label", "%q 不能作为标签名", name)
		}
	}
	return nil
}

// shown is the URL without a password.
func (r *Remote) shown() string {
	if u, err := url.Parse(r.URL); err == nil {
		return u.Redacted()
	}
	return r.URL
}

// Type names the values in help.
func (*remotes) Type() string { return "URL" }

// String has all that could change.
func (r *remotes) String() string {
	if len(*r) == 0 {
		return ""
	}
	return fmt.Sprintf("%+v", *r) // maps in the order of their keys
}

// each returns the values as they can be set on the command line.
func (r *remotes) each() (all []string) {
	for _, one := range *r {
		all = append(all, one.URL)
	}
	return all
}

// remoteForm is a store in the configuration file, spelled as Prometheus spells it.
type remoteForm struct {
	URL      string            `yaml:"url"`
	Name     string            `yaml:"name"`
	Version  int               `yaml:"version"`
	Timeout  time.Duration     `yaml:"remote_timeout"`
	Labels   map[string]string `yaml:"external_labels"`
	Password struct {
		Username string `yaml:"username"`
		File     string `yaml:"password_file"`
	} `yaml:"basic_auth"`
	Token struct {
		File string `yaml:"credentials_file"`
	} `yaml:"authorization"`
	TLS struct {
		CA     string `yaml:"ca_file"`
		Cert   string `yaml:"cert_file"`
		Key    string `yaml:"key_file"`
		Server string `yaml:"server_name"`
	} `yaml:"tls_config"`
}

// remoteKeys are the keys of a store, and those below each of them.
func remoteKeys() map[string][]string {
	return map[string][]string{
		"url": nil, "name": nil, "version": nil, "remote_timeout": nil, "external_labels": nil,
		"basic_auth": {"username", "password_file"}, "authorization": {"credentials_file"},
		"tls_config": {"ca_file", "cert_file", "key_file", "server_name"},
	}
}

// setRemotes reads stores from a file: a URL each, or a mapping.
func setRemotes(file string, value *yaml.Node, to *remotes) error {
	nodes := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		nodes = value.Content
	}
	for _, n := range nodes {
		one := Remote{URL: n.Value}
		if n.Kind == yaml.MappingNode {
			var err error
			if one, err = remoteOf(file, n); err != nil {
				return err
			}
		}
		if err := to.add(one); err != nil {
			return at(file, n, remoteWrite+": "+err.Error(), remoteWrite+"："+problem.Wording(err, true))
		}
	}
	return nil
}

// remoteOf reads one mapping.
func remoteOf(file string, n *yaml.Node) (Remote, error) {
	known := remoteKeys()
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		below, ok := known[key.Value]
		if !ok {
			return Remote{}, unknownRemoteKey(file, key, slices.Sorted(maps.Keys(known)))
		}
		for j := 0; below != nil && value.Kind == yaml.MappingNode && j+1 < len(value.Content); j += 2 {
			if !slices.Contains(below, value.Content[j].Value) {
				return Remote{}, unknownRemoteKey(file, value.Content[j], below)
			}
		}
	}
	var f remoteForm
	if err := n.Decode(&f); err != nil {
		msg := strings.TrimPrefix(err.Error(), "yaml: ")
		return Remote{}, at(file, n, remoteWrite+": "+msg, remoteWrite+"：格式不对："+msg)
	}
	return Remote{
		URL: f.URL, Name: f.Name, Version: f.Version, Timeout: f.Timeout, Labels: f.Labels,
		Username: f.Password.Username, PasswordFile: f.Password.File, TokenFile: f.Token.File,
		CAFile: f.TLS.CA, CertFile: f.TLS.Cert, KeyFile: f.TLS.Key, ServerName: f.TLS.Server,
	}, nil
}

func unknownRemoteKey(file string, key *yaml.Node, known []string) error {
	err := at(file, key, fmt.Sprintf("%s has no key %q", remoteWrite, key.Value), fmt.Sprintf("%s 没有键 %q", remoteWrite, key.Value))
	if near := tcp.Nearest(key.Value, slices.Values(known), 2); near != "" {
		err.Hint, err.HintZh = "did you mean "+near+"?", "是不是 "+near+"？"
	} else {
		err.Hint, err.HintZh = "keys are "+strings.Join(known, ", "), "可用的键："+strings.Join(known, "、")
	}
	return err
}
