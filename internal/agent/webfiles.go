// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// longestWebFile is the greatest size in bytes of a file of --web-config, and of each
// file that it names.
const longestWebFile = 1 << 20

// webFiles are the keys of such a file that name other files, as in the
// exporter-toolkit (its docs/web-configuration.md).
type webFiles struct {
	TLS struct {
		Cert string `yaml:"cert_file"`
		Key  string `yaml:"key_file"`
		CA   string `yaml:"client_ca_file"`
	} `yaml:"tls_server_config"`
}

// checkWebFiles checks a file of --web-config and the files that it names, because
// the library reads any kind of file: each must be regular, of bounded size, and not
// writable by everybody. The error is a [*problem.InputError] or a
// [*problem.PermissionError] that names the file.
func checkWebFiles(name string) error {
	text, err := readWebFile(name)
	if err != nil {
		return err
	}
	var files webFiles
	if err := yaml.Unmarshal(text, &files); err != nil {
		msg := strings.TrimPrefix(err.Error(), "yaml: ")
		return &problem.InputError{Name: name, Msg: "this is no YAML: " + msg, Zh: "不是 YAML：" + msg}
	}
	for _, named := range []string{files.TLS.Cert, files.TLS.Key, files.TLS.CA} {
		if named == "" {
			continue
		}
		if !filepath.IsAbs(named) {
			named = filepath.Join(filepath.Dir(name), named)
		}
		if _, err := readWebFile(named); err != nil {
			return err
		}
	}
	return nil
}

// readWebFile reads one of these files.
func readWebFile(name string) ([]byte, error) {
	f, err := userfile.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // the file is only read
	info, err := f.Stat()
	if err != nil {
		return nil, problem.Unreadable(name, err)
	}
	if info.Mode().Perm()&0o002 != 0 && runtime.GOOS != "windows" {
		return nil, &problem.InputError{
			Name: name, Msg: "anybody may write to it, and so decide who gets in", Hint: "chmod o-w takes that away",
			Zh: "任何人都可以写入它，从而决定谁可以查询", HintZh: "chmod o-w 可以收回这一权限",
		}
	}
	return f.All(longestWebFile)
}

// lookedAt is a listener that refuses connections while the files of --web-config
// fail their check: the library reads them again for each connection.
type lookedAt struct {
	net.Listener

	name string
	log  *slog.Logger

	mu   sync.Mutex
	said string // the last error that was logged
}

// Accept waits for a connection that may be answered.
func (l *lookedAt) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.good() {
			return conn, nil
		}
		_ = conn.Close() // nothing was sent yet
	}
}

// good checks the files, and logs each error once.
func (l *lookedAt) good() bool {
	said := ""
	err := checkWebFiles(l.name)
	if err != nil {
		said = err.Error()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if said != "" && said != l.said {
		l.log.Error("connections are refused: a file of --web-config is not what it has to be", "error", said)
	}
	l.said = said
	return err == nil
}
