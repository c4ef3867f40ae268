// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// nobody is the user of the program in the image: counting needs no rights. A user who
// wants more sets --user 0 and the capability.
const nobody = "65532:65532"

// image writes a container image that contains only the programs and their licences:
// no shell, no library. docker load and crane push accept the file.
func image(j job, files []file) error {
	layer, err := j.layer(files)
	if err != nil {
		return err
	}
	img, err := mutate.Append(empty.Image, mutate.Addendum{
		Layer: layer, History: v1.History{Created: v1.Time{Time: j.time}, CreatedBy: "tcpvitals " + j.version.described},
	})
	if err != nil {
		return err
	}
	img, err = mutate.ConfigFile(img, j.config(img))
	if err != nil {
		return err
	}
	tag, err := name.NewTag(product + ":" + j.version.tag())
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := tarball.Write(tag, img, &out); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(j.out, j.named("-image.tar")), out.Bytes(), 0o644)
}

func (j job) config(img v1.Image) *v1.ConfigFile {
	config := &v1.ConfigFile{OS: j.system.os, Architecture: j.system.arch, Created: v1.Time{Time: j.time}}
	if now, err := img.ConfigFile(); err == nil { // the configuration of the image made above
		config.RootFS, config.History = now.RootFS, now.History
	}
	config.Config = v1.Config{
		Entrypoint: []string{"/usr/bin/tcpvitals"}, User: nobody, WorkingDir: "/",
		Env: []string{"PATH=/usr/bin", "LANG=C.UTF-8"},
		Labels: map[string]string{
			"org.opencontainers.image.title":    "tcpvitals",
			"org.opencontainers.image.version":  j.version.described,
			"org.opencontainers.image.licenses": "Apache-2.0",
			"org.opencontainers.image.source":   "https://github.com/tcpvitals/tcpvitals",
			"org.opencontainers.image.created":  j.time.Format("2006-01-02T15:04:05Z"),
		},
	}
	return config
}

// layer is the only layer. It omits files that nobody reads inside a container, such
// as pages.
func (j job) layer(files []file) (v1.Layer, error) {
	all := []file{
		{"etc/passwd", 0o644, []byte("root:x:0:0:root:/:/sbin/nologin\nnobody:x:65532:65532:nobody:/:/sbin/nologin\n")},
		{"etc/group", 0o644, []byte("root:x:0:\nnobody:x:65532:\n")},
	}
	for _, f := range files {
		if strings.HasPrefix(f.name, "bin/") || strings.HasPrefix(f.name, "share/doc/") && (path.Base(f.name) == "copyright" || path.Base(f.name) == "LICENSE") {
			f.name = "usr/" + f.name
			all = append(all, f)
		}
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, dir := range []string{"etc/", "proc/", "sys/", "tmp/", "usr/", "usr/bin/", "usr/share/", "usr/share/doc/", "usr/share/doc/tcpvitals/", "usr/share/doc/tcpvitalsd/"} {
		mode := int64(0o755)
		if dir == "tmp/" {
			mode = 0o1777
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: mode, ModTime: j.time, Format: tar.FormatUSTAR}); err != nil {
			return nil, err
		}
	}
	for _, f := range byName(all) {
		err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: int64(f.mode), Size: int64(len(f.data)), ModTime: j.time, Format: tar.FormatUSTAR})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(out.Bytes())), nil })
}
