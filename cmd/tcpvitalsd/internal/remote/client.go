// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// A client writes to one receiver.
type client struct {
	to      Receiver
	agent   string // what this program calls itself
	now     func() time.Time
	through *http.Client
}

// longestFile is the greatest size of a file with a password or certificates, in bytes.
const longestFile = 1 << 20

// newClient reads the files that the receiver names. The error names the file.
func newClient(to Receiver, version string, now func() time.Time) (*client, error) {
	if err := check(&to); err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: to.ServerName}
	if to.CAFile != "" {
		pool, err := authorities(to.CAFile)
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
	}
	if to.CertFile != "" {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate(&to) }
	}
	return &client{
		to: to, agent: "tcpvitalsd/" + strings.Trim(version, "()"), now: now,
		through: &http.Client{
			Transport: &http.Transport{TLSClientConfig: config, MaxIdleConns: 1, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: to.Timeout},
			// A redirect is not followed: what is sent names processes of this host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Check reads the files that a receiver names. The error names the file.
func Check(to Receiver) error {
	_, err := newClient(to, "", nil)
	return err
}

// check reads what is read again later: what is wrong is told before anything begins.
func check(to *Receiver) error {
	for _, name := range []string{to.PasswordFile, to.TokenFile} {
		if name != "" {
			if _, err := secret(name); err != nil {
				return err
			}
		}
	}
	if to.CertFile == "" {
		return nil
	}
	_, err := certificate(to)
	return err
}

// secret returns what a file has, without the end of its line.
func secret(name string) (string, error) {
	text, err := userfile.Read(name, longestFile)
	if err != nil {
		return "", err
	}
	one := strings.TrimSpace(string(text))
	if one == "" || strings.ContainsAny(one, "\r\n") {
		return "", &problem.InputError{Name: name, Msg: "one line with a password or a token is wanted", Zh: "需要一行口令或令牌"}
	}
	return one, nil
}

func authorities(name string) (*x509.CertPool, error) {
	text, err := userfile.Read(name, longestFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, &problem.InputError{Name: name, Msg: "there is no certificate in it", Zh: "其中没有证书"}
	}
	return pool, nil
}

func certificate(to *Receiver) (*tls.Certificate, error) {
	cert, err := userfile.Read(to.CertFile, longestFile)
	if err != nil {
		return nil, err
	}
	key, err := userfile.Read(to.KeyFile, longestFile)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, &problem.InputError{Name: to.CertFile, Msg: err.Error(), Zh: "证书与私钥不可用：" + err.Error()}
	}
	return &pair, nil
}

// An answer is what a receiver said to one request.
type answer struct {
	code int
	// text is the first line of what it said.
	text string
	// after is how long it wants to be left alone; 0 if it does not say.
	after time.Duration
	// written is how many samples it says that it has written; -1 if it does not say.
	written int
}

// post sends one message.
func (c *client) post(ctx context.Context, body []byte, second bool) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.to.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.to.URL, bytes.NewReader(body))
	if err != nil {
		return nil, unwrapped(err)
	}
	kind, version := "application/x-protobuf", "0.1.0"
	if second {
		kind, version = "application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0"
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Write-Version", version)
	req.Header.Set("User-Agent", c.agent)
	if err := c.sign(req); err != nil {
		return nil, err
	}
	got, err := c.through.Do(req)
	if err != nil {
		return nil, unwrapped(err)
	}
	defer got.Body.Close()
	return c.read(got), nil
}

// sign says who asks.
func (c *client) sign(req *http.Request) error {
	switch {
	case c.to.TokenFile != "":
		token, err := secret(c.to.TokenFile)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	case c.to.PasswordFile != "":
		password, err := secret(c.to.PasswordFile)
		if err != nil {
			return err
		}
		req.SetBasicAuth(c.to.Username, password)
	}
	return nil
}

// longestAnswer is how much of what a receiver says is read, in bytes.
const longestAnswer = 4 << 10

func (c *client) read(got *http.Response) *answer {
	a := &answer{code: got.StatusCode, written: -1}
	text, _ := io.ReadAll(io.LimitReader(got.Body, longestAnswer)) // the text is only for people
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	a.text = visible.Text(line[:min(len(line), 300)])
	if n, err := strconv.Atoi(got.Header.Get("X-Prometheus-Remote-Write-Samples-Written")); err == nil && n >= 0 {
		a.written = n
	}
	a.after = c.wait(got.Header.Get("Retry-After"))
	return a
}

// longestWait bounds what a receiver can ask for.
const longestWait = 10 * time.Minute

// wait reads how long to wait: seconds, or a time (RFC 9110, 10.2.3).
func (c *client) wait(text string) time.Duration {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, longestWait)
	}
	if at, err := http.ParseTime(text); err == nil && c.now != nil {
		return min(max(0, at.Sub(c.now())), longestWait)
	}
	return 0
}

// unwrapped leaves out the URL, which may hold a password.
func unwrapped(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
