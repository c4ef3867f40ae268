// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// archive writes the files as one archive with one directory: a zip for Windows, which
// opens it without other tools, and a tar for the other systems.
func archive(j job, files []file) error {
	write, ext := writeTar, ".tar.gz"
	files = local(files)
	if j.system.os == "windows" {
		write, ext, files = writeZip, ".zip", j.forWindows(files)
	}
	data, err := write(j, j.root(), files)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(j.out, j.named(ext)), data, 0o644)
}

func writeTar(j job, root string, files []file) ([]byte, error) {
	var out bytes.Buffer
	zipped, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(zipped)
	for _, f := range files {
		err := w.WriteHeader(&tar.Header{
			Typeflag: tar.TypeReg, Name: root + "/" + f.name, Mode: int64(f.mode), Size: int64(len(f.data)),
			ModTime: j.time, Uname: "root", Gname: "root", Format: tar.FormatUSTAR,
		})
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
	if err := zipped.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func writeZip(j job, root string, files []file) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		header := &zip.FileHeader{Name: root + "/" + f.name, Method: zip.Deflate, Modified: j.time}
		header.SetMode(f.mode)
		to, err := w.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := to.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// local changes the paths in units to those of an unpacked archive: below /usr/local,
// including the settings.
func local(files []file) []file {
	files = slices.Clone(files)
	for i, f := range files {
		if strings.HasPrefix(f.name, unitDir) {
			files[i].data = []byte(strings.NewReplacer("/usr/bin/", "/usr/local/bin/", " /etc/", " /usr/local/etc/").Replace(string(f.data)))
		}
	}
	return files
}

// unitDir is the directory in which systemd looks for units.
const unitDir = "lib/systemd/system/"

// forWindows omits files that only Unix shells and readers use, and puts the program
// at the top with the documentation beside it.
func (j job) forWindows(files []file) []file {
	var all []file
	for _, f := range files {
		switch dir, rest, _ := strings.Cut(f.name, "/"); {
		case dir == "bin":
			f.name = rest
		case strings.HasPrefix(f.name, j.docDir()):
			f.name = strings.TrimPrefix(f.name, j.docDir())
		default:
			continue
		}
		all = append(all, f)
	}
	return byName(all)
}
